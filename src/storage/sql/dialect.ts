import { type Sql, type SqlValue, sql } from "./fragment.ts";

/** An index row of PostgreSQL has room for 2,704 bytes; a name beside the text takes up to 1,020 of them. */
export const indexedTextBytesMax = 1500;

export function isIndexedText(text: string): boolean {
  return Buffer.byteLength(text) <= indexedTextBytesMax;
}

/** A query of ids, which gives each once. */
export interface Ids {
  readonly id: Sql;
  /** The table, and its alias. */
  readonly table: Sql;
  readonly condition: Sql;
}

/** Where the databases differ in what the shared SQL needs. */
export interface Dialect {
  /** Whether a query is a round trip to another process. */
  readonly isRemote: boolean;
  /** Whether it knows how rare values are, and so where a query is best begun. */
  readonly hasStatistics: boolean;
  /**
   * Whether rows that are sorted are to be read by ids that a subquery found, for which an index may do alone: MariaDB
   * sorts a table rather than look up the rows of an index's entries.
   */
  readonly findsIdsFirst: boolean;
  /** `column` is one of the ids; a list of any length takes a fixed number of bound values. */
  inIds(column: Sql, ids: readonly bigint[]): Sql;
  /** What follows the table of the column: the rows in which it is one of the ids. */
  among(column: Sql, ids: Ids): Sql;
  inTexts(column: Sql, texts: readonly string[]): Sql;
  /** The id column and the text column are one of the pairs. */
  inPairs(id: Sql, text: Sql, pairs: readonly (readonly [bigint, string])[]): Sql;
  boolean(value: boolean): SqlValue;
  /** `operand LIKE pattern`, where a backslash makes the next character of the pattern stand for itself. */
  like(operand: Sql, pattern: Sql): Sql;
  toDouble(number: Sql): Sql;
  /** The value of an integer column as one of 64 bits, so that what is computed from it has room. */
  toInt64(column: Sql): Sql;
  /** How many characters the text has. */
  length(text: Sql): Sql;
  /** The text from a position, which counts from 1, to its end or of a given length; both are numbers of 32 bits. */
  substring(text: Sql, from: Sql, length?: Sql): Sql;
  /** The content of a `proto_value` column for a serialized message, and back. */
  encodeProto(bytes: Uint8Array): SqlValue;
  decodeProto(stored: SqlValue): Uint8Array;
  /**
   * Sorts the rows of a table (`s`) without key as they were inserted; the same for all rows where a query gives them
   * like that if it asks for no order, and for another order if it asks for any.
   */
  readonly rowPosition: Sql;
  /**
   * True of every short text: what the index of a column of any length is limited to. Undefined where indexes take
   * texts of any length. Only for columns that are compared with texts of at most `indexedTextBytesMax`.
   */
  indexedText?(column: Sql): Sql;
  /** The column's value, such that no index serves a condition on it; only where there are no statistics. */
  unindexed?(column: Sql): Sql;
  /** Makes other writers that run this wait until the transaction ends; undefined where there never are others. */
  readonly writerLock?: Sql;
}

export function isPair(id: Sql, text: Sql, pair: readonly [bigint, string]): Sql {
  return sql`(${id} = ${pair[0]} AND ${text} = ${pair[1]})`;
}

/** `among` as a join. */
export function joined(column: Sql, { id, table, condition }: Ids): Sql {
  return sql`JOIN ${table} ON ${id} = ${column} WHERE ${condition}`;
}
