import { setTimeout } from "node:timers/promises";
import type Database from "better-sqlite3";
import type { Connection, Insert } from "../sql/connection.ts";
import { empty, type Sql, type SqlValue } from "../sql/fragment.ts";
import { SqlTransaction } from "../sql/transaction.ts";
import { insertStatement, sqliteDialect } from "./dialect.ts";
import { fromDriver, isBusy } from "./errors.ts";

/** How many prepared statements a connection keeps; the texts vary with kinds and filters only. */
const statementsMax = 500;

/** How long to wait between two tries to get a lock. */
const retryMs = 5;

/** One database connection: transactions, one at a time, over cached prepared statements. */
export class SqliteConnection {
  readonly #open: () => Database.Database;
  readonly #busyTimeoutMs: number;
  readonly #onStatement: ((text: string) => void) | undefined;
  readonly #statements = new Map<string, Database.Statement>();
  #database: Database.Database | undefined;

  /** `open` is called at once, and again after a failure that left the connection unusable. */
  constructor(open: () => Database.Database, busyTimeoutMs: number, onStatement?: (text: string) => void) {
    this.#open = open;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#onStatement = onStatement;
    this.use(() => {});
  }

  /** Gives the driver's database to what only the opening of a database does. */
  use<T>(step: (database: Database.Database) => T): T {
    try {
      return step(this.#usable());
    } catch (error) {
      throw fromDriver(error);
    }
  }

  /** Commits when `work` fulfils; otherwise rolls back and rejects with the error of `work` or of the commit. */
  async transaction<T>(
    begin: "BEGIN" | "BEGIN IMMEDIATE",
    work: (tx: SqlTransaction) => Promise<T>,
  ): Promise<T> {
    await this.retryWhileBusy(() => this.#statement(begin).run());
    const session = new Session(this);
    try {
      const result = await work(new SqlTransaction(session));
      session.end();
      await this.retryWhileBusy(() => this.#statement("COMMIT").run());
      return result;
    } catch (error) {
      session.end();
      this.#rollback();
      throw error;
    }
  }

  /** Waits for a lock without blocking the process; ABORTED when it takes longer than the busy timeout. */
  async retryWhileBusy<T>(step: (database: Database.Database) => T | Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#busyTimeoutMs;
    for (;;) {
      try {
        return await step(this.#usable());
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw fromDriver(error);
      }
      await setTimeout(retryMs);
    }
  }

  all<Row>(query: Sql): Row[] {
    this.#onStatement?.(query.text);
    try {
      return this.#statement(query.text).all(query.values) as Row[];
    } catch (error) {
      throw fromDriver(error);
    }
  }

  /** The ids of the rows that the statement inserted, if it does. */
  runMany(text: string, rows: readonly (readonly SqlValue[])[]): bigint[] {
    if (rows.length === 0) return [];
    this.#onStatement?.(text);
    try {
      const statement = this.#statement(text);
      return rows.map((row) => statement.run(row).lastInsertRowid as bigint);
    } catch (error) {
      throw fromDriver(error);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database?.close();
    this.#database = undefined;
  }

  #usable(): Database.Database {
    this.#database ??= this.#open();
    return this.#database;
  }

  #statement(text: string): Database.Statement {
    let statement = this.#statements.get(text);
    if (statement) this.#statements.delete(text);
    else statement = this.#usable().prepare(text);
    this.#statements.set(text, statement); // The least recently used statement is the first of the map.
    if (this.#statements.size > statementsMax) {
      this.#statements.delete(this.#statements.keys().next().value as string);
    }
    return statement;
  }

  /** The error that led here counts, not one of the rollback; a connection still inside is given up. */
  #rollback(): void {
    const database = this.#database;
    // SQLite itself rolls back after some failures.
    if (!database?.inTransaction) return;
    try {
      this.#statement("ROLLBACK").run();
    } catch {
      if (database.inTransaction) this.close();
    }
  }
}

/** A connection for the time of one transaction: what outlives it must not write into the next one. */
class Session implements Connection {
  readonly dialect = sqliteDialect;
  /** A write transaction has the whole database for itself. */
  readonly rowLock = empty;
  #connection: SqliteConnection | undefined;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  end(): void {
    this.#connection = undefined;
  }

  async all<Row>(query: Sql): Promise<Row[]> {
    return this.#running().all<Row>(query);
  }

  async insertMany(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<bigint[]> {
    return this.#running().runMany(insertStatement(insert).text, rows);
  }

  async runMany(statement: Sql, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    this.#running().runMany(statement.text, rows);
  }

  #running(): SqliteConnection {
    if (!this.#connection) throw new Error("the transaction has ended");
    return this.#connection;
  }
}
