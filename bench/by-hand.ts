/*
 * What the hand-written minimum is made of: reads and writes of whole sets by as few statements as they need. It knows
 * the layout and trusts its caller.
 */
import { type Bare, List, type Row, type Value } from "./sides/minimum.ts";

export type Kind = "Artifact" | "Execution" | "Context";

const columns: Record<Kind, string> = {
  Artifact: "n.uri, n.state, ",
  Execution: "n.last_known_state, ",
  Context: "",
};

/** Nodes with their type's name, and their properties. `from` follows `FROM Artifact n`. */
export async function readNodes(
  db: Bare,
  kind: Kind,
  from: string,
  values: readonly (Value | List)[],
): Promise<[Row[], Row[]]> {
  return db.transaction(() => readNodesHere(db, kind, from, values));
}

/** In the transaction of the caller. */
export async function readNodesHere(
  db: Bare,
  kind: Kind,
  from: string,
  values: readonly (Value | List)[],
): Promise<[Row[], Row[]]> {
  const nodes = await db.all(
    `SELECT n.id, n.type_id, ${columns[kind]}n.name, n.external_id, n.create_time_since_epoch,
       n.last_update_time_since_epoch, (SELECT t.name FROM Type t WHERE t.id = n.type_id) AS type FROM ${kind} n ${from}`,
    values,
  );
  return [
    nodes,
    nodes.length === 0
      ? []
      : await readProperties(
          db,
          kind,
          nodes.map(({ id }) => id as number),
        ),
  ];
}

function readProperties(db: Bare, kind: Kind, ids: readonly number[]): Promise<Row[]> {
  const owner = `${kind.toLowerCase()}_id`;
  const list = new List(ids);
  return db.all(
    `SELECT ${owner}, name, is_custom_property, int_value, double_value, string_value, proto_value, bool_value
     FROM ${kind}Property WHERE ${db.in(owner, list)}`,
    [list],
  );
}

export function byIds(db: Bare, kind: Kind, ids: readonly number[]): Promise<[Row[], Row[]]> {
  const list = new List(ids);
  return readNodes(db, kind, `WHERE ${db.in("n.id", list)}`, [list]);
}

/** Events and their paths. `condition` is on `Event`. */
export async function readEventsHere(
  db: Bare,
  condition: string,
  values: readonly (Value | List)[],
): Promise<[Row[], Row[]]> {
  const events = await db.all(
    `SELECT id, artifact_id, execution_id, type, milliseconds_since_epoch FROM Event WHERE ${condition}`,
    values,
  );
  if (events.length === 0) return [events, []];
  const list = new List(events.map(({ id }) => id as number));
  const text = `SELECT event_id, is_index_step, step_index, step_key FROM EventPath WHERE ${db.in("event_id", list)}`;
  return [events, await db.all(text, [list])];
}

export function eventsOf(db: Bare, column: "artifact_id" | "execution_id", ids: readonly number[]) {
  const list = new List(ids);
  return db.transaction(() => readEventsHere(db, db.in(column, list), [list]));
}

export interface NodeToWrite {
  readonly type: number;
  readonly name: string;
  readonly uri?: string;
  readonly state?: number;
  readonly properties: readonly (readonly [name: string, isCustom: boolean, value: string | number])[];
}

/** In the transaction of the caller. */
export async function insertNodes(db: Bare, kind: Kind, nodes: readonly NodeToWrite[]): Promise<number[]> {
  const now = Date.now();
  const own = { Artifact: ["uri", "state"], Execution: ["last_known_state"], Context: [] }[kind];
  const ids = await db.insert(
    kind,
    ["type_id", "name", "create_time_since_epoch", "last_update_time_since_epoch", ...own],
    nodes.map(({ type, name, uri = "", state = null }) => [
      ...[type, name, now, now],
      ...{ Artifact: [uri, state], Execution: [state], Context: [] }[kind],
    ]),
  );
  const properties = nodes.flatMap((node, index) =>
    node.properties.map(([name, isCustom, value]) => [
      ...[ids[index] as number, name, db.flag(isCustom)],
      ...(typeof value === "string" ? [null, value] : [value, null]),
    ]),
  );
  const owner = `${kind.toLowerCase()}_id`;
  if (properties.length > 0) {
    await db.insert(
      `${kind}Property`,
      [owner, "name", "is_custom_property", "int_value", "string_value"],
      properties,
    );
  }
  return ids;
}

export interface EventToWrite {
  readonly artifact: number;
  readonly execution: number;
  readonly type: number;
  readonly key?: string;
}

/** In the transaction of the caller. */
export async function insertEvents(db: Bare, events: readonly EventToWrite[]): Promise<void> {
  const now = Date.now();
  const ids = await db.insert(
    "Event",
    ["artifact_id", "execution_id", "type", "milliseconds_since_epoch"],
    events.map(({ artifact, execution, type }) => [artifact, execution, type, now]),
  );
  const paths = events.flatMap(({ key }, index) =>
    key === undefined ? [] : [[ids[index] as number, db.flag(false), key]],
  );
  if (paths.length > 0) await db.insert("EventPath", ["event_id", "is_index_step", "step_key"], paths);
}

/** In the transaction of the caller. */
export async function insertMemberships(
  db: Bare,
  kind: "Artifact" | "Execution",
  pairs: readonly (readonly [context: number, node: number])[],
): Promise<void> {
  const table = kind === "Artifact" ? "Attribution" : "Association";
  await db.insert(
    table,
    ["context_id", `${kind.toLowerCase()}_id`],
    pairs.map(([context, node]) => [context, node]),
    "keep",
  );
}

/**
 * Walks downstream from an artifact hop by hop, and reads all that GetLineageSubgraph answers with: nodes by id, events
 * with their paths, attributions, associations, and all types.
 */
export function lineage(db: Bare, artifact: number, hops: number): Promise<unknown> {
  return db.transaction(async () => {
    await db.all("SELECT id FROM Artifact WHERE id = ?", [artifact]);
    const found = { artifact: new Set([artifact]), execution: new Set<number>() };
    const events: number[] = [];
    let side: "artifact" | "execution" = "artifact";
    let frontier = [artifact];
    for (let hop = 0; hop < hops && frontier.length > 0; hop++) {
      // From an artifact to its readers, from an execution to its outputs.
      const types = side === "artifact" ? "(1, 3, 5)" : "(2, 4, 6, 7)";
      const other: "artifact" | "execution" = side === "artifact" ? "execution" : "artifact";
      const list = new List(frontier);
      const text = `SELECT id, ${other}_id AS other FROM Event WHERE ${db.in(`${side}_id`, list)} AND type IN ${types}`;
      frontier = [];
      for (const row of await db.all(text, [list])) {
        events.push(row.id as number);
        const id = row.other as number;
        if (found[other].has(id)) continue;
        found[other].add(id);
        frontier.push(id);
      }
      side = other;
    }
    return { found, events: await readEvents(db, events), rest: await readAround(db, found) };
  });
}

async function readEvents(db: Bare, ids: readonly number[]) {
  if (ids.length === 0) return [];
  const list = new List(ids);
  return readEventsHere(db, db.in("id", list), [list]);
}

async function readAround(db: Bare, found: { artifact: Set<number>; execution: Set<number> }) {
  const artifacts = new List([...found.artifact]);
  const executions = new List([...found.execution]);
  const memberships = [
    await db.all(`SELECT context_id, artifact_id FROM Attribution WHERE ${db.in("artifact_id", artifacts)}`, [
      artifacts,
    ]),
  ];
  if (executions.values.length > 0) {
    const text = `SELECT context_id, execution_id FROM Association WHERE ${db.in("execution_id", executions)}`;
    memberships.push(await db.all(text, [executions]));
  }
  return [...memberships, ...(await readTypes(db, "t.type_kind IN (0, 1, 2)", []))];
}

/** Types with their properties, in the transaction of the caller. `condition` is on `Type t`. */
export async function readTypes(
  db: Bare,
  condition: string,
  values: readonly (Value | List)[],
): Promise<[Row[], Row[]]> {
  const types = await db.all(
    `SELECT t.id, t.name, t.version, t.type_kind, t.description, t.external_id, p.parent_type_id
     FROM Type t LEFT JOIN ParentType p ON p.type_id = t.id WHERE ${condition}`,
    values,
  );
  if (types.length === 0) return [types, []];
  const list = new List(types.map(({ id }) => id as number));
  const text = `SELECT type_id, name, data_type FROM TypeProperty WHERE ${db.in("type_id", list)}`;
  return [types, await db.all(text, [list])];
}
