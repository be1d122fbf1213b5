import type { Pool, TypedParameter } from "mysql2";
import type { Storage } from "../../domain/ports.ts";
import type { MigrationProgress } from "../migrate/migrator.ts";
import { addBuiltInTypes, hasBuiltInTypes } from "../sql/built-in-types.ts";
import { emptyDatabase } from "../sql/layout.ts";
import { type Engine, type Mode, PooledStorage } from "../sql/pooled-storage.ts";
import { SqlTransaction } from "../sql/transaction.ts";
import { fromPool, MysqlConnection } from "./connection.ts";
import { connectionOptions, createDatabase, type MysqlLocation } from "./location.ts";
import { withSchemaLock } from "./lock.ts";
import { mysqlMigrator } from "./migrator.ts";
import { createMissingIndexes, createSchema, inspectSchema, missingIndexes } from "./schema.ts";

export interface MysqlOptions extends MysqlLocation {
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
  /** How many connections to have at most, for look-ups, for other reads and for writing each; 10 unless given. */
  readonly connectionsMax?: number;
  /** Is told the text of each statement with values. */
  readonly onStatement?: (text: string) => void;
}

/** For each connection; all clients of a server share its `max_prepared_stmt_count`, 16,382 by default. */
const maxPreparedStatements = 200;

/**
 * Opens a database of the original's layout, version 10; an empty one is given it, a missing one is created.
 *
 * @throws MlmdError UNAVAILABLE: the server cannot be reached. UNAUTHENTICATED, NOT_FOUND, PERMISSION_DENIED: as it
 * answers. FAILED_PRECONDITION: another schema version. ABORTED, DATA_LOSS: as with SQLite. INVALID_ARGUMENT: the
 * options contradict each other.
 */
export async function openMysql(options: MysqlOptions): Promise<Storage> {
  const { default: driver } = await import("mysql2");
  const { connectionsMax = 10, readOnly, onMigrationProgress: onProgress } = options;
  const connection = await connectionOptions(options);
  if (!options.skipDbCreation && !readOnly) await createDatabase(connection);
  if (options.enableUpgradeMigration && !readOnly)
    await mysqlMigrator(options).up({ ...(onProgress && { onProgress }) });
  const limits = { connectionLimit: connectionsMax, maxIdle: connectionsMax, maxPreparedStatements };
  const config = { ...connection, ...limits };
  const pool = () => driver.createPool(config);
  const pools = { "look-up": pool(), read: pool(), write: pool() };
  const engine = new MysqlEngine(pools, driver.TypedParameter as typeof TypedParameter, options.onStatement);
  try {
    await (readOnly ? engine.check() : engine.prepare());
  } catch (error) {
    await engine.close();
    throw error;
  }
  return new PooledStorage(engine, options);
}

/**
 * Reads see one moment, look-ups one for each statement. Writes see what is committed by others, and lock what they are
 * going to change.
 */
const isolation: Readonly<Record<Mode, string>> = {
  "look-up": "READ COMMITTED",
  read: "REPEATABLE READ",
  write: "READ COMMITTED",
};

class MysqlEngine implements Engine {
  readonly #pools: Readonly<Record<Mode, Pool>>;
  readonly #typed: typeof TypedParameter;
  readonly #onStatement: ((text: string) => void) | undefined;
  /** The sessions that are set up, with their steps between ids. */
  readonly #idSteps = new WeakMap<object, bigint>();

  constructor(pools: Record<Mode, Pool>, typed: typeof TypedParameter, onStatement?: (text: string) => void) {
    this.#pools = pools;
    this.#typed = typed;
    this.#onStatement = onStatement;
  }

  async connect(mode: Mode): Promise<MysqlConnection> {
    const session = await fromPool(this.#pools[mode]);
    const connection = new MysqlConnection(session, mode, this.#typed, this.#onStatement);
    try {
      connection.idStep = this.#idSteps.get(session) ?? (await setUpSession(connection, mode));
    } catch (error) {
      connection.release(true);
      throw error;
    }
    this.#idSteps.set(session, connection.idStep);
    return connection;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.promise().end()));
  }

  prepare(): Promise<void> {
    return this.#use("write", async (connection) => {
      if (!(await isReady(connection))) await complete(connection);
    });
  }

  /** For reading only: nothing that is missing is made. */
  check(): Promise<void> {
    return this.#use("read", async (connection) => {
      if ((await inspectSchema(connection)) === "empty") throw emptyDatabase();
    });
  }

  /** On a connection of its own, which commits each statement, so that it never keeps others from a table. */
  async #use(mode: Mode, work: (connection: MysqlConnection) => Promise<void>): Promise<void> {
    const connection = await this.connect(mode);
    try {
      await connection.query("SET SESSION autocommit = 1");
      await work(connection);
    } finally {
      connection.release(true);
    }
  }
}

/**
 * The server's own settings may let values be cut to fit, or read a backslash in another way. Gives the step between
 * the ids of one insert.
 */
async function setUpSession(connection: MysqlConnection, mode: Mode): Promise<bigint> {
  await connection.query("SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO'");
  // Some settings let the server try every order of a query's tables, for minutes where a filter has many of them;
  // 0 lets it choose how many orders to try.
  await connection.query("SET SESSION optimizer_search_depth = 0");
  await connection.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${isolation[mode]}`);
  // Without it a transaction begins with its first statement.
  await connection.query(`SET SESSION autocommit = ${mode === "look-up" ? 1 : 0}`);
  const [session] = await connection.query("SELECT @@SESSION.auto_increment_increment AS step");
  return session?.step as bigint;
}

async function isReady(connection: MysqlConnection): Promise<boolean> {
  if ((await inspectSchema(connection)) === "empty") return false;
  if ((await missingIndexes(connection)).length > 0) return false;
  return hasBuiltInTypes(new SqlTransaction(await connection.begin()));
}

/** One process at a time: creating tables is no transaction here. */
function complete(connection: MysqlConnection): Promise<void> {
  return withSchemaLock(connection, async () => {
    if ((await inspectSchema(connection)) === "empty") await createSchema(connection);
    await createMissingIndexes(connection);
    await connection.query("START TRANSACTION");
    await addBuiltInTypes(new SqlTransaction(await connection.begin()));
    await connection.commit();
  });
}
