import { execFile } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../src/index.ts";
import type { MigrationProgress } from "../../src/storage/migrate/migrator.ts";
import { sqliteMigrator } from "../../src/storage/sqlite/migrator.ts";
import { additionalIndexes, layoutOfFile, layoutOfVersion, rowsOfFile, withDatabase } from "./support.ts";

const versions = Array.from({ length: 10 }, (_, version) => version);
let folder = "";
let copies = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-migrations-"));
  const latest = fileOf(10);
  const store = await openStore({ sqlite: { path: latest } });
  const typeId = await store.putArtifactType({
    name: "Data",
    version: "1",
    properties: { rows: "int", ok: "boolean" },
  });
  const executionTypeId = await store.putExecutionType({ name: "Train" });
  const contextTypeId = await store.putContextType({ name: "Run", properties: { note: "string" } });
  await store.putExecution({
    execution: { typeId: executionTypeId, name: "run" },
    artifactAndEvents: [
      {
        artifact: {
          typeId,
          uri: "s3://bucket/a",
          name: "a",
          externalId: "x",
          properties: { rows: 3n, ok: true },
        },
      },
    ],
    contexts: [{ typeId: contextTypeId, name: "first", properties: { note: "n" } }],
  });
  await store.close();
  for (const version of versions) {
    copyFileSync(latest, fileOf(version));
    await (await sqliteMigrator({ path: fileOf(version) })).down(version);
  }
});
afterAll(() => rm(folder, { recursive: true }));

function fileOf(version: number): string {
  return join(folder, `version-${version}.db`);
}

/** A file of its own for a test. */
function copyOf(version: number): string {
  const copy = join(folder, `copy-${++copies}.db`);
  copyFileSync(fileOf(version), copy);
  return copy;
}

function indexNames(file: string): string[] {
  return withDatabase(
    file,
    (database) =>
      database.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").pluck().all() as string[],
  );
}

describe("opening", () => {
  test.each(versions)(
    "version %i is refused, and stays as it is, unless its upgrade is asked for",
    async (version) => {
      const file = copyOf(version);
      const before = readFileSync(file);
      const refusal = {
        code: "FAILED_PRECONDITION",
        message: expect.stringContaining(`schema version ${version},`),
      };
      await expect(openStore({ sqlite: { path: file } })).rejects.toMatchObject(refusal);
      await expect(
        openStore({ sqlite: { path: file, mode: "READONLY", enableUpgradeMigration: true } }),
      ).rejects.toMatchObject(refusal);
      expect(readFileSync(file).equals(before)).toBe(true);

      const progress: MigrationProgress[] = [];
      const store = await openStore({
        sqlite: {
          path: file,
          enableUpgradeMigration: true,
          onMigrationProgress: (entry) => progress.push(entry),
        },
      });
      expect(progress.filter(({ table }) => !table).map(({ to }) => to)).toEqual(
        Array.from({ length: 10 - version }, (_, index) => version + index + 1),
      );
      const [artifact] = await store.getArtifacts();
      expect(artifact).toMatchObject({ id: 1n, uri: "s3://bucket/a", properties: { rows: 3n } });
      await store.putArtifactType({ name: "More", properties: { ok: "boolean" } });
      await store.close();
      expect(indexNames(file)).toEqual(expect.arrayContaining(additionalIndexes));
    },
  );

  test("where there is nothing to upgrade the option changes nothing", async () => {
    for (const path of ["", copyOf(10), join(folder, "new.db")]) {
      const store = await openStore({ sqlite: { path, enableUpgradeMigration: true } });
      await store.putArtifactType({ name: "Data", version: "2" });
      await store.close();
    }
  });
});

describe("a migration that does not get to its end", () => {
  test("a failing step leaves the file as it was, and names what is in the way", async () => {
    const file = copyOf(0);
    withDatabase(file, (database) => database.exec("CREATE TABLE mlmd_migrated_Event (a)"));
    const before = { layout: layoutOfFile(file), rows: rowsOfFile(file) };
    const migrator = await sqliteMigrator({ path: file });
    await expect(migrator.up()).rejects.toMatchObject({
      code: "INTERNAL",
      message: "the migration from schema version 7 to 8 failed: table mlmd_migrated_Event already exists",
    });
    expect({ layout: layoutOfFile(file), rows: rowsOfFile(file) }).toEqual(before);
    withDatabase(file, (database) => database.exec("DROP TABLE mlmd_migrated_Event"));
    expect(await migrator.up()).toEqual({ from: 0, to: 10 });
    expect(layoutOfFile(file)).toEqual(layoutOfVersion(10));
  });

  test("a downgrade that fails leaves the file as it was, with our indexes", async () => {
    const file = copyOf(10);
    withDatabase(file, (database) => database.exec("CREATE TABLE mlmd_migrated_Execution (a)"));
    const before = { layout: layoutOfFile(file), rows: rowsOfFile(file) };
    await expect((await sqliteMigrator({ path: file })).down(0)).rejects.toMatchObject({ code: "INTERNAL" });
    expect({ layout: layoutOfFile(file), rows: rowsOfFile(file) }).toEqual(before);
    expect(indexNames(file)).toEqual(expect.arrayContaining(additionalIndexes));
  });

  test("tables that are not those of the version are noticed at the end", async () => {
    const file = copyOf(9);
    withDatabase(file, (database) => database.exec("DROP TABLE Attribution"));
    const before = { layout: layoutOfFile(file), rows: rowsOfFile(file) };
    await expect((await sqliteMigrator({ path: file })).up()).rejects.toMatchObject({ code: "ABORTED" });
    expect({ layout: layoutOfFile(file), rows: rowsOfFile(file) }).toEqual(before);
  });

  test.each([1, 8, 10])("killed on the way to version %i, the file is as it was", async (version) => {
    const file = copyOf(0);
    const before = { layout: layoutOfFile(file), rows: rowsOfFile(file) };
    expect(await upgradeProcess(file, String(version))).toBe("SIGKILL");
    expect({ layout: layoutOfFile(file), rows: rowsOfFile(file) }).toEqual(before);
    expect(await (await sqliteMigrator({ path: file })).up()).toEqual({ from: 0, to: 10 });
  });
});

test("of two processes one upgrades, and the other one waits for it", async () => {
  const file = copyOf(0);
  withDatabase(file, (database) =>
    database.exec(`
      WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      INSERT INTO Artifact (id, type_id, uri) SELECT i, 1, 'uri ' || i FROM n`),
  );
  const results = await Promise.all([upgradeProcess(file), upgradeProcess(file)]);
  expect(results.map((text) => JSON.parse(text)).sort((a, b) => a.from - b.from)).toEqual([
    { from: 0, to: 10 },
    { from: 10, to: 10 },
  ]);
  expect(layoutOfFile(file)).toEqual(layoutOfVersion(10));
});

/** What it prints, or the signal that ended it. */
function upgradeProcess(...args: string[]): Promise<string> {
  const script = join(import.meta.dirname, "upgrade-process.ts");
  const flags = ["--experimental-transform-types", "--disable-warning=ExperimentalWarning"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...flags, script, ...args], (error, stdout) => {
      if (error?.signal) resolve(error.signal);
      else if (error) reject(error);
      else resolve(stdout);
    });
  });
}

test("a downgrade ends at its target, and does nothing where the database is there or below", async () => {
  const migrator = await sqliteMigrator({ path: copyOf(7) });
  for (const target of [10, 8, 7]) expect(await migrator.down(target)).toEqual({ from: 7, to: 7 });
  expect(await migrator.down(4)).toEqual({ from: 7, to: 4 });
  expect(await migrator.status()).toBe(4);
});

test.each([-1, 11, 1.5, Number.NaN])("a downgrade to %d is INVALID_ARGUMENT", async (target) => {
  const migrator = await sqliteMigrator({ path: copyOf(10) });
  await expect(migrator.down(target)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(migrator.planDown(target)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await migrator.status()).toBe(10);
});

test("an empty database: nothing to upgrade, and none to downgrade", async () => {
  const file = join(folder, "empty.db");
  await writeFile(file, "");
  const migrator = await sqliteMigrator({ path: file });
  expect(await migrator.status()).toBe(undefined);
  expect(await migrator.up()).toEqual({ from: undefined, to: undefined });
  await expect(migrator.down(5)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(readFileSync(file)).toHaveLength(0);
});

test("a newer database is refused in every direction", async () => {
  const file = copyOf(10);
  withDatabase(file, (database) => database.exec("UPDATE MLMDEnv SET schema_version = 11"));
  const before = readFileSync(file);
  const migrator = await sqliteMigrator({ path: file });
  expect(await migrator.status()).toBe(11);
  for (const move of [migrator.up(), migrator.planUp(), migrator.down(5), migrator.planDown(5)]) {
    await expect(move).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  }
  expect(readFileSync(file).equals(before)).toBe(true);
});

test.each([
  [join("no", "such.db"), "NOT_FOUND"],
  [":memory:", "INVALID_ARGUMENT"],
])("no database to migrate: %s is %s", async (path, code) => {
  await expect(sqliteMigrator({ path })).rejects.toMatchObject({ code });
});

test("a plan tells the steps and what they lose, and changes nothing", async () => {
  const file = copyOf(10);
  const before = readFileSync(file);
  const plan = await (await sqliteMigrator({ path: file })).planDown(3);
  expect(readFileSync(file).equals(before)).toBe(true);
  expect([plan.from, plan.to]).toEqual([10, 3]);
  const losses = Object.fromEntries(
    plan.steps.flatMap(({ to, losses }) => losses.map(({ what, count }) => [`${to}: ${what}`, count])),
  );
  expect(losses).toEqual({
    "9: values of proto and boolean properties (the properties stay, without value)": 1,
    "8: external ids of artifacts": 1,
    "5: versions of types": 1,
    "4: names of artifacts": 1,
    "4: names of executions": 1,
    "4: times of artifacts": 1,
    "4: times of executions": 1,
    "4: times of contexts": 1,
    "3: links of executions to contexts": 1,
    "3: links of artifacts to contexts": 1,
  });
});

test("a plan of an upgrade counts the events that a later one replaces", async () => {
  const file = copyOf(6);
  withDatabase(file, (database) =>
    database.exec(
      "INSERT INTO Event (artifact_id, execution_id, type) VALUES (1, 1, 3), (1, 1, 3), (1, 1, 3)",
    ),
  );
  const plan = await (await sqliteMigrator({ path: file })).planUp();
  expect(plan.steps.flatMap(({ losses }) => losses.map(({ count }) => count))).toEqual([2]);
});

test("every plan from every version can be made", async () => {
  for (const version of [...versions, 10]) {
    const migrator = await sqliteMigrator({ path: copyOf(version) });
    expect((await migrator.planUp()).steps).toHaveLength(10 - version);
    expect((await migrator.planDown(0)).steps).toHaveLength(version);
  }
});

test.each(["delete", "wal"])("journal mode %s stays", async (mode) => {
  const file = copyOf(10);
  withDatabase(file, (database) => database.pragma(`journal_mode = ${mode}`));
  const migrator = await sqliteMigrator({ path: file });
  await migrator.down(2);
  await migrator.up();
  expect(withDatabase(file, (database) => database.pragma("journal_mode", { simple: true }))).toBe(mode);
});

test("our own indexes also go from an older file in which the original left them", async () => {
  const file = copyOf(9);
  withDatabase(file, (database) =>
    database.exec(`CREATE INDEX idx_association_execution_id ON Association (execution_id);
                   CREATE INDEX idx_attribution_artifact_id ON Attribution (artifact_id)`),
  );
  await (await sqliteMigrator({ path: file })).down(8);
  expect(layoutOfFile(file)).toEqual(layoutOfVersion(8));
});

test("views and other tables of the file survive, and no id is given twice", async () => {
  const file = copyOf(10);
  withDatabase(file, (database) =>
    database.exec(`CREATE VIEW uris AS SELECT id, uri FROM Artifact;
                   CREATE TABLE note (artifact INTEGER REFERENCES Artifact (id) ON DELETE CASCADE);
                   INSERT INTO note VALUES (1);
                   INSERT INTO Artifact (id, type_id) VALUES (500, 1);
                   DELETE FROM Artifact WHERE id = 500`),
  );
  const migrator = await sqliteMigrator({ path: file });
  await migrator.down(0);
  await migrator.up();
  withDatabase(file, (database) => {
    expect(database.prepare("SELECT uri FROM uris JOIN note ON id = artifact").pluck().all()).toEqual([
      "s3://bucket/a",
    ]);
    expect(database.prepare("INSERT INTO Artifact (type_id) VALUES (1)").run().lastInsertRowid).toBe(501);
  });
});
