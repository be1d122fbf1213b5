import mysql from "mysql2/promise";
import pg from "pg";
import { inject } from "vitest";
import type { StoreConfig } from "../../src/index.ts";

/** A database server of the tests, for those that make databases of their own and look into them with plain SQL. */
export interface Engine {
  readonly name: "PostgreSQL" | "MariaDB";
  /** Why this one cannot be had here. */
  readonly missing: string | undefined;
  config(database: string, options?: { readOnly?: boolean }): StoreConfig;
  /** The options of the command line that name a database. */
  args(database: string): string[];
  /** Runs statements and gives the first column of the rows of the last; without a database, in the server's own. */
  run(database: string | undefined, ...statements: string[]): Promise<unknown[]>;
}

const host = "127.0.0.1";
const servers = { postgres: inject("postgres"), mysql: inject("mysql") };
const port = (engine: keyof typeof servers) => servers[engine].port as number;

export const engines: readonly Engine[] = [
  {
    name: "PostgreSQL",
    missing: servers.postgres.missing,
    config: (dbname, options) => ({
      postgresql: { host, port: port("postgres"), user: "mlmd", dbname, ...options },
    }),
    args: (database) => ["--postgres", `postgresql://mlmd@${host}:${port("postgres")}/${database}`],
    async run(database = "postgres", ...statements) {
      const client = new pg.Client({ host, port: port("postgres"), user: "mlmd", database });
      await client.connect();
      let rows: unknown[][] = [];
      for (const text of statements) ({ rows } = await client.query({ text, rowMode: "array" }));
      await client.end();
      return rows.map(([first]) => first);
    },
  },
  {
    name: "MariaDB",
    missing: servers.mysql.missing,
    config: (database, options) => ({
      mysql: { host, port: port("mysql"), user: "root", database, ...options },
    }),
    args: (database) => ["--mysql", `mysql://root@${host}:${port("mysql")}/${database}`],
    async run(database, ...statements) {
      const connection = await mysql.createConnection({
        ...{ host, port: port("mysql"), user: "root", rowsAsArray: true },
        ...(database !== undefined && { database }),
      });
      let rows: unknown = [];
      for (const text of statements) [rows] = await connection.query(text);
      await connection.end();
      return Array.isArray(rows) ? rows.map(([first]) => first) : [];
    },
  },
];
