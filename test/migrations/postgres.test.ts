import { beforeAll, describe, expect, inject, test } from "vitest";
import { openStore } from "../../src/index.ts";
import type { MigrationProgress } from "../../src/storage/migrate/migrator.ts";
import { postgresMigrator } from "../../src/storage/postgres/migrator.ts";
import { newDatabaseName } from "../support/backends.ts";
import { layoutOfVersion, PostgresDatabases, withShortTexts } from "./postgres-databases.ts";

const server = inject("postgres");
const versions = [0, 1, 4, 7, 8, 9];
const latest = 10;
/** Too long for an index of PostgreSQL, also when it is compressed. */
const long = Array.from({ length: 2000 }, (_, index) => (index * index * 7919).toString(36)).join();

describe.skipIf(server.missing !== undefined)("migrations of PostgreSQL", () => {
  const databases = new PostgresDatabases(server.port as number);
  const names = new Map<number, string>([[latest, newDatabaseName("version_10_")]]);
  const options = (dbname: string) => ({
    ...{ host: "127.0.0.1", port: server.port as number, user: "mlmd", dbname },
    connectionsMax: 2,
  });
  const migratorOf = (database: string) => postgresMigrator(options(database));
  const state = async (database: string) => ({
    layout: await databases.layout(database),
    rows: await databases.rows(database),
  });

  /** A database of its own for a test. */
  async function copyOf(version: number): Promise<string> {
    const copy = newDatabaseName("copy");
    await databases.copy(names.get(version) as string, copy);
    return copy;
  }

  beforeAll(async () => {
    const newest = names.get(latest) as string;
    const store = await openStore({ postgresql: options(newest) });
    const typeId = await store.putArtifactType({ name: "Data", properties: { rows: "int", ok: "boolean" } });
    await store.putArtifacts([
      { typeId, uri: "s3://bucket/ä", name: "a", externalId: "x", properties: { rows: 3n, ok: true } },
    ]);
    await store.close();
    for (const version of versions) {
      const name = newDatabaseName(`version_${version}_`);
      await databases.copy(newest, name);
      await migratorOf(name).down(version);
      names.set(version, name);
    }
  });

  test.each(versions)(
    "version %i is refused, and stays as it is, unless its upgrade is asked for",
    async (version) => {
      const copy = await copyOf(version);
      const before = await state(copy);
      expect(before.layout).toEqual(layoutOfVersion(version));
      const refusal = {
        code: "FAILED_PRECONDITION",
        message: expect.stringContaining(`schema version ${version},`),
      };
      await expect(openStore({ postgresql: options(copy) })).rejects.toMatchObject(refusal);
      await expect(
        openStore({ postgresql: { ...options(copy), readOnly: true, enableUpgradeMigration: true } }),
      ).rejects.toMatchObject(refusal);
      expect(await state(copy)).toEqual(before);

      const progress: MigrationProgress[] = [];
      const onMigrationProgress = (entry: MigrationProgress) => progress.push(entry);
      const store = await openStore({
        postgresql: { ...options(copy), enableUpgradeMigration: true, onMigrationProgress },
      });
      expect(progress.filter(({ table }) => !table).map(({ to }) => to)).toEqual(
        Array.from({ length: latest - version }, (_, index) => version + index + 1),
      );
      expect(await store.getArtifacts()).toMatchObject([
        { id: 1n, uri: "s3://bucket/ä", properties: { rows: 3n } },
      ]);
      await store.putArtifactType({ name: "More", properties: { ok: "boolean" } });
      await store.close();
    },
  );

  test("a failing step leaves the database as it was, and names what is in the way", async () => {
    const copy = await copyOf(7);
    await databases.query(copy, "CREATE TABLE other (id INT CONSTRAINT uniqueevent UNIQUE)");
    const before = await state(copy);
    await expect(migratorOf(copy).up()).rejects.toMatchObject({
      message: expect.stringMatching(/the migration from schema version 7 to 8 failed: .*uniqueevent/i),
    });
    expect(await state(copy)).toEqual(before);
  });

  test("the loss of its connection leaves the database as it was", async () => {
    const copy = await copyOf(0);
    const before = await state(copy);
    const kill = () =>
      databases.query(
        "postgres",
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${copy}'`,
      );
    let killed: Promise<unknown> | undefined;
    const cutOff = migratorOf(copy).up({
      onProgress: ({ to }) => {
        if (to === 8) killed ??= kill();
      },
    });
    await expect(cutOff).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await killed;
    expect(await state(copy)).toEqual(before);
    expect(await migratorOf(copy).up()).toEqual({ from: 0, to: latest });
  });

  test("of two that start together one upgrades, and the other one waits for it", async () => {
    const copy = await copyOf(0);
    const results = await Promise.all([migratorOf(copy).up(), migratorOf(copy).up()]);
    expect(results.sort((a, b) => Number(a.from) - Number(b.from))).toEqual([
      { from: 0, to: latest },
      { from: latest, to: latest },
    ]);
    expect(await databases.layout(copy)).toEqual(withShortTexts(layoutOfVersion(latest)));
  });

  test("long texts survive the way down and up; our index stays where the original's has no room for them", async () => {
    const copy = await copyOf(latest);
    const store = await openStore({ postgresql: options(copy) });
    const [type] = await store.getArtifactTypes();
    await store.putArtifacts([{ typeId: type?.id as bigint, uri: long, customProperties: { note: long } }]);
    await store.close();
    const indexOf = async (name: string) => {
      const rows = await databases.query(copy, `SELECT indexdef FROM pg_indexes WHERE indexname = '${name}'`);
      return String(rows[0]?.indexdef);
    };
    await migratorOf(copy).down(8);
    expect(await indexOf("idx_artifact_uri")).toContain("octet_length");
    expect(await indexOf("idx_execution_property_string")).not.toContain("octet_length");
    const again = await openStore({ postgresql: { ...options(copy), enableUpgradeMigration: true } });
    const [, artifact] = await again.getArtifacts();
    expect(artifact).toMatchObject({ uri: long, customProperties: { note: long } });
    await again.close();
    expect(await indexOf("idx_execution_property_string")).toContain("octet_length");
  });

  test("a newer database is refused in every direction, an empty one has nothing to take back", async () => {
    const newer = await copyOf(latest);
    await databases.query(newer, "UPDATE MLMDEnv SET schema_version = 11");
    const refusal = { code: "FAILED_PRECONDITION" };
    await expect(migratorOf(newer).up()).rejects.toMatchObject(refusal);
    await expect(migratorOf(newer).down(4)).rejects.toMatchObject(refusal);
    const empty = newDatabaseName("empty");
    await databases.query("postgres", `CREATE DATABASE ${empty}`);
    expect(await migratorOf(empty).up()).toEqual({ from: undefined, to: undefined });
    await expect(migratorOf(empty).down(4)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("every plan from every version can be made, and changes nothing", async () => {
    for (const [version, name] of names) {
      const before = await databases.layout(name);
      const up = await migratorOf(name).planUp();
      expect(up.steps).toHaveLength(latest - version);
      const down = await migratorOf(name).planDown(0);
      expect(down.steps).toHaveLength(version);
      expect(await databases.layout(name)).toEqual(before);
    }
  });
});
