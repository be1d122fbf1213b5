import mysql from "mysql2/promise";
import pg from "pg";
import { type MysqlOptions, openMysql } from "../../src/storage/mysql/open.ts";
import { openPostgres, type PostgresOptions } from "../../src/storage/postgres/open.ts";

/*
 * Fresh databases on the test servers. A test process makes one database for each engine and empties it for every
 * test, which is much faster than to make one each time.
 */

/** The tables whose rows have ids, with the first id of a new database. */
const numbered = {
  Type: 10,
  Artifact: 1,
  Execution: 1,
  Context: 1,
  Event: 1,
  Association: 1,
  Attribution: 1,
};
const others = ["TypeProperty", "ParentType", "ParentContext", "EventPath"];
const properties = ["ArtifactProperty", "ExecutionProperty", "ContextProperty"];

/** The built-in types stay: they are what a new database begins with. */
const emptied = [...others, ...properties, ...Object.keys(numbered).filter((table) => table !== "Type")]
  .map((table) => `DELETE FROM ${table};`)
  .join("");
const emptyTypes = "DELETE FROM Type WHERE id > 9;";

/** Empties a database as often as it is asked to. */
export interface Emptier {
  empty(): Promise<void>;
  /** Ids that failed writes have used up are given again. */
  closeIdGaps(): Promise<void>;
  close(): Promise<void>;
}

/** For a database that holds our tables, or the original's. */
export async function postgresEmptier(port: number, database: string): Promise<Emptier> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "mlmd", database });
  await client.connect();
  client.on("error", () => {});
  const restart = Object.entries(numbered).map(
    ([table, id]) => `SELECT setval('${table}_id_seq', ${id}, false);`,
  );
  const closeGaps = Object.keys(numbered).map(
    (table) => `SELECT setval('${table}_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM ${table}), false);`,
  );
  return {
    empty: async () => {
      // The steps of a path have no order but that of their rows, which do not come one after another in room made free.
      await client.query(`TRUNCATE EventPath;${emptied}${emptyTypes}${restart.join("")}`);
    },
    closeIdGaps: async () => {
      await client.query(closeGaps.join(""));
    },
    close: () => client.end(),
  };
}

/** For a database that holds our tables, or the original's. */
export async function mysqlEmptier(port: number, database: string): Promise<Emptier> {
  const connection = await mysql.createConnection({
    ...{ host: "127.0.0.1", port, user: "root", database },
    multipleStatements: true,
  });
  return {
    empty: async () => {
      await connection.query(emptied + emptyTypes);
      await setNextIds(connection, numbered);
    },
    closeIdGaps: async () => {
      const next = Object.keys(numbered).map(
        (table) => `(SELECT coalesce(max(id), 0) + 1 FROM ${table}) AS ${table}`,
      );
      const [rows] = await connection.query(`SELECT ${next.join()}`);
      await setNextIds(connection, (rows as (typeof numbered)[])[0] as typeof numbered);
    },
    close: () => connection.end(),
  };
}

async function setNextIds(connection: mysql.Connection, next: typeof numbered): Promise<void> {
  const [rows] = await connection.query(
    "SELECT table_name AS name, auto_increment AS next FROM information_schema.tables WHERE table_schema = DATABASE()",
  );
  // Changing a table is slow, and most of them are right.
  const changed = (rows as { name: keyof typeof numbered; next: number | null }[]).filter(
    (table) => table.next !== null && table.next !== next[table.name],
  );
  await connection.query(
    ["DO 0", ...changed.map(({ name }) => `ALTER TABLE ${name} AUTO_INCREMENT = ${next[name]}`)].join(";"),
  );
}

let postgresDatabase: Promise<{ options: PostgresOptions; emptier: Emptier }> | undefined;
let mysqlDatabase: Promise<{ options: MysqlOptions; emptier: Emptier }> | undefined;

export async function newPostgresDatabase(port: number): Promise<PostgresOptions> {
  postgresDatabase ??= createPostgres(port);
  const { options, emptier } = await postgresDatabase;
  await emptier.empty();
  return options;
}

async function createPostgres(port: number) {
  const options = { host: "127.0.0.1", port, user: "mlmd", dbname: databaseName(), connectionsMax: 4 };
  await (await openPostgres(options)).close();
  const emptier = await postgresEmptier(port, options.dbname);
  return { options: { ...options, skipDbCreation: true }, emptier };
}

export async function newMysqlDatabase(port: number): Promise<MysqlOptions> {
  mysqlDatabase ??= createMysql(port);
  const { options, emptier } = await mysqlDatabase;
  await emptier.empty();
  return options;
}

async function createMysql(port: number) {
  const options = { host: "127.0.0.1", port, user: "root", database: databaseName(), connectionsMax: 4 };
  await (await openMysql(options)).close();
  const emptier = await mysqlEmptier(port, options.database);
  return { options: { ...options, skipDbCreation: true }, emptier };
}

function databaseName(): string {
  return `mlmd_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
}
