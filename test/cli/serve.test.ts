import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { startServerProcess } from "../support/server-process.ts";

const main = join(import.meta.dirname, "../../dist/cli/main.js");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function mlmd(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s closes the database, and a new start finds the data",
  async (signal) => {
    const file = join(folder, `${signal}.db`);
    const first = await startServerProcess(["--sqlite", file]);
    const store = await openStore({ grpc: { host: "127.0.0.1", port: first.port } });
    const id = await store.putArtifactType({ name: "Data" });
    await store.close();
    expect(await first.stop(signal)).toBe(0);
    expect([existsSync(file), existsSync(`${file}-wal`)]).toEqual([true, false]);
    const second = await startServerProcess(["--sqlite", file]);
    const again = await openStore({ grpc: { host: "127.0.0.1", port: second.port } });
    expect((await again.getArtifactType("Data")).id).toBe(id);
    await again.close();
    expect(await second.stop(signal)).toBe(0);
  },
);

test("data in memory lives as long as the process", async () => {
  const server = await startServerProcess(["--memory"]);
  const store = await openStore({ grpc: { host: "127.0.0.1", port: server.port } });
  await store.putContextType({ name: "Run" });
  expect((await store.getContextTypes()).map(({ name }) => name)).toEqual(["Run"]);
  await store.close();
  await server.stop();
});

test("a port in use ends the second start with one line that says what to do", async () => {
  const server = await startServerProcess(["--memory"]);
  const { code, stderr } = await mlmd("serve", "--memory", "--port", String(server.port));
  await server.stop();
  expect(code).toBe(1);
  expect(stderr).toBe(
    `mlmd: Cannot listen on 127.0.0.1:${server.port}: the port is in use; choose another with --port, ` +
      "e.g. --host 127.0.0.1 --port 8081\n",
  );
});

test("--read-only serves reads, refuses writes and leaves the file as it is", async () => {
  const file = join(folder, "read-only.db");
  const made = await openStore({ sqlite: { path: file } });
  await made.putArtifactType({ name: "Data" });
  await made.close();
  const before = await readFile(file);
  const server = await startServerProcess(["--sqlite", file, "--read-only"]);
  const store = await openStore({ grpc: { host: "127.0.0.1", port: server.port } });
  expect(await store.getArtifactTypes()).toHaveLength(1);
  await expect(store.putArtifactType({ name: "More" })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await store.close();
  await server.stop();
  expect(await readFile(file)).toEqual(before);
});

test("a file that is no database is refused and stays as it is", async () => {
  const file = join(folder, "notes.txt");
  await writeFile(file, "these are my notes, not a database\n".repeat(100));
  const before = await readFile(file);
  const { code, stderr } = await mlmd("serve", "--sqlite", file, "--port", "0");
  expect([code, stderr.split("\n").length]).toEqual([1, 2]);
  expect(stderr).toMatch(/^mlmd: .*not a (SQLite )?database/);
  expect(await readFile(file)).toEqual(before);
});

test.each([
  [["serve"], 2, /say which database to serve, e\.g\. --sqlite/],
  [["serve", "--sqlite", "a.db", "--memory"], 2, /cannot be used with/],
  [["serve", "--memory", "--port", "http"], 2, /must be a number/],
  [["serve", "--memory", "--read-only"], 2, /cannot be used with/],
  [["serve", "--mysql", "mysql://a@b/c", "--sqlite", "a.db"], 2, /cannot be used with/],
  [["serve", "--mysql", "nonsense", "--port", "0"], 1, /not of the form mysql:/],
  [["serve", "--postgres", "postgresql://a@127.0.0.1:1/b", "--wait", "0"], 1, /cannot be reached/],
  [["serve", "--memory", "--password-file", "a", "--port", "70000"], 2, /at most 65535/],
  [["serve", "--memory", "--port", "70000"], 2, /at most 65535/],
  [["serv"], 2, /unknown command/],
  [["serve", "--sqlite", "no/such/folder/a.db", "--port", "0"], 1, /does not exist/],
])("mlmd %j exits with %d", async (args, code, message) => {
  const outcome = await mlmd(...args);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.code).toBe(code);
});

test("--version and --help", async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../../package.json"), "utf8"));
  expect(await mlmd("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  const help = await mlmd("serve", "--help");
  expect([help.code, help.stdout.includes("mlmd serve --sqlite ./mlmd.db --port 8080")]).toEqual([0, true]);
});
