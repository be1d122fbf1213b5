import type { FieldPacket, PoolConnection, QueryResult, TypedParameter } from "mysql2/promise";
import type { Connection, Insert } from "../sql/connection.ts";
import { empty, raw, type Sql, type SqlValue } from "../sql/fragment.ts";
import type { PooledConnection } from "../sql/pooled-storage.ts";
import { insertStatement, mysqlDialect } from "./dialect.ts";
import { fromDriver } from "./errors.ts";

/** The isolation is that of the pool, which the session was set to when it was opened. */
const begins = {
  read: "START TRANSACTION WITH CONSISTENT SNAPSHOT",
  write: "START TRANSACTION",
} as const;

/** How many rows one insert takes: a statement has at most 65,535 placeholders. */
const rowsMax = 1024;

/** A connection of the pool. */
export class MysqlConnection implements PooledConnection {
  /** How far apart the ids of one insert are: more than 1 where several servers share the numbers. */
  idStep = 1n;
  readonly #connection: PoolConnection;
  readonly #mode: keyof typeof begins;
  readonly #typed: typeof TypedParameter;
  readonly #onStatement: ((text: string) => void) | undefined;

  constructor(
    connection: PoolConnection,
    mode: keyof typeof begins,
    typed: typeof TypedParameter,
    onStatement?: (text: string) => void,
  ) {
    this.#connection = connection;
    this.#mode = mode;
    this.#typed = typed;
    this.#onStatement = onStatement;
  }

  async begin(): Promise<Connection> {
    await this.query(begins[this.#mode]);
    return new Session(this, this.#mode);
  }

  async commit(): Promise<void> {
    await this.query("COMMIT");
  }

  async rollback(): Promise<void> {
    await this.query("ROLLBACK");
  }

  release(isBroken: boolean): void {
    if (isBroken) this.#connection.destroy();
    else this.#connection.release();
  }

  /** A statement without values. */
  async query(text: string): Promise<Row[]> {
    try {
      const [rows, fields] = await this.#connection.query(text);
      return fields === undefined ? [] : readRows(rows, fields);
    } catch (error) {
      throw fromDriver(error);
    }
  }

  async execute(text: string, values: readonly SqlValue[]): Promise<{ rows: Row[]; insertId: bigint }> {
    this.#onStatement?.(text);
    try {
      const bound = values.map((value) => this.#bind(value));
      const [result, fields] = await this.#connection.execute(text, bound as never[]);
      if (fields !== undefined) return { rows: readRows(result, fields), insertId: 0n };
      return { rows: [], insertId: BigInt((result as unknown as { insertId: number | string }).insertId) };
    } catch (error) {
      throw fromDriver(error);
    }
  }

  #bind(value: SqlValue): unknown {
    if (typeof value === "bigint") return this.#typed.LONGLONG(value);
    if (typeof value === "string") return toWire(value);
    return value instanceof Uint8Array ? Buffer.from(value) : value;
  }
}

class Session implements Connection {
  readonly dialect = mysqlDialect;
  readonly rowLock: Sql;
  readonly #connection: MysqlConnection;

  constructor(connection: MysqlConnection, mode: keyof typeof begins) {
    this.#connection = connection;
    this.rowLock = mode === "write" ? raw("FOR UPDATE") : empty;
  }

  async all<R>(query: Sql): Promise<R[]> {
    const { rows } = await this.#connection.execute(query.text, query.values);
    return rows as R[];
  }

  /** Chunks of powers of two: few different statements to prepare. The ids of one insert follow each other. */
  async insertMany(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<bigint[]> {
    const ids: bigint[] = [];
    for (let at = 0; at < rows.length; ) {
      const size = Math.min(2 ** Math.floor(Math.log2(rows.length - at)), rowsMax);
      const chunk = rows.slice(at, at + size);
      const { insertId } = await this.#connection.execute(insertStatement(insert, size), chunk.flat());
      ids.push(...chunk.map((_, index) => insertId + BigInt(index) * this.#connection.idStep));
      at += size;
    }
    return ids;
  }

  async runMany(statement: Sql, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    for (const row of rows) await this.#connection.execute(statement.text, row);
  }
}

/*
 * The original announces latin1 and sends UTF-8, so that in a database of another character set its texts are
 * stored as the latin1 characters of their UTF-8 bytes. To read what it wrote, and to be read by it, so do we.
 */

export function toWire(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function fromWire(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

type Row = Record<string, unknown>;

/** Numbers of the protocol (`DECIMAL`, `TINY` to `LONGLONG`, `INT24`, `NEWDECIMAL`) whose columns are integers here. */
const integerTypes: ReadonlySet<number> = new Set([0, 1, 2, 3, 8, 9, 246]);

function readRows(result: QueryResult, fields: readonly FieldPacket[]): Row[] {
  const rows = result as unknown as Row[];
  const integers = fields
    .filter(({ columnType }) => integerTypes.has(columnType ?? -1))
    .map(({ name }) => name);
  for (const row of rows) {
    for (const name of integers) if (row[name] !== null) row[name] = BigInt(row[name] as number | string);
    for (const name in row) if (typeof row[name] === "string") row[name] = fromWire(row[name]);
  }
  return rows;
}
