import {
  propertyValues as allPropertyValues,
  eventArtifact,
  eventExecution,
  eventPath,
  externalIds,
  type Indexes,
  nodeIndexes,
  onColumns,
  parentContext,
  typeName,
} from "../migrate/indexes.ts";
import { latestEvents, losses } from "../migrate/losses.ts";
import type { Statement, Step } from "../migrate/step.ts";
import { additionalIndexNames } from "./schema.ts";

// The layouts of the past are written out here and do not change when the present one does.

const createTable = (name: string, columns: string): Statement => ({
  sql: `CREATE TABLE IF NOT EXISTS ${name} (${columns})`,
});
const dropTable = (name: string): Statement => ({ sql: `DROP TABLE ${name}` });
const addColumn = (table: string, column: string): Statement => ({
  sql: `ALTER TABLE ${table} ADD COLUMN ${column}`,
});
const dropColumn = (table: string, column: string): Statement => ({
  sql: `ALTER TABLE ${table} DROP COLUMN ${column}`,
  table,
});
const renameColumn = (table: string, from: string, to: string): Statement => ({
  sql: `ALTER TABLE ${table} RENAME COLUMN ${from} TO ${to}`,
});
const dropIndex = (name: string): Statement => ({ sql: `DROP INDEX IF EXISTS ${name}` });

const createIndexes = (indexes: Indexes): Statement[] =>
  Object.entries(indexes).map(([name, [table, on]]) => ({
    sql: `CREATE INDEX IF NOT EXISTS ${name} ON ${table} ${on}`,
    table,
  }));
const dropIndexes = (indexes: Indexes): Statement[] => Object.keys(indexes).map(dropIndex);

/**
 * Columns in the middle of a table and unique constraints cannot be changed in place: the rows move to a new
 * table. It inherits the highest id ever given, so that none is given twice.
 */
function rebuild(table: string, columns: string, copied: string, rows = ""): Statement[] {
  const next = `mlmd_migrated_${table}`;
  return [
    { sql: `CREATE TABLE ${next} (${columns})` },
    { sql: `INSERT INTO ${next} (${copied}) SELECT ${copied} FROM ${table} ${rows}`.trim(), table },
    { sql: `DELETE FROM sqlite_sequence WHERE name = '${next}'` },
    {
      sql: `INSERT INTO sqlite_sequence (name, seq) SELECT '${next}', seq FROM sqlite_sequence WHERE name = '${table}'`,
    },
    { sql: `DROP TABLE ${table}` },
    { sql: `ALTER TABLE ${next} RENAME TO ${table}` },
  ];
}

const id = "id INTEGER PRIMARY KEY AUTOINCREMENT";
const times =
  "create_time_since_epoch INT NOT NULL DEFAULT 0, last_update_time_since_epoch INT NOT NULL DEFAULT 0";
const timeNames = "create_time_since_epoch, last_update_time_since_epoch";
const uniqueName = "UNIQUE (type_id, name)";
const propertyTables = ["ArtifactProperty", "ExecutionProperty", "ContextProperty"];

/** The original has only rows with a value in them. */
const propertyValues = onColumns(allPropertyValues, (columns) =>
  columns.replace(/(\w+_value)\)$/, "$1) WHERE $1 IS NOT NULL"),
);

/** The version becomes known; before it, the tables themselves tell. */
const versionRecord: Step = {
  up: [
    createTable("MLMDEnv", "schema_version INTEGER PRIMARY KEY"),
    { sql: "DELETE FROM MLMDEnv" },
    { sql: "INSERT INTO MLMDEnv (schema_version) VALUES (0)" },
  ],
  down: [dropTable("MLMDEnv")],
  ...losses.versionRecord,
};

/** Room for a third kind of types. The properties of context types stay behind, as the original leaves them. */
const typeKinds: Step = {
  up: [renameColumn("Type", "is_artifact_type", "type_kind")],
  down: [
    { sql: "DELETE FROM Type WHERE type_kind = 2", table: "Type" },
    renameColumn("Type", "type_kind", "is_artifact_type"),
  ],
  ...losses.typeKinds,
};

const contexts: Step = {
  up: [
    createTable("Context", `${id}, type_id INT NOT NULL, name VARCHAR(255) NOT NULL, ${uniqueName}`),
    createTable(
      "ContextProperty",
      `context_id INT NOT NULL, name VARCHAR(255) NOT NULL, is_custom_property TINYINT(1) NOT NULL,
       int_value INT, double_value DOUBLE, string_value TEXT, PRIMARY KEY (context_id, name, is_custom_property)`,
    ),
  ],
  down: [dropTable("Context"), dropTable("ContextProperty")],
  ...losses.contexts,
};

const contextMembers: Step = {
  up: [
    createTable(
      "Association",
      `${id}, context_id INT NOT NULL, execution_id INT NOT NULL, UNIQUE (context_id, execution_id)`,
    ),
    createTable(
      "Attribution",
      `${id}, context_id INT NOT NULL, artifact_id INT NOT NULL, UNIQUE (context_id, artifact_id)`,
    ),
  ],
  down: [dropTable("Association"), dropTable("Attribution")],
  ...losses.contextMembers,
};

const namesStatesTimes: Step = {
  up: [
    ...rebuild(
      "Artifact",
      `${id}, type_id INT NOT NULL, uri TEXT, state INT, name VARCHAR(255), ${times}, ${uniqueName}`,
      "id, type_id, uri",
    ),
    ...rebuild(
      "Execution",
      `${id}, type_id INT NOT NULL, last_known_state INT, name VARCHAR(255), ${times}, ${uniqueName}`,
      "id, type_id",
    ),
    ...times.split(", ").map((column) => addColumn("Context", column)),
  ],
  down: [
    ...rebuild("Artifact", `${id}, type_id INT NOT NULL, uri TEXT`, "id, type_id, uri"),
    ...rebuild("Execution", `${id}, type_id INT NOT NULL`, "id, type_id"),
    ...timeNames.split(", ").map((column) => dropColumn("Context", column)),
  ],
  ...losses.namesStatesTimes,
};

const parentsAndVersions: Step = {
  up: [
    createTable(
      "ParentType",
      "type_id INT NOT NULL, parent_type_id INT NOT NULL, PRIMARY KEY (type_id, parent_type_id)",
    ),
    createTable(
      "ParentContext",
      "context_id INT NOT NULL, parent_context_id INT NOT NULL, PRIMARY KEY (context_id, parent_context_id)",
    ),
    ...rebuild(
      "Type",
      `${id}, name VARCHAR(255) NOT NULL, version VARCHAR(255), type_kind TINYINT(1) NOT NULL, description TEXT,
       input_type TEXT, output_type TEXT`,
      "id, name, type_kind, input_type, output_type",
    ),
    ...createIndexes({ ...nodeIndexes, ...eventArtifact, ...eventExecution, ...parentContext, ...typeName }),
  ],
  down: [
    ...dropIndexes({ ...nodeIndexes, ...eventArtifact, ...eventExecution, ...parentContext, ...typeName }),
    dropTable("ParentType"),
    dropTable("ParentContext"),
    dropColumn("Type", "version"),
    dropColumn("Type", "description"),
  ],
  ...losses.parentsAndVersions,
};

const bytes: Step = {
  up: [...propertyTables.map((table) => addColumn(table, "byte_value BLOB")), ...createIndexes(eventPath)],
  down: [...propertyTables.map((table) => dropColumn(table, "byte_value")), ...dropIndexes(eventPath)],
  ...losses.bytes,
};

const eventColumns = `${id}, artifact_id INT NOT NULL, execution_id INT NOT NULL, type INT NOT NULL,
  milliseconds_since_epoch INT`;
const eventNames = "id, artifact_id, execution_id, type, milliseconds_since_epoch";

const uniqueEvents: Step = {
  up: [
    ...createIndexes(propertyValues),
    ...rebuild(
      "Event",
      `${eventColumns}, UNIQUE (artifact_id, execution_id, type)`,
      eventNames,
      `WHERE id IN ${latestEvents}`,
    ),
    ...createIndexes(eventExecution),
    { sql: "DELETE FROM EventPath WHERE event_id NOT IN (SELECT id FROM Event)", table: "EventPath" },
  ],
  down: [
    ...dropIndexes(propertyValues),
    ...rebuild("Event", eventColumns, eventNames),
    ...createIndexes({ ...eventArtifact, ...eventExecution }),
  ],
  ...losses.uniqueEvents,
};

/** Their indexes go with the old tables, and are made again. */
function tablesOfTypesAndNodes(column: "" | ", external_id VARCHAR(255) UNIQUE"): Statement[] {
  return [
    ...rebuild(
      "Type",
      `${id}, name VARCHAR(255) NOT NULL, version VARCHAR(255), type_kind TINYINT(1) NOT NULL, description TEXT,
       input_type TEXT, output_type TEXT${column}`,
      "id, name, version, type_kind, description, input_type, output_type",
    ),
    ...rebuild(
      "Artifact",
      `${id}, type_id INT NOT NULL, uri TEXT, state INT, name VARCHAR(255)${column}, ${times}, ${uniqueName}`,
      `id, type_id, uri, state, name, ${timeNames}`,
    ),
    ...rebuild(
      "Execution",
      `${id}, type_id INT NOT NULL, last_known_state INT, name VARCHAR(255)${column}, ${times}, ${uniqueName}`,
      `id, type_id, last_known_state, name, ${timeNames}`,
    ),
    ...rebuild(
      "Context",
      `${id}, type_id INT NOT NULL, name VARCHAR(255) NOT NULL${column}, ${times}, ${uniqueName}`,
      `id, type_id, name, ${timeNames}`,
    ),
    ...createIndexes({ ...nodeIndexes, ...typeName }),
  ];
}

const externalIdentifiers: Step = {
  up: [...tablesOfTypesAndNodes(", external_id VARCHAR(255) UNIQUE"), ...createIndexes(externalIds)],
  down: tablesOfTypesAndNodes(""),
  ...losses.externalIdentifiers,
};

const protosAndBooleans: Step = {
  up: propertyTables.flatMap((table) => [
    addColumn(table, "proto_value BLOB"),
    addColumn(table, "bool_value BOOLEAN"),
  ]),
  down: propertyTables.flatMap((table) => [
    dropColumn(table, "proto_value"),
    dropColumn(table, "bool_value"),
  ]),
  ...losses.protosAndBooleans,
};

/** `steps[n]` joins the versions n and n + 1. */
export const steps: readonly Step[] = [
  versionRecord,
  typeKinds,
  contexts,
  contextMembers,
  namesStatesTimes,
  parentsAndVersions,
  bytes,
  uniqueEvents,
  externalIdentifiers,
  protosAndBooleans,
];

/** Our own indexes may also be in an older layout: the original leaves them when it downgrades a file. */
export const beforeDown: readonly Statement[] = additionalIndexNames.map(dropIndex);
