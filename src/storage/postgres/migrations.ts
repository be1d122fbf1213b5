import {
  eventArtifact,
  eventExecution,
  eventPath,
  externalIds,
  type Indexes,
  nodeIndexes,
  onColumns,
  parentContext,
  propertyValues,
  typeName,
} from "../migrate/indexes.ts";
import { losses, propertiesWith } from "../migrate/losses.ts";
import type { Statement, Step } from "../migrate/step.ts";
import { additionalIndexes } from "../sql/layout.ts";

/*
 * The layouts of the past are written out here and do not change when the present one does.
 *
 * The original came to PostgreSQL with version 10, so older layouts are those that its own downgrade leaves, oddities
 * included: external ids stay below version 9, and the keys of the property tables have other names from there on.
 * Tables are changed in place, so a column that comes back is the last one of its table.
 */

const createTable = (name: string, columns: string): Statement => ({
  sql: `CREATE TABLE ${name} (${columns})`,
});
const dropTable = (name: string): Statement => ({ sql: `DROP TABLE ${name}` });
const alter = (table: string, changes: string): Statement => ({
  sql: `ALTER TABLE ${table} ${changes}`,
  table,
});

const createIndexes = (indexes: Indexes): Statement[] =>
  Object.entries(indexes).map(([name, [table, on]]) => ({
    sql: `CREATE INDEX IF NOT EXISTS ${name} ON ${table} ${on}`,
    table,
  }));
const dropIndexes = (indexes: Indexes): Statement[] =>
  Object.keys(indexes).map((name) => ({ sql: `DROP INDEX IF EXISTS ${name}` }));

/** The form of an index that its definition shows. */
const hasForm = (name: string, columns: string) => {
  const [mark] = /octet_length|IS NOT NULL/.exec(columns) ?? [];
  const pattern = mark === undefined ? "NOT LIKE '%WHERE%'" : `LIKE '%${mark}%'`;
  return `(SELECT count(*) FROM pg_indexes
    WHERE schemaname = current_schema() AND indexname = '${name}' AND indexdef ${pattern})`;
};

/** Gives the indexes this form where they have another; `unless` counts the reasons not to. */
const replaceIndexes = (
  indexes: Indexes,
  unless: (name: string, table: string, columns: string) => string = () => "0",
): Statement[] =>
  Object.entries(indexes).flatMap(([name, [table, columns]]) => [
    {
      sql: `DROP INDEX IF EXISTS ${name}`,
      done: `SELECT ${hasForm(name, columns)} + ${unless(name, table, columns)}`,
    },
    ...createIndexes({ [name]: [table, columns] }),
  ]);

const renameKey = (table: string, from: string, to: string): Statement => ({
  sql: `ALTER TABLE ${table} RENAME CONSTRAINT ${from} TO ${to}`,
  done: `SELECT count(*) = 0 FROM pg_constraint
    WHERE conrelid = '${table}'::regclass AND conname = lower('${from}')`,
});

const id = "id SERIAL PRIMARY KEY";
const addTimes =
  "ADD COLUMN create_time_since_epoch BIGINT NOT NULL DEFAULT 0, " +
  "ADD COLUMN last_update_time_since_epoch BIGINT NOT NULL DEFAULT 0";
const dropTimes = "DROP COLUMN create_time_since_epoch, DROP COLUMN last_update_time_since_epoch";
const propertyTables = ["ArtifactProperty", "ExecutionProperty", "ContextProperty"];

/** Ours: with the texts that are short enough for an index. */
const isShort = (column: string) => `octet_length(${column}) <= 1500`;
const shortUris = onColumns(nodeIndexes, (columns) =>
  columns.replace(/\((uri)\)$/, (all, column) => `${all} WHERE ${isShort(column)}`),
);
const shortValues = onColumns(propertyValues, (columns) =>
  columns.replace(/(string_value)\)$/, (all, column) => `${all} WHERE ${isShort(column)}`),
);

/** The original's below version 10. */
const valuesThatAreSet = onColumns(propertyValues, (columns) =>
  columns.replace(/, (\w+_value)\)$/, ", $1) WHERE $1 IS NOT NULL"),
);

const versionRecord: Step = {
  up: [
    createTable("MLMDEnv", "schema_version INT PRIMARY KEY"),
    { sql: "INSERT INTO MLMDEnv (schema_version) VALUES (0)" },
  ],
  down: [dropTable("MLMDEnv")],
  ...losses.versionRecord,
};

/** Room for a third kind of types. The properties of context types stay behind, as the original leaves them. */
const typeKinds: Step = {
  up: [{ sql: "ALTER TABLE Type RENAME COLUMN is_artifact_type TO type_kind" }],
  down: [
    { sql: "DELETE FROM Type WHERE type_kind = 2", table: "Type" },
    { sql: "ALTER TABLE Type RENAME COLUMN type_kind TO is_artifact_type" },
  ],
  ...losses.typeKinds,
};

const contexts: Step = {
  up: [
    createTable("Context", `${id}, type_id INT NOT NULL, name VARCHAR(255) NOT NULL, UNIQUE (type_id, name)`),
    createTable(
      "ContextProperty",
      `context_id INT NOT NULL, name VARCHAR(255) NOT NULL, is_custom_property BOOLEAN NOT NULL, int_value INT,
       double_value DOUBLE PRECISION, string_value TEXT, PRIMARY KEY (context_id, name, is_custom_property)`,
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

/** The constraints on names go with the column. */
const namesStatesTimes: Step = {
  up: [
    alter(
      "Artifact",
      `ADD COLUMN state INT, ADD COLUMN name VARCHAR(255), ${addTimes},
       ADD CONSTRAINT UniqueArtifactTypeName UNIQUE (type_id, name)`,
    ),
    alter(
      "Execution",
      `ADD COLUMN last_known_state INT, ADD COLUMN name VARCHAR(255), ${addTimes},
       ADD CONSTRAINT UniqueExecutionTypeName UNIQUE (type_id, name)`,
    ),
    alter("Context", addTimes),
  ],
  down: [
    alter("Artifact", `DROP COLUMN state, DROP COLUMN name, ${dropTimes}`),
    alter("Execution", `DROP COLUMN last_known_state, DROP COLUMN name, ${dropTimes}`),
    alter("Context", dropTimes),
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
    alter("Type", "ADD COLUMN version VARCHAR(255), ADD COLUMN description TEXT"),
    ...createIndexes({ ...shortUris, ...eventArtifact, ...eventExecution, ...parentContext, ...typeName }),
  ],
  down: [
    ...dropIndexes({ ...nodeIndexes, ...eventArtifact, ...eventExecution, ...typeName }),
    dropTable("ParentType"),
    dropTable("ParentContext"),
    alter("Type", "DROP COLUMN version, DROP COLUMN description"),
  ],
  ...losses.parentsAndVersions,
};

/** As many characters of a text as the original keeps: the way down is the one that it took from MySQL. */
const textLengthMax = 65_535;
const isLongText = `length(string_value) > ${textLengthMax}`;

const bytes: Step = {
  up: [
    ...propertyTables.map((table) => alter(table, "ADD COLUMN byte_value BYTEA")),
    ...createIndexes(eventPath),
  ],
  down: [
    ...propertyTables.map((table) => ({
      sql: `UPDATE ${table} SET string_value = substr(string_value, 1, ${textLengthMax}) WHERE ${isLongText}`,
      table,
    })),
    ...propertyTables.map((table) => alter(table, "DROP COLUMN byte_value")),
    ...dropIndexes(eventPath),
  ],
  lostUp: losses.bytes.lostUp,
  lostDown: [
    ...losses.bytes.lostDown,
    propertiesWith(`ends of texts of properties with more than ${textLengthMax} characters`, isLongText),
  ],
};

/** Of several events with the same artifact, execution and type the one with the highest id stays. */
const uniqueEvents: Step = {
  up: [
    ...createIndexes(shortValues),
    {
      sql: `DELETE FROM Event USING Event AS later WHERE later.id > Event.id AND later.type = Event.type
        AND later.artifact_id = Event.artifact_id AND later.execution_id = Event.execution_id`,
      table: "Event",
    },
    alter("Event", "ADD CONSTRAINT UniqueEvent UNIQUE (artifact_id, execution_id, type)"),
    ...dropIndexes(eventArtifact),
    {
      sql: "DELETE FROM EventPath WHERE NOT EXISTS (SELECT 1 FROM Event WHERE Event.id = EventPath.event_id)",
      table: "EventPath",
    },
  ],
  down: [
    ...dropIndexes(propertyValues),
    alter("Event", "DROP CONSTRAINT UniqueEvent"),
    ...createIndexes(eventArtifact),
  ],
  ...losses.uniqueEvents,
};

/** They are there already where the original, or we, took the database back; nothing is lost on that way. */
const externalIdentifiers: Step = {
  up: [
    ...["Type", "Artifact", "Execution", "Context"].map((table) =>
      alter(table, "ADD COLUMN IF NOT EXISTS external_id VARCHAR(255) UNIQUE"),
    ),
    ...createIndexes(externalIds),
  ],
  down: [],
  lostUp: [],
  lostDown: [],
};

const uri = "idx_artifact_uri";
const only = (indexes: Indexes, name: string): Indexes => ({ [name]: indexes[name] as Indexes[string] });

/** Ours stays where a text is too long for the original's, which does not look at indexes. */
const holdsShortTextsOnly = (name: string, table: string, columns: string) => {
  const [column] = /\buri\b|\bstring_value\b/.exec(columns) ?? [];
  if (column === undefined) return "0";
  const longTexts = `(SELECT 1 FROM ${table} WHERE NOT (${isShort(column)}) LIMIT 1) AS long_texts`;
  return `${hasForm(name, isShort(column))} * (SELECT count(*) FROM ${longTexts})`;
};

const protosAndBooleans: Step = {
  up: [
    ...propertyTables.flatMap((table) => [
      alter(table, "ADD COLUMN proto_value BYTEA, ADD COLUMN bool_value BOOLEAN"),
      renameKey(table, `${table}temp_pkey`, `${table}_pkey`),
    ]),
    ...replaceIndexes({ ...only(shortUris, uri), ...shortValues }),
  ],
  down: [
    ...propertyTables.flatMap((table) => [
      alter(table, "DROP COLUMN proto_value, DROP COLUMN bool_value"),
      renameKey(table, `${table}_pkey`, `${table}temp_pkey`),
    ]),
    ...replaceIndexes({ ...only(nodeIndexes, uri), ...valuesThatAreSet }, holdsShortTextsOnly),
  ],
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

/** Our own indexes may also be in an older layout: the original leaves them when it downgrades a database. */
export const beforeDown: readonly Statement[] = Object.keys(additionalIndexes).map((name) => ({
  sql: `DROP INDEX IF EXISTS ${name}`,
}));
