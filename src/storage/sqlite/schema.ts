import type Database from "better-sqlite3";
import { MlmdError } from "../../errors.ts";

/** The version of the layout below; the original's releases from 1.11.0 on have it. */
export const schemaVersion = 10n;

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

/**
 * The indexes in the order in which the original creates them. The ones on `external_id` repeat the unique
 * constraint; they stay, because the original drops them by name when it goes back to an older version.
 */
const indexes: Readonly<Record<string, string>> = {
  idx_artifact_uri: "Artifact (uri)",
  idx_artifact_create_time_since_epoch: "Artifact (create_time_since_epoch)",
  idx_artifact_last_update_time_since_epoch: "Artifact (last_update_time_since_epoch)",
  idx_event_execution_id: "Event (execution_id)",
  idx_parentcontext_parent_context_id: "ParentContext (parent_context_id)",
  idx_type_name: "Type (name)",
  idx_execution_create_time_since_epoch: "Execution (create_time_since_epoch)",
  idx_execution_last_update_time_since_epoch: "Execution (last_update_time_since_epoch)",
  idx_context_create_time_since_epoch: "Context (create_time_since_epoch)",
  idx_context_last_update_time_since_epoch: "Context (last_update_time_since_epoch)",
  idx_eventpath_event_id: "EventPath (event_id)",
  ...propertyIndexes("artifact", "ArtifactProperty"),
  ...propertyIndexes("execution", "ExecutionProperty"),
  ...propertyIndexes("context", "ContextProperty"),
  idx_type_external_id: "Type (external_id)",
  idx_artifact_external_id: "Artifact (external_id)",
  idx_execution_external_id: "Execution (external_id)",
  idx_context_external_id: "Context (external_id)",
};

/**
 * What the original lacks: without them the contexts of a node are found only by reading every membership.
 * It ignores indexes that it does not know.
 */
const additionalIndexes: Readonly<Record<string, string>> = {
  idx_association_execution_id: "Association (execution_id)",
  idx_attribution_artifact_id: "Attribution (artifact_id)",
};

export const additionalIndexNames = Object.keys(additionalIndexes);

function propertyIndexes(kind: string, table: string): Record<string, string> {
  const on = (column: string) => `${table} (name, is_custom_property, ${column}) WHERE ${column} IS NOT NULL`;
  return {
    [`idx_${kind}_property_int`]: on("int_value"),
    [`idx_${kind}_property_double`]: on("double_value"),
    [`idx_${kind}_property_string`]: on("string_value"),
  };
}

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
  const present = new Set(
    database.prepare("SELECT name FROM sqlite_master WHERE type = 'index'").pluck().all(),
  );
  return additionalIndexNames.every((name) => present.has(name));
}

/**
 * Whether the database is empty or holds the whole layout of our version. Anything else is refused: ABORTED
 * where another process may be in the middle of creating it, FAILED_PRECONDITION for another version,
 * DATA_LOSS for a version record that contradicts itself.
 */
export function inspectSchema(database: Database.Database): "empty" | "current" {
  const stored = columnsByTable(database);
  const version = storedVersion(database, stored);
  if (version !== undefined && version !== schemaVersion) throw otherVersion(version);
  const names = Object.keys(tables);
  const present = names.filter((name) => stored.has(name.toLowerCase()));
  if (present.length === 0) return "empty";
  const incomplete = names.filter((name) => !isComplete(name, stored));
  if (incomplete.length === 0 && version !== undefined) return "current";
  throw new MlmdError(
    "ABORTED",
    `the database holds only a part of the tables of schema version ${schemaVersion}; another process may be ` +
      `creating them. Present: ${present.join(", ")}. Missing or incomplete: ${incomplete.join(", ")}`,
  );
}

function otherVersion(version: bigint): MlmdError {
  const advice =
    version < schemaVersion
      ? "it was made by an older release; `mlmd migrate up`, or enableUpgradeMigration on opening, upgrades it"
      : "it was made by a newer release, which is needed to open it";
  return new MlmdError(
    "FAILED_PRECONDITION",
    `the database has schema version ${version}, this release works with version ${schemaVersion}: ${advice}`,
  );
}

type Columns = ReadonlyMap<string, ReadonlySet<string>>;

/** Every table's columns, all names in lower case: SQLite does not tell them apart by case. */
function columnsByTable(database: Database.Database): Columns {
  const rows = database
    .prepare<[], { tableName: string; columnName: string }>(
      `SELECT lower(t.name) AS tableName, lower(c.name) AS columnName
       FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'`,
    )
    .all();
  const columns = new Map<string, Set<string>>();
  for (const { tableName, columnName } of rows) {
    const known = columns.get(tableName);
    if (known) known.add(columnName);
    else columns.set(tableName, new Set([columnName]));
  }
  return columns;
}

function isComplete(table: string, stored: Columns): boolean {
  const present = stored.get(table.toLowerCase());
  return present !== undefined && columnNames(table).every((name) => present.has(name));
}

/** In the definitions above each column has its line, and each line that is none begins with a keyword. */
function columnNames(table: string): string[] {
  const words = [...(tables[table] ?? "").matchAll(/^ {2}(\w+)/gm)].map((match) => match[1] as string);
  return words.filter((word) => word !== "PRIMARY" && word !== "UNIQUE");
}

/** The version of what is stored, 0 without a record of it; undefined where there is no metadata. */
export function schemaVersionOf(database: Database.Database): bigint | undefined {
  return storedVersion(database, columnsByTable(database));
}

/** Undefined where there is no version record. */
function storedVersion(database: Database.Database, stored: Columns): bigint | undefined {
  if (!stored.get("mlmdenv")?.has("schema_version")) return isVersion0(stored) ? 0n : undefined;
  const versions = database.prepare("SELECT schema_version FROM MLMDEnv LIMIT 2").pluck().all() as bigint[];
  if (versions.length === 0) {
    throw new MlmdError(
      "ABORTED",
      "the database has no schema version yet; another process may be creating it",
    );
  }
  if (versions.length > 1) throw new MlmdError("DATA_LOSS", "the database has more than one schema version");
  return versions[0];
}

/** The first layout had no version record; it is known by a column that version 2 renamed. */
function isVersion0(stored: Columns): boolean {
  const tablesOf0 = ["artifact", "event", "execution", "artifactproperty", "eventpath", "executionproperty"];
  return (
    stored.get("type")?.has("is_artifact_type") === true &&
    stored.has("typeproperty") &&
    tablesOf0.every((name) => stored.has(name))
  );
}
