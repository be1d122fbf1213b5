import type { Event } from "../../contract/messages.ts";
import type { MemberFacts } from "../../domain/kinds.ts";
import type { EventEdge, Membership, ParentLink, WalkAhead } from "../../domain/ports.ts";
import { compare } from "./compare.ts";
import type { Columns, Connection, Insert } from "./connection.ts";
import type { Dialect } from "./dialect.ts";
import { empty, raw, type Sql, sql } from "./fragment.ts";
import { keptFor } from "./kept.ts";
import { columns } from "./parts.ts";
import { addStep, type EventPathRow, type EventRow, eventFromRow, eventToRow, pathToRows } from "./rows.ts";
import { type MemberTables, memberTables } from "./tables.ts";

export async function eventsByNode(
  db: Connection,
  kind: MemberFacts,
  ids: readonly bigint[],
): Promise<Event[]> {
  if (ids.length === 0) return [];
  const events = await selectEvents(db, db.dialect.inIds(memberTables[kind.name].node, ids));
  const nodeId = kind.name === "artifact" ? "artifactId" : "executionId";
  return events.sort((a, b) => compare(a[nodeId], b[nodeId]));
}

export async function eventsById(db: Connection, ids: readonly bigint[]): Promise<Event[]> {
  if (ids.length === 0) return [];
  return selectEvents(db, db.dialect.inIds(raw("id"), ids));
}

const eventColumns = columns(
  raw("id"),
  raw("artifact_id"),
  raw("execution_id"),
  raw("type"),
  raw("milliseconds_since_epoch"),
);

const stepColumns = keptFor(
  ({ rowPosition }: Dialect): Columns => [
    ...columns(raw("event_id"), raw("is_index_step"), raw("step_index"), raw("step_key")),
    [rowPosition, raw("step_position")],
  ],
);

/** Ordered by id. */
async function selectEvents(db: Connection, condition: Sql): Promise<Event[]> {
  const wanted = { id: raw("e.id"), table: raw("Event e"), condition };
  const [rows, steps] = await db.both<EventRow, EventPathRow>(
    { columns: eventColumns, from: sql`Event WHERE ${condition}` },
    {
      columns: stepColumns(db.dialect),
      from: sql`EventPath s ${db.dialect.among(raw("s.event_id"), wanted)}`,
    },
  );
  rows.sort((a, b) => compare(a.id, b.id));
  steps.sort((a, b) => compare(a.step_position, b.step_position));
  const events = new Map(rows.map((row) => [row.id, eventFromRow(row)]));
  for (const row of steps) {
    const event = events.get(row.event_id);
    if (event) addStep(event, row);
  }
  return [...events.values()];
}

type EdgeRow = Omit<EventEdge, "type"> & { readonly type: bigint };

function edgeFromRow(row: EdgeRow): EventEdge {
  return { ...row, type: Number(row.type) };
}

export async function eventEdges(
  db: Connection,
  kind: MemberFacts,
  ids: readonly bigint[],
): Promise<EventEdge[]> {
  if (ids.length === 0) return [];
  const { node } = memberTables[kind.name];
  const rows = await db.all<EdgeRow>(sql`
    SELECT id AS "eventId", artifact_id AS "artifactId", execution_id AS "executionId", type
    FROM Event
    WHERE ${db.dialect.inIds(node, ids)}
    ORDER BY ${node}, id`);
  return rows.map(edgeFromRow);
}

/**
 * One recursive query for all hops: behind a network each of them would cost a round trip. After an even number of
 * hops `near` holds nodes of the kind, which are left by event `a`, after an odd one the others, left by `b`. UNION
 * keeps each node once for a hop, so that one with many edges to the same execution is not multiplied by them.
 */
export async function edgesAhead(
  db: Connection,
  kind: MemberFacts,
  ids: readonly bigint[],
  { hops, types, edgesMax }: WalkAhead,
): Promise<EventEdge[]> {
  if (ids.length === 0) return [];
  const farKind = kind.name === "artifact" ? "execution" : "artifact";
  const [from, to] = [memberTables[kind.name].node, memberTables[farKind].node];
  const ofTypes = (column: Sql, allowed: readonly number[]) =>
    allowed.length === 0 ? empty : sql`AND ${db.dialect.inIds(column, allowed.map(BigInt))}`;
  const edges = sql`near
    LEFT JOIN Event a ON a.${from} = CASE WHEN near.hop % 2 = 0 THEN near.id END ${ofTypes(raw("a.type"), types[kind.name])}
    LEFT JOIN Event b ON b.${to} = CASE WHEN near.hop % 2 = 1 THEN near.id END ${ofTypes(raw("b.type"), types[farKind])}`;
  const rows = await db.all<EdgeRow>(sql`
    WITH RECURSIVE near (hop, id) AS (
      SELECT DISTINCT 0, ${from} FROM Event WHERE ${db.dialect.inIds(from, ids)}
      UNION
      SELECT near.hop + 1, COALESCE(a.${to}, b.${from}) FROM ${edges}
      WHERE near.hop + 1 < ${BigInt(hops)} AND COALESCE(a.id, b.id) IS NOT NULL
    )
    SELECT DISTINCT COALESCE(a.id, b.id) AS "eventId", COALESCE(a.artifact_id, b.artifact_id) AS "artifactId",
      COALESCE(a.execution_id, b.execution_id) AS "executionId", COALESCE(a.type, b.type) AS type
    FROM ${edges}
    WHERE COALESCE(a.id, b.id) IS NOT NULL
    LIMIT ${BigInt(edgesMax + 1)}`);
  return rows.map(edgeFromRow);
}

export async function membershipsByNode(
  db: Connection,
  kind: MemberFacts,
  ids: readonly bigint[],
): Promise<Membership[]> {
  if (ids.length === 0) return [];
  const { membership, node } = memberTables[kind.name];
  return db.all(sql`
    SELECT context_id AS "contextId", ${node} AS "nodeId" FROM ${membership}
    WHERE ${db.dialect.inIds(node, ids)}
    ORDER BY ${node}, context_id`);
}

export async function parentLinks(
  db: Connection,
  contexts: "child" | "parent",
  ids: readonly bigint[],
): Promise<ParentLink[]> {
  if (ids.length === 0) return [];
  const column = contexts === "child" ? raw("context_id") : raw("parent_context_id");
  return db.all(sql`
    SELECT context_id AS "childId", parent_context_id AS "parentId" FROM ParentContext
    WHERE ${db.dialect.inIds(column, ids)}
    ORDER BY context_id, parent_context_id`);
}

/** UNION, not UNION ALL: a link that was already followed ends the walk, so stored cycles do too. */
export async function ancestorLinks(db: Connection, ids: readonly bigint[]): Promise<ParentLink[]> {
  if (ids.length === 0) return [];
  return db.all(sql`
    WITH RECURSIVE link (child_id, parent_id) AS (
      SELECT context_id, parent_context_id FROM ParentContext
      WHERE ${db.dialect.inIds(raw("context_id"), ids)}
      UNION
      SELECT p.context_id, p.parent_context_id
      FROM link JOIN ParentContext p ON p.context_id = link.parent_id
    )
    SELECT child_id AS "childId", parent_id AS "parentId" FROM link ORDER BY child_id, parent_id`);
}

const insertEvent: Insert = {
  table: raw("Event"),
  columns: [raw("artifact_id"), raw("execution_id"), raw("type"), raw("milliseconds_since_epoch")],
};

/** The table has no key, so nothing clashes and nothing has to be waited for. */
const insertEventPath: Insert = {
  onDuplicate: "keep",
  table: raw("EventPath"),
  columns: [raw("event_id"), raw("is_index_step"), raw("step_index"), raw("step_key")],
};

function membershipInsert({ membership, node }: MemberTables): Insert {
  return { table: membership, columns: [raw("context_id"), node], onDuplicate: "keep" };
}

const membershipInserts = {
  artifact: membershipInsert(memberTables.artifact),
  execution: membershipInsert(memberTables.execution),
};

const insertParentContext: Insert = {
  table: raw("ParentContext"),
  columns: [raw("context_id"), raw("parent_context_id")],
};

export async function insertEvents(db: Connection, events: readonly Event[]): Promise<void> {
  const ids = await db.insertMany(insertEvent, events.map(eventToRow));
  const steps = events.flatMap((event, i) => pathToRows(db.dialect, ids[i] as bigint, event));
  await db.insertMany(insertEventPath, steps);
}

export async function insertMemberships(
  db: Connection,
  kind: MemberFacts,
  memberships: readonly Membership[],
): Promise<void> {
  await db.insertMany(
    membershipInserts[kind.name],
    memberships.map(({ contextId, nodeId }) => [contextId, nodeId]),
  );
}

export async function insertParentLinks(db: Connection, links: readonly ParentLink[]): Promise<void> {
  await db.insertMany(
    insertParentContext,
    links.map(({ childId, parentId }) => [childId, parentId]),
  );
}
