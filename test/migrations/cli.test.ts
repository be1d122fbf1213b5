import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { downgradeSchema, openStore } from "../../src/index.ts";
import { startServerProcess } from "../support/server-process.ts";
import { withDatabase } from "./support.ts";

const main = join(import.meta.dirname, "../../dist/cli/main.js");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-migrate-"));
});
afterAll(() => rm(folder, { recursive: true }));

function migrate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, "migrate", ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function database(name: string): Promise<string> {
  const path = join(folder, name);
  const store = await openStore({ sqlite: { path } });
  const typeId = await store.putContextType({ name: "Run" });
  await store.putContexts([{ typeId, name: "a" }]);
  await store.close();
  return path;
}

test("status, down and up", async () => {
  const file = await database("a.db");
  expect(await migrate("status", "--sqlite", file)).toEqual({
    code: 0,
    stdout: "schema version 10, that of this release\n",
    stderr: "",
  });
  const before = readFileSync(file);
  const plan = await migrate("down", "--to", "2", "--sqlite", file, "--dry-run");
  expect(plan).toMatchObject({ code: 0, stderr: "" });
  expect(plan.stdout).toMatch(
    /^schema version 10 to 9\n {2}DROP INDEX IF EXISTS idx_association_execution_id;\n/,
  );
  expect(plan.stdout).toMatch(/\nschema version 3 to 2\n {2}lost: 1 contexts\n {2}DROP TABLE Context;\n/);
  expect(plan.stdout).toMatch(/\ndry run: nothing was changed\n$/);
  expect(readFileSync(file).equals(before)).toBe(true);

  expect(await migrate("down", "--to", "7", "--sqlite", file)).toEqual({
    code: 0,
    stdout: "the database had schema version 10 and has version 7 now\n",
    stderr: "schema version 10 to 9\nschema version 9 to 8\nschema version 8 to 7\n",
  });
  expect((await migrate("status", "--sqlite", file)).stdout).toBe(
    "schema version 7, older than 10, that of this release\n",
  );
  expect(await migrate("up", "--sqlite", file)).toEqual({
    code: 0,
    stdout: "the database had schema version 7 and has version 10 now\n",
    stderr: "schema version 7 to 8\nschema version 8 to 9\nschema version 9 to 10\n",
  });
  expect((await migrate("up", "--sqlite", file, "--dry-run")).stdout).toMatch(
    /^nothing to do: the database has schema version 10\n/,
  );
});

test("passes through large tables are announced", async () => {
  const file = await database("large.db");
  await downgradeSchema({ sqlite: { path: file } }, 8);
  withDatabase(file, (database) =>
    database.exec(`
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      INSERT INTO Artifact (type_id) SELECT 1 FROM n`),
  );
  const { stderr } = await migrate("up", "--sqlite", file);
  expect(stderr).toMatch(/^schema version 8 to 9\n {2}Artifact: 100,000 rows\n/);
});

test("serve upgrades an older database only when it is told to", async () => {
  const file = await database("old.db");
  await downgradeSchema({ sqlite: { path: file } }, 4);
  await expect(startServerProcess(["--sqlite", file])).rejects.toThrow(
    /mlmd: the database has schema version 4, this release works with version 10: .*mlmd migrate up/,
  );
  const server = await startServerProcess(["--sqlite", file, "--enable-database-upgrade"]);
  const store = await openStore({ grpc: { host: "127.0.0.1", port: server.port } });
  expect((await store.getContexts()).map(({ name }) => name)).toEqual(["a"]);
  await store.close();
  expect(await server.stop()).toBe(0);
});

test.each([
  [["up"], 2, /say which database, e.g. --sqlite/],
  [["down", "--sqlite", "some.db"], 2, /required option '--to <version>'/],
  [["down", "--sqlite", "some.db", "--to", "-1"], 2, /must be a schema version/],
  [["sideways", "--sqlite", "some.db"], 2, /unknown command/],
  [["status", "--sqlite", "no-such.db"], 1, /does not exist/],
  [["down", "--sqlite", "some.db", "--to", "11"], 1, /^mlmd: .*this release knows 0 to 10\n$/],
])("mlmd migrate %j exits with %d", async (args, code, message) => {
  if (args.includes("some.db")) await database("some.db");
  const outcome = await migrate(...args);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.code).toBe(code);
  await rm(join(folder, "some.db"), { force: true });
});
