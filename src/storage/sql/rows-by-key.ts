import type { Connection } from "./connection.ts";

/** How rows that were selected by some of their columns are given back to the keys that they were asked for. */
export interface KeyedRows<Key, Row> {
  readonly keys: readonly Key[];
  /** What `select` gives for all keys. */
  readonly rows: readonly Row[];
  readonly textOf: (of: Key | Row) => string;
  readonly select: (keys: readonly [Key]) => Promise<readonly Row[]>;
}

/**
 * The first row of each key, undefined where there is none. A database may take texts for the same that are not, such
 * as `a` and `A`: about the keys that no row has exactly it is then asked one by one, which is rare.
 */
export async function rowOfEach<Key, Row>(
  { dialect }: Connection,
  { keys, rows, textOf, select }: KeyedRows<Key, Row>,
): Promise<(Row | undefined)[]> {
  const found = new Map<string, Row>();
  for (const row of rows) if (!found.has(textOf(row))) found.set(textOf(row), row);
  const wanted = new Set(keys.map(textOf));
  const hasOthers = !dialect.comparesExactly && rows.some((row) => !wanted.has(textOf(row)));
  for (const key of hasOthers ? keys : []) {
    if (found.has(textOf(key))) continue;
    const [row] = await select([key]);
    if (row !== undefined) found.set(textOf(key), row);
  }
  return keys.map((key) => found.get(textOf(key)));
}
