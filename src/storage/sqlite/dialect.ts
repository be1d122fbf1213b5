import type { Insert, StoredRows, Update } from "../sql/connection.ts";
import { type Dialect, isPair, joined } from "../sql/dialect.ts";
import { empty, join, raw, type Sql, type SqlValue, sql } from "../sql/fragment.ts";
import { keptFor } from "../sql/kept.ts";
import { isGiven, updateStatement } from "../sql/update.ts";

/**
 * A list travels as one JSON text, so that every length of list is the same prepared statement. One value, which is
 * what most small reads are about, is bound by itself: that takes half the time.
 */
export const sqliteDialect: Dialect = {
  isRemote: false,
  hasStatistics: false,
  findsIdsFirst: false,

  inIds: (column, ids) =>
    ids.length === 1
      ? sql`${column} IN (${ids[0] as bigint})`
      : sql`${column} IN (SELECT value FROM json_each(${`[${ids.join()}]`}))`,

  among: joined,

  inTexts: (column, texts) =>
    texts.length === 1
      ? sql`${column} IN (${texts[0] as string})`
      : sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(texts)}))`,

  inPairs(id, text, pairs) {
    const [first] = pairs;
    if (first !== undefined && pairs.length === 1) return isPair(id, text, first);
    // A bigint beyond 2^53 survives as digits; JSON.stringify refuses it.
    const json = `[${pairs.map(([first, second]) => `[${first},${JSON.stringify(second)}]`).join()}]`;
    return sql`(${id}, ${text}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${json}))`;
  },

  boolean: (value) => (value ? 1n : 0n),

  like: (operand, pattern) => sql`${operand} LIKE ${pattern} ESCAPE ${raw("'\\'")}`,
  toDouble: (number) => sql`CAST(${number} AS REAL)`,
  toInt64: (column) => column,
  length: (text) => sql`LENGTH(${text})`,
  substring: (text, from, length) => sql`SUBSTR(${text}, ${from}${length ? sql`, ${length}` : empty})`,

  // The original keeps messages as base64 text here, although the column is a BLOB.
  encodeProto: (bytes) => Buffer.from(bytes).toString("base64"),
  decodeProto,

  rowPosition: raw("s.rowid"),

  // Without statistics SQLite takes every value of a property for rare.
  unindexed: (column) => sql`+${column}`,
};

/** Never a Buffer: the bytes inside a message are pieces of what it is read from, and go to callers. */
function decodeProto(stored: SqlValue): Uint8Array {
  if (typeof stored === "string") return new Uint8Array(Buffer.from(stored, "base64"));
  if (stored instanceof Uint8Array) return new Uint8Array(stored);
  throw new TypeError("a proto value is neither text nor bytes");
}

/** How many rows one statement inserts: few different statements for sets of any size, as each is prepared once. */
export const insertSizes = [64, 16, 4, 1] as const;
type InsertSize = (typeof insertSizes)[number];

const insertTexts = keptFor(
  (insert: Insert) => new Map(insertSizes.map((size) => [size, insertStatement(insert, size).text])),
);

export function insertText(insert: Insert, size: InsertSize): string {
  return insertTexts(insert).get(size) as string;
}

/** The statements that write one row. */
export const updateText = keptFor((update: Update) => updateStatement(update).text);
export const deleteText = keptFor((stored: StoredRows) => deleteStatement(stored).text);

function deleteStatement({ table, key }: StoredRows): Sql {
  return sql`DELETE FROM ${table} WHERE ${join(key.map(isGiven), " AND ")}`;
}

function insertStatement({ table, columns, onDuplicate }: Insert, rows: number): Sql {
  const row = sql`(${join(
    columns.map(() => raw("?")),
    ", ",
  )})`;
  const values = join(Array<Sql>(rows).fill(row), ", ");
  return sql`INSERT INTO ${table} (${join(columns, ", ")}) VALUES ${values}${
    onDuplicate === undefined ? empty : duplicateClause(columns, onDuplicate)
  }`;
}

function duplicateClause(columns: readonly Sql[], onDuplicate: NonNullable<Insert["onDuplicate"]>): Sql {
  if (onDuplicate === "keep") return raw(" ON CONFLICT DO NOTHING");
  const others = columns.filter((column) => !onDuplicate.includes(column));
  const settings = others.map((column) => sql`${column} = excluded.${column}`);
  return sql` ON CONFLICT (${join(onDuplicate, ", ")}) DO UPDATE SET ${join(settings, ", ")}`;
}
