import { setTimeout } from "node:timers/promises";
import type Database from "better-sqlite3";
import type { Connection, Insert, Part, StoredRows, Update } from "../sql/connection.ts";
import type { Sql, SqlValue } from "../sql/fragment.ts";
import { bothInTwo } from "../sql/parts.ts";
import { SqlTransaction } from "../sql/transaction.ts";
import { deleteText, insertSizes, insertText, sqliteDialect, updateText } from "./dialect.ts";
import { fromDriver, isBusy } from "./errors.ts";

/** How many prepared statements a connection keeps; the texts vary with kinds and filters only. */
const statementsMax = 500;

/** Characters of the text of a statement that is kept; a filter can make one of megabytes. */
const keptLengthMax = 20_000;

/** How long to wait between two tries to get a lock. */
const retryMs = 5;

interface Prepared {
  readonly statement: Database.Statement;
  isUsed: boolean;
}

/** One database connection: transactions, one at a time, over cached prepared statements. */
export class SqliteConnection {
  readonly #open: () => Database.Database;
  readonly #busyTimeoutMs: number;
  readonly #onStatement: ((text: string) => void) | undefined;
  readonly #statements = new Map<string, Prepared>();
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
    await this.begin(begin);
    try {
      const result = await this.session(work);
      await this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** As `transaction`, for reading on a connection whose reads do not wait for locks. */
  async read<T>(work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
    this.#control("BEGIN");
    try {
      const result = await this.session(work);
      this.#control("COMMIT");
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  begin(mode: "BEGIN" | "BEGIN IMMEDIATE"): Promise<unknown> {
    return this.retryWhileBusy(() => this.#statement(mode).run());
  }

  commit(): Promise<unknown> {
    return this.retryWhileBusy(() => this.#statement("COMMIT").run());
  }

  /** The error that led here counts, not one of the rollback; a connection still inside is given up. */
  rollback(): void {
    const database = this.#database;
    if (!database?.inTransaction) return;
    try {
      this.#statement("ROLLBACK").run();
    } catch {
      if (database.inTransaction) this.close();
    }
  }

  /**
   * Runs `work` as a part of the transaction that is all or nothing by itself. Gives how it ended; rejects only
   * where the whole transaction is lost.
   */
  async savepoint<T>(work: (tx: SqlTransaction) => Promise<T>): Promise<{ result: T } | { error: unknown }> {
    this.#control("SAVEPOINT one");
    try {
      const result = await this.session(work);
      this.#control("RELEASE one");
      return { result };
    } catch (error) {
      // SQLite itself rolls back everything after some failures.
      if (!this.#database?.inTransaction) throw error;
      this.#control("ROLLBACK TO one");
      this.#control("RELEASE one");
      return { error };
    }
  }

  #control(text: string): void {
    try {
      this.#statement(text).run();
    } catch (error) {
      throw fromDriver(error);
    }
  }

  /** Runs `work` in the transaction that has begun. */
  async session<T>(work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
    const session = new Session(this);
    try {
      return await work(new SqlTransaction(session));
    } finally {
      session.end();
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

  runMany(text: string, rows: readonly (readonly SqlValue[])[]): void {
    if (rows.length === 0) return;
    this.#onStatement?.(text);
    try {
      const statement = this.#statement(text);
      for (const row of rows) statement.run(row);
    } catch (error) {
      throw fromDriver(error);
    }
  }

  /** The ids of the rows; with `onDuplicate` they mean nothing. */
  insertMany(insert: Insert, rows: readonly (readonly SqlValue[])[]): bigint[] {
    if (rows.length === 0) return [];
    this.#onStatement?.(insertText(insert, 1));
    const ids: bigint[] = [];
    try {
      for (const size of insertSizes) {
        while (ids.length + size <= rows.length) {
          const values = size === 1 ? rows[ids.length] : rows.slice(ids.length, ids.length + size).flat();
          const last = this.#statement(insertText(insert, size)).run(values).lastInsertRowid as bigint;
          // The ids that one statement gives follow each other.
          for (let back = size - 1; back >= 0; back--) ids.push(last - BigInt(back));
        }
      }
    } catch (error) {
      throw fromDriver(error);
    }
    return ids;
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
    const known = this.#statements.get(text);
    if (known) {
      known.isUsed = true;
      return known.statement;
    }
    const statement = this.#usable().prepare(withoutPeeking(text));
    if (text.length > keptLengthMax) return statement;
    this.#statements.set(text, { statement, isUsed: false });
    if (this.#statements.size > statementsMax) this.#forgetOne();
    return statement;
  }

  /** The oldest statement that was not used again since its last turn here. */
  #forgetOne(): void {
    for (const [text, prepared] of this.#statements) {
      this.#statements.delete(text);
      if (!prepared.isUsed) return;
      prepared.isUsed = false;
      this.#statements.set(text, prepared);
    }
  }
}

/**
 * SQLite plans for the very value that a bare parameter has, and prepares the statement anew as soon as it gets
 * another one, which takes several times as long as running it. `+?` is the same value, and not looked at.
 */
export function withoutPeeking(text: string): string {
  return text.replaceAll("?", "+?");
}

/** A connection for the time of one transaction: what outlives it must not write into the next one. */
class Session implements Connection {
  readonly dialect = sqliteDialect;
  /** A write transaction has the whole database for itself. */
  readonly rowLock = undefined;
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

  both<A, B>(first: Part, second: Part): Promise<[A[], B[]]> {
    return bothInTwo(this, first, second);
  }

  async insertMany(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<bigint[]> {
    return this.#running().insertMany(insert, rows);
  }

  async updateMany(update: Update, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    this.#running().runMany(updateText(update), rows);
  }

  async deleteMany(stored: StoredRows, keys: readonly (readonly SqlValue[])[]): Promise<void> {
    this.#running().runMany(deleteText(stored), keys);
  }

  #running(): SqliteConnection {
    if (!this.#connection) throw new Error("the transaction has ended");
    return this.#connection;
  }
}
