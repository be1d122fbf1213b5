import type { PostgresConnection } from "./connection.ts";

/** Chosen at random once. The server keeps such locks apart by database. */
const schemaLock = 6_317_045_101n;

/** Until the transaction ends no other process of ours changes the tables of this database. */
export async function takeSchemaLock(connection: PostgresConnection): Promise<void> {
  await connection.query("SELECT pg_advisory_xact_lock($1)", [schemaLock]);
}
