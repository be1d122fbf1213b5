import type { Storage, WriteTransaction } from "../../domain/ports.ts";
import type { MigrationProgress } from "../migrate/migrator.ts";
import { addBuiltInTypes, hasBuiltInTypes } from "../sql/built-in-types.ts";
import { emptyDatabase } from "../sql/layout.ts";
import { SqliteConnection } from "./connection.ts";
import { type ConnectionMode, loadDriver, opener } from "./driver.ts";
import { checkExists, locate, type OpenMode } from "./location.ts";
import { migrationTimeoutMs, migratorFor } from "./migrator.ts";
import { traceRemover } from "./reader-traces.ts";
import { createAdditionalIndexes, createSchema, hasAdditionalIndexes, inspectSchema } from "./schema.ts";
import { SqliteStorage } from "./storage.ts";

export interface SqliteOptions {
  /** A path or a `file:` URI; empty means in memory. */
  readonly path?: string;
  /** Keep the data in memory, whatever the path; it is gone when the storage is closed. */
  readonly memory?: boolean;
  /**
   * `READONLY` changes nothing at all in the database, `READWRITE` needs an existing file,
   * `READWRITE_OPENCREATE` (the default) creates a missing one.
   */
  readonly mode?: OpenMode;
  /** How long to wait for other processes' locks, in milliseconds, before an operation is ABORTED; 5000 unless given. */
  readonly busyTimeoutMs?: number;
  /**
   * Upgrade a database of an older version, in one transaction, before anything else; without it, and always
   * while reading only, such a database is refused.
   */
  readonly enableUpgradeMigration?: boolean;
  /** Is told what begins in such an upgrade. */
  readonly onMigrationProgress?: (progress: MigrationProgress) => void;
  /** Is told the text of each statement inside a transaction; the inserts of a set of rows are one statement. */
  readonly onStatement?: (text: string) => void;
}

/**
 * Opens a database of the original's layout, version 10; an empty one is given it. A file that is open for
 * writing is in WAL mode from then on.
 *
 * @throws MlmdError NOT_FOUND: no such file or directory. FAILED_PRECONDITION: another schema version (the
 * file stays as it is), not a database, or nothing in it while reading only. ABORTED: another process is
 * creating the database or has it locked. DATA_LOSS: contradicting version records. INVALID_ARGUMENT: a
 * `file:` URI that cannot be read.
 */
export async function openSqlite(options: SqliteOptions = {}): Promise<Storage> {
  const { busyTimeoutMs = 5000, onStatement } = options;
  const location = options.memory
    ? "memory"
    : locate(options.path ?? "", options.mode ?? "READWRITE_OPENCREATE");
  if (location !== "memory") checkExists(location);
  const driver = await loadDriver();
  const open = opener(driver, location, busyTimeoutMs);
  const connect = (mode: ConnectionMode) =>
    new SqliteConnection(() => open(mode), busyTimeoutMs, onStatement);

  if (location !== "memory" && location.mode === "READONLY") {
    const removeTraces = traceRemover(driver, location.path);
    const reader = connect("read");
    try {
      await closeOnFailure(reader, () => check(reader));
    } catch (error) {
      removeTraces();
      throw error;
    }
    return new SqliteStorage(reader, undefined, removeTraces);
  }
  if (options.enableUpgradeMigration && location !== "memory") {
    const onProgress = options.onMigrationProgress;
    const migrator = migratorFor(open, Math.max(busyTimeoutMs, migrationTimeoutMs));
    await migrator.up({ ...(onProgress && { onProgress }) });
  }
  const writer = connect("write");
  return closeOnFailure(writer, async () => {
    await writer.retryWhileBusy(() => prepare(writer));
    return new SqliteStorage(location === "memory" ? writer : connect("read"), writer);
  });
}

async function closeOnFailure<T>(connection: SqliteConnection, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function check(connection: SqliteConnection): Promise<void> {
  const state = await connection.transaction("BEGIN", async () => connection.use(inspectSchema));
  if (state === "current") return;
  throw emptyDatabase();
}

/** Nothing is written, not even the switch to WAL, before the version is known; and then only what is missing. */
async function prepare(connection: SqliteConnection): Promise<void> {
  const ready = await connection.transaction("BEGIN", async (tx) => {
    if (connection.use(inspectSchema) === "empty") return false;
    return connection.use(hasAdditionalIndexes) && (await hasBuiltInTypes(tx));
  });
  connection.use((database) => database.pragma("journal_mode = WAL"));
  if (!ready) await connection.transaction("BEGIN IMMEDIATE", (tx) => complete(connection, tx));
}

/** Looks again at what is there: another process may have been faster. */
async function complete(connection: SqliteConnection, tx: WriteTransaction): Promise<void> {
  if (connection.use(inspectSchema) === "empty") connection.use(createSchema);
  else connection.use(createAdditionalIndexes);
  await addBuiltInTypes(tx);
}
