/**
 * `npm run interop:python -- [--backend sqlite|postgres|mysql]`: the official Python suite against our server,
 * compared with what is expected.
 */
import { parseArgs } from "node:util";
import { expectedFailures, runOfficialSuite } from "../test/interop/official-suite.ts";
import { backendNamed } from "../test/support/backends.ts";
import { startDatabaseServers } from "../test/support/database-servers.ts";
import { originalPython } from "../test/support/python.ts";

const { values } = parseArgs({ options: { backend: { type: "string", default: "sqlite" } } });
const backend = backendNamed(values.backend);
const { python, missing } = await originalPython();
if (python === undefined) throw new Error(missing);
const servers = backend === "sqlite" ? undefined : await startDatabaseServers();
try {
  const { passed, failed, xfailed, output } = await runOfficialSuite(python, backend, servers);
  const expected = await expectedFailures();
  const unexpected = failed.filter((name) => !expected.includes(name));
  const fixed = expected.filter((name) => !failed.includes(name));
  if (unexpected.length > 0) console.log(output);
  for (const name of unexpected) console.log(`failed, but should pass: ${name}`);
  for (const name of fixed) console.log(`passes, but is listed as failing: ${name}`);
  console.log(`${passed} passed, ${failed.length} failed, ${xfailed} xfailed`);
  process.exitCode = unexpected.length + fixed.length > 0 || passed !== 102 ? 1 : 0;
} finally {
  await servers?.stop();
}
