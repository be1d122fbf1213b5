import { MlmdError } from "../../errors.ts";

/** The version of the layout; the original's releases from 1.11.0 on have it. */
export const schemaVersion = 10n;

const node = "external_id create_time_since_epoch last_update_time_since_epoch";
const property =
  "name is_custom_property int_value double_value string_value byte_value proto_value bool_value";

/** The tables in the order in which the original creates them, each with its columns. */
const columnsOf: Readonly<Record<string, string>> = {
  Type: "id name version type_kind description input_type output_type external_id",
  TypeProperty: "type_id name data_type",
  ParentType: "type_id parent_type_id",
  Artifact: `id type_id uri state name ${node}`,
  ArtifactProperty: `artifact_id ${property}`,
  Execution: `id type_id last_known_state name ${node}`,
  ExecutionProperty: `execution_id ${property}`,
  Event: "id artifact_id execution_id type milliseconds_since_epoch",
  EventPath: "event_id is_index_step step_index step_key",
  MLMDEnv: "schema_version",
  Context: `id type_id name ${node}`,
  ContextProperty: `context_id ${property}`,
  ParentContext: "context_id parent_context_id",
  Association: "id context_id execution_id",
  Attribution: "id context_id artifact_id",
};

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
  const names = Object.keys(columnsOf);
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

function versionOf(stored: StoredColumns, versions: readonly bigint[]): bigint | undefined {
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
      ? "it was made by an older release and needs an upgrade"
      : "it was made by a newer release, which is needed to open it";
  return new MlmdError(
    "FAILED_PRECONDITION",
    `the database has schema version ${version}, this release works with version ${schemaVersion}: ${advice}`,
  );
}

function isComplete(table: string, stored: StoredColumns): boolean {
  const present = stored.get(table.toLowerCase());
  return (columnsOf[table] ?? "").split(" ").every((name) => present?.has(name));
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
