import type { InspectionSession } from "./inspector.ts";

/** How many nodes of a type and state there are. */
export interface NodeCount {
  readonly typeId: bigint;
  /** The number of the state, undefined where it is not set or the kind has none. */
  readonly state: number | undefined;
  readonly count: number;
  /** When the newest was made, in milliseconds since 1970, UTC. */
  readonly newest: bigint;
}

export interface Statistics {
  readonly artifact: readonly NodeCount[];
  readonly execution: readonly NodeCount[];
  readonly context: readonly NodeCount[];
}

/** One statement for each kind. */
export async function statisticsOf(session: InspectionSession): Promise<Statistics> {
  return {
    artifact: await counts(session, "Artifact", "state"),
    execution: await counts(session, "Execution", "last_known_state"),
    context: await counts(session, "Context", undefined),
  };
}

async function counts(
  session: InspectionSession,
  table: string,
  state: string | undefined,
): Promise<NodeCount[]> {
  const group = state === undefined ? "type_id" : `type_id, ${state}`;
  const rows = await session.rows(
    `SELECT type_id, ${state ?? "NULL"} AS state, COUNT(*) AS n, MAX(create_time_since_epoch) AS newest
     FROM ${table} GROUP BY ${group}`,
  );
  return rows.map((row) => ({
    typeId: row.type_id as bigint,
    state: row.state === null ? undefined : Number(row.state),
    count: Number(row.n),
    newest: row.newest as bigint,
  }));
}
