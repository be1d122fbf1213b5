import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";

/** A table as the golden file describes it, its columns by name: one that comes back is the last of its table. */
export interface PostgresLayout {
  readonly columns: readonly { name: string; type: string; not_null: boolean; default: string | null }[];
  readonly constraints: readonly string[];
  readonly indexes: readonly string[];
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/schema-history-postgres.json"), "utf8"),
) as { versions: Record<string, Record<string, PostgresLayout>> };

/** The tables of a schema version; version 0, which the original never had here, lacks only the version record. */
export function layoutOfVersion(version: number): Record<string, PostgresLayout> {
  const upTo = Object.entries(golden.versions).filter(([since]) => Number(since) <= Math.max(version, 1));
  const layout: Record<string, PostgresLayout> = Object.assign({}, ...upTo.map(([, changed]) => changed));
  return Object.fromEntries(
    Object.entries(layout)
      .filter(([table]) => version > 0 || table !== "mlmdenv")
      .map(([table, { columns, ...rest }]) => [table, { columns: columns.toSorted(byName), ...rest }]),
  );
}

/** The same with our indexes of texts, which hold the short ones. */
export function withShortTexts(layout: Record<string, PostgresLayout>): Record<string, PostgresLayout> {
  return Object.fromEntries(
    Object.entries(layout).map(([table, { indexes, ...rest }]) => [
      table,
      {
        ...rest,
        indexes: indexes.map((index) =>
          index.replace(/\b(uri|string_value)\)$/, "$1) WHERE (octet_length($1) <= 1500)"),
        ),
      },
    ]),
  );
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

const columnsQuery = `
  SELECT relname AS "table", attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null,
    pg_get_expr(adbin, adrelid) AS "default"
  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY attname`;
const constraintsQuery = `
  SELECT relname AS "table", conname || ': ' || pg_get_constraintdef(pg_constraint.oid) AS constraint
  FROM pg_constraint JOIN pg_class ON conrelid = pg_class.oid
  WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u') ORDER BY conname`;
const indexesQuery = `
  SELECT tablename AS "table", indexname || ' ' || split_part(indexdef, ' USING btree ', 2) AS index FROM pg_indexes
  WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint) ORDER BY indexname`;

type Rows = Record<string, unknown>[];

/** The databases of a test server. */
export class PostgresDatabases {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async query(database: string, sql: string): Promise<Rows> {
    const client = new pg.Client({ host: "127.0.0.1", port: this.#port, user: "mlmd", database });
    await client.connect();
    try {
      // Of several statements the answer to the last one.
      const answers = [await client.query(sql)].flat() as pg.QueryResult[];
      return answers.at(-1)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  /** A database with the same tables and rows. */
  async copy(from: string, to: string): Promise<void> {
    await this.query("postgres", `CREATE DATABASE ${to} TEMPLATE ${from}`);
  }

  async layout(database: string): Promise<Record<string, PostgresLayout>> {
    const columns = await this.query(database, columnsQuery);
    const constraints = await this.query(database, constraintsQuery);
    const indexes = await this.query(database, indexesQuery);
    const of = (rows: Rows, table: unknown) => rows.filter((row) => row.table === table);
    const layoutOf = (table: unknown): PostgresLayout => ({
      columns: of(columns, table).map(
        ({ table: _, ...column }) => column as PostgresLayout["columns"][number],
      ),
      constraints: of(constraints, table).map(({ constraint }) => constraint as string),
      indexes: of(indexes, table).map(({ index }) => index as string),
    });
    const tables = [...new Set(columns.map(({ table }) => table as string))];
    return Object.fromEntries(tables.map((table) => [table, layoutOf(table)]));
  }

  /** All rows of all tables, as text in an order of their own, their columns in alphabetical order. */
  async rows(database: string): Promise<Record<string, string[]>> {
    const tables = await this.query(
      database,
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    const result: Record<string, string[]> = {};
    for (const { name } of tables) {
      const rows = await this.query(database, `SELECT * FROM ${name}`);
      result[name as string] = rows.map(asText).sort();
    }
    return result;
  }
}

/** The original's upgrade changes the width of integers, with which the driver's type changes. */
function cell(value: unknown): string {
  return value instanceof Buffer ? `x${value.toString("hex")}` : String(value);
}

function asText(row: Record<string, unknown>): string {
  return JSON.stringify(
    Object.entries(row)
      .map(([name, value]) => [name, value === null ? null : cell(value)])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}
