import type { Insert, StoredRows } from "../sql/connection.ts";
import { type Dialect, joined } from "../sql/dialect.ts";
import { empty, join, raw, type Sql, type SqlValue, sql } from "../sql/fragment.ts";
import { isGiven } from "../sql/update.ts";

export const mysqlDialect: Dialect = {
  isRemote: true,
  hasStatistics: true,
  findsIdsFirst: true,

  // A list of ids travels as one text, so that every length of list is the same prepared statement.
  inIds: (column, ids) =>
    ids.length <= shortListMax
      ? sql`${column} IN (${join(padded(ids), ", ")})`
      : sql`${column} IN (SELECT id FROM JSON_TABLE(${`[${ids.join()}]`}, ${raw("'$[*]'")} COLUMNS (id BIGINT PATH ${raw("'$'")})) AS ids)`,

  among: joined,

  // Texts out of a JSON table would not have the collation of the column.
  inTexts: (column, texts) => sql`${column} IN (${join(padded(texts), ", ")})`,

  inPairs: (id, text, pairs) => sql`(${id}, ${text}) IN (${join(paddedPairs(pairs), ", ")})`,

  boolean: (value) => (value ? 1n : 0n),

  // A backslash escapes by itself here.
  like: (operand, pattern) => sql`${operand} LIKE ${pattern}`,
  toDouble: (number) => sql`(${number} + 0E0)`,
  toInt64: (column) => column,
  length: (text) => sql`CHAR_LENGTH(${asUtf8(text)})`,
  substring: (text, from, length) =>
    sql`CONVERT(CAST(SUBSTR(${asUtf8(text)}, ${from}${length ? sql`, ${length}` : empty}) AS BINARY) USING latin1)`,

  // The original keeps messages as base64 text here, although the column is binary.
  encodeProto: (bytes) => Buffer.from(bytes).toString("base64"),
  decodeProto(stored: SqlValue) {
    if (!(stored instanceof Uint8Array)) throw new TypeError("a proto value is not bytes");
    return new Uint8Array(Buffer.from(Buffer.from(stored).toString("latin1"), "base64"));
  },

  rowPosition: raw("0"),
  writerLock: raw("SELECT schema_version FROM MLMDEnv FOR UPDATE"),
};

/** Texts are stored as the latin1 characters of their UTF-8 bytes, see connection.ts; this has the real characters. */
function asUtf8(text: Sql): Sql {
  return sql`CONVERT(CAST(CONVERT(${text} USING latin1) AS BINARY) USING utf8mb4)`;
}

const shortListMax = 16;

/** As many placeholders as the next power of two, the last value repeated: few different statements to prepare. */
function padded(values: readonly SqlValue[]): Sql[] {
  return repeatLast(values).map((value) => sql`${value}`);
}

function paddedPairs(pairs: readonly (readonly [bigint, string])[]): Sql[] {
  return repeatLast(pairs).map(([first, second]) => sql`(${first}, ${second})`);
}

function repeatLast<T>(values: readonly T[]): T[] {
  const size = 2 ** Math.ceil(Math.log2(values.length));
  return Array.from({ length: size }, (_, index) => values[Math.min(index, values.length - 1)] as T);
}

/** The insert of so many rows. */
export function insertStatement({ table, columns, onDuplicate }: Insert, rowCount: number): string {
  const row = `(${columns.map(() => "?").join()})`;
  const rows = Array(rowCount).fill(row).join();
  return `INSERT INTO ${table.text} (${join(columns, ", ").text}) VALUES ${rows}${duplicateClause(columns, onDuplicate)}`;
}

export function deleteStatement({ table, key }: StoredRows, rowCount: number): string {
  return `DELETE FROM ${table.text} WHERE ${hasOneOf(key, rowCount)}`;
}

/** Not a list of tuples, for which MariaDB does not use an index. */
function hasOneOf(key: readonly Sql[], rowCount: number): string {
  return Array(rowCount).fill(hasKey(key)).join(" OR ");
}

function hasKey(key: readonly Sql[]): string {
  return `(${join(key.map(isGiven), " AND ").text})`;
}

function duplicateClause(columns: readonly Sql[], onDuplicate: Insert["onDuplicate"]): string {
  if (onDuplicate === undefined) return "";
  const first = columns[0]?.text ?? "";
  // INSERT IGNORE would also turn values out of range into others.
  if (onDuplicate === "keep") return ` ON DUPLICATE KEY UPDATE ${first} = ${first}`;
  const others = columns.filter((column) => !onDuplicate.includes(column));
  // Keys that are only alike, such as `a` and `A`, are two; the server refuses NULL in a key.
  const keys = onDuplicate.map(
    ({ text }) => `${text} = IF(CAST(${text} AS BINARY) = CAST(VALUES(${text}) AS BINARY), ${text}, NULL)`,
  );
  return ` ON DUPLICATE KEY UPDATE ${[...keys, ...others.map(({ text }) => `${text} = VALUES(${text})`)].join()}`;
}
