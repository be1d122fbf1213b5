import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { openStore } from "../../src/index.ts";
import type { MigrationProgress } from "../../src/storage/migrate/migrator.ts";
import { MysqlConnection } from "../../src/storage/mysql/connection.ts";
import { mysqlMigrator } from "../../src/storage/mysql/migrator.ts";
import { newDatabaseName } from "../support/backends.ts";
import { layoutOfVersion, MysqlDatabases, type MysqlLayout } from "./mysql-databases.ts";

const server = inject("mysql");
const versions = Array.from({ length: 11 }, (_, version) => version);
const latest = 10;
const long = "ä".repeat(60_000);

function withAdditionalIndexes(layout: Record<string, MysqlLayout>): Record<string, MysqlLayout> {
  const indexed = (table: string, column: string) => {
    const indexes = [{ name: `idx_${table.toLowerCase()}_${column}`, columns: [column] }];
    return { [table]: { ...(layout[table] as MysqlLayout), indexes } };
  };
  return {
    ...layout,
    ...indexed("Association", "execution_id"),
    ...indexed("Attribution", "artifact_id"),
  };
}

describe.skipIf(server.missing !== undefined)("migrations of MariaDB", () => {
  let databases: MysqlDatabases;
  const names: string[] = [];

  const options = (database: string) => ({
    ...{ host: "127.0.0.1", port: server.port as number, user: "root", database },
    connectionsMax: 2,
  });
  const migratorOf = (database: string) => mysqlMigrator(options(database));
  const state = async (database: string) => ({
    layout: await databases.layout(database),
    rows: await databases.rows(database),
  });

  beforeAll(async () => {
    databases = await MysqlDatabases.connect(server.port as number);
    names.push(newDatabaseName("migrated"));
    await fill(names[0] as string);
    for (const version of versions.slice(0, latest).reverse()) {
      const name = newDatabaseName(`version_${version}_`);
      await databases.copy(nameOf(version + 1), name);
      await migratorOf(name).down(version);
      names.unshift(name);
    }
  }, 60_000);
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => databases?.close());

  /** `names` ends with the latest version, and begins with the oldest that there is yet. */
  const nameOf = (version: number) => names[version - (latest + 1 - names.length)] as string;

  async function fill(database: string): Promise<void> {
    const store = await openStore({ mysql: options(database) });
    const typeId = await store.putArtifactType({
      name: "Data",
      version: "1",
      description: "rows",
      properties: { rows: "int", ok: "boolean", text: "string" },
    });
    const executionTypeId = await store.putExecutionType({ name: "Train" });
    const contextTypeId = await store.putContextType({ name: "Run", properties: { note: "string" } });
    await store.putExecution({
      execution: { typeId: executionTypeId, name: "run" },
      artifactAndEvents: [
        {
          artifact: {
            ...{ typeId, uri: "s3://bucket/ä", name: "a", externalId: "x" },
            properties: { rows: 3n, ok: true, text: long },
          },
          event: { type: "OUTPUT", path: ["model", 1n] },
        },
      ],
      contexts: [{ typeId: contextTypeId, name: "first", properties: { note: "n".repeat(70_000) } }],
    });
    await store.close();
  }

  /** A database of its own for a test; below version 8 with events that are there twice. */
  async function copyOf(version: number): Promise<string> {
    const name = newDatabaseName("copy");
    await databases.copy(nameOf(version), name);
    if (version < 8) {
      await databases.query(
        name,
        `INSERT INTO Event (artifact_id, execution_id, type) VALUES (1, 1, 4), (1, 1, 4);
         INSERT INTO EventPath (event_id, is_index_step, step_index) VALUES (2, 1, 5), (4711, 1, 6)`,
      );
    }
    return name;
  }

  describe("opening", () => {
    test.each(versions.slice(0, latest))(
      "version %i is refused, and stays as it is, unless its upgrade is asked for",
      async (version) => {
        const copy = await copyOf(version);
        const before = await state(copy);
        expect(before.layout).toEqual(layoutOfVersion(version));
        const refusal = {
          code: "FAILED_PRECONDITION",
          message: expect.stringContaining(`schema version ${version},`),
        };
        await expect(openStore({ mysql: options(copy) })).rejects.toMatchObject(refusal);
        await expect(
          openStore({ mysql: { ...options(copy), readOnly: true, enableUpgradeMigration: true } }),
        ).rejects.toMatchObject(refusal);
        expect(await state(copy)).toEqual(before);

        const progress: MigrationProgress[] = [];
        const store = await openStore({
          mysql: {
            ...options(copy),
            enableUpgradeMigration: true,
            onMigrationProgress: (entry) => progress.push(entry),
          },
        });
        expect(progress.filter(({ table }) => !table).map(({ to }) => to)).toEqual(
          versions.slice(version + 1),
        );
        const [artifact] = await store.getArtifacts();
        expect(artifact).toMatchObject({ id: 1n, uri: "s3://bucket/ä", properties: { rows: 3n } });
        await store.putArtifactType({ name: "More", properties: { ok: "boolean" } });
        await store.close();
        expect(await databases.layout(copy)).toEqual(withAdditionalIndexes(layoutOfVersion(latest)));
      },
    );

    test("tables that are not those of the recorded version are refused, and not completed", async () => {
      const copy = await copyOf(latest);
      await databases.query(copy, "DROP TABLE ParentType");
      const before = await state(copy);
      const refusal = { code: "ABORTED", message: expect.stringContaining("ParentType") };
      for (const enableUpgradeMigration of [false, true]) {
        const config = { mysql: { ...options(copy), enableUpgradeMigration } };
        await expect(openStore(config)).rejects.toMatchObject(refusal);
      }
      expect(await state(copy)).toEqual(before);
    });

    test("where there is nothing to upgrade the option changes nothing", async () => {
      for (const database of [await copyOf(latest), newDatabaseName("new")]) {
        const store = await openStore({ mysql: { ...options(database), enableUpgradeMigration: true } });
        await store.putArtifactType({ name: "Data", version: "2" });
        await store.close();
      }
    });
  });

  /** What changes the database; the rest looks or concerns the connection. */
  const isChange = (text: string) => !/^\s*(?:SELECT|SET)\b/.test(text);

  /** Has the connections of the migrations tell what they are about to run; what `before` throws ends the migration. */
  function interceptChanges(before: (text: string) => void): void {
    const query = MysqlConnection.prototype.query;
    vi.spyOn(MysqlConnection.prototype, "query").mockImplementation(async function (
      this: MysqlConnection,
      text: string,
    ) {
      if (isChange(text)) before(text);
      return query.call(this, text);
    });
  }

  /**
   * Migrates in attempts, each of which is cut off when it has run one statement more than any before it. Gives how
   * many it took.
   */
  async function inPieces(migrate: (onProgress: (at: MigrationProgress) => void) => Promise<unknown>) {
    const stopped = new Error("cut off");
    const seen = new Set<string>();
    let move = "";
    let isNew = true;
    interceptChanges((text) => {
      if (seen.has(move + text)) return;
      if (!isNew) throw stopped;
      isNew = false;
      seen.add(move + text);
    });
    for (let attempts = 1; ; attempts++) {
      isNew = true;
      try {
        await migrate(({ from, to }) => {
          move = `${from} ${to}: `;
        });
        vi.restoreAllMocks();
        return attempts;
      } catch (error) {
        if (error !== stopped && (error as Error).cause !== stopped) throw error;
      }
    }
  }

  describe("a migration that is cut off", () => {
    test("between any two statements of an upgrade is completed by running it again", async () => {
      const [whole, pieces] = [await copyOf(0), await copyOf(0)];
      const { steps } = await migratorOf(whole).planUp();
      await migratorOf(whole).up();
      const attempts = await inPieces((onProgress) => migratorOf(pieces).up({ onProgress }));
      // Each step also begins and ends, and records its version.
      expect(attempts).toBe(steps.flatMap(({ statements }) => statements).length + 3 * steps.length);
      expect(await state(pieces)).toEqual(await state(whole));
    }, 60_000);

    test("between any two statements of a downgrade is completed by running it again", async () => {
      const pieces = await copyOf(latest);
      const { steps } = await migratorOf(pieces).planDown(0);
      const attempts = await inPieces((onProgress) => migratorOf(pieces).down(0, { onProgress }));
      // Version 0 is not recorded.
      expect(attempts).toBe(steps.flatMap(({ statements }) => statements).length + 3 * steps.length - 1);
      expect(await state(pieces)).toEqual(await state(nameOf(0)));
    }, 60_000);

    /** Stops the move from one version to its neighbour after the half of its statements. */
    async function half(database: string, from: number, to: number): Promise<void> {
      const steps = from < to ? await migratorOf(database).planUp() : await migratorOf(database).planDown(to);
      let left = 1 + Math.floor((steps.steps[0]?.statements.length ?? 0) / 2);
      interceptChanges(() => {
        if (left-- === 0) throw new Error("cut off");
      });
      const migrator = migratorOf(database);
      await expect(from < to ? migrator.up() : migrator.down(to)).rejects.toThrow("cut off");
      vi.restoreAllMocks();
    }

    test.each(versions.slice(0, latest))("on the way from %i up can be gone back from", async (version) => {
      const copy = await copyOf(version);
      const before = await state(copy);
      await half(copy, version, version + 1);
      const migrator = migratorOf(copy);
      expect(await migrator.unfinished()).toEqual({ from: version, to: version + 1 });
      await expect(openStore({ mysql: options(copy) })).rejects.toMatchObject({
        code: "FAILED_PRECONDITION",
        message: expect.stringContaining(`between the schema versions ${version} and ${version + 1}`),
      });
      const plan = await migrator.planDown(version);
      expect(plan.steps.map(({ from, to }) => [from, to])).toEqual([
        [version, version + 1],
        [version + 1, version],
      ]);
      await migrator.down(version);
      expect(await databases.layout(copy)).toEqual(before.layout);
      // The upgrade to 8 takes away what is there twice.
      if (version !== 7) expect(await databases.rows(copy)).toEqual(before.rows);
      expect(await migrator.unfinished()).toBe(undefined);
    });

    test.each([1, 2, 5, 7, 8, 10])("on the way from %i down can be gone back from", async (version) => {
      const copy = await copyOf(version);
      await half(copy, version, version - 1);
      await expect(openStore({ mysql: options(copy) })).rejects.toMatchObject({
        code: "FAILED_PRECONDITION",
      });
      await migratorOf(copy).planUp();
      const store = await openStore({ mysql: { ...options(copy), enableUpgradeMigration: true } });
      expect(await store.getArtifacts()).toMatchObject([{ id: 1n, uri: "s3://bucket/ä" }]);
      await store.close();
      expect(await migratorOf(copy).unfinished()).toBe(undefined);
    });

    test("by the loss of its connection stops, and is completed by the next", async () => {
      const copy = await copyOf(0);
      let isKilled = false;
      const killed = migratorOf(copy).up({
        onProgress: ({ to, table }) => {
          if (to !== 8 || table === undefined || isKilled) return;
          isKilled = true;
          void kill(copy);
        },
      });
      await expect(killed).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(await migratorOf(copy).up()).toMatchObject({ to: latest });
      expect(await databases.layout(copy)).toEqual(layoutOfVersion(latest));
    });

    async function kill(database: string): Promise<void> {
      const rows = await databases.query(
        database,
        `SELECT id FROM information_schema.processlist WHERE db = '${database}' AND id <> CONNECTION_ID()`,
      );
      for (const { id } of rows) await databases.query(database, `KILL ${id}`);
    }

    test("a record of one that is not of this content means nothing", async () => {
      const copy = await copyOf(4);
      await databases.query(copy, "CREATE TABLE mlmd_migration (id INT PRIMARY KEY) COMMENT = 'from 8 to 9'");
      expect(await migratorOf(copy).unfinished()).toBe(undefined);
      await migratorOf(copy).up();
      expect(await databases.layout(copy)).toEqual(layoutOfVersion(latest));
    });
  });

  test("of two that start together one upgrades, and the other one waits for it", async () => {
    const copy = await copyOf(0);
    const results = await Promise.all([migratorOf(copy).up(), migratorOf(copy).up()]);
    expect(results.sort((a, b) => Number(a.from) - Number(b.from))).toEqual([
      { from: 0, to: latest },
      { from: latest, to: latest },
    ]);
    expect(await databases.layout(copy)).toEqual(layoutOfVersion(latest));
  });

  test("while one database is being migrated another one need not wait", async () => {
    const [first, second] = [await copyOf(9), await copyOf(9)];
    let isWaiting = true;
    const held = databases.query(
      first,
      "SELECT GET_LOCK(CONCAT('mlmd.schema.', MD5(DATABASE())), 0) AS taken",
    );
    expect(await held).toEqual([{ taken: 1 }]);
    const waiting = migratorOf(first)
      .up()
      .finally(() => {
        isWaiting = false;
      });
    await migratorOf(second).up();
    await wait(50);
    expect(isWaiting).toBe(true);
    await databases.query(first, "SELECT RELEASE_LOCK(CONCAT('mlmd.schema.', MD5(DATABASE())))");
    expect(await waiting).toEqual({ from: 9, to: latest });
  });

  test("no statement goes through a table anew for each row of another", async () => {
    const copy = await copyOf(7);
    const { steps } = await migratorOf(copy).planUp();
    const changes = steps.flatMap(({ statements }) =>
      statements.filter((sql) => /^(DELETE|UPDATE)/.test(sql)),
    );
    expect(changes).toHaveLength(2);
    const plans = await Promise.all(changes.map((sql) => databases.query(copy, `EXPLAIN ${sql}`)));
    const dependent = plans.flat().filter((row) => /DEPENDENT/.test(String(row.select_type)));
    expect(dependent.map(({ table, type }) => [table, type])).toEqual([["Event", "unique_subquery"]]);
  });

  test("texts that do not fit the older column are cut, to the original's length where that fits", async () => {
    const [note] = await databases.query(
      nameOf(6),
      "SELECT string_value AS text FROM ContextProperty WHERE name = 'note'",
    );
    expect(note?.text).toBe("n".repeat(65_535));
    const [text] = await databases.query(
      nameOf(6),
      "SELECT string_value AS text, LENGTH(string_value) AS bytes FROM ArtifactProperty WHERE name = 'text'",
    );
    expect(Number(text?.bytes)).toBeGreaterThan(65_535 / 2);
    expect(
      Buffer.from(long)
        .toString("latin1")
        .startsWith(text?.text as string),
    ).toBe(true);
    const plan = await migratorOf(nameOf(latest)).planDown(6);
    expect(plan.steps.at(-1)?.losses).toEqual([
      { what: "texts of properties above 65,535 bytes (their beginning stays)", count: 2 },
    ]);
  });

  test("no id is given twice", async () => {
    const copy = await copyOf(latest);
    await databases.query(
      copy,
      "INSERT INTO Event (id, artifact_id, execution_id, type) VALUES (500, 7, 7, 3); DELETE FROM Event WHERE id = 500",
    );
    await migratorOf(copy).down(0);
    await migratorOf(copy).up();
    await databases.query(copy, "INSERT INTO Event (artifact_id, execution_id, type) VALUES (8, 8, 3)");
    expect(await databases.query(copy, "SELECT max(id) AS id FROM Event")).toEqual([{ id: 501 }]);
  });

  test("a failing statement is named with its cause", async () => {
    const copy = await copyOf(4);
    await databases.query(
      copy,
      "INSERT INTO Artifact (type_id) VALUES (1); ALTER TABLE Artifact ADD COLUMN state INT",
    );
    await expect(migratorOf(copy).up()).rejects.toMatchObject({
      code: "INTERNAL",
      message: "the migration from schema version 4 to 5 failed: Duplicate column name 'state'",
    });
    await databases.query(copy, "ALTER TABLE Artifact DROP COLUMN state");
    await migratorOf(copy).up();
    expect(await databases.layout(copy)).toEqual(layoutOfVersion(latest));
  });

  test("an empty database: nothing to upgrade, and none to downgrade; a missing one is NOT_FOUND", async () => {
    const name = newDatabaseName("empty");
    await databases.query("information_schema", `CREATE DATABASE ${name}`);
    expect(await migratorOf(name).status()).toBe(undefined);
    expect(await migratorOf(name).up()).toEqual({ from: undefined, to: undefined });
    await expect(migratorOf(name).down(5)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(migratorOf("no_such_database").status()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a newer database is refused in every direction", async () => {
    const copy = await copyOf(latest);
    await databases.query(copy, "UPDATE MLMDEnv SET schema_version = 11");
    const before = await state(copy);
    const migrator = migratorOf(copy);
    expect(await migrator.status()).toBe(11);
    const moves = [
      () => migrator.up(),
      () => migrator.planUp(),
      () => migrator.down(5),
      () => migrator.planDown(5),
    ];
    for (const move of moves) await expect(move()).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(await state(copy)).toEqual(before);
  });

  test("every plan from every version can be made, and changes nothing", async () => {
    for (const version of versions) {
      const before = await state(nameOf(version));
      const migrator = migratorOf(nameOf(version));
      expect((await migrator.planUp()).steps).toHaveLength(latest - version);
      expect((await migrator.planDown(0)).steps).toHaveLength(version);
      expect(await state(nameOf(version))).toEqual(before);
    }
  });
});
