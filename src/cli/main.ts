#!/usr/bin/env node
// Nothing may be imported before this check: on an older Node.js the database driver ends the process silently.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`mlmd needs Node.js 22.18 or newer; this is ${process.version}.`);
  process.exit(1);
}
// Calls leave nothing but short-lived garbage, for which the runtime would take a hundred megabytes and more.
const { setFlagsFromString } = await import("node:v8");
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=50");
const { run } = await import("./run.ts");
await run(process.argv);

export {};
