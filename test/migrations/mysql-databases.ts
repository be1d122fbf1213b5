import { readFileSync } from "node:fs";
import { join } from "node:path";
import mysql from "mysql2/promise";
import type { Layout } from "./support.ts";

/** A table as the golden file describes it: with the names of unique constraints. */
export type MysqlLayout = Omit<Layout, "unique" | "indexes"> & {
  readonly unique: readonly Index[];
  readonly indexes: readonly Index[];
};

interface Index {
  readonly name: string;
  readonly columns: readonly string[];
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/schema-history-mysql.json"), "utf8"),
) as { versions: Record<string, Record<string, MysqlLayout>> };

/** The tables of a schema version. */
export function layoutOfVersion(version: number): Record<string, MysqlLayout> {
  const upTo = Object.entries(golden.versions).filter(([since]) => Number(since) <= version);
  return Object.assign({}, ...upTo.map(([, changed]) => changed));
}

type Rows = Record<string, unknown>[];

/** The databases of a test server. */
export class MysqlDatabases {
  readonly #connection: mysql.Connection;

  private constructor(connection: mysql.Connection) {
    this.#connection = connection;
  }

  static async connect(port: number): Promise<MysqlDatabases> {
    const settings = { host: "127.0.0.1", port, user: "root", multipleStatements: true };
    return new MysqlDatabases(await mysql.createConnection({ ...settings, supportBigNumbers: true }));
  }

  close(): Promise<void> {
    return this.#connection.end();
  }

  async query(database: string, sql: string): Promise<Rows> {
    await this.#connection.query(`USE ${database}`);
    const [rows] = await this.#connection.query(sql);
    return rows as Rows;
  }

  /** A database with the same tables and rows. */
  async copy(from: string, to: string): Promise<void> {
    const tables = await this.#tables(from);
    const statements = tables.map(
      (table) =>
        `CREATE TABLE ${table} LIKE ${from}.${table}; INSERT INTO ${table} SELECT * FROM ${from}.${table}`,
    );
    await this.#connection.query(`CREATE DATABASE ${to}`);
    await this.query(to, statements.join(";"));
  }

  async drop(database: string): Promise<void> {
    await this.#connection.query(`DROP DATABASE ${database}`);
  }

  async layout(database: string): Promise<Record<string, MysqlLayout>> {
    const where = `WHERE table_schema = '${database}'`;
    const columns = await this.query(
      database,
      `SELECT table_name AS t, column_name AS c, column_type AS type, is_nullable AS nullable, column_default AS d, extra
       FROM information_schema.columns ${where} ORDER BY ordinal_position`,
    );
    const indexes = await this.query(
      database,
      `SELECT table_name AS t, index_name AS name, non_unique AS plain, min(seq_in_index),
         group_concat(concat(column_name, coalesce(concat('(', sub_part, ')'), '')) ORDER BY seq_in_index) AS columns
       FROM information_schema.statistics ${where} GROUP BY table_name, index_name, non_unique`,
    );
    const tables = await this.#tables(database);
    return Object.fromEntries(
      tables.map((table) => {
        const of = (rows: Rows) => rows.filter(({ t }) => t === table);
        return [table, describe(of(columns), of(indexes))];
      }),
    );
  }

  /** All rows of all tables, as text in an order of their own, their columns in alphabetical order. */
  async rows(database: string): Promise<Record<string, string[]>> {
    const tables = await this.#tables(database);
    const read = async (table: string) => {
      const rows = await this.query(database, `SELECT * FROM ${table}`);
      return [table, rows.map(asText).sort()] as const;
    };
    const result: Record<string, string[]> = {};
    for (const table of tables) result[table] = (await read(table))[1];
    return result;
  }

  async #tables(database: string): Promise<string[]> {
    const rows = await this.query(
      database,
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '${database}' ORDER BY name`,
    );
    return rows.map(({ name }) => name as string);
  }
}

function describe(columns: Rows, indexes: Rows): MysqlLayout {
  const named = indexes
    .map(({ name, columns, plain }) => ({
      name: name as string,
      columns: String(columns).split(","),
      isUnique: Number(plain) === 0,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const others = (isUnique: boolean) =>
    named
      .filter((index) => index.isUnique === isUnique && index.name !== "PRIMARY")
      .map(({ name, columns }) => ({ name, columns }));
  return {
    columns: columns.map(({ c, type, nullable, d }) => ({
      name: c as string,
      // A width of integers is shown by some servers only, but for the one that means a flag.
      type: String(type).replace(/^(int|bigint)\(\d+\)$/, "$1"),
      not_null: nullable === "NO",
      default: d === "NULL" ? null : (d as string | null),
    })),
    primary_key: named.find(({ name }) => name === "PRIMARY")?.columns ?? [],
    autoincrement: columns.some(({ extra }) => extra === "auto_increment"),
    unique: others(true),
    indexes: others(false),
  };
}

function asText(row: Record<string, unknown>): string {
  return JSON.stringify(
    Object.entries(row)
      .map(([name, value]) => [name, value instanceof Buffer ? `x${value.toString("hex")}` : value])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}
