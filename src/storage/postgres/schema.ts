import {
  additionalIndexes,
  checkLayout,
  groupColumns,
  indexes,
  schemaVersion,
  tableDefinitions,
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

/** The first schema of the search path only: another one may hold tables of the same names. */
const storedColumns = `
  SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
  WHERE table_schema = current_schema()`;

export async function inspectSchema(connection: PostgresConnection): Promise<"empty" | "current"> {
  const stored = groupColumns((await connection.query(storedColumns)).rows);
  const hasVersion = stored.get("mlmdenv")?.has("schema_version") ?? false;
  const versions = hasVersion
    ? (await connection.query("SELECT schema_version FROM MLMDEnv LIMIT 2")).rows
    : [];
  return checkLayout(
    stored,
    versions.map((row) => row.schema_version as bigint),
  );
}

export async function createSchema(connection: PostgresConnection): Promise<void> {
  for (const [name, columns] of Object.entries(tables)) {
    await connection.query(`CREATE TABLE ${name} (${columns}\n)`);
  }
  await createIndexes(connection, indexes);
  await connection.query("INSERT INTO MLMDEnv (schema_version) VALUES ($1)", [schemaVersion]);
}

export async function createAdditionalIndexes(connection: PostgresConnection): Promise<void> {
  await createIndexes(connection, additionalIndexes);
}

async function createIndexes(connection: PostgresConnection, named: Readonly<Record<string, string>>) {
  for (const [name, on] of Object.entries(named)) {
    await connection.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
  }
}

export async function hasAdditionalIndexes(connection: PostgresConnection): Promise<boolean> {
  const names = Object.keys(additionalIndexes);
  const { rowCount } = await connection.query(
    "SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = ANY($1::text[])",
    [names],
  );
  return rowCount === names.length;
}
