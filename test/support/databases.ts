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

let postgresDatabase: Promise<{ options: PostgresOptions; client: pg.Client }> | undefined;
let mysqlDatabase: Promise<{ options: MysqlOptions; connection: mysql.Connection }> | undefined;

export async function newPostgresDatabase(port: number): Promise<PostgresOptions> {
  postgresDatabase ??= createPostgres(port);
  const { options, client } = await postgresDatabase;
  const restart = Object.entries(numbered).map(
    ([table, id]) => `SELECT setval('${table}_id_seq', ${id}, false);`,
  );
  await client.query(emptied + emptyTypes + restart.join(""));
  return options;
}

async function createPostgres(port: number) {
  const options = { host: "127.0.0.1", port, user: "mlmd", dbname: databaseName(), connectionsMax: 4 };
  await (await openPostgres(options)).close();
  const client = new pg.Client({ host: "127.0.0.1", port, user: "mlmd", database: options.dbname });
  await client.connect();
  client.on("error", () => {});
  return { options: { ...options, skipDbCreation: true }, client };
}

export async function newMysqlDatabase(port: number): Promise<MysqlOptions> {
  mysqlDatabase ??= createMysql(port);
  const { options, connection } = await mysqlDatabase;
  await connection.query(emptied + emptyTypes);
  const [rows] = await connection.query(
    "SELECT table_name AS name, auto_increment AS next FROM information_schema.tables WHERE table_schema = DATABASE()",
  );
  // Changing a table is slow, and most of them are as new.
  const used = (rows as { name: keyof typeof numbered; next: number | null }[]).filter(
    ({ name, next }) => next !== null && next !== numbered[name],
  );
  await connection.query(
    ["DO 0", ...used.map(({ name }) => `ALTER TABLE ${name} AUTO_INCREMENT = ${numbered[name]}`)].join(";"),
  );
  return options;
}

async function createMysql(port: number) {
  const options = { host: "127.0.0.1", port, user: "root", database: databaseName(), connectionsMax: 4 };
  await (await openMysql(options)).close();
  const connection = await mysql.createConnection({
    ...{ host: "127.0.0.1", port, user: "root", database: options.database },
    multipleStatements: true,
  });
  return { options: { ...options, skipDbCreation: true }, connection };
}

function databaseName(): string {
  return `mlmd_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
}
