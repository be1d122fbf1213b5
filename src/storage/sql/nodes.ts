import {
  artifactKind,
  contextKind,
  type Kind,
  type KindFacts,
  type KindName,
  type MemberFacts,
  type MemberName,
  type NodeOf,
} from "../../domain/kinds.ts";
import type { NodeIds, NodeName, NodeProperty, PropertyKey } from "../../domain/ports.ts";
import { compare } from "./compare.ts";
import type { Columns, Connection, Insert, Part, StoredRows, Update } from "./connection.ts";
import { type Dialect, type Ids, isIndexedText } from "./dialect.ts";
import { empty, join, raw, type Sql, sql } from "./fragment.ts";
import { keptFor } from "./kept.ts";
import { bothInTwo, columns, partQuery } from "./parts.ts";
import {
  addProperty,
  type NodeRow,
  nodeFromRow,
  nodeKeyToRow,
  nodeToRow,
  type PropertyRow,
  valueToRow,
} from "./rows.ts";
import { memberTables, nodeTables } from "./tables.ts";

const nodeKinds = Object.keys(nodeTables) as KindName[];

export async function nodesById<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  ids: readonly bigint[],
): Promise<NodeOf<K>[]> {
  if (ids.length === 0) return [];
  return selectNodes(db, kind, sql`WHERE ${db.dialect.inIds(raw("n.id"), ids)}`, hasOwner(db, kind, ids));
}

export async function nodeLikeName<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  { typeId, name }: NodeName,
): Promise<NodeOf<K> | undefined> {
  const isWanted = db.dialect.inPairs(raw("n.type_id"), raw("n.name"), [[typeId, name]]);
  const nodes = await nodesWhere(db, kind, isWanted);
  return nodes.find((node) => node.name === name) ?? nodes[0];
}

export async function nodesByExternalId<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  externalIds: readonly string[],
): Promise<NodeOf<K>[]> {
  if (externalIds.length === 0) return [];
  return nodesWhere(db, kind, db.dialect.inTexts(raw("n.external_id"), externalIds));
}

export async function artifactsByUri(db: Connection, uris: readonly string[]): Promise<NodeOf<"artifact">[]> {
  if (uris.length === 0) return [];
  const uri = raw("n.uri");
  const { indexedText, inTexts } = db.dialect;
  const isIndexed = indexedText !== undefined && uris.every(isIndexedText);
  const isWanted = sql`${inTexts(uri, uris)} ${isIndexed ? sql`AND ${indexedText(uri)}` : empty}`;
  return nodesWhere(db, artifactKind, isWanted);
}

export function nodesOfContext<K extends MemberName>(
  db: Connection,
  kind: Kind<K>,
  contextId: bigint,
): Promise<NodeOf<K>[]> {
  const { membership, node } = memberTables[kind.name];
  const condition = sql`m.context_id = ${contextId}`;
  return nodesAmong(db, kind, { id: sql`m.${node}`, table: sql`${membership} m`, condition });
}

export function contextsOfNode(db: Connection, kind: MemberFacts, id: bigint): Promise<NodeOf<"context">[]> {
  const { membership, node } = memberTables[kind.name];
  const condition = sql`m.${node} = ${id}`;
  return nodesAmong(db, contextKind, { id: raw("m.context_id"), table: sql`${membership} m`, condition });
}

/** The nodes (`n`) of which the condition is true, by id. */
function nodesWhere<K extends KindName>(db: Connection, kind: Kind<K>, condition: Sql): Promise<NodeOf<K>[]> {
  const { node, owner } = nodeTables[kind.name];
  const nodes = { id: raw("n.id"), table: sql`${node} n`, condition };
  return selectNodes(db, kind, sql`WHERE ${condition}`, db.dialect.among(sql`p.${owner}`, nodes));
}

function nodesAmong<K extends KindName>(db: Connection, kind: Kind<K>, ids: Ids): Promise<NodeOf<K>[]> {
  const { among } = db.dialect;
  return selectNodes(db, kind, among(raw("n.id"), ids), among(sql`p.${nodeTables[kind.name].owner}`, ids));
}

/** By id; what finds them follows their table (`n`), and what finds their properties that of those (`p`). */
async function selectNodes<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  nodesFound: Sql,
  propertiesFound: Sql,
): Promise<NodeOf<K>[]> {
  const part = { columns: nodeColumns(kind), from: sql`${nodeTables[kind.name].node} n ${nodesFound}` };
  const [rows, properties] = await lockedOrBoth(db, part, propertyPart(kind, propertiesFound));
  rows.sort((a, b) => compare(a.id, b.id));
  const nodes = rows.map((row) => nodeFromRow(kind, row));
  addProperties(db.dialect, nodes, properties);
  return nodes;
}

/** One statement of two parts cannot lock. */
function lockedOrBoth(db: Connection, nodes: Part, properties: Part): Promise<[NodeRow[], PropertyRow[]]> {
  if (db.rowLock === undefined) return db.both(nodes, properties);
  return bothInTwo(db, { ...nodes, from: sql`${nodes.from} ${db.rowLock}` }, properties);
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
  const part = propertyPart(kind, hasOwner(db, kind, ids));
  addProperties(db.dialect, nodes, await db.all(partQuery(part)));
  return nodes;
}

/** In the order of their names. */
function addProperties(dialect: Dialect, nodes: readonly NodeOf<KindName>[], rows: PropertyRow[]) {
  rows.sort((a, b) => compare(a.owner, b.owner) || compare(a.property, b.property));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  let node: NodeOf<KindName> | undefined;
  for (const row of rows) {
    if (node?.id !== row.owner) node = byId.get(row.owner);
    if (node) addProperty(dialect, node, row);
  }
}

/** Of a node's table, whose alias is `n`: what a `NodeRow` has. */
export const nodeColumns = keptFor((kind: KindFacts): Columns => {
  const { state } = nodeTables[kind.name];
  return [
    [raw("n.id"), raw("id")],
    [raw("n.type_id"), raw("type_id")],
    ...(kind.hasUri ? [[raw("n.uri"), raw("uri")] as const] : []),
    ...(state ? [[sql`n.${state}`, raw("state")] as const] : []),
    [raw("n.name"), raw("name")],
    [raw("n.external_id"), raw("external_id")],
    [raw("n.create_time_since_epoch"), raw("create_time")],
    [raw("n.last_update_time_since_epoch"), raw("last_update_time")],
    [raw("(SELECT t.name FROM Type t WHERE t.id = n.type_id)"), raw("type")],
  ];
});

/** In the order of `valueToRow`. */
const valueColumns = [
  ...[raw("int_value"), raw("double_value"), raw("string_value"), raw("proto_value")],
  raw("bool_value"),
];

/** What a `PropertyRow` has. */
const propertyColumns = keptFor(
  (kind: KindFacts): Columns => [
    [sql`p.${nodeTables[kind.name].owner}`, raw("owner")],
    [raw("p.name"), raw("property")],
    ...columns(raw("is_custom_property"), ...valueColumns),
  ],
);

function propertyPart(kind: KindFacts, found: Sql): Part {
  return { columns: propertyColumns(kind), from: sql`${nodeTables[kind.name].property} p ${found}` };
}

function hasOwner(db: Connection, kind: KindFacts, ids: readonly bigint[]): Sql {
  return sql`WHERE ${db.dialect.inIds(sql`p.${nodeTables[kind.name].owner}`, ids)}`;
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

/** What is written of the nodes of one kind. */
interface NodeWrites {
  readonly insert: Insert;
  readonly update: Update;
  /** Without the columns that must be unique. */
  readonly updateOthers: Update;
  readonly putProperties: Insert;
  readonly deleteProperties: StoredRows;
}

const writesOf = keptFor((kind: KindFacts): NodeWrites => {
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
  return {
    insert: { table: node, columns: [...own, ...ids, name, raw("create_time_since_epoch")] },
    update: { ...byId, columns: [...own, ...ids, ...(kind.named ? [name] : [])], mayClash: true },
    updateOthers: { ...byId, columns: own, mayClash: false },
    putProperties: { table: property, columns: [...key, ...valueColumns], onDuplicate: key },
    deleteProperties: { table: property, key },
  };
});

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
