import type { KindFacts } from "../../domain/kinds.ts";
import type { ListedNode, NodeQuery, OrderField } from "../../domain/ports.ts";
import type { Connection } from "./connection.ts";
import { filterToSql } from "./filter-to-sql.ts";
import { empty, join, raw, type Sql, sql } from "./fragment.ts";
import { memberTables, nodeTables } from "./tables.ts";

const orderColumns: Readonly<Record<OrderField, Sql>> = {
  id: raw("n.id"),
  createTime: raw("n.create_time_since_epoch"),
  lastUpdateTime: raw("n.last_update_time_since_epoch"),
};

/** Everything that restricts the list is in the one query, so that no list of ids goes back and forth. */
export async function listNodes(db: Connection, kind: KindFacts, query: NodeQuery): Promise<ListedNode[]> {
  if (query.ids?.length === 0) return [];
  const joins: Sql[] = [];
  const conditions: Sql[] = [];
  if (query.typeId !== undefined) conditions.push(sql`n.type_id = ${query.typeId}`);
  if (query.ids) conditions.push(db.dialect.inIds(raw("n.id"), query.ids));
  if (query.contextId !== undefined) {
    joins.push(membershipJoin(kind));
    conditions.push(sql`m.context_id = ${query.contextId}`);
  }
  if (query.after) conditions.push(behind(query.order, query.after));
  const filter = query.filter && filterToSql(query.filter, db.dialect);
  if (filter) {
    joins.push(filter.joins);
    conditions.push(filter.condition);
  }
  return db.all(sql`
    SELECT ${filter?.mayRepeat ? raw("DISTINCT") : empty} n.id, n.create_time_since_epoch AS "createTime", n.last_update_time_since_epoch AS "lastUpdateTime"
    FROM ${nodeTables[kind.name].node} n ${join(joins, " ")}
    ${conditions.length > 0 ? sql`WHERE ${join(conditions, " AND ")}` : empty}
    ORDER BY ${ordering(query.order)}
    ${query.limit === undefined ? empty : sql`LIMIT ${BigInt(query.limit)}`}`);
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
