import type pg from "pg";
import type { Storage } from "../../domain/ports.ts";
import type { MigrationProgress } from "../migrate/migrator.ts";
import { addBuiltInTypes, hasBuiltInTypes } from "../sql/built-in-types.ts";
import { emptyDatabase } from "../sql/layout.ts";
import { type Engine, type Mode, PooledStorage } from "../sql/pooled-storage.ts";
import { SqlTransaction } from "../sql/transaction.ts";
import { PostgresConnection, sessionSettings } from "./connection.ts";
import { fromDriver } from "./errors.ts";
import { clientConfig, createDatabase, type PostgresLocation } from "./location.ts";
import { takeSchemaLock } from "./lock.ts";
import { postgresMigrator } from "./migrator.ts";
import { completeIndexes, createSchema, hasAllIndexes, inspectSchema } from "./schema.ts";

export interface PostgresOptions extends PostgresLocation {
  /** The database exists; do not try to create it. */
  readonly skipDbCreation?: boolean;
  /** Change nothing at all: the database must exist and be of our schema version, and writes are PERMISSION_DENIED. */
  readonly readOnly?: boolean;
  /**
   * Upgrade a database of an older version before anything else; without it, and always while reading only, such a
   * database is refused.
   */
  readonly enableUpgradeMigration?: boolean;
  /** Is told what begins in such an upgrade. */
  readonly onMigrationProgress?: (progress: MigrationProgress) => void;
  /** How many connections to have at most; 10 unless given. */
  readonly connectionsMax?: number;
  /** Is told the text of each statement inside a transaction; the inserts of a set of rows are one statement. */
  readonly onStatement?: (text: string) => void;
}

/**
 * Opens a database of the original's layout, version 10; an empty one is given it, a missing one is created.
 *
 * @throws MlmdError UNAVAILABLE: the server cannot be reached. UNAUTHENTICATED, NOT_FOUND, PERMISSION_DENIED: as it
 * answers. FAILED_PRECONDITION: another schema version. ABORTED, DATA_LOSS: as with SQLite. INVALID_ARGUMENT: the
 * options contradict each other.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const { default: driver } = await import("pg");
  const config = await clientConfig(driver, options);
  const { readOnly, onMigrationProgress: onProgress } = options;
  if (!options.skipDbCreation && !readOnly) await createDatabase(driver, config);
  if (options.enableUpgradeMigration && !readOnly)
    await postgresMigrator(options).up({ ...(onProgress && { onProgress }) });
  const engine = new PostgresEngine(driver, config, options);
  try {
    await (readOnly ? engine.check() : engine.prepare());
  } catch (error) {
    await engine.close();
    throw error;
  }
  return new PooledStorage(engine, options);
}

class PostgresEngine implements Engine {
  readonly #pool: pg.Pool;
  readonly #onStatement: ((text: string) => void) | undefined;

  constructor(
    driver: typeof pg,
    config: pg.PoolConfig,
    { connectionsMax = 10, onStatement }: PostgresOptions,
  ) {
    this.#pool = new driver.Pool({ ...config, max: connectionsMax, idleTimeoutMillis: 0 });
    // A connection that is lost is replaced when the next one is asked for; without a listener the process would end,
    // whether nobody uses it (the pool tells) or somebody does (the client tells, beside the failing statement).
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => {
      client.on("error", () => {});
      // They only make it faster: a server that does not know one of them is used as it is.
      client.query(sessionSettings).catch(() => {});
    });
    this.#onStatement = onStatement;
  }

  async connect(mode: Mode): Promise<PostgresConnection> {
    try {
      return new PostgresConnection(await this.#pool.connect(), mode, this.#onStatement);
    } catch (error) {
      throw fromDriver(error);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async prepare(): Promise<void> {
    if (await this.#inTransaction("read", isReady)) return;
    await this.#inTransaction("write", async (connection, tx) => {
      await takeSchemaLock(connection);
      // Looks again at what is there: another process may have been faster.
      if ((await inspectSchema(connection)) === "empty") await createSchema(connection);
      await completeIndexes(connection);
      await addBuiltInTypes(tx);
    });
  }

  /** For reading only: nothing that is missing is made. */
  check(): Promise<void> {
    return this.#inTransaction("read", async (connection) => {
      if ((await inspectSchema(connection)) === "empty") throw emptyDatabase();
    });
  }

  async #inTransaction<T>(
    mode: "read" | "write",
    work: (connection: PostgresConnection, tx: SqlTransaction) => Promise<T>,
  ): Promise<T> {
    const connection = await this.connect(mode);
    let isBroken = true;
    try {
      const session = await connection.begin();
      const result = await work(connection, new SqlTransaction(session));
      await connection.commit();
      isBroken = false;
      return result;
    } finally {
      connection.release(isBroken);
    }
  }
}

async function isReady(connection: PostgresConnection, tx: SqlTransaction): Promise<boolean> {
  if ((await inspectSchema(connection)) === "empty") return false;
  return (await hasAllIndexes(connection)) && (await hasBuiltInTypes(tx));
}
