import { checkLayout, groupColumns, schemaVersion } from "../sql/layout.ts";
import type { PostgresConnection } from "./connection.ts";

const times = `
  create_time_since_epoch BIGINT NOT NULL DEFAULT 0,
  last_update_time_since_epoch BIGINT NOT NULL DEFAULT 0`;

const property = `
  name VARCHAR(255) NOT NULL,
  is_custom_property BOOLEAN NOT NULL,
  int_value INT,
  double_value DOUBLE PRECISION,
  string_value TEXT,
  byte_value BYTEA,
  proto_value BYTEA,
  bool_value BOOLEAN`;

/** The tables in the order in which the original creates them. */
const tables: Readonly<Record<string, string>> = {
  Type: `
  id SERIAL PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  version VARCHAR(255),
  type_kind SMALLINT NOT NULL,
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
  id SERIAL PRIMARY KEY,
  type_id INT NOT NULL,
  uri TEXT,
  state INT,
  name VARCHAR(255),
  external_id VARCHAR(255) UNIQUE,${times},
  CONSTRAINT UniqueArtifactTypeName UNIQUE (type_id, name)`,
  ArtifactProperty: `
  artifact_id INT NOT NULL,${property},
  PRIMARY KEY (artifact_id, name, is_custom_property)`,
  Execution: `
  id SERIAL PRIMARY KEY,
  type_id INT NOT NULL,
  last_known_state INT,
  name VARCHAR(255),
  external_id VARCHAR(255) UNIQUE,${times},
  CONSTRAINT UniqueExecutionTypeName UNIQUE (type_id, name)`,
  ExecutionProperty: `
  execution_id INT NOT NULL,${property},
  PRIMARY KEY (execution_id, name, is_custom_property)`,
  Event: `
  id SERIAL PRIMARY KEY,
  artifact_id INT NOT NULL,
  execution_id INT NOT NULL,
  type INT NOT NULL,
  milliseconds_since_epoch BIGINT,
  CONSTRAINT UniqueEvent UNIQUE (artifact_id, execution_id, type)`,
  EventPath: `
  event_id INT NOT NULL,
  is_index_step BOOLEAN NOT NULL,
  step_index INT,
  step_key TEXT`,
  MLMDEnv: `
  schema_version INT PRIMARY KEY`,
  Context: `
  id SERIAL PRIMARY KEY,
  type_id INT NOT NULL,
  name VARCHAR(255) NOT NULL,
  external_id VARCHAR(255) UNIQUE,${times},
  UNIQUE (type_id, name)`,
  ContextProperty: `
  context_id INT NOT NULL,${property},
  PRIMARY KEY (context_id, name, is_custom_property)`,
  ParentContext: `
  context_id INT NOT NULL,
  parent_context_id INT NOT NULL,
  PRIMARY KEY (context_id, parent_context_id)`,
  Association: `
  id SERIAL PRIMARY KEY,
  context_id INT NOT NULL,
  execution_id INT NOT NULL,
  UNIQUE (context_id, execution_id)`,
  Attribution: `
  id SERIAL PRIMARY KEY,
  context_id INT NOT NULL,
  artifact_id INT NOT NULL,
  UNIQUE (context_id, artifact_id)`,
};

/** The indexes in the order in which the original creates them. */
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
  idx_artifact_property_int: "ArtifactProperty (name, is_custom_property, int_value)",
  idx_artifact_property_double: "ArtifactProperty (name, is_custom_property, double_value)",
  idx_artifact_property_string: "ArtifactProperty (name, is_custom_property, string_value)",
  idx_execution_property_int: "ExecutionProperty (name, is_custom_property, int_value)",
  idx_execution_property_double: "ExecutionProperty (name, is_custom_property, double_value)",
  idx_execution_property_string: "ExecutionProperty (name, is_custom_property, string_value)",
  idx_context_property_int: "ContextProperty (name, is_custom_property, int_value)",
  idx_context_property_double: "ContextProperty (name, is_custom_property, double_value)",
  idx_context_property_string: "ContextProperty (name, is_custom_property, string_value)",
  idx_type_external_id: "Type (external_id)",
  idx_artifact_external_id: "Artifact (external_id)",
  idx_execution_external_id: "Execution (external_id)",
  idx_context_external_id: "Context (external_id)",
};

/** Indexes that the original lacks; it does not mind them. */
const additionalIndexes: Readonly<Record<string, string>> = {
  idx_association_execution_id: "Association (execution_id)",
  idx_attribution_artifact_id: "Attribution (artifact_id)",
};

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
