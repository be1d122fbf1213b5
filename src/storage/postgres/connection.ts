import type pg from "pg";
import { UniqueViolation } from "../../domain/ports.ts";
import { MlmdError } from "../../errors.ts";
import type { Connection, Insert, Part, QueryKind, StoredRows, Update } from "../sql/connection.ts";
import { raw, type Sql, type SqlValue } from "../sql/fragment.ts";
import { bothQuery, splitRows } from "../sql/parts.ts";
import type { Mode, PooledConnection } from "../sql/pooled-storage.ts";
import { updateStatement } from "../sql/update.ts";
import { deleteStatement, insertStatement, postgresDialect } from "./dialect.ts";
import { fromDriver } from "./errors.ts";

/**
 * One snapshot for reads; writes see what is committed, and lock what they are going to change. Each statement of a
 * look-up is a transaction by itself.
 */
const begins = {
  "look-up": undefined,
  read: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
  write: "BEGIN ISOLATION LEVEL READ COMMITTED",
} as const;

/*
 * Statements that find rows by key are planned once for a connection, by index whatever the size of their tables is at
 * that moment: a plan for tables that were nearly empty would be kept while they grow. Searches, whose best plan
 * depends on what is searched for, are planned each time, with every choice.
 */
const keyPlans = plannerSettings("SET", "off", "force_generic_plan");
const searchPlans = plannerSettings("SET LOCAL", "on", "force_custom_plan");
const keyPlansAgain = plannerSettings("SET LOCAL", "off", "force_generic_plan");

function plannerSettings(set: "SET" | "SET LOCAL", scans: "on" | "off", mode: string): string {
  const kinds = ["seqscan", "hashjoin", "mergejoin"];
  return [...kinds.map((kind) => `enable_${kind} = ${scans}`), `plan_cache_mode = ${mode}`]
    .map((setting) => `${set} ${setting}`)
    .join(";");
}

/** What a new connection begins with. Compiling a plan takes longer than any of ours runs. */
export const sessionSettings = `SET jit = off;${keyPlans}`;

/** A connection of the pool. Statements are pipelined: the next may be on its way before the last is answered. */
export class PostgresConnection implements PooledConnection {
  readonly #client: pg.PoolClient;
  readonly #onStatement: ((text: string) => void) | undefined;
  readonly #mode: Mode;
  #begun: Promise<unknown> = Promise.resolve();
  /** Statements that nobody waits for until the end. */
  readonly #unanswered: Promise<unknown>[] = [];

  constructor(client: pg.PoolClient, mode: Mode, onStatement?: (text: string) => void) {
    this.#client = client;
    this.#mode = mode;
    this.#onStatement = onStatement;
  }

  async begin(): Promise<Connection> {
    const begin = begins[this.#mode];
    if (begin !== undefined) this.#begun = this.query(begin);
    // Whoever sends the next statement is told of the failure.
    this.#begun.catch(() => {});
    return new Session(this, this.#mode);
  }

  /**
   * The end of a read need not be waited for: there is nothing that it could lose. Where a statement before it failed,
   * the server takes a commit for a rollback.
   */
  async commit(): Promise<void> {
    if (this.#mode === "look-up") return;
    const committed = this.query("COMMIT");
    committed.catch(() => {});
    await Promise.all(this.#unanswered);
    if (this.#mode === "write" && (await committed).command !== "COMMIT")
      throw new MlmdError("INTERNAL", "the database rolled the operation back");
  }

  async earlierFailure(): Promise<unknown> {
    const answers = await Promise.allSettled(this.#unanswered);
    return answers.find((answer) => answer.status === "rejected")?.reason;
  }

  async rollback(): Promise<void> {
    if (this.#mode === "look-up") return;
    await this.query("ROLLBACK");
  }

  release(isBroken: boolean): void {
    this.#client.release(isBroken);
  }

  query(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    return this.#send({ text, values: values as unknown[] });
  }

  /** A statement inside the transaction, which comes after its begin; one with a name is prepared. */
  async statement(config: pg.QueryConfig): Promise<pg.QueryResult> {
    this.#onStatement?.(config.text);
    const answer = this.#send(config);
    answer.catch(() => {});
    await this.#begun;
    return answer;
  }

  /** A statement whose answer matters only if it fails: then the transaction does. */
  statementToEnd(config: pg.QueryConfig): void {
    const answer = this.statement(config);
    answer.catch(() => {});
    this.#unanswered.push(answer);
  }

  async #send(config: pg.QueryConfig): Promise<pg.QueryResult> {
    try {
      return await this.#client.query(config);
    } catch (error) {
      throw fromDriver(error);
    }
  }
}

class Session implements Connection {
  readonly dialect = postgresDialect;
  readonly rowLock: Sql | undefined;
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection, mode: Mode) {
    this.#connection = connection;
    this.rowLock = mode === "write" ? raw("ORDER BY n.id FOR UPDATE") : undefined;
  }

  async all<Row>({ text, values }: Sql, kind?: QueryKind): Promise<Row[]> {
    const answer =
      kind === "search" ? this.#search(text, values) : this.#connection.statement(prepared(text, values));
    return (await answer).rows as Row[];
  }

  async both<A, B>(first: Part, second: Part): Promise<[A[], B[]]> {
    const { text, values } = bothQuery(first, second);
    const statement: pg.QueryArrayConfig = { ...prepared(text, values), rowMode: "array" };
    const answer = await this.#connection.statement(statement);
    return splitRows(answer.rows, first, second);
  }

  #search(text: string, values: readonly SqlValue[]): Promise<pg.QueryResult> {
    this.#connection.query(searchPlans).catch(() => {});
    const answer = this.#connection.statement({ text: numbered(text, values), values: values as SqlValue[] });
    this.#connection.query(keyPlansAgain).catch(() => {});
    return answer;
  }

  async insertMany(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<bigint[]> {
    if (rows.length === 0) return [];
    const statement = ofSet(insertStatement(insert), rows);
    if (insert.onDuplicate !== undefined) {
      this.#connection.statementToEnd(statement);
      return [];
    }
    const result = await this.#connection.statement(statement);
    if (result.rowCount !== rows.length) throw new UniqueViolation("a unique value is taken");
    return (result.rows as { id: bigint }[]).map(({ id }) => id);
  }

  async updateMany(update: Update, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    const { text } = updateStatement(update);
    const statements = rows.map((row) => prepared(text, row));
    if (!update.mayClash) {
      for (const statement of statements) this.#connection.statementToEnd(statement);
      return;
    }
    const answers = statements.map((statement) => this.#connection.statement(statement));
    const failed = (await Promise.allSettled(answers)).find((answer) => answer.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async deleteMany(stored: StoredRows, keys: readonly (readonly SqlValue[])[]): Promise<void> {
    if (keys.length > 0) this.#connection.statementToEnd(ofSet(deleteStatement(stored), keys));
  }
}

/** Its parameters are the columns of the rows, each an array. */
function ofSet(text: string, rows: readonly (readonly SqlValue[])[]): pg.QueryConfig {
  const values = (rows[0] ?? []).map((_, index) => rows.map((row) => row[index] ?? null));
  return { name: nameOf(text), text, values };
}

/** The names of the prepared statements; there are as many as the program has texts. */
const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `mlmd${names.size}`;
  names.set(text, name);
  return name;
}

/** The statement for each text and each combination of types of its values that has occurred. */
const preparedForms = new Map<string, { readonly name: string; readonly text: string }>();

function prepared(text: string, values: readonly SqlValue[]): pg.QueryConfig {
  const key = `${values.map(cast).join()} ${text}`;
  const known = preparedForms.get(key);
  if (known !== undefined) return { ...known, values: values as SqlValue[] };
  const form = numbered(text, values);
  preparedForms.set(key, { name: nameOf(form), text: form });
  return prepared(text, values);
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
