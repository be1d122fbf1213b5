import { parseArgs } from "node:util";
import { formatReport, runDifferential } from "../test/differential/run.ts";
import { originalPython } from "../test/support/python.ts";

const { values } = parseArgs({
  options: {
    ops: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
  },
});

const original = await originalPython();
if (original.missing !== undefined) {
  console.error(original.missing);
  process.exit(1);
}

let lastShown = 0;
const report = await runDifferential({
  python: original.python,
  operations: Number(values.ops),
  seed: Number(values.seed),
  onProgress: (operations) => {
    if (operations - lastShown < 20_000) return;
    lastShown = operations;
    console.error(`${operations} operations`);
  },
});
console.log(formatReport(report));
process.exitCode = report.mismatches > 0 || report.unseen.length > 0 ? 1 : 0;
