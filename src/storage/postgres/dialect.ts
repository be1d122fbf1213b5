import type { Insert, StoredRows } from "../sql/connection.ts";
import { type Dialect, isPair } from "../sql/dialect.ts";
import { empty, join, raw, type Sql, type SqlValue, sql } from "../sql/fragment.ts";

/** A list travels as one text, so that every length of list is the same prepared statement. */
export const postgresDialect: Dialect = {
  isRemote: true,
  hasStatistics: true,
  findsIdsFirst: false,

  inIds: (column, ids) => sql`${column} = ANY(${`{${ids.join()}}`}${raw("::bigint[]")})`,

  // A plan made while the tables are nearly empty may begin a join with all rows of either; this it cannot.
  among: (column, { id, table, condition }) =>
    sql`WHERE ${column} = ANY(ARRAY(SELECT ${id} FROM ${table} WHERE ${condition}))`,

  inTexts: (column, texts) =>
    sql`${column} = ANY(ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(texts)}${raw("::jsonb")})))`,

  inPairs(id, text, pairs) {
    const [first] = pairs;
    if (first !== undefined && pairs.length === 1) return isPair(id, text, first);
    // A bigint beyond 2^53 survives as digits; JSON.stringify refuses it.
    const json = `[${pairs.map(([first, second]) => `[${first},${JSON.stringify(second)}]`).join()}]`;
    return sql`(${id}, ${text}) IN (
      SELECT (pair ->> 0)::bigint, pair ->> 1 FROM jsonb_array_elements(${json}${raw("::jsonb")}) AS pair)`;
  },

  boolean: (value) => value,

  // A backslash escapes by itself here.
  like: (operand, pattern) => sql`${operand} LIKE ${pattern}`,
  toDouble: (number) => sql`CAST(${number} AS DOUBLE PRECISION)`,
  // Columns have 32 bits here, and so would the sum of two.
  toInt64: (column) => sql`CAST(${column} AS BIGINT)`,
  length: (text) => sql`LENGTH(${text})`,
  substring: (text, from, length) =>
    sql`SUBSTR(${text}, CAST(${from} AS INTEGER)${length ? sql`, CAST(${length} AS INTEGER)` : empty})`,

  encodeProto: (bytes) => bytes,
  decodeProto(stored: SqlValue) {
    if (!(stored instanceof Uint8Array)) throw new TypeError("a proto value is not bytes");
    return new Uint8Array(stored);
  },

  indexedText: (column) => sql`octet_length(${column}) <= ${raw("1500")}`,
  rowPosition: raw("ROW_NUMBER() OVER (ORDER BY s.ctid)"),
  writerLock: raw("SELECT schema_version FROM MLMDEnv FOR UPDATE"),
};

/** The types that the columns are written with; all others are integers. */
const columnTypes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "name",
      "version",
      "description",
      "input_type",
      "output_type",
      "external_id",
      "uri",
      "step_key",
      "string_value",
    ].map((column) => [column, "text"]),
  ),
  double_value: "float8",
  bool_value: "boolean",
  is_custom_property: "boolean",
  is_index_step: "boolean",
  proto_value: "bytea",
};

const tablesWithId: ReadonlySet<string> = new Set([
  ...["Type", "Artifact", "Execution", "Context", "Event", "Association", "Attribution"],
]);

/**
 * The insert of a whole set: one parameter for each column, an array of its values. A row whose key is taken is
 * left out rather than refused, since a failed statement would be the end of the transaction.
 */
export function insertStatement({ table, columns, onDuplicate }: Insert): string {
  const names = columns.map((column) => column.text);
  const action = Array.isArray(onDuplicate) ? `${overwrite(columns, onDuplicate)}` : " DO NOTHING";
  return (
    `INSERT INTO ${table.text} (${names.join()}) SELECT ${names.join()} ` +
    `FROM unnest(${arrays(columns)}) WITH ORDINALITY AS row_(${names.join()}, position_) ORDER BY position_ ` +
    `ON CONFLICT${action}${onDuplicate === undefined && tablesWithId.has(table.text) ? " RETURNING id" : ""}`
  );
}

/** Parameters as in an insert: one array for each column of the key. */
export function deleteStatement({ table, key }: StoredRows): string {
  const same = key.map(({ text }) => `stored.${text} = row_.${text}`);
  return (
    `DELETE FROM ${table.text} AS stored USING unnest(${arrays(key)}) AS row_(${join(key, ", ").text}) ` +
    `WHERE ${same.join(" AND ")}`
  );
}

function arrays(columns: readonly Sql[]): string {
  return columns.map(({ text }, index) => `$${index + 1}::${columnTypes[text] ?? "bigint"}[]`).join();
}

function overwrite(columns: readonly Sql[], key: readonly Sql[]): string {
  const settings = columns
    .filter((column) => !key.includes(column))
    .map(({ text }) => `${text} = excluded.${text}`);
  return ` (${join(key, ", ").text}) DO UPDATE SET ${settings.join()}`;
}
