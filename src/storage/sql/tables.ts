import type { KindName, MemberName } from "../../domain/kinds.ts";
import { raw, type Sql } from "./fragment.ts";

/*
 * Names are written without quotes: none of them is a reserved word of an engine, and PostgreSQL databases
 * hold them in lower case, which is what an unquoted name means there.
 */

export interface NodeTables {
  readonly node: Sql;
  readonly property: Sql;
  /** The property table's column with the node's id. */
  readonly owner: Sql;
  readonly state?: Sql;
}

export const nodeTables: Readonly<Record<KindName, NodeTables>> = {
  artifact: {
    node: raw("Artifact"),
    property: raw("ArtifactProperty"),
    owner: raw("artifact_id"),
    state: raw("state"),
  },
  execution: {
    node: raw("Execution"),
    property: raw("ExecutionProperty"),
    owner: raw("execution_id"),
    state: raw("last_known_state"),
  },
  context: {
    node: raw("Context"),
    property: raw("ContextProperty"),
    owner: raw("context_id"),
  },
};

/** Where the links between contexts and nodes of the kind are, and the column of `Event` and of them with the node's id. */
export interface MemberTables {
  readonly membership: Sql;
  readonly node: Sql;
}

export const memberTables: Readonly<Record<MemberName, MemberTables>> = {
  artifact: { membership: raw("Attribution"), node: raw("artifact_id") },
  execution: { membership: raw("Association"), node: raw("execution_id") },
};
