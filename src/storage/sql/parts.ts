import type { Columns, Connection, Part } from "./connection.ts";
import { join, type Sql, sql } from "./fragment.ts";
import { keptFor } from "./kept.ts";

/** A query of the part alone. */
export function partQuery(part: Part): Sql {
  return sql`SELECT ${selectList(part.columns)} FROM ${part.from}`;
}

export function bothInTwo<A, B>(db: Connection, first: Part, second: Part): Promise<[A[], B[]]> {
  return Promise.all([db.all<A>(partQuery(first)), db.all<B>(partQuery(second))]);
}

/** The rows of both parts in one result, where each is NULL in the columns of the other part. */
export function bothQuery(first: Part, second: Part): Sql {
  return sql`
    SELECT 1 AS part, ${selectList(first.columns)}, ${nullList(second.columns)} FROM ${first.from}
    UNION ALL
    SELECT 2 AS part, ${nullList(first.columns)}, ${selectList(second.columns)} FROM ${second.from}`;
}

type Values = readonly unknown[];

/** The rows of each part out of those of `bothQuery`, which are arrays: objects with all columns would take longer. */
export function splitRows<A, B>(rows: readonly Values[], first: Part, second: Part): [A[], B[]] {
  const [firstRow, secondRow] = [rowMaker(first.columns), rowMaker(second.columns)];
  const split: [A[], B[]] = [[], []];
  for (const values of rows) {
    if (values[0] === 1n) split[0].push(firstRow(values, 1) as A);
    else split[1].push(secondRow(values, 1 + first.columns.length) as B);
  }
  return split;
}

const rowMaker = keptFor((selected: Columns) => {
  const names = selected.map(([, name]) => name.text);
  return (values: Values, from: number): Record<string, unknown> => {
    const row: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) row[names[i] as string] = values[from + i];
    return row;
  };
});

/** Columns under their own names. */
export function columns(...names: readonly Sql[]): Columns {
  return names.map((name) => [name, name] as const);
}

/** Kept, so that the texts of statements are made of the same strings each time. */
export const selectList = keptFor((selected: Columns): Sql => {
  const named = selected.map(([expression, name]) => sql`${expression} AS ${name}`);
  return join(named, ", ");
});

const nullList = keptFor((selected: Columns): Sql => {
  const nulls = selected.map(([, name]) => sql`NULL AS ${name}`);
  return join(nulls, ", ");
});
