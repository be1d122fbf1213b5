import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toJson } from "@bufbuild/protobuf";
import Database from "better-sqlite3";
import { type ConnectionConfig, ConnectionConfigSchema } from "../../src/contract/messages.ts";

/** A table as the golden file describes it. */
export interface Layout {
  readonly columns: readonly { name: string; type: string; not_null: boolean; default: string | null }[];
  readonly primary_key: readonly string[];
  readonly autoincrement: boolean;
  readonly unique: readonly (readonly string[])[];
  readonly indexes: readonly { name: string; columns: readonly string[]; where: string | null }[];
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, "../golden/schema-history-sqlite.json"), "utf8"),
) as { versions: Record<string, Record<string, Layout>> };

/** The tables of a schema version. */
export function layoutOfVersion(version: number): Record<string, Layout> {
  const upTo = Object.entries(golden.versions).filter(([since]) => Number(since) <= version);
  return Object.assign({}, ...upTo.map(([, changed]) => changed));
}

export const additionalIndexes = ["idx_association_execution_id", "idx_attribution_artifact_id"];

/** All tables of a file but SQLite's own. */
export function layoutOfFile(file: string): Record<string, Layout> {
  return withDatabase(file, (database) =>
    Object.fromEntries(tableNames(database).map((table) => [table, layoutOf(database, table)])),
  );
}

function layoutOf(database: Database.Database, table: string): Layout {
  const pragma = (call: string) => database.pragma(call) as Record<string, unknown>[];
  const sqlOf = database.prepare("SELECT sql FROM sqlite_master WHERE name = ?").pluck();
  const columns = pragma(`table_info(${table})`);
  const indexes = pragma(`index_list(${table})`);
  const columnsOf = (index: unknown) => pragma(`index_info(${index})`).map(({ name }) => name as string);
  return {
    columns: columns.map((c) => ({
      name: c.name as string,
      type: c.type as string,
      not_null: c.notnull === 1,
      default: c.dflt_value as string | null,
    })),
    primary_key: columns
      .filter(({ pk }) => pk !== 0)
      .sort((a, b) => Number(a.pk) - Number(b.pk))
      .map(({ name }) => name as string),
    autoincrement: /AUTOINCREMENT/i.test(sqlOf.get(table) as string),
    unique: indexes
      .filter(({ origin }) => origin === "u")
      .map(({ name }) => columnsOf(name))
      .sort(),
    indexes: indexes
      .filter(({ origin }) => origin === "c")
      .map(({ name }) => ({
        name: name as string,
        columns: columnsOf(name),
        where: /WHERE (.+)$/.exec(sqlOf.get(name) as string)?.[1]?.replaceAll("`", "") ?? null,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** All rows of all tables, as text in an order of their own; blobs in hexadecimal. */
export function rowsOfFile(file: string): Record<string, string[]> {
  return withDatabase(file, (database) =>
    Object.fromEntries(
      tableNames(database).map((table) => [
        table,
        database
          .prepare(`SELECT * FROM ${table}`)
          .safeIntegers()
          .raw()
          .all()
          .map((row) => (row as unknown[]).map(asText).join(" | "))
          .sort(),
      ]),
    ),
  );
}

function asText(value: unknown): string {
  if (value instanceof Buffer) return `x${value.toString("hex")}`;
  return typeof value === "string" ? JSON.stringify(value) : `${typeof value} ${value}`;
}

function tableNames(database: Database.Database): string[] {
  return database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .pluck()
    .all() as string[];
}

export function withDatabase<T>(file: string, work: (database: Database.Database) => T): T {
  const database = new Database(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

export type Task = readonly [
  task: "fill" | "downgrade" | "upgrade" | "read",
  database: ConnectionConfig,
  argument?: number | object,
];

/** Has the original do the tasks, and gives the lines that they print. */
export function runOriginal(python: string, tasks: readonly Task[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, "original.py");
    const child = execFile(python, [script], (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.slice(-4000)));
      else resolve(stdout.split("\n").filter(Boolean));
    });
    const lines = tasks.map(([task, database, ...rest]) =>
      JSON.stringify([task, toJson(ConnectionConfigSchema, database), ...rest]),
    );
    child.stdin?.end(lines.map((line) => `${line}\n`).join(""));
  });
}
