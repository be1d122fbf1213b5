import type { Columns, Connection, Part } from "./connection.ts";
import { join, type Sql, sql } from "./fragment.ts";
import { keptFor } from "./kept.ts";

/** A query of the part alone. */
export function partQuery(part: Part): Sql {
  return sql`SELECT ${selectList(part.columns)} FROM ${part.from}`;
}

/** Columns under their own names. */
export function columns(...names: readonly Sql[]): Columns {
  return names.map((name) => [name, name] as const);
}

/** Kept, so that the texts of statements are made of the same strings each time. */
export const selectList = keptFor(
  (selected: Columns): Sql =>
    join(
      selected.map(([expression, name]) => sql`${expression} AS ${name}`),
      ", ",
    ),
);

const nullList = keptFor(
  (selected: Columns): Sql =>
    join(
      selected.map(([, name]) => sql`NULL AS ${name}`),
      ", ",
    ),
);

/** The rows of both parts in one result, where each is NULL in the columns of the other part. */
function bothQuery(first: Part, second: Part): Sql {
  return sql`
    SELECT 1 AS part, ${selectList(first.columns)}, ${nullList(second.columns)} FROM ${first.from}
    UNION ALL
    SELECT 2 AS part, ${nullList(first.columns)}, ${selectList(second.columns)} FROM ${second.from}`;
}

export async function bothInOne<A, B>(db: Connection, first: Part, second: Part): Promise<[A[], B[]]> {
  const rows: [A[], B[]] = [[], []];
  for (const row of await db.all<{ readonly part: bigint }>(bothQuery(first, second))) {
    if (row.part === 1n) rows[0].push(row as unknown as A);
    else rows[1].push(row as unknown as B);
  }
  return rows;
}

export function bothInTwo<A, B>(db: Connection, first: Part, second: Part): Promise<[A[], B[]]> {
  return Promise.all([db.all<A>(partQuery(first)), db.all<B>(partQuery(second))]);
}
