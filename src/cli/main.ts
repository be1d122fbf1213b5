#!/usr/bin/env node
// Nothing may be imported before this check: on an older Node.js the database driver ends the process silently.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`mlmd needs Node.js 22.18 or newer; this is ${process.version}.`);
  process.exit(1);
}
const { keepHeapSmall } = await import("./small-heap.ts");
keepHeapSmall();
const { run } = await import("./run.ts");
await run(process.argv);

export {};
