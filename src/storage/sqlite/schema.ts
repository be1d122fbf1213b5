import type Database from "better-sqlite3";
import {
  additionalIndexes,
  checkLayout,
  groupColumns,
  indexes as plainIndexes,
  type StoredColumns,
  schemaVersion,
  versionOf,
} from "../sql/layout.ts";

const nodeColumns = `
  external_id VARCHAR(255) UNIQUE,
  create_time_since_epoch INT NOT NULL DEFAULT 0,
  last_update_time_since_epoch INT NOT NULL DEFAULT 0,
  UNIQUE (type_id, name)`;

const propertyColumns = `
  name VARCHAR(255) NOT NULL,
  is_custom_property TINYINT(1) NOT NULL,
  int_value INT,
  double_value DOUBLE,
  string_value TEXT,
  byte_value BLOB,
  proto_value BLOB,
  bool_value BOOLEAN`;

/** The tables in the order in which the original creates them. */
const tables: Readonly<Record<string, string>> = {
  Type: `
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(255) NOT NULL,
  version VARCHAR(255),
  type_kind TINYINT(1) NOT NULL,
  description TEXT,
  input_type TEXT,
  output_type TEXT,
  external_id VARCHAR(255) UNIQUE`,
  TypeProperty: `
  type_id INT NOT NULL,
  name VARCHAR(255) NOT NULL,
  data_type INT,
  PRIMARY KEY (type_id, name)`,
  ParentType: `
  type_id INT NOT NULL,
  parent_type_id INT NOT NULL,
  PRIMARY KEY (type_id, parent_type_id)`,
  Artifact: `
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  type_id INT NOT NULL,
  uri TEXT,
  state INT,
  name VARCHAR(255),${nodeColumns}`,
  ArtifactProperty: `
  artifact_id INT NOT NULL,${propertyColumns},
  PRIMARY KEY (artifact_id, name, is_custom_property)`,
  Execution: `
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  type_id INT NOT NULL,
  last_known_state INT,
  name VARCHAR(255),${nodeColumns}`,
  ExecutionProperty: `
  execution_id INT NOT NULL,${propertyColumns},
  PRIMARY KEY (execution_id, name, is_custom_property)`,
  Event: `
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  artifact_id INT NOT NULL,
  execution_id INT NOT NULL,
  type INT NOT NULL,
  milliseconds_since_epoch INT,
  UNIQUE (artifact_id, execution_id, type)`,
  EventPath: `
  event_id INT NOT NULL,
  is_index_step TINYINT(1) NOT NULL,
  step_index INT,
  step_key TEXT`,
  MLMDEnv: `
  schema_version INTEGER PRIMARY KEY`,
  Context: `
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  type_id INT NOT NULL,
  name VARCHAR(255) NOT NULL,${nodeColumns}`,
  ContextProperty: `
  context_id INT NOT NULL,${propertyColumns},
  PRIMARY KEY (context_id, name, is_custom_property)`,
  ParentContext: `
  context_id INT NOT NULL,
  parent_context_id INT NOT NULL,
  PRIMARY KEY (context_id, parent_context_id)`,
  Association: `
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  context_id INT NOT NULL,
  execution_id INT NOT NULL,
  UNIQUE (context_id, execution_id)`,
  Attribution: `
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  context_id INT NOT NULL,
  artifact_id INT NOT NULL,
  UNIQUE (context_id, artifact_id)`,
};

/** The original has only rows with a value in the indexes of properties. */
const indexes = Object.fromEntries(
  Object.entries(plainIndexes).map(([name, on]) => [
    name,
    on.replace(/, (\w+_value)\)$/, ", $1) WHERE $1 IS NOT NULL"),
  ]),
);

/** All indexes of our layout, each with the table and columns that it is on. */
export const wantedIndexes: Readonly<Record<string, string>> = { ...indexes, ...additionalIndexes };

export const additionalIndexNames = Object.keys(additionalIndexes);

export function createSchema(database: Database.Database): void {
  createTables(database);
  createIndexes(database, indexes);
  createIndexes(database, additionalIndexes);
  database.prepare("INSERT INTO MLMDEnv (schema_version) VALUES (?)").run(schemaVersion);
}

export function createAdditionalIndexes(database: Database.Database): void {
  createIndexes(database, additionalIndexes);
}

function createTables(database: Database.Database): void {
  for (const [name, columns] of Object.entries(tables)) database.exec(`CREATE TABLE ${name} (${columns}\n)`);
}

function createIndexes(database: Database.Database, named: Readonly<Record<string, string>>): void {
  for (const [name, on] of Object.entries(named)) {
    database.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
  }
}

export function hasAdditionalIndexes(database: Database.Database): boolean {
  const present = presentIndexes(database);
  return additionalIndexNames.every((name) => present.has(name));
}

export function presentIndexes(database: Database.Database): ReadonlySet<string> {
  const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").pluck().all();
  return new Set(names as string[]);
}

/** As `checkLayout` says. */
export function inspectSchema(database: Database.Database): "empty" | "current" {
  const stored = storedColumns(database);
  return checkLayout(stored, storedVersions(database, stored));
}

/** The version of what is stored, 0 without a record of it; undefined where there is no metadata. */
export function schemaVersionOf(database: Database.Database): bigint | undefined {
  const stored = storedColumns(database);
  return versionOf(stored, storedVersions(database, stored));
}

function storedColumns(database: Database.Database): StoredColumns {
  const rows = database.prepare<[], { table: string; column: string }>(
    `SELECT t.name AS "table", c.name AS "column"
     FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'`,
  );
  return groupColumns(rows.all());
}

function storedVersions(database: Database.Database, stored: StoredColumns): bigint[] {
  if (!stored.get("mlmdenv")?.has("schema_version")) return [];
  return database.prepare("SELECT schema_version FROM MLMDEnv LIMIT 2").pluck().all() as bigint[];
}
