import { readFile } from "node:fs/promises";
import type { Pool, PoolOptions, SslOptions, TypedParameter } from "mysql2/promise";
import type { Storage } from "../../domain/ports.ts";
import { invalidArgument } from "../../errors.ts";
import { addBuiltInTypes, hasBuiltInTypes } from "../sql/built-in-types.ts";
import { emptyDatabase } from "../sql/layout.ts";
import { type Engine, PooledStorage } from "../sql/pooled-storage.ts";
import { SqlTransaction } from "../sql/transaction.ts";
import { MysqlConnection } from "./connection.ts";
import { fromDriver } from "./errors.ts";
import { createMissingIndexes, createSchema, inspectSchema, missingIndexes } from "./schema.ts";

/** How to reach a MySQL or MariaDB database: the fields of the original's `MySQLDatabaseConfig`, or a URL. */
export interface MysqlOptions {
  /** `mysql://user:password@host:port/database`, in place of the address below. */
  readonly url?: string;
  /** Exactly one of `host` and `socket`. */
  readonly host?: string;
  /** 3306 unless given. */
  readonly port?: number | string;
  readonly socket?: string;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  /** The database exists; do not try to create it. */
  readonly skipDbCreation?: boolean;
  /** Change nothing at all: the database must exist and be of our schema version, and writes are PERMISSION_DENIED. */
  readonly readOnly?: boolean;
  /** Paths of PEM files. */
  readonly sslOptions?: {
    readonly key?: string;
    readonly cert?: string;
    readonly ca?: string;
    readonly cipher?: string;
    readonly verifyServerCert?: boolean;
  };
  /** How many connections to have at most, for reading and for writing each; 10 unless given. */
  readonly connectionsMax?: number;
  /** Is told the text of each statement with values. */
  readonly onStatement?: (text: string) => void;
}

const connectTimeoutMs = 10_000;

/**
 * Opens a database of the original's layout, version 10; an empty one is given it, a missing one is created.
 *
 * @throws MlmdError UNAVAILABLE: the server cannot be reached. UNAUTHENTICATED, NOT_FOUND, PERMISSION_DENIED: as it
 * answers. FAILED_PRECONDITION: another schema version. ABORTED, DATA_LOSS: as with SQLite. INVALID_ARGUMENT: the
 * options contradict each other.
 */
export async function openMysql(options: MysqlOptions): Promise<Storage> {
  const driver = await import("mysql2/promise");
  const { TypedParameter: typed } = (await import("mysql2")).default;
  const config = await poolConfig(options);
  if (!options.skipDbCreation && !options.readOnly) await createDatabase(driver, config);
  const pools = { read: driver.createPool(config), write: driver.createPool(config) };
  const engine = new MysqlEngine(pools, typed as typeof TypedParameter, options.onStatement);
  try {
    await (options.readOnly ? engine.check() : engine.prepare());
  } catch (error) {
    await engine.close();
    throw error;
  }
  return new PooledStorage(engine, options);
}

type Mode = "read" | "write";

/** Reads see one moment. Writes see what is committed by others, and lock what they are going to change. */
const isolation: Readonly<Record<Mode, string>> = { read: "REPEATABLE READ", write: "READ COMMITTED" };

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
    const pooled = await this.#pools[mode].getConnection().catch((error: unknown) => {
      throw fromDriver(error);
    });
    const connection = new MysqlConnection(pooled, mode, this.#typed, this.#onStatement);
    const session = pooled.connection;
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
    await Promise.all([this.#pools.read.end(), this.#pools.write.end()]);
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

  async #use(mode: Mode, work: (connection: MysqlConnection) => Promise<void>): Promise<void> {
    const connection = await this.connect(mode);
    let isBroken = true;
    try {
      await work(connection);
      isBroken = false;
    } finally {
      connection.release(isBroken);
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
  const [session] = await connection.query("SELECT @@SESSION.auto_increment_increment AS step");
  return session?.step as bigint;
}

async function isReady(connection: MysqlConnection): Promise<boolean> {
  if ((await inspectSchema(connection).catch(emptyWhenUnfinished)) === "empty") return false;
  if ((await missingIndexes(connection)).length > 0) return false;
  const tx = new SqlTransaction(await connection.begin());
  const hasAll = await hasBuiltInTypes(tx);
  await connection.commit();
  return hasAll;
}

/** Tables without a version are those of a creation that is under way, or was cut off. */
function emptyWhenUnfinished(error: unknown): "empty" {
  if ((error as { code?: unknown }).code === "ABORTED") return "empty";
  throw error;
}

/** One process at a time: creating tables is no transaction here. */
async function complete(connection: MysqlConnection): Promise<void> {
  const [lock] = await connection.query("SELECT GET_LOCK('mlmd.schema', 60) AS taken");
  if (lock?.taken !== 1n)
    throw invalidArgument("Another process has been creating the database for over a minute");
  try {
    if ((await inspectSchema(connection).catch(emptyWhenUnfinished)) === "empty")
      await createSchema(connection);
    await createMissingIndexes(connection);
    await addBuiltInTypes(new SqlTransaction(await connection.begin()));
    await connection.commit();
  } finally {
    await connection.query("SELECT RELEASE_LOCK('mlmd.schema')").catch(() => {});
  }
}

async function poolConfig(options: MysqlOptions): Promise<PoolOptions> {
  const { connectionsMax = 10 } = options;
  return {
    ...address(options),
    // What is announced, and so how texts are sent: see connection.ts.
    charset: "LATIN1_SWEDISH_CI",
    supportBigNumbers: true,
    connectTimeout: connectTimeoutMs,
    connectionLimit: connectionsMax,
    maxIdle: connectionsMax,
    enableKeepAlive: true,
    ...(options.sslOptions && { ssl: await tlsOptions(options.sslOptions) }),
  };
}

function address(options: MysqlOptions): PoolOptions {
  if (options.url !== undefined) {
    return { ...fromUrl(options.url), ...(options.password !== undefined && { password: options.password }) };
  }
  const { host, socket, port = 3306, database, user, password } = options;
  if ((host === undefined) === (socket === undefined))
    throw invalidArgument("MySQL needs exactly one of host and socket");
  if (database === undefined || database === "") throw invalidArgument("MySQL needs the name of a database");
  if (!/^\d{1,5}$/.test(String(port))) throw invalidArgument(`The MySQL port ${port} is not a number`);
  return {
    ...(host === undefined ? { socketPath: socket as string } : { host, port: Number(port) || 3306 }),
    database,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
  };
}

function fromUrl(text: string): PoolOptions {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const database = decodeURIComponent(url?.pathname.slice(1) ?? "");
  if (url === undefined || !/^(mysql|mariadb):$/.test(url.protocol) || database === "") {
    throw invalidArgument("The MySQL URL is not of the form mysql://user@host:port/database");
  }
  return {
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
  };
}

async function tlsOptions(options: NonNullable<MysqlOptions["sslOptions"]>): Promise<SslOptions> {
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await readFile(path, "utf8");
  const [key, cert, ca] = await Promise.all([read(options.key), read(options.cert), read(options.ca)]);
  return {
    ...(key !== undefined && { key }),
    ...(cert !== undefined && { cert }),
    ...(ca !== undefined && { ca }),
    ...(options.cipher !== undefined && { ciphers: options.cipher }),
    rejectUnauthorized: options.verifyServerCert ?? false,
  };
}

async function createDatabase(driver: typeof import("mysql2/promise"), config: PoolOptions): Promise<void> {
  const { connectionLimit, maxIdle, database, ...rest } = config;
  try {
    const connection = await driver.createConnection(rest);
    try {
      const [found] = await connection.query(
        "SELECT 1 FROM information_schema.schemata WHERE schema_name = ?",
        [database],
      );
      if ((found as unknown[]).length === 0)
        await connection.query(`CREATE DATABASE IF NOT EXISTS ${driver.escapeId(database as string)}`);
    } finally {
      await connection.end();
    }
  } catch (error) {
    throw fromDriver(error);
  }
}
