import type { FieldPacket, Pool, PoolConnection, QueryError, QueryResult, TypedParameter } from "mysql2";
import type { Connection, Insert, Part, StoredRows, Update } from "../sql/connection.ts";
import { raw, type Sql, type SqlValue } from "../sql/fragment.ts";
import { bothQuery, splitRows } from "../sql/parts.ts";
import type { Mode, PooledConnection } from "../sql/pooled-storage.ts";
import { updateStatement } from "../sql/update.ts";
import { deleteStatement, insertStatement, mysqlDialect } from "./dialect.ts";
import { fromDriver } from "./errors.ts";

/** How many rows one insert takes: a statement has at most 65,535 placeholders. */
const rowsMax = 1024;

/** How many rows one statement looks up by their keys: it compares each row with each key. */
const keysMax = 64;

/**
 * A connection of the pool, whose session was set up for the mode when it was opened. Statements wait for each other
 * in the driver, so that the next may be handed over before the last is answered.
 */
export class MysqlConnection implements PooledConnection {
  /** How far apart the ids of one insert are: more than 1 where several servers share the numbers. */
  idStep = 1n;
  readonly #connection: PoolConnection;
  readonly #mode: Mode;
  readonly #typed: typeof TypedParameter;
  readonly #onStatement: ((text: string) => void) | undefined;

  constructor(
    connection: PoolConnection,
    mode: Mode,
    typed: typeof TypedParameter,
    onStatement?: (text: string) => void,
  ) {
    this.#connection = connection;
    this.#mode = mode;
    this.#typed = typed;
    this.#onStatement = onStatement;
  }

  /**
   * The first statement begins the transaction and takes its snapshot, and each statement of a look-up is a transaction:
   * sessions are set to that.
   */
  async begin(): Promise<Connection> {
    return new Session(this, this.#mode);
  }

  /** The end of a read need not be waited for: there is nothing that it could lose. */
  async commit(): Promise<void> {
    if (this.#mode === "look-up") return;
    const committed = this.query("COMMIT");
    if (this.#mode === "write") await committed;
    else committed.catch(() => {});
  }

  async earlierFailure(): Promise<undefined> {}

  async rollback(): Promise<void> {
    if (this.#mode === "look-up") return;
    await this.query("ROLLBACK");
  }

  release(isBroken: boolean): void {
    if (isBroken) this.#connection.destroy();
    else this.#connection.release();
  }

  /** A statement without values. */
  async query(text: string): Promise<Row[]> {
    return (await answerOf((done) => this.#connection.query(text, done))).rows;
  }

  /** A statement of the transaction with values to compare with. */
  async select(text: string, values: readonly SqlValue[]): Promise<Row[]> {
    return (await this.#execute(text, this.#bound(values))).rows;
  }

  /** As `select`, each row an array. */
  async selectArrays(text: string, values: readonly SqlValue[]): Promise<unknown[][]> {
    return (await this.#execute(text, this.#bound(values), true)).rows as unknown as unknown[][];
  }

  /** A statement of the transaction with values to store only. Gives the first of the new ids. */
  async store(text: string, values: readonly SqlValue[]): Promise<bigint> {
    return (await this.#execute(text, values.map(bindStored))).insertId;
  }

  #execute(sql: string, values: readonly unknown[], rowsAsArray = false): Promise<Answer> {
    this.#onStatement?.(sql);
    const statement = { sql, values: values as never[], rowsAsArray };
    return answerOf((done) => this.#connection.execute(statement, done));
  }

  /** An integer that is compared with must have its own type, so that the comparison is one of integers. */
  #bound(values: readonly SqlValue[]): unknown[] {
    return values.map((value) =>
      typeof value === "bigint" ? this.#typed.LONGLONG(value) : bindStored(value),
    );
  }
}

/** An integer that is stored takes the type of its column: a number does wherever it is exact, digits everywhere. */
function bindStored(value: SqlValue): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === "string") return toWire(value);
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

/** A connection of the pool; UNAVAILABLE, or as the server refuses it, where none can be had. */
export function fromPool(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error ? reject(fromDriver(error)) : resolve(connection)));
  });
}

interface Answer {
  readonly rows: Row[];
  readonly insertId: bigint;
}

type Done = (error: QueryError | null, result: QueryResult, fields: FieldPacket[]) => void;

function answerOf(send: (done: Done) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    send((error, result, fields) => {
      if (error !== null) return reject(fromDriver(error));
      if (fields !== undefined) return resolve({ rows: readRows(result, fields), insertId: 0n });
      resolve({ rows: [], insertId: BigInt((result as { insertId: number | string }).insertId) });
    });
  });
}

class Session implements Connection {
  readonly dialect = mysqlDialect;
  readonly rowLock: Sql | undefined;
  readonly #connection: MysqlConnection;

  constructor(connection: MysqlConnection, mode: Mode) {
    this.#connection = connection;
    this.rowLock = mode === "write" ? raw("ORDER BY n.id FOR UPDATE") : undefined;
  }

  async all<R>(query: Sql): Promise<R[]> {
    return (await this.#connection.select(query.text, query.values)) as R[];
  }

  async both<A, B>(first: Part, second: Part): Promise<[A[], B[]]> {
    const { text, values } = bothQuery(first, second);
    return splitRows(await this.#connection.selectArrays(text, values), first, second);
  }

  /** The ids of one insert follow each other. */
  async insertMany(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<bigint[]> {
    const ids: bigint[] = [];
    for (const chunk of chunks(rows, rowsMax)) {
      const firstId = await this.#connection.store(insertStatement(insert, chunk.length), chunk.flat());
      ids.push(...chunk.map((_, index) => firstId + BigInt(index) * this.#connection.idStep));
    }
    return ids;
  }

  async updateMany(update: Update, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    const { text } = updateStatement(update);
    await Promise.all(rows.map((row) => this.#connection.select(text, row)));
  }

  async deleteMany(stored: StoredRows, keys: readonly (readonly SqlValue[])[]): Promise<void> {
    for (const chunk of chunks(keys, keysMax)) {
      await this.#connection.select(deleteStatement(stored, chunk.length), chunk.flat());
    }
  }
}

function* chunks<T>(rows: readonly T[], sizeMax: number): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; ) {
    const size = chunkSize(rows.length - at, sizeMax);
    yield rows.slice(at, at + size);
    at += size;
  }
}

/** How many rows the next statement takes. Only so many sizes occur, of three binary digits: few statements to prepare. */
function chunkSize(rowCount: number, sizeMax: number): number {
  if (rowCount >= sizeMax) return sizeMax;
  const step = 2 ** Math.max(0, Math.floor(Math.log2(rowCount)) - 2);
  return Math.floor(rowCount / step) * step;
}

/*
 * The original announces latin1 and sends UTF-8, so that in a database of another character set its texts are
 * stored as the latin1 characters of their UTF-8 bytes. To read what it wrote, and to be read by it, so do we.
 */

export function toWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

function fromWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "latin1").toString("utf8");
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

type Row = Record<string | number, unknown>;

/** Numbers of the protocol (`DECIMAL`, `TINY` to `LONGLONG`, `INT24`, `NEWDECIMAL`) whose columns are integers here. */
const integerTypes: ReadonlySet<number> = new Set([0, 1, 2, 3, 8, 9, 246]);

function readRows(result: QueryResult, fields: readonly FieldPacket[]): Row[] {
  const rows = result as unknown as Row[];
  const areArrays = Array.isArray(rows[0]);
  for (const [index, { name, columnType }] of fields.entries()) {
    const key = areArrays ? index : name;
    if (integerTypes.has(columnType ?? -1)) readIntegers(rows, key);
    else readTexts(rows, key);
  }
  return rows;
}

function readIntegers(rows: readonly Row[], key: string | number): void {
  for (const row of rows) {
    const value = row[key];
    if (value !== null) row[key] = BigInt(value as number | string);
  }
}

function readTexts(rows: readonly Row[], key: string | number): void {
  for (const row of rows) {
    const value = row[key];
    if (typeof value === "string") row[key] = fromWire(value);
  }
}
