import type pg from "pg";
import { UniqueViolation } from "../../domain/ports.ts";
import type { Connection, Insert } from "../sql/connection.ts";
import { empty, raw, type Sql, type SqlValue } from "../sql/fragment.ts";
import type { PooledConnection } from "../sql/pooled-storage.ts";
import { insertStatement, postgresDialect } from "./dialect.ts";
import { fromDriver } from "./errors.ts";

/** One snapshot for reads; writes see what is committed, and lock what they are going to change. */
const begins = {
  read: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
  write: "BEGIN ISOLATION LEVEL READ COMMITTED",
} as const;

/** A connection of the pool. Statements are pipelined: the next may be on its way before the last is answered. */
export class PostgresConnection implements PooledConnection {
  readonly #client: pg.PoolClient;
  readonly #onStatement: ((text: string) => void) | undefined;
  readonly #mode: keyof typeof begins;
  #begun: Promise<unknown> = Promise.resolve();

  constructor(client: pg.PoolClient, mode: keyof typeof begins, onStatement?: (text: string) => void) {
    this.#client = client;
    this.#mode = mode;
    this.#onStatement = onStatement;
  }

  async begin(): Promise<Connection> {
    this.#begun = this.query(begins[this.#mode]);
    // Whoever sends the next statement is told of the failure.
    this.#begun.catch(() => {});
    return new Session(this, this.#mode);
  }

  async commit(): Promise<void> {
    await this.query("COMMIT");
  }

  async rollback(): Promise<void> {
    await this.query("ROLLBACK");
  }

  release(isBroken: boolean): void {
    this.#client.release(isBroken);
  }

  async query(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(text, values as unknown[]);
    } catch (error) {
      throw fromDriver(error);
    }
  }

  /** A statement inside the transaction, which comes after its begin. */
  async statement(text: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    this.#onStatement?.(text);
    const answer = this.query(text, values);
    answer.catch(() => {});
    await this.#begun;
    return answer;
  }
}

class Session implements Connection {
  readonly dialect = postgresDialect;
  readonly rowLock: Sql;
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection, mode: keyof typeof begins) {
    this.#connection = connection;
    this.rowLock = mode === "write" ? raw("FOR UPDATE") : empty;
  }

  async all<Row>(query: Sql): Promise<Row[]> {
    const { rows } = await this.#connection.statement(numbered(query.text, query.values), query.values);
    return rows as Row[];
  }

  async insertMany(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<bigint[]> {
    if (rows.length === 0) return [];
    const columns = insert.columns.map((_, index) => rows.map((row) => row[index] ?? null));
    const result = await this.#connection.statement(insertStatement(insert), columns);
    if (insert.onDuplicate === undefined && result.rowCount !== rows.length) {
      throw new UniqueViolation("a unique value is taken");
    }
    return (result.rows as { id: bigint }[]).map(({ id }) => id);
  }

  async runMany(statement: Sql, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    const answers = rows.map((row) => this.#connection.statement(numbered(statement.text, row), row));
    const failed = (await Promise.allSettled(answers)).find((answer) => answer.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}

/** The statement with numbered placeholders, each with the type of its value: the server would guess from the context. */
function numbered(text: string, values: readonly SqlValue[]): string {
  const parts = text.split("?");
  return parts
    .slice(1)
    .reduce((sql, part, index) => `${sql}$${index + 1}${cast(values[index])}${part}`, parts[0] ?? "");
}

function cast(value: SqlValue | undefined): string {
  if (typeof value === "bigint") return "::bigint";
  if (typeof value === "number") return "::float8";
  if (typeof value === "string") return "::text";
  if (typeof value === "boolean") return "::boolean";
  return value instanceof Uint8Array ? "::bytea" : "";
}
