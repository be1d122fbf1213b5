import mysql from "mysql2/promise";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";
import { openStore, type StoreConfig } from "../../src/index.ts";

/*
 * A database behind a network that is opened for reading stays as it is, also where it lacks something
 * (SQLite's: src/storage/sqlite/open.test.ts).
 */

interface Engine {
  readonly name: string;
  readonly missing: string | undefined;
  config(database: string, readOnly?: boolean): StoreConfig;
  /** The first column of the rows. */
  run(database: string | undefined, statement: string): Promise<unknown[]>;
  readonly indexes: string;
  readonly databases: string;
  readonly dropIndex: string;
}

const servers = { postgres: inject("postgres"), mysql: inject("mysql") };
const host = "127.0.0.1";

const engines: readonly Engine[] = [
  {
    name: "PostgreSQL",
    missing: servers.postgres.missing,
    config: (dbname, readOnly) => ({
      postgresql: {
        host,
        port: servers.postgres.port as number,
        user: "mlmd",
        dbname,
        ...(readOnly && { readOnly }),
      },
    }),
    async run(database = "postgres", statement) {
      const client = new pg.Client({ host, port: servers.postgres.port as number, user: "mlmd", database });
      await client.connect();
      const { rows } = await client.query({ text: statement, rowMode: "array" });
      await client.end();
      return rows.map(([first]) => first);
    },
    indexes: "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    databases: "SELECT datname FROM pg_database",
    dropIndex: "DROP INDEX idx_attribution_artifact_id",
  },
  {
    name: "MariaDB",
    missing: servers.mysql.missing,
    config: (database, readOnly) => ({
      mysql: {
        host,
        port: servers.mysql.port as number,
        user: "root",
        database,
        ...(readOnly && { readOnly }),
      },
    }),
    async run(database, statement) {
      const connection = await mysql.createConnection({
        ...{ host, port: servers.mysql.port as number, user: "root", rowsAsArray: true },
        ...(database !== undefined && { database }),
      });
      const [rows] = (await connection.query(statement)) as unknown as [unknown[][]];
      await connection.end();
      return Array.isArray(rows) ? rows.map(([first]) => first) : [];
    },
    indexes: "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()",
    databases: "SHOW DATABASES",
    dropIndex: "DROP INDEX idx_attribution_artifact_id ON Attribution",
  },
];

describe.each(engines)("$name", ({ missing, config, run, indexes, databases, dropIndex }) => {
  test.skipIf(missing)("a database without our index is read and not completed", async () => {
    const writer = await openStore(config("read_only"));
    const id = await writer.putArtifactType({ name: "Data" });
    await writer.close();
    await run("read_only", dropIndex);
    const before = (await run("read_only", indexes)).sort();

    const store = await openStore(config("read_only", true));
    expect((await store.getArtifactTypes()).map((type) => type.id)).toEqual([id]);
    await expect(store.putArtifactType({ name: "More" })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    await store.close();
    expect((await run("read_only", indexes)).sort()).toEqual(before);
    expect(before).not.toContain("idx_attribution_artifact_id");
  });

  test.skipIf(missing)("a missing database is not created, an empty one not filled", async () => {
    await expect(openStore(config("read_only_missing", true))).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await run(undefined, databases)).not.toContain("read_only_missing");
    await run(undefined, "CREATE DATABASE read_only_empty");
    await expect(openStore(config("read_only_empty", true))).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
    });
    expect(await run("read_only_empty", indexes)).toEqual([]);
  });
});
