import { MlmdError } from "../../errors.ts";

/** The version of the layout; the original's releases from 1.11.0 on have it. */
export const schemaVersion = 10n;

/** How an engine names what the columns hold. */
export interface ColumnTypes {
  /** A primary key that the database numbers. */
  readonly id: string;
  readonly flag: string;
  readonly kind: string;
  readonly double: string;
  /** Texts and bytes of properties, which may be long. */
  readonly longText: string;
  readonly bytes: string;
}

/** The tables in the order in which the original creates them, each with its columns and constraints. */
export function tableDefinitions(types: ColumnTypes): Readonly<Record<string, string>> {
  const node = `
  external_id VARCHAR(255) UNIQUE,
  create_time_since_epoch BIGINT NOT NULL DEFAULT 0,
  last_update_time_since_epoch BIGINT NOT NULL DEFAULT 0`;
  const property = `
  name VARCHAR(255) NOT NULL,
  is_custom_property ${types.flag} NOT NULL,
  int_value INT,
  double_value ${types.double},
  string_value ${types.longText},
  byte_value ${types.bytes},
  proto_value ${types.bytes},
  bool_value BOOLEAN`;
  return {
    Type: `
  id ${types.id},
  name VARCHAR(255) NOT NULL,
  version VARCHAR(255),
  type_kind ${types.kind} NOT NULL,
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
  id ${types.id},
  type_id INT NOT NULL,
  uri TEXT,
  state INT,
  name VARCHAR(255),${node},
  CONSTRAINT UniqueArtifactTypeName UNIQUE (type_id, name)`,
    ArtifactProperty: `
  artifact_id INT NOT NULL,${property},
  PRIMARY KEY (artifact_id, name, is_custom_property)`,
    Execution: `
  id ${types.id},
  type_id INT NOT NULL,
  last_known_state INT,
  name VARCHAR(255),${node},
  CONSTRAINT UniqueExecutionTypeName UNIQUE (type_id, name)`,
    ExecutionProperty: `
  execution_id INT NOT NULL,${property},
  PRIMARY KEY (execution_id, name, is_custom_property)`,
    Event: `
  id ${types.id},
  artifact_id INT NOT NULL,
  execution_id INT NOT NULL,
  type INT NOT NULL,
  milliseconds_since_epoch BIGINT,
  CONSTRAINT UniqueEvent UNIQUE (artifact_id, execution_id, type)`,
    EventPath: `
  event_id INT NOT NULL,
  is_index_step ${types.flag} NOT NULL,
  step_index INT,
  step_key TEXT`,
    MLMDEnv: `
  schema_version INT PRIMARY KEY`,
    Context: `
  id ${types.id},
  type_id INT NOT NULL,
  name VARCHAR(255) NOT NULL,${node},
  UNIQUE (type_id, name)`,
    ContextProperty: `
  context_id INT NOT NULL,${property},
  PRIMARY KEY (context_id, name, is_custom_property)`,
    ParentContext: `
  context_id INT NOT NULL,
  parent_context_id INT NOT NULL,
  PRIMARY KEY (context_id, parent_context_id)`,
    Association: `
  id ${types.id},
  context_id INT NOT NULL,
  execution_id INT NOT NULL,
  UNIQUE (context_id, execution_id)`,
    Attribution: `
  id ${types.id},
  context_id INT NOT NULL,
  artifact_id INT NOT NULL,
  UNIQUE (context_id, artifact_id)`,
  };
}

/**
 * The indexes in the order in which the original creates them. The ones on `external_id` repeat the unique
 * constraint; they stay, because the original drops them by name when it goes back to an older version.
 */
export const indexes: Readonly<Record<string, string>> = {
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

/**
 * What the original lacks: without them the contexts of a node are found only by reading every membership. It
 * ignores indexes that it does not know.
 */
export const additionalIndexes: Readonly<Record<string, string>> = {
  idx_association_execution_id: "Association (execution_id)",
  idx_attribution_artifact_id: "Attribution (artifact_id)",
};

/** In the definitions above each column has its line, and each line that is none begins with a keyword. */
const columnsOf: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(tableDefinitions({ id: "", flag: "", kind: "", double: "", longText: "", bytes: "" })).map(
    ([table, definition]) => {
      const words = [...definition.matchAll(/^ {2}(\w+)/gm)].map((match) => match[1] as string);
      return [table, words.filter((word) => !["PRIMARY", "UNIQUE", "CONSTRAINT"].includes(word))];
    },
  ),
);

/** What a database holds: its columns by table, all names in lower case. */
export type StoredColumns = ReadonlyMap<string, ReadonlySet<string>>;

export function groupColumns(rows: Iterable<{ table: string; column: string }>): StoredColumns {
  const columns = new Map<string, Set<string>>();
  for (const { table, column } of rows) {
    const name = table.toLowerCase();
    const known = columns.get(name);
    if (known) known.add(column.toLowerCase());
    else columns.set(name, new Set([column.toLowerCase()]));
  }
  return columns;
}

/**
 * Whether the database is empty or holds the whole layout of our version. Anything else is refused: ABORTED
 * where another process may be in the middle of creating it, FAILED_PRECONDITION for another version,
 * DATA_LOSS for a version record that contradicts itself. `versions` are the rows of the version record.
 */
export function checkLayout(stored: StoredColumns, versions: readonly bigint[]): "empty" | "current" {
  const version = versionOf(stored, versions);
  if (version !== undefined && version !== schemaVersion) throw otherVersion(version);
  const names = [...columnsOf.keys()];
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

/** The version of what is stored, 0 without a record of it; undefined where there is no metadata. */
export function versionOf(stored: StoredColumns, versions: readonly bigint[]): bigint | undefined {
  if (!stored.get("mlmdenv")?.has("schema_version")) return isVersion0(stored) ? 0n : undefined;
  if (versions.length > 1) throw new MlmdError("DATA_LOSS", "the database has more than one schema version");
  if (versions.length === 1) return versions[0];
  throw new MlmdError(
    "ABORTED",
    "the database has no schema version yet; another process may be creating it",
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

export function emptyDatabase(): MlmdError {
  return new MlmdError("FAILED_PRECONDITION", "the database is empty, and opened for reading only");
}

function isComplete(table: string, stored: StoredColumns): boolean {
  const present = stored.get(table.toLowerCase());
  return (columnsOf.get(table) ?? []).every((name) => present?.has(name));
}

/** The first layout had no version record; it is known by a column that version 2 renamed. */
function isVersion0(stored: StoredColumns): boolean {
  const tables = [
    "typeproperty",
    "artifact",
    "event",
    "execution",
    "artifactproperty",
    "eventpath",
    "executionproperty",
  ];
  return stored.get("type")?.has("is_artifact_type") === true && tables.every((name) => stored.has(name));
}
