import mysql from "mysql2/promise";
import pg from "pg";
import type { MysqlOptions } from "../../src/storage/mysql/open.ts";
import { openMysql } from "../../src/storage/mysql/open.ts";
import { openPostgres, type PostgresOptions } from "../../src/storage/postgres/open.ts";

/*
 * Fresh databases on the test servers. A test process makes one database for each engine and empties it for every
 * test, which is much faster than to make one each time.
 */

const emptied = [
  "TypeProperty",
  "ParentType",
  "ParentContext",
  "EventPath",
  "ArtifactProperty",
  "ExecutionProperty",
  "ContextProperty",
];
const numbered = ["Type", "Artifact", "Execution", "Context", "Event", "Association", "Attribution"];

let postgresDatabase: Promise<{ options: PostgresOptions; client: pg.Client }> | undefined;
let mysqlDatabase: Promise<{ options: MysqlOptions; connection: mysql.Connection }> | undefined;

export async function newPostgresDatabase(port: number): Promise<PostgresOptions> {
  postgresDatabase ??= createPostgres(port);
  const { options, client } = await postgresDatabase;
  await client.query(`TRUNCATE ${[...emptied, ...numbered].join()} RESTART IDENTITY`);
  return options;
}

async function createPostgres(port: number) {
  const options = { host: "127.0.0.1", port, user: "mlmd", dbname: databaseName(), connectionsMax: 4 };
  await (await openPostgres(options)).close();
  const client = new pg.Client({ host: "127.0.0.1", port, user: "mlmd", database: options.dbname });
  await client.connect();
  client.on("error", () => {});
  return { options, client };
}

export async function newMysqlDatabase(port: number): Promise<MysqlOptions> {
  mysqlDatabase ??= createMysql(port);
  const { options, connection } = await mysqlDatabase;
  for (const table of emptied) await connection.query(`DELETE FROM ${table}`);
  for (const table of numbered) {
    await connection.query(`DELETE FROM ${table}`);
    await connection.query(`ALTER TABLE ${table} AUTO_INCREMENT = 1`);
  }
  return options;
}

async function createMysql(port: number) {
  const options = { host: "127.0.0.1", port, user: "root", database: databaseName(), connectionsMax: 4 };
  await (await openMysql(options)).close();
  const connection = await mysql.createConnection({
    host: "127.0.0.1",
    port,
    user: "root",
    database: options.database,
  });
  return { options, connection };
}

function databaseName(): string {
  return `mlmd_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
}
