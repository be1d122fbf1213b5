import {
  additionalIndexes,
  checkLayout,
  groupColumns,
  indexes,
  type StoredColumns,
  schemaVersion,
  tableDefinitions,
  versionOf,
} from "../sql/layout.ts";
import type { PostgresConnection } from "./connection.ts";

const tables = tableDefinitions({
  id: "SERIAL PRIMARY KEY",
  flag: "BOOLEAN",
  kind: "SMALLINT",
  double: "DOUBLE PRECISION",
  longText: "TEXT",
  bytes: "BYTEA",
});

/** Texts of any length can be stored, since only short ones are in these indexes; the original has them all in. */
const shortTextIndexes = Object.fromEntries(
  Object.entries(indexes).flatMap(([name, on]) => {
    const column = /\b(uri|string_value)\)$/.exec(on)?.[1];
    return column === undefined ? [] : [[name, `${on} WHERE octet_length(${column}) <= 1500`]];
  }),
);

/** All indexes of our layout, each with the table and columns that it is on. */
export const wantedIndexes: Readonly<Record<string, string>> = {
  ...indexes,
  ...additionalIndexes,
  ...shortTextIndexes,
};

/** The first schema of the search path only: another one may hold tables of the same names. */
const storedColumns = `
  SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
  WHERE table_schema = current_schema()`;

export async function inspectSchema(connection: PostgresConnection): Promise<"empty" | "current"> {
  return checkLayout(...(await storedLayout(connection)));
}

/** The version of what is stored, 0 without a record of it; undefined where there is no metadata. */
export async function schemaVersionOf(connection: PostgresConnection): Promise<bigint | undefined> {
  return versionOf(...(await storedLayout(connection)));
}

async function storedLayout(connection: PostgresConnection): Promise<[StoredColumns, bigint[]]> {
  const stored = groupColumns((await connection.query(storedColumns)).rows);
  if (!stored.get("mlmdenv")?.has("schema_version")) return [stored, []];
  const { rows } = await connection.query("SELECT schema_version FROM MLMDEnv LIMIT 2");
  return [stored, rows.map((row) => row.schema_version as bigint)];
}

export async function createSchema(connection: PostgresConnection): Promise<void> {
  for (const [name, columns] of Object.entries(tables)) {
    await connection.query(`CREATE TABLE ${name} (${columns}\n)`);
  }
  await createIndexes(connection, { ...indexes, ...shortTextIndexes });
  await connection.query("INSERT INTO MLMDEnv (schema_version) VALUES ($1)", [schemaVersion]);
}

/** Brings a database of the original's to our indexes; on a large one that takes a while, once. */
export async function completeIndexes(connection: PostgresConnection): Promise<void> {
  for (const name of await indexesOfAllTexts(connection)) await connection.query(`DROP INDEX ${name}`);
  await createIndexes(connection, { ...additionalIndexes, ...shortTextIndexes });
}

export async function presentIndexes(connection: PostgresConnection): Promise<ReadonlySet<string>> {
  const { rows } = await connection.query(
    "SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema()",
  );
  return new Set(rows.map((row) => row.name as string));
}

async function indexesOfAllTexts(connection: PostgresConnection): Promise<string[]> {
  const { rows } = await connection.query(
    `SELECT indexname AS name FROM pg_indexes
     WHERE schemaname = current_schema() AND indexname = ANY($1::text[]) AND indexdef NOT LIKE '%octet_length%'`,
    [Object.keys(shortTextIndexes)],
  );
  return rows.map((row) => row.name as string);
}

async function createIndexes(connection: PostgresConnection, named: Readonly<Record<string, string>>) {
  for (const [name, on] of Object.entries(named)) {
    await connection.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
  }
}

export async function hasAllIndexes(connection: PostgresConnection): Promise<boolean> {
  const present = await presentIndexes(connection);
  const isComplete = Object.keys({ ...additionalIndexes, ...shortTextIndexes }).every((name) =>
    present.has(name),
  );
  return isComplete && (await indexesOfAllTexts(connection)).length === 0;
}
