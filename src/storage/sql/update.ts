import type { Update } from "./connection.ts";
import { join, raw, type Sql, sql } from "./fragment.ts";

/** The update of one row, the same on every engine. */
export function updateStatement({ table, columns, key }: Update): Sql {
  return sql`UPDATE ${table} SET ${join(columns.map(isGiven), ", ")} WHERE ${join(key.map(isGiven), " AND ")}`;
}

export function isGiven(column: Sql): Sql {
  return sql`${column} = ${raw("?")}`;
}
