import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { downgradeSchema, openStore } from "../../src/index.ts";
import type { MigrationConfig } from "../../src/open.ts";
import { databaseOn, missingBackend, newDatabaseName } from "../support/backends.ts";
import { startServerProcess } from "../support/server-process.ts";
import { MysqlDatabases } from "./mysql-databases.ts";
import { withDatabase } from "./support.ts";

const servers = { postgres: inject("postgres"), mysql: inject("mysql") };
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
    /^the database has schema version 10\n/,
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

describe.each(["mysql", "postgres"] as const)("on %s", (backend) => {
  const missing = missingBackend(backend, servers);

  test.skipIf(missing !== undefined)("status, down, up and serve, with the address in a URL", async () => {
    const name = newDatabaseName("cli");
    const { ours } = databaseOn(backend, name, { servers, folder });
    const store = await openStore(ours);
    const typeId = await store.putContextType({ name: "Run" });
    await store.putContexts([{ typeId, name: "a" }]);
    await store.close();

    const port = servers[backend].port;
    const url =
      backend === "mysql"
        ? `mysql://root@127.0.0.1:${port}/${name}`
        : `postgresql://mlmd@127.0.0.1:${port}/${name}`;
    const option = `--${backend}`;
    expect(await migrate("status", option, url)).toMatchObject({
      code: 0,
      stdout: "schema version 10, that of this release\n",
    });
    const plan = await migrate("down", "--to", "9", option, url, "--dry-run");
    expect(plan.stdout).toMatch(/^schema version 10 to 9\n.*\ndry run: nothing was changed\n$/s);
    expect(await migrate("down", "--to", "4", option, url)).toMatchObject({
      code: 0,
      stdout: "the database had schema version 10 and has version 4 now\n",
      stderr: expect.stringMatching(/^schema version 10 to 9\n.*schema version 5 to 4\n$/s),
    });
    await expect(startServerProcess([option, url])).rejects.toThrow(/has schema version 4,.*mlmd migrate up/);
    const server = await startServerProcess([option, url, "--enable-database-upgrade"]);
    const served = await openStore({ grpc: { host: "127.0.0.1", port: server.port } });
    expect((await served.getContexts()).map(({ name }) => name)).toEqual(["a"]);
    await served.close();
    expect(await server.stop()).toBe(0);
    await downgradeSchema(ours as MigrationConfig, 9);
    expect((await migrate("up", option, url)).stdout).toBe(
      "the database had schema version 9 and has version 10 now\n",
    );
    expect((await migrate("up", option, url)).stdout).toBe("the database has schema version 10\n");
  });
});

test.skipIf(servers.mysql.missing !== undefined)(
  "a step that was cut off is told, and completed",
  async () => {
    const name = newDatabaseName("cli");
    const { ours } = databaseOn("mysql", name, { servers, folder });
    await (await openStore(ours)).close();
    const url = `mysql://root@127.0.0.1:${servers.mysql.port}/${name}`;
    const databases = await MysqlDatabases.connect(servers.mysql.port as number);
    await databases.query(name, "CREATE TABLE mlmd_migration (id INT PRIMARY KEY) COMMENT = 'from 10 to 9'");
    await databases.query(
      name,
      "ALTER TABLE ArtifactProperty DROP COLUMN proto_value, DROP COLUMN bool_value",
    );
    await databases.close();
    expect((await migrate("status", "--mysql", url)).stdout).toBe(
      "schema version 10, that of this release\na migration from version 10 to 9 has begun and not ended\n",
    );
    expect(await migrate("up", "--mysql", url)).toEqual({
      code: 0,
      stdout: "the database has schema version 10\n",
      stderr: "schema version 10 to 9\nschema version 9 to 10\n",
    });
    await (await openStore(ours)).close();
  },
);

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
