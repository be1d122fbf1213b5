import type { Kind, KindFacts, KindName, NodeOf } from "../../domain/kinds.ts";
import type { NodePage, NodeQuery, OrderField } from "../../domain/ports.ts";
import type { Connection } from "./connection.ts";
import { filterToSql } from "./filter-to-sql.ts";
import { empty, join, raw, type Sql, sql } from "./fragment.ts";
import { nodeColumns, nodesById, nodesFromRows } from "./nodes.ts";
import { selectList } from "./parts.ts";
import type { NodeRow } from "./rows.ts";
import { memberTables, nodeTables } from "./tables.ts";

const orderColumns: Readonly<Record<OrderField, Sql>> = {
  id: raw("n.id"),
  createTime: raw("n.create_time_since_epoch"),
  lastUpdateTime: raw("n.last_update_time_since_epoch"),
};

/**
 * Everything that restricts the list is in one query, so that no list of ids goes back and forth; a page of one
 * type may take a second one.
 */
export async function listNodeIds(db: Connection, kind: KindFacts, query: NodeQuery): Promise<bigint[]> {
  if (query.ids?.length === 0) return [];
  return idsFound(db, kind, query, restrictionOf(db, kind, query));
}

/**
 * The same query gives the nodes' rows, but where it goes through more rows than it gives: those are kept narrow, and
 * the nodes are read by their ids. A database that finds ids first (`Dialect.findsIdsFirst`) does so within the query.
 */
export async function listWholeNodes<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  { limit, ...rest }: NodeQuery,
): Promise<NodePage<K>> {
  if (rest.ids?.length === 0) return { nodes: [], hasMore: false };
  const query = limit === undefined ? rest : { ...rest, limit: limit + 1 };
  const restriction = restrictionOf(db, kind, query);
  const isWide = isFoundNearby(db, query) || restriction.mayRepeat;
  if (isWide && !db.dialect.findsIdsFirst) {
    const ids = await idsFound(db, kind, query, restriction);
    return pageOf(ids, limit, (kept) => nodesInOrder(db, kind, kept));
  }
  const rows = await rowsFound(db, kind, query, restriction);
  return pageOf(rows, limit, (kept) => nodesFromRows(db, kind, kept));
}

/** What is beyond the limit only tells that there is more. */
async function pageOf<Found, K extends KindName>(
  found: readonly Found[],
  limit: number | undefined,
  nodesOf: (kept: readonly Found[]) => Promise<NodeOf<K>[]>,
): Promise<NodePage<K>> {
  const kept = found.slice(0, limit);
  return { nodes: await nodesOf(kept), hasMore: found.length > kept.length };
}

async function nodesInOrder<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  ids: readonly bigint[],
): Promise<NodeOf<K>[]> {
  const nodes = new Map((await nodesById(db, kind, ids)).map((node) => [node.id, node]));
  return ids.flatMap((id) => nodes.get(id) ?? []);
}

async function idsFound(
  db: Connection,
  kind: KindFacts,
  query: NodeQuery,
  restriction: Restriction,
): Promise<bigint[]> {
  const idsAmong = async (nodes: Sql) => {
    const rows = await db.all<{ id: bigint }>(
      queryOf(query, idColumns(query.order), nodes, restriction),
      "search",
    );
    return rows.map(({ id }) => id);
  };
  const nearby = isFoundNearby(db, query) ? await idsAmong(nearbyNodes(kind, query)) : [];
  if (nearby.length > 0 && nearby.length === query.limit) return nearby;
  return idsAmong(nodeTables[kind.name].node);
}

function rowsFound(
  db: Connection,
  kind: KindFacts,
  query: NodeQuery,
  restriction: Restriction,
): Promise<NodeRow[]> {
  const { node } = nodeTables[kind.name];
  const columns = selectList(nodeColumns(kind));
  // Where all nodes are read, no index saves reading a row.
  const isWhole = query.limit === undefined && !restriction.mayRepeat;
  if (isWhole || !db.dialect.findsIdsFirst)
    return db.all(queryOf(query, columns, node, restriction), "search");
  const ids = queryOf(query, idColumns(query.order), node, restriction);
  const rows = sql`
    SELECT ${columns} FROM (${ids}) found JOIN ${node} n ON n.id = found.id ORDER BY ${ordering(query.order)}`;
  return db.all(rows, "search");
}

/** Where rows are told apart (DISTINCT), what they are sorted by must be among their columns. */
function idColumns({ field }: NodeQuery["order"]): Sql {
  return field === "id" ? raw("n.id") : sql`n.id, ${orderColumns[field]}`;
}

interface Restriction {
  readonly joins: Sql;
  readonly where: Sql;
  /** Whether the joins may give a node more than once. */
  readonly mayRepeat: boolean;
}

function restrictionOf(db: Connection, kind: KindFacts, query: NodeQuery): Restriction {
  const joins: Sql[] = [];
  const conditions: Sql[] = [];
  if (query.typeId !== undefined) conditions.push(sql`n.type_id = ${query.typeId}`);
  if (query.ids) conditions.push(db.dialect.inIds(raw("n.id"), query.ids));
  if (query.contextId !== undefined) {
    joins.push(membershipJoin(kind));
    conditions.push(sql`m.context_id = ${query.contextId}`);
  }
  if (query.after) conditions.push(behind(query.order, query.after));
  const isNarrow = query.contextId !== undefined || query.ids !== undefined;
  const filter = query.filter && filterToSql(query.filter, db.dialect, isNarrow);
  if (filter) {
    joins.push(filter.joins);
    conditions.push(filter.condition);
  }
  return { joins: join(joins, " "), where: where(conditions), mayRepeat: filter?.mayRepeat ?? false };
}

function queryOf(query: NodeQuery, columns: Sql, nodes: Sql, { joins, where, mayRepeat }: Restriction): Sql {
  return sql`
    SELECT ${mayRepeat ? raw("DISTINCT ") : empty}${columns} FROM ${nodes} n ${joins} ${where}
    ORDER BY ${ordering(query.order)} ${limited(query.limit)}`;
}

/**
 * No index has the nodes of one type in the order of a list: the index of the type gives all of them, to be
 * sorted for every page, which a type of many nodes makes slow. Of such a type there are enough among the next
 * few nodes of any type, and those an index does have in order. A database with statistics chooses by itself.
 */
const nearbyMax = 5000n;

function isFoundNearby({ dialect }: Connection, query: NodeQuery): boolean {
  const { typeId, limit, contextId, ids, filter } = query;
  if (dialect.hasStatistics) return false;
  return typeId !== undefined && limit !== undefined && contextId === undefined && !ids && !filter;
}

function nearbyNodes(kind: KindFacts, { order, after }: NodeQuery): Sql {
  return sql`(
    SELECT n.id, n.type_id, n.create_time_since_epoch, n.last_update_time_since_epoch
    FROM ${nodeTables[kind.name].node} n
    ${where(after ? [behind(order, after)] : [])}
    ORDER BY ${ordering(order)} LIMIT ${nearbyMax})`;
}

function where(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? empty : sql`WHERE ${join(conditions, " AND ")}`;
}

function limited(limit: number | undefined): Sql {
  return limit === undefined ? empty : sql`LIMIT ${BigInt(limit)}`;
}

function membershipJoin(kind: KindFacts): Sql {
  if (kind.name === "context") throw new Error("contexts do not belong to contexts");
  const { membership, node } = memberTables[kind.name];
  return sql`JOIN ${membership} m ON m.${node} = n.id`;
}

function ordering({ field, ascending }: NodeQuery["order"]): Sql {
  const direction = ascending ? raw("ASC") : raw("DESC");
  if (field === "id") return sql`n.id ${direction}`;
  return sql`${orderColumns[field]} ${direction}, n.id ${direction}`;
}

/** The first comparison alone is implied by the second; it is what lets an engine start in the index. */
function behind({ field, ascending }: NodeQuery["order"], after: { value: bigint; id: bigint }): Sql {
  const comparison = ascending ? raw(">") : raw("<");
  if (field === "id") return sql`n.id ${comparison} ${after.id}`;
  const column = orderColumns[field];
  return sql`${column} ${comparison}= ${after.value}
    AND (${column} ${comparison} ${after.value} OR n.id ${comparison} ${after.id})`;
}
