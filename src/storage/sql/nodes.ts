import type { Kind, KindFacts, KindName, NodeOf } from "../../domain/kinds.ts";
import type { NodeName, NodeProperty, PropertyKey } from "../../domain/ports.ts";
import type { Connection, Insert, StoredRows, Update } from "./connection.ts";
import { isIndexedText } from "./dialect.ts";
import { empty, raw, sql } from "./fragment.ts";
import {
  addProperty,
  type NodeRow,
  newNodeToRow,
  nodeFromRow,
  nodeToRow,
  type PropertyRow,
  valueToRow,
} from "./rows.ts";
import { nodeTables } from "./tables.ts";

export async function nodesById<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  ids: readonly bigint[],
): Promise<NodeOf<K>[]> {
  if (ids.length === 0) return [];
  const [rows, properties] = await Promise.all([nodeRows(db, kind, ids), propertyRows(db, kind, ids)]);
  const nodes = new Map(rows.map((row) => [row.id, nodeFromRow(kind, row)]));
  for (const row of properties) {
    const node = nodes.get(row.owner);
    if (node) addProperty(db.dialect, node, row);
  }
  return [...nodes.values()];
}

function nodeRows(db: Connection, kind: KindFacts, ids: readonly bigint[]): Promise<NodeRow[]> {
  const { node, state } = nodeTables[kind.name];
  return db.all(sql`
    SELECT n.id, n.type_id, ${kind.hasUri ? raw("n.uri, ") : empty}${state ? sql`n.${state} AS state, ` : empty}
      n.name, n.external_id, n.create_time_since_epoch AS create_time,
      n.last_update_time_since_epoch AS last_update_time,
      (SELECT t.name FROM Type t WHERE t.id = n.type_id) AS type
    FROM ${node} n
    WHERE ${db.dialect.inIds(raw("n.id"), ids)}
    ORDER BY n.id
    ${db.rowLock}`);
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
  // The columns that an update writes too, in the order of `nodeToRow`.
  const changeable = [
    raw("type_id"),
    ...(kind.hasUri ? [raw("uri")] : []),
    ...(state ? [state] : []),
    raw("external_id"),
    raw("last_update_time_since_epoch"),
  ];
  const updated = [...changeable, ...(kind.named ? [raw("name")] : [])];
  const key = [owner, raw("name"), raw("is_custom_property")];
  const values = [
    ...[raw("int_value"), raw("double_value"), raw("string_value"), raw("proto_value")],
    raw("bool_value"),
  ];
  return {
    insert: { table: node, columns: [...changeable, raw("name"), raw("create_time_since_epoch")] },
    update: { table: node, key: [raw("id")], columns: updated },
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
    nodes.map((node) => [...nodeToRow(kind, node), ...newNodeToRow(node)]),
  );
}

export async function updateNodes<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  nodes: readonly NodeOf<K>[],
): Promise<void> {
  await db.updateMany(
    writesOf(kind).update,
    nodes.map((node) => [...nodeToRow(kind, node), ...(kind.named ? [node.name] : []), node.id]),
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
