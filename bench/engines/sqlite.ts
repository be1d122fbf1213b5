import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openService } from "../../src/open.ts";
import { Original, sqliteFile } from "../../test/support/original.ts";
import { type Data, type LoadDialect, loadStatements } from "../data.ts";
import { type Bare, duplicates, List, type OnDuplicate, type Row, type Value } from "../sides/minimum.ts";
import { countQuery, counts, type Engine, type Place } from "./engine.ts";

const dialect: LoadDialect = {
  series: (count) =>
    `(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i FROM n) n`,
  div: (number, by) => `((${number}) / ${by})`,
  true: "1",
  false: "0",
  double: (number) => `CAST(${number} AS REAL)`,
};

/**
 * Files in `folder`. The layout is made by the original where there is one, so that its own files have exactly the
 * indexes that it makes; ours adds its own to each file that it opens.
 */
export function sqliteEngine(folder: string, python: string | undefined): Engine {
  mkdirSync(folder, { recursive: true });
  const places = mkdtempSync(join(folder, "run-"));
  const { version } = new Database(":memory:").prepare("SELECT sqlite_version() AS version").get() as {
    version: string;
  };
  const remove = () => rmSync(places, { recursive: true, force: true });
  process.once("exit", remove);
  let number = 0;
  return {
    name: "sqlite",
    facts: {
      "SQLite (ours, minimum)": `${version}, WAL, synchronous=FULL`,
      "SQLite (original)":
        "its own copy and settings: rollback journal; “original, WAL” has the same with WAL",
    },
    async place(data) {
      const template = join(places, `template-${data?.artifacts ?? 0}.db`);
      if (!existsSync(template)) await makeTemplate(template, data, python);
      const path = join(places, `${++number}.db`);
      copyFileSync(template, path);
      return filePlace(path);
    },
    async stop() {
      process.off("exit", remove);
      remove();
    },
  };
}

async function makeTemplate(path: string, data: Data | undefined, python: string | undefined): Promise<void> {
  const unfinished = `${path}.new`;
  if (python === undefined) await (await openService({ sqlite: { path: unfinished } })).close();
  else await (await Original.start(python, sqliteFile(unfinished))).stop();
  const database = new Database(unfinished);
  database.pragma("journal_mode = OFF");
  database.pragma("synchronous = OFF");
  if (data !== undefined) load(database, data);
  database.pragma("journal_mode = DELETE");
  database.close();
  renameSync(unfinished, path);
}

/** Indexes are made after the rows: that is several times as fast. */
function load(database: Database.Database, data: Data): void {
  const indexes = database
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL",
    )
    .all();
  database.exec("BEGIN");
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  for (const statement of loadStatements(data, dialect)) database.exec(statement);
  for (const { sql } of indexes) database.exec(sql);
  database.exec("COMMIT");
}

function filePlace(path: string): Place {
  return {
    config: { sqlite: { path } },
    original: sqliteFile(path),
    serveArguments: ["--sqlite", path],
    bare: async () => new BareSqlite(path),
    async counts() {
      const database = new Database(path, { readonly: true });
      const row = database.prepare<[], Row>(countQuery).get();
      database.close();
      return counts(row);
    },
    async remove() {
      for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(path + end, { force: true });
    },
  };
}

/** Puts a file into WAL mode, in which it stays. */
export function useWal(place: Place): void {
  if (!("sqlite" in place.config)) throw new Error("only files have a journal");
  const database = new Database(place.config.sqlite.path ?? "");
  database.pragma("journal_mode = WAL");
  database.close();
}

class BareSqlite implements Bare {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  constructor(path: string) {
    this.#database = new Database(path);
    this.#database.pragma("journal_mode = WAL");
    this.#database.pragma("synchronous = FULL");
  }

  flag(value: boolean): number {
    return value ? 1 : 0;
  }

  in(column: string): string {
    return `${column} IN (SELECT value FROM json_each(?))`;
  }

  async all(text: string, values: readonly (Value | List)[] = []): Promise<Row[]> {
    const bound = values.map((value) => (value instanceof List ? JSON.stringify(value.values) : value));
    return this.#statement(text).all(bound) as Row[];
  }

  async insert(
    table: string,
    columns: readonly string[],
    rows: readonly Value[][],
    onDuplicate?: OnDuplicate,
  ): Promise<number[]> {
    const verb = { keep: "INSERT OR IGNORE", replace: "REPLACE", fail: "INSERT" }[duplicates(onDuplicate)];
    const statement = this.#statement(
      `${verb} INTO ${table} (${columns}) VALUES (${columns.map(() => "?")})`,
    );
    return rows.map((row) => statement.run(row).lastInsertRowid as number);
  }

  async run(text: string, rows: readonly Value[][]): Promise<void> {
    const statement = this.#statement(text);
    for (const row of rows) statement.run(row);
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    this.#statement("BEGIN").run();
    const result = await work();
    this.#statement("COMMIT").run();
    return result;
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #statement(text: string): Database.Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
