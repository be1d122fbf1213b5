import { checkLayout, groupColumns, schemaVersion } from "../sql/layout.ts";
import type { MysqlConnection } from "./connection.ts";

const times = `
  create_time_since_epoch BIGINT NOT NULL DEFAULT 0,
  last_update_time_since_epoch BIGINT NOT NULL DEFAULT 0`;

const property = `
  name VARCHAR(255) NOT NULL,
  is_custom_property TINYINT(1) NOT NULL,
  int_value INT,
  double_value DOUBLE,
  string_value MEDIUMTEXT,
  byte_value MEDIUMBLOB,
  proto_value MEDIUMBLOB,
  bool_value BOOLEAN`;

/** The tables in the order in which the original creates them. */
const tables: Readonly<Record<string, string>> = {
  Type: `
  id INT PRIMARY KEY AUTO_INCREMENT,
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
  id INTEGER PRIMARY KEY AUTO_INCREMENT,
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
  id INTEGER PRIMARY KEY AUTO_INCREMENT,
  type_id INT NOT NULL,
  last_known_state INT,
  name VARCHAR(255),
  external_id VARCHAR(255) UNIQUE,${times},
  CONSTRAINT UniqueExecutionTypeName UNIQUE (type_id, name)`,
  ExecutionProperty: `
  execution_id INT NOT NULL,${property},
  PRIMARY KEY (execution_id, name, is_custom_property)`,
  Event: `
  id INTEGER PRIMARY KEY AUTO_INCREMENT,
  artifact_id INT NOT NULL,
  execution_id INT NOT NULL,
  type INT NOT NULL,
  milliseconds_since_epoch BIGINT,
  CONSTRAINT UniqueEvent UNIQUE (artifact_id, execution_id, type)`,
  EventPath: `
  event_id INT NOT NULL,
  is_index_step TINYINT(1) NOT NULL,
  step_index INT,
  step_key TEXT`,
  MLMDEnv: `
  schema_version INTEGER PRIMARY KEY`,
  Context: `
  id INTEGER PRIMARY KEY AUTO_INCREMENT,
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
  id INTEGER PRIMARY KEY AUTO_INCREMENT,
  context_id INT NOT NULL,
  execution_id INT NOT NULL,
  UNIQUE (context_id, execution_id)`,
  Attribution: `
  id INTEGER PRIMARY KEY AUTO_INCREMENT,
  context_id INT NOT NULL,
  artifact_id INT NOT NULL,
  UNIQUE (context_id, artifact_id)`,
};

/** The indexes in the order in which the original creates them, and at the end two that it lacks and does not mind. */
const indexes: Readonly<Record<string, string>> = {
  idx_artifact_uri: "Artifact (uri(255))",
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
  idx_artifact_property_string: "ArtifactProperty (name, is_custom_property, string_value(255))",
  idx_execution_property_int: "ExecutionProperty (name, is_custom_property, int_value)",
  idx_execution_property_double: "ExecutionProperty (name, is_custom_property, double_value)",
  idx_execution_property_string: "ExecutionProperty (name, is_custom_property, string_value(255))",
  idx_context_property_int: "ContextProperty (name, is_custom_property, int_value)",
  idx_context_property_double: "ContextProperty (name, is_custom_property, double_value)",
  idx_context_property_string: "ContextProperty (name, is_custom_property, string_value(255))",
  idx_type_external_id: "Type (external_id)",
  idx_artifact_external_id: "Artifact (external_id)",
  idx_execution_external_id: "Execution (external_id)",
  idx_context_external_id: "Context (external_id)",
  idx_association_execution_id: "Association (execution_id)",
  idx_attribution_artifact_id: "Attribution (artifact_id)",
};

export async function inspectSchema(connection: MysqlConnection): Promise<"empty" | "current"> {
  const columns = await connection.query(
    "SELECT table_name AS `table`, column_name AS `column` FROM information_schema.columns WHERE table_schema = DATABASE()",
  );
  const stored = groupColumns(columns as { table: string; column: string }[]);
  const hasVersion = stored.get("mlmdenv")?.has("schema_version") ?? false;
  const versions = hasVersion ? await connection.query("SELECT schema_version FROM MLMDEnv LIMIT 2") : [];
  return checkLayout(
    stored,
    versions.map((row) => row.schema_version as bigint),
  );
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
    await connection.query(`CREATE INDEX ${name} ON ${indexes[name]}`);
  }
}

export async function missingIndexes(connection: MysqlConnection): Promise<string[]> {
  const rows = await connection.query(
    "SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_schema = DATABASE()",
  );
  const present = new Set(rows.map((row) => row.name));
  return Object.keys(indexes).filter((name) => !present.has(name));
}
