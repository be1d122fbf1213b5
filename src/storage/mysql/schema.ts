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
import type { MysqlConnection } from "./connection.ts";
import { inBetween, journalTable, unfinishedMove } from "./journal.ts";

const tables = tableDefinitions({
  id: "INT PRIMARY KEY AUTO_INCREMENT",
  flag: "TINYINT(1)",
  kind: "TINYINT(1)",
  double: "DOUBLE",
  longText: "MEDIUMTEXT",
  bytes: "MEDIUMBLOB",
});

/** All indexes of our layout, each with the table and columns that it is on: the beginning of a long text. */
export const wantedIndexes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...indexes, ...additionalIndexes }).map(([name, on]) => [
    name,
    on.replace(/\b(uri|string_value)\)$/, "$1(255))"),
  ]),
);

/** As `checkLayout` says. Tables without a version are those of a creation that was cut off: that is empty too. */
export async function inspectSchema(connection: MysqlConnection): Promise<"empty" | "current"> {
  const stored = await storedColumns(connection);
  const versions = await storedVersions(connection, stored);
  if (versions.length === 0 && hasVersionRecord(stored)) return "empty";
  const version = versionOf(stored, versions);
  if (version === undefined) return "empty";
  if (stored.has(journalTable)) {
    const move = await unfinishedMove(connection, Number(version));
    if (move !== undefined) throw inBetween(move);
  }
  return checkLayout(stored, versions);
}

/** The version of what is stored, 0 without a record of it; undefined where there is no metadata. */
export async function schemaVersionOf(connection: MysqlConnection): Promise<bigint | undefined> {
  const stored = await storedColumns(connection);
  return versionOf(stored, await storedVersions(connection, stored));
}

async function storedColumns(connection: MysqlConnection): Promise<StoredColumns> {
  const columns = await connection.query(
    "SELECT table_name AS `table`, column_name AS `column` FROM information_schema.columns WHERE table_schema = DATABASE()",
  );
  return groupColumns(columns as { table: string; column: string }[]);
}

function hasVersionRecord(stored: StoredColumns): boolean {
  return stored.get("mlmdenv")?.has("schema_version") ?? false;
}

async function storedVersions(connection: MysqlConnection, stored: StoredColumns): Promise<bigint[]> {
  if (!hasVersionRecord(stored)) return [];
  const rows = await connection.query("SELECT schema_version FROM MLMDEnv LIMIT 2");
  return rows.map((row) => row.schema_version as bigint);
}

/**
 * Each statement here commits by itself. A creation that was cut off is taken up again: the version is written
 * last, and what exists without it is what this would make.
 */
export async function createSchema(connection: MysqlConnection): Promise<void> {
  for (const [name, columns] of Object.entries(tables)) {
    await connection.query(`CREATE TABLE IF NOT EXISTS ${name} (${columns}\n)`);
  }
  await createMissingIndexes(connection);
  await connection.query(`INSERT INTO MLMDEnv (schema_version) VALUES (${schemaVersion})`);
}

export async function createMissingIndexes(connection: MysqlConnection): Promise<void> {
  for (const name of await missingIndexes(connection)) {
    await connection.query(`CREATE INDEX ${name} ON ${wantedIndexes[name]}`);
  }
}

export async function missingIndexes(connection: MysqlConnection): Promise<string[]> {
  const present = await presentIndexes(connection);
  return Object.keys(wantedIndexes).filter((name) => !present.has(name));
}

export async function presentIndexes(connection: MysqlConnection): Promise<ReadonlySet<string>> {
  const rows = await connection.query(
    "SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_schema = DATABASE()",
  );
  return new Set(rows.map((row) => row.name as string));
}
