/**
 * `npm run differential -- [--backend sqlite|mysql|postgres] [--ops N] [--seed N]`: random operations on the original
 * and on ours, each with a database of its own on the same engine.
 */
import { parseArgs } from "node:util";
import { formatReport, runDifferential } from "../test/differential/run.ts";
import { backendNamed } from "../test/support/backends.ts";
import { startDatabaseServers } from "../test/support/database-servers.ts";
import { originalPython } from "../test/support/python.ts";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "sqlite" },
    ops: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
  },
});
const backend = backendNamed(values.backend);
const { python, missing } = await originalPython();
if (python === undefined) throw new Error(missing);
const servers = backend === "sqlite" ? undefined : await startDatabaseServers();
try {
  let lastShown = 0;
  const report = await runDifferential({
    ...{ python, backend, operations: Number(values.ops), seed: Number(values.seed) },
    ...(servers && { servers }),
    onProgress: (operations) => {
      if (operations - lastShown < 20_000) return;
      lastShown = operations;
      console.error(`${operations} operations`);
    },
    onMismatch: (text) => console.error(text),
  });
  console.log(formatReport(report));
  process.exitCode = report.mismatches > 0 || report.unseen.length > 0 ? 1 : 0;
} finally {
  await servers?.stop();
}
