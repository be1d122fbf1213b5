import type { Loss } from "./step.ts";

/*
 * What the moves between two versions take away is the same on every engine; these queries run on all of them.
 */

const propertyTables = ["ArtifactProperty", "ExecutionProperty", "ContextProperty"];

const rowsOf = (what: string, table: string, condition = ""): Loss => ({
  what,
  count: `SELECT count(*) FROM ${table} ${condition}`.trim(),
});

/** Rows of properties of all kinds of nodes. */
export const propertiesWith = (what: string, condition: string): Loss => ({
  what,
  count: `SELECT ${propertyTables.map((table) => `(SELECT count(*) FROM ${table} WHERE ${condition})`).join(" + ")}`,
});

/** Of several events with the same artifact, execution and type the one with the highest id stays. */
export const latestEvents = "(SELECT max(id) AS id FROM Event GROUP BY artifact_id, execution_id, type)";

const differentEvents = "(SELECT DISTINCT artifact_id, execution_id, type FROM Event) AS different";

interface Losses {
  readonly lostUp: readonly Loss[];
  readonly lostDown: readonly Loss[];
}

const nothing: Losses = { lostUp: [], lostDown: [] };

export const losses = {
  versionRecord: nothing,
  typeKinds: { lostUp: [], lostDown: [rowsOf("context types", "Type", "WHERE type_kind = 2")] },
  contexts: {
    lostUp: [],
    lostDown: [rowsOf("contexts", "Context"), rowsOf("properties of contexts", "ContextProperty")],
  },
  contextMembers: {
    lostUp: [],
    lostDown: [
      rowsOf("links of executions to contexts", "Association"),
      rowsOf("links of artifacts to contexts", "Attribution"),
    ],
  },
  namesStatesTimes: {
    lostUp: [],
    lostDown: [
      rowsOf("names of artifacts", "Artifact", "WHERE name IS NOT NULL"),
      rowsOf("names of executions", "Execution", "WHERE name IS NOT NULL"),
      rowsOf("states of artifacts", "Artifact", "WHERE state IS NOT NULL"),
      rowsOf("states of executions", "Execution", "WHERE last_known_state IS NOT NULL"),
      rowsOf("times of artifacts", "Artifact", "WHERE create_time_since_epoch <> 0"),
      rowsOf("times of executions", "Execution", "WHERE create_time_since_epoch <> 0"),
      rowsOf("times of contexts", "Context", "WHERE create_time_since_epoch <> 0"),
    ],
  },
  parentsAndVersions: {
    lostUp: [],
    lostDown: [
      rowsOf("base types of types", "ParentType"),
      rowsOf("parents of contexts", "ParentContext"),
      rowsOf("versions of types", "Type", "WHERE version IS NOT NULL"),
      rowsOf("descriptions of types", "Type", "WHERE description IS NOT NULL"),
    ],
  },
  bytes: {
    lostUp: [],
    lostDown: [propertiesWith("byte values of properties", "byte_value IS NOT NULL")],
  },
  uniqueEvents: {
    lostUp: [
      {
        what: "events that a later one with the same artifact, execution and type replaces",
        count: `SELECT count(*) - (SELECT count(*) FROM ${differentEvents}) FROM Event`,
      },
    ],
    lostDown: [],
  },
  externalIdentifiers: {
    lostUp: [],
    lostDown: ["Type", "Artifact", "Execution", "Context"].map((table) =>
      rowsOf(`external ids of ${table.toLowerCase()}s`, table, "WHERE external_id IS NOT NULL"),
    ),
  },
  protosAndBooleans: {
    lostUp: [],
    lostDown: [
      propertiesWith(
        "values of proto and boolean properties (the properties stay, without value)",
        "proto_value IS NOT NULL OR bool_value IS NOT NULL",
      ),
    ],
  },
} satisfies Record<string, Losses>;
