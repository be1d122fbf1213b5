import {
  eventArtifact,
  eventExecution,
  eventPath,
  externalIds,
  type Indexes,
  onColumns,
  parentContext,
  nodeIndexes as plainNodeIndexes,
  propertyValues as plainPropertyValues,
  typeName,
} from "../migrate/indexes.ts";
import { latestEvents, losses, propertiesWith } from "../migrate/losses.ts";
import type { Statement, Step } from "../migrate/step.ts";
import { additionalIndexes } from "../sql/layout.ts";

/*
 * The layouts of the past are written out here and do not change when the present one does.
 *
 * The server commits each statement that changes a table at once, and whole. So each tells when it has been run, and
 * the others do no harm when they are run again: a move that was cut off is run again from its beginning.
 */

const here = "table_schema = DATABASE()";

const present = (things: string, condition: string) =>
  `SELECT count(*) FROM information_schema.${things} WHERE ${here} AND ${condition}`;
const absent = (things: string, condition: string) =>
  `SELECT count(*) = 0 FROM information_schema.${things} WHERE ${here} AND ${condition}`;

const tableNamed = (name: string) => `table_name = '${name}'`;
const columnNamed = (table: string, name: string) => `table_name = '${table}' AND column_name = '${name}'`;
const indexNamed = (table: string, name: string) => `table_name = '${table}' AND index_name = '${name}'`;

const createTable = (name: string, columns: string): Statement => ({
  sql: `CREATE TABLE IF NOT EXISTS ${name} (${columns})`,
});
const dropTable = (name: string): Statement => ({ sql: `DROP TABLE IF EXISTS ${name}` });

/** One statement, so that it happens whole: it has been run if there is the column. */
const addTo = (table: string, column: string, changes: string): Statement => ({
  sql: `ALTER TABLE ${table} ${changes}`,
  table,
  done: present("columns", columnNamed(table, column)),
});
const takeFrom = (table: string, column: string, changes: string): Statement => ({
  sql: `ALTER TABLE ${table} ${changes}`,
  table,
  done: absent("columns", columnNamed(table, column)),
});

const createIndexes = (indexes: Indexes, kind: "INDEX" | "UNIQUE INDEX" = "INDEX"): Statement[] =>
  Object.entries(indexes).map(([name, [table, on]]) => ({
    sql: `CREATE ${kind} ${name} ON ${table} ${on}`,
    table,
    done: present("statistics", indexNamed(table, name)),
  }));
const dropIndexes = (indexes: Indexes): Statement[] =>
  Object.entries(indexes).map(([name, [table]]) => ({
    sql: `DROP INDEX ${name} ON ${table}`,
    done: absent("statistics", indexNamed(table, name)),
  }));

const id = "id INT PRIMARY KEY AUTO_INCREMENT";
const addTimes =
  "ADD COLUMN create_time_since_epoch BIGINT NOT NULL DEFAULT 0, " +
  "ADD COLUMN last_update_time_since_epoch BIGINT NOT NULL DEFAULT 0";
const dropTimes = "DROP COLUMN create_time_since_epoch, DROP COLUMN last_update_time_since_epoch";
const propertyTables = ["ArtifactProperty", "ExecutionProperty", "ContextProperty"];

/** An index takes the beginning of a long text. */
const nodeIndexes = onColumns(plainNodeIndexes, (columns) => columns.replace("uri", "uri(255)"));
const propertyValues = onColumns(plainPropertyValues, (columns) =>
  columns.replace("string_value", "string_value(255)"),
);
const uniqueEvent: Indexes = { UniqueEvent: ["Event", "(artifact_id, execution_id, type)"] };

const newVersionRecord = "mlmd_migrated_MLMDEnv";
const hasVersionRecord = present("tables", tableNamed("MLMDEnv"));

/** The record gets its name when it has its row: one without a row would look like a database that is being made. */
const versionRecord: Step = {
  up: [
    { ...createTable(newVersionRecord, "schema_version INT PRIMARY KEY"), done: hasVersionRecord },
    { sql: `REPLACE INTO ${newVersionRecord} (schema_version) VALUES (0)`, done: hasVersionRecord },
    { sql: `RENAME TABLE ${newVersionRecord} TO MLMDEnv`, done: hasVersionRecord },
  ],
  down: [dropTable("MLMDEnv")],
  ...losses.versionRecord,
};

const renameTypeKind = (from: string, to: string) =>
  addTo("Type", to, `CHANGE COLUMN ${from} ${to} TINYINT(1) NOT NULL`);

/** Room for a third kind of types. The properties of context types stay behind, as the original leaves them. */
const typeKinds: Step = {
  up: [renameTypeKind("is_artifact_type", "type_kind")],
  down: [
    {
      sql: "DELETE FROM Type WHERE type_kind = 2",
      table: "Type",
      done: present("columns", columnNamed("Type", "is_artifact_type")),
    },
    renameTypeKind("type_kind", "is_artifact_type"),
  ],
  ...losses.typeKinds,
};

const contexts: Step = {
  up: [
    createTable("Context", `${id}, type_id INT NOT NULL, name VARCHAR(255) NOT NULL, UNIQUE (type_id, name)`),
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
    addTo(
      "Artifact",
      "name",
      `ADD COLUMN state INT, ADD COLUMN name VARCHAR(255), ${addTimes},
       ADD CONSTRAINT UniqueArtifactTypeName UNIQUE (type_id, name)`,
    ),
    addTo(
      "Execution",
      "name",
      `ADD COLUMN last_known_state INT, ADD COLUMN name VARCHAR(255), ${addTimes},
       ADD CONSTRAINT UniqueExecutionTypeName UNIQUE (type_id, name)`,
    ),
    addTo("Context", "create_time_since_epoch", addTimes),
  ],
  down: [
    takeFrom(
      "Artifact",
      "name",
      `DROP INDEX UniqueArtifactTypeName, DROP COLUMN state, DROP COLUMN name, ${dropTimes}`,
    ),
    takeFrom(
      "Execution",
      "name",
      `DROP INDEX UniqueExecutionTypeName, DROP COLUMN last_known_state, DROP COLUMN name, ${dropTimes}`,
    ),
    takeFrom("Context", "create_time_since_epoch", dropTimes),
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
    addTo(
      "Type",
      "version",
      "ADD COLUMN version VARCHAR(255) AFTER name, ADD COLUMN description TEXT AFTER type_kind",
    ),
    ...createIndexes({ ...nodeIndexes, ...eventArtifact, ...eventExecution, ...parentContext, ...typeName }),
  ],
  down: [
    ...dropIndexes({ ...nodeIndexes, ...eventArtifact, ...eventExecution, ...typeName }),
    dropTable("ParentType"),
    dropTable("ParentContext"),
    takeFrom("Type", "version", "DROP COLUMN version, DROP COLUMN description"),
  ],
  ...losses.parentsAndVersions,
};

/** What TEXT holds. */
const textBytesMax = 65_535;

/**
 * The first is what the original cuts texts to. What has characters of several bytes may still be too long then; none
 * has more than four.
 */
const cutLengths = [1, 2, 3, 4].map((bytesMax) => Math.floor(textBytesMax / bytesMax));

const cutTexts = (table: string): Statement[] =>
  cutLengths.map((characters) => ({
    sql: `UPDATE ${table} SET string_value = LEFT(string_value, ${characters}) WHERE LENGTH(string_value) > ${textBytesMax}`,
    table,
    done: absent("columns", columnNamed(table, "byte_value")),
  }));

const bytes: Step = {
  up: [
    ...propertyTables.map((table) =>
      addTo(table, "byte_value", "MODIFY COLUMN string_value MEDIUMTEXT, ADD COLUMN byte_value MEDIUMBLOB"),
    ),
    ...createIndexes(eventPath),
  ],
  down: [
    ...propertyTables.flatMap((table) => [
      ...cutTexts(table),
      takeFrom(table, "byte_value", "MODIFY COLUMN string_value TEXT, DROP COLUMN byte_value"),
    ]),
    ...dropIndexes(eventPath),
  ],
  lostUp: losses.bytes.lostUp,
  lostDown: [
    ...losses.bytes.lostDown,
    propertiesWith(
      `texts of properties above ${textBytesMax.toLocaleString("en-US")} bytes (their beginning stays)`,
      `LENGTH(string_value) > ${textBytesMax}`,
    ),
  ],
};

const uniqueEvents: Step = {
  up: [
    ...createIndexes(propertyValues),
    {
      // As a join: the servers read the whole list anew for each row of `NOT IN`, in minutes that nobody sees the end of.
      sql: `DELETE Event FROM Event LEFT JOIN ${latestEvents} AS latest ON latest.id = Event.id WHERE latest.id IS NULL`,
      table: "Event",
    },
    ...createIndexes(uniqueEvent, "UNIQUE INDEX"),
    ...dropIndexes(eventArtifact),
    { sql: "DELETE FROM EventPath WHERE event_id NOT IN (SELECT id FROM Event)", table: "EventPath" },
  ],
  down: [...dropIndexes(propertyValues), ...createIndexes(eventArtifact), ...dropIndexes(uniqueEvent)],
  ...losses.uniqueEvents,
};

const addExternalId = (table: string, after: string) =>
  addTo(table, "external_id", `ADD COLUMN external_id VARCHAR(255) AFTER ${after}, ADD UNIQUE (external_id)`);

/** The indexes of a column go with it, whatever their names are. */
const externalIdentifiers: Step = {
  up: [
    addExternalId("Type", "output_type"),
    ...["Artifact", "Execution", "Context"].map((table) => addExternalId(table, "name")),
    ...createIndexes(externalIds),
  ],
  down: ["Type", "Artifact", "Execution", "Context"].map((table) =>
    takeFrom(table, "external_id", "DROP COLUMN external_id"),
  ),
  ...losses.externalIdentifiers,
};

const protosAndBooleans: Step = {
  up: propertyTables.map((table) =>
    addTo(table, "bool_value", "ADD COLUMN proto_value MEDIUMBLOB, ADD COLUMN bool_value BOOLEAN"),
  ),
  down: propertyTables.map((table) =>
    takeFrom(table, "bool_value", "DROP COLUMN proto_value, DROP COLUMN bool_value"),
  ),
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
export const beforeDown: readonly Statement[] = dropIndexes(
  Object.fromEntries(
    Object.entries(additionalIndexes).map(([name, on]) => [name, on.split(" ") as [string, string]]),
  ),
);
