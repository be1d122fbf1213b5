import type { MigrationProgress } from "../open.ts";

/** Of a table with fewer rows nobody sees how long it takes. */
const rowsMin = 100_000;

/** To standard error: each step, and in it each pass through a large table. */
export function printProgress({ from, to, table }: MigrationProgress): void {
  if (table === undefined) console.error(`schema version ${from} to ${to}`);
  else if (table.rows >= rowsMin)
    console.error(`  ${table.name}: ${table.rows.toLocaleString("en-US")} rows`);
}
