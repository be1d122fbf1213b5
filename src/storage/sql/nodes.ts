import type { Kind, KindFacts, KindName, NodeOf } from "../../domain/kinds.ts";
import type { NodeIds, NodeName, NodeProperty, PropertyKey } from "../../domain/ports.ts";
import type { Connection, Insert, StoredRows, Update } from "./connection.ts";
import { type Dialect, isIndexedText } from "./dialect.ts";
import { empty, join, raw, type Sql, sql } from "./fragment.ts";
import {
  addProperty,
  type NodeRow,
  nodeFromRow,
  nodeKeyToRow,
  nodeToRow,
  type PropertyRow,
  valueToRow,
} from "./rows.ts";
import { nodeTables } from "./tables.ts";

const nodeKinds = Object.keys(nodeTables) as KindName[];

export async function nodesById<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  ids: readonly bigint[],
): Promise<NodeOf<K>[]> {
  if (ids.length === 0) return [];
  const [rows, properties] = await Promise.all([nodeRows(db, kind, ids), propertyRows(db, kind, ids)]);
  const nodes = rows.map((row) => nodeFromRow(kind, row));
  addProperties(db.dialect, nodes, properties);
  return nodes;
}

/** The nodes of the rows, in their order. */
export async function nodesFromRows<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  rows: readonly NodeRow[],
): Promise<NodeOf<K>[]> {
  if (rows.length === 0) return [];
  const nodes = rows.map((row) => nodeFromRow(kind, row));
  const ids = rows.map(({ id }) => id);
  addProperties(db.dialect, nodes, await propertyRows(db, kind, ids));
  return nodes;
}

/** The rows of one node come one after the other. */
function addProperties(dialect: Dialect, nodes: readonly NodeOf<KindName>[], rows: readonly PropertyRow[]) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  let node: NodeOf<KindName> | undefined;
  for (const row of rows) {
    if (node?.id !== row.owner) node = byId.get(row.owner);
    if (node) addProperty(dialect, node, row);
  }
}

function nodeRows(db: Connection, kind: KindFacts, ids: readonly bigint[]): Promise<NodeRow[]> {
  return db.all(sql`
    SELECT ${nodeColumns(kind)}
    FROM ${nodeTables[kind.name].node} n
    WHERE ${db.dialect.inIds(raw("n.id"), ids)}
    ORDER BY n.id
    ${db.rowLock}`);
}

/** Of a node's table, whose alias is `n`: what a `NodeRow` has. */
export function nodeColumns(kind: KindFacts): Sql {
  const { state } = nodeTables[kind.name];
  return sql`n.id, n.type_id, ${kind.hasUri ? raw("n.uri, ") : empty}${state ? sql`n.${state} AS state, ` : empty}
      n.name, n.external_id, n.create_time_since_epoch AS create_time,
      n.last_update_time_since_epoch AS last_update_time,
      (SELECT t.name FROM Type t WHERE t.id = n.type_id) AS type`;
}

function propertyRows(db: Connection, kind: KindFacts, ids: readonly bigint[]): Promise<PropertyRow[]> {
  const { property, owner } = nodeTables[kind.name];
  return db.all(sql`
    SELECT ${owner} AS owner, name, is_custom_property,
      int_value, double_value, string_value, proto_value, bool_value
    FROM ${property}
    WHERE ${db.dialect.inIds(owner, ids)}
    ORDER BY ${owner}, name`);
}

export async function allExist(db: Connection, ids: NodeIds): Promise<boolean> {
  const wanted = nodeKinds.flatMap((kind) => {
    const ofKind = ids[kind];
    return ofKind === undefined || ofKind.size === 0 ? [] : [{ kind, ids: [...ofKind] }];
  });
  if (wanted.length === 0) return true;
  const counts = wanted.map(({ kind, ids }) => {
    const { node } = nodeTables[kind];
    return sql`(SELECT COUNT(*) FROM ${node} WHERE ${db.dialect.inIds(raw("id"), ids)}) AS ${node}`;
  });
  const [row] = await db.all<Record<string, bigint>>(sql`SELECT ${join(counts, ", ")}`);
  const found = Object.values(row ?? {});
  return wanted.every(({ ids }, index) => found[index] === BigInt(ids.length));
}

export async function existingIds(
  db: Connection,
  kind: KindFacts,
  ids: readonly bigint[],
): Promise<Set<bigint>> {
  if (ids.length === 0) return new Set();
  const rows = await db.all<{ id: bigint }>(sql`
    SELECT id FROM ${nodeTables[kind.name].node} WHERE ${db.dialect.inIds(raw("id"), ids)}`);
  return new Set(rows.map((row) => row.id));
}

/** About the names that no node has exactly, but may have as the database compares, it is asked one by one: a rare case. */
export async function nodeIdsByName(
  db: Connection,
  kind: KindFacts,
  names: readonly NodeName[],
): Promise<(NodeName & { id: bigint })[]> {
  const rows = await selectByName(db, kind, names);
  const ids = new Map(rows.map((row) => [nameText(row), row.id]));
  const wanted = new Map(names.map(({ typeId, name }) => [nameText({ typeId, name }), { typeId, name }]));
  const hasOthers = rows.some((row) => !wanted.has(nameText(row)));
  const found = [];
  for (const [text, name] of wanted) {
    const id = ids.get(text) ?? (hasOthers ? (await selectByName(db, kind, [name]))[0]?.id : undefined);
    if (id !== undefined) found.push({ ...name, id });
  }
  return found;
}

function nameText({ typeId, name }: NodeName): string {
  return `${typeId} ${name}`;
}

async function selectByName(
  db: Connection,
  kind: KindFacts,
  names: readonly NodeName[],
): Promise<(NodeName & { id: bigint })[]> {
  if (names.length === 0) return [];
  const pairs = names.map(({ typeId, name }) => [typeId, name] as const);
  return db.all(sql`
    SELECT id, type_id AS "typeId", name FROM ${nodeTables[kind.name].node}
    WHERE ${db.dialect.inPairs(raw("type_id"), raw("name"), pairs)}
    ORDER BY id`);
}

export async function nodeIdsByExternalId(
  db: Connection,
  kind: KindFacts,
  externalIds: readonly string[],
): Promise<{ id: bigint; externalId: string }[]> {
  if (externalIds.length === 0) return [];
  return db.all(sql`
    SELECT id, external_id AS "externalId" FROM ${nodeTables[kind.name].node}
    WHERE ${db.dialect.inTexts(raw("external_id"), externalIds)}
    ORDER BY id`);
}

export async function artifactIdsByUri(
  db: Connection,
  uris: readonly string[],
): Promise<{ id: bigint; uri: string }[]> {
  if (uris.length === 0) return [];
  const uri = raw("uri");
  const { indexedText, inTexts } = db.dialect;
  const isIndexed = indexedText !== undefined && uris.every(isIndexedText);
  return db.all(sql`
    SELECT id, uri FROM Artifact
    WHERE ${inTexts(uri, uris)} ${isIndexed ? sql`AND ${indexedText(uri)}` : empty}
    ORDER BY id`);
}

/** What is written of the nodes of one kind. */
interface NodeWrites {
  readonly insert: Insert;
  readonly update: Update;
  /** Without the columns that must be unique. */
  readonly updateOthers: Update;
  readonly putProperties: Insert;
  readonly deleteProperties: StoredRows;
}

const writesByKind = new Map<KindName, NodeWrites>();

function writesOf(kind: KindFacts): NodeWrites {
  let writes = writesByKind.get(kind.name);
  if (writes === undefined) {
    writes = newWrites(kind);
    writesByKind.set(kind.name, writes);
  }
  return writes;
}

function newWrites(kind: KindFacts): NodeWrites {
  const { node, property, owner, state } = nodeTables[kind.name];
  // In the order of `nodeToRow`.
  const own = [
    ...(kind.hasUri ? [raw("uri")] : []),
    ...(state ? [state] : []),
    raw("last_update_time_since_epoch"),
  ];
  // In the order of `nodeKeyToRow`. Artifacts and executions keep their name.
  const [name, ids] = [raw("name"), [raw("type_id"), raw("external_id")]];
  const byId = { table: node, key: [raw("id")] };
  const key = [owner, raw("name"), raw("is_custom_property")];
  const values = [
    ...[raw("int_value"), raw("double_value"), raw("string_value"), raw("proto_value")],
    raw("bool_value"),
  ];
  return {
    insert: { table: node, columns: [...own, ...ids, name, raw("create_time_since_epoch")] },
    update: { ...byId, columns: [...own, ...ids, ...(kind.named ? [name] : [])], mayClash: true },
    updateOthers: { ...byId, columns: own, mayClash: false },
    putProperties: { table: property, columns: [...key, ...values], onDuplicate: key },
    deleteProperties: { table: property, key },
  };
}

export async function insertNodes<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  nodes: readonly NodeOf<K>[],
): Promise<bigint[]> {
  return db.insertMany(
    writesOf(kind).insert,
    nodes.map((node) => [
      ...nodeToRow(kind, node),
      ...nodeKeyToRow(node),
      (node as NodeOf<KindName>).createTimeSinceEpoch,
    ]),
  );
}

export async function updateNodes<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  nodes: readonly NodeOf<K>[],
  keepsKeys: boolean,
): Promise<void> {
  const { update, updateOthers } = writesOf(kind);
  const keyOf = (node: NodeOf<K>) => nodeKeyToRow(node).slice(0, kind.named ? 3 : 2);
  await db.updateMany(
    keepsKeys ? updateOthers : update,
    nodes.map((node) => [...nodeToRow(kind, node), ...(keepsKeys ? [] : keyOf(node)), node.id]),
  );
}

export async function putProperties(
  db: Connection,
  kind: KindFacts,
  properties: readonly NodeProperty[],
): Promise<void> {
  await db.insertMany(
    writesOf(kind).putProperties,
    properties.map(({ nodeId, name, isCustom, value }) => [
      nodeId,
      name,
      db.dialect.boolean(isCustom),
      ...valueToRow(db.dialect, value),
    ]),
  );
}

export async function deleteProperties(
  db: Connection,
  kind: KindFacts,
  properties: readonly PropertyKey[],
): Promise<void> {
  await db.deleteMany(
    writesOf(kind).deleteProperties,
    properties.map(({ nodeId, name, isCustom }) => [nodeId, name, db.dialect.boolean(isCustom)]),
  );
}
