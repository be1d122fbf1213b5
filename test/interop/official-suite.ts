import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Backend, newDatabaseName, type TestServers } from "../support/backends.ts";
import { startServerProcess } from "../support/server-process.ts";

export interface SuiteResult {
  readonly passed: number;
  readonly failed: readonly string[];
  /** Marked in the file as never to be run. */
  readonly xfailed: number;
  readonly output: string;
}

/** Runs the test file that ships inside the original's wheel against our server on a new database. */
export async function runOfficialSuite(
  python: string,
  backend: Backend,
  servers: TestServers = {},
): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), "mlmd-suite-"));
  const server = await startServerProcess(databaseArgs(backend, folder, servers));
  try {
    await copySuite(python, folder);
    const output = await pytest(python, folder, server.port);
    return { ...parse(output), output };
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

function databaseArgs(backend: Backend, folder: string, servers: TestServers): string[] {
  if (backend === "sqlite") return ["--sqlite", join(folder, "mlmd.db")];
  const name = newDatabaseName("suite");
  if (backend === "postgres")
    return ["--postgres", `postgresql://mlmd@127.0.0.1:${servers.postgres?.port}/${name}`];
  return ["--mysql", `mysql://root@127.0.0.1:${servers.mysql?.port}/${name}`];
}

/** The tests run from a folder of their own: beside the package they would import it from there. */
async function copySuite(python: string, folder: string): Promise<void> {
  const script = "import ml_metadata.metadata_store as m; print(m.__path__[0])";
  const { stdout } = await promisify(execFile)(python, ["-c", script]);
  for (const file of ["metadata_store_test.py", "conftest.py"]) {
    await copyFile(join(stdout.trim(), file), join(folder, file));
  }
}

async function pytest(python: string, folder: string, port: number): Promise<string> {
  const backend = ["--use_grpc_backend", "--grpc_host=127.0.0.1", `--grpc_port=${port}`];
  const args = [
    "-m",
    "pytest",
    "-p",
    "no:cacheprovider",
    "metadata_store_test.py",
    ...backend,
    "-rA",
    "--tb=short",
  ];
  try {
    const { stdout } = await promisify(execFile)(python, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    // Failing tests end the process with 1; anything else is no result.
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (code !== 1 || stdout === undefined) throw error;
    return stdout;
  }
}

function parse(output: string): Omit<SuiteResult, "output"> {
  const named = (state: string) =>
    [...output.matchAll(new RegExp(`^${state} .*::(\\w+)`, "gm"))].map((m) => m[1] ?? "");
  return { passed: named("PASSED").length, failed: named("FAILED").sort(), xfailed: named("XFAIL").length };
}

/** Names of the tests that cannot pass, from the list beside this file. */
export async function expectedFailures(): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, "expected-failures.txt"), "utf8");
  return [...text.matchAll(/^(\w+): \S/gm)].map((match) => match[1] ?? "").sort();
}
