import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type pg from "pg";
import type { Storage } from "../../domain/ports.ts";
import { invalidArgument, MlmdError } from "../../errors.ts";
import { addBuiltInTypes, hasBuiltInTypes } from "../sql/built-in-types.ts";
import { emptyDatabase } from "../sql/layout.ts";
import { type Engine, PooledStorage } from "../sql/pooled-storage.ts";
import { SqlTransaction } from "../sql/transaction.ts";
import { PostgresConnection, sessionSettings } from "./connection.ts";
import { fromDriver } from "./errors.ts";
import { completeIndexes, createSchema, hasAllIndexes, inspectSchema } from "./schema.ts";

/** How to reach a PostgreSQL database: the fields of the original's `PostgreSQLDatabaseConfig`, or a URL. */
export interface PostgresOptions {
  /** `postgresql://user:password@host:port/dbname?sslmode=…`, in place of the address below. */
  readonly url?: string;
  /** A host name, or the folder of a socket. Exactly one of `host` and `hostaddr`. */
  readonly host?: string;
  /** A numeric address. */
  readonly hostaddr?: string;
  readonly port?: number | string;
  readonly user?: string;
  readonly password?: string;
  /** A file of lines `host:port:database:user:password`, as libpq reads it. */
  readonly passfile?: string;
  readonly dbname?: string;
  /** The database exists; do not try to create it. */
  readonly skipDbCreation?: boolean;
  /** Change nothing at all: the database must exist and be of our schema version, and writes are PERMISSION_DENIED. */
  readonly readOnly?: boolean;
  readonly ssloption?: {
    readonly sslmode?: string;
    readonly sslcert?: string;
    readonly sslkey?: string;
    readonly sslpassword?: string;
    readonly sslrootcert?: string;
  };
  /** How many connections to have at most; 10 unless given. */
  readonly connectionsMax?: number;
  /** Is told the text of each statement inside a transaction; the inserts of a set of rows are one statement. */
  readonly onStatement?: (text: string) => void;
}

const connectTimeoutMs = 10_000;

/** Chosen at random once; every process that creates the layout waits for the same lock. */
const creationLock = 6_317_045_101n;

/**
 * Opens a database of the original's layout, version 10; an empty one is given it, a missing one is created.
 *
 * @throws MlmdError UNAVAILABLE: the server cannot be reached. UNAUTHENTICATED, NOT_FOUND, PERMISSION_DENIED: as it
 * answers. FAILED_PRECONDITION: another schema version. ABORTED, DATA_LOSS: as with SQLite. INVALID_ARGUMENT: the
 * options contradict each other.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const { default: driver } = await import("pg");
  const config = await clientConfig(options);
  if (!options.skipDbCreation && !options.readOnly) await createDatabase(driver, config);
  const engine = new PostgresEngine(driver, config, options);
  try {
    await (options.readOnly ? engine.check() : engine.prepare());
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
    this.#pool = new driver.Pool({
      ...config,
      max: connectionsMax,
      idleTimeoutMillis: 0,
      types: typeParsers(driver),
    });
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

  async connect(mode: "read" | "write"): Promise<PostgresConnection> {
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
      await connection.query("SELECT pg_advisory_xact_lock($1)", [creationLock]);
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

/** Integers of every size as bigint; the rest as the driver has it. */
function typeParsers(driver: typeof pg): pg.CustomTypesConfig {
  const { INT2, INT4, INT8 } = driver.types.builtins;
  const integers: ReadonlySet<number> = new Set([INT2, INT4, INT8]);
  return {
    getTypeParser: ((oid: number, format?: "text" | "binary") =>
      integers.has(oid) ? BigInt : driver.types.getTypeParser(oid, format as "text")) as never,
  };
}

async function clientConfig(options: PostgresOptions): Promise<pg.PoolConfig> {
  const shared = {
    connectionTimeoutMillis: connectTimeoutMs,
    pipeline: true,
    keepAlive: true,
  } as pg.PoolConfig;
  if (options.url !== undefined)
    return { ...shared, connectionString: withPassword(checkUrl(options.url), options) };
  const { host, hostaddr, port, user, dbname } = options;
  if ((host === undefined) === (hostaddr === undefined)) {
    throw invalidArgument("PostgreSQL needs exactly one of host and hostaddr");
  }
  if (port === undefined || user === undefined || dbname === undefined) {
    throw invalidArgument("PostgreSQL needs port, user and dbname");
  }
  if (!/^\d{1,5}$/.test(String(port))) throw invalidArgument(`The PostgreSQL port ${port} is not a number`);
  const address = { host: host ?? (hostaddr as string), port: Number(port) };
  const password = options.password ?? (await passwordFrom(options, address));
  return {
    ...shared,
    ...address,
    user,
    database: dbname,
    ...(password !== undefined && { password }),
    ssl: await tlsOptions(options.ssloption),
  };
}

/** The driver takes what stands in the URL before anything beside it. */
function withPassword(url: string, { password }: PostgresOptions): string {
  if (password === undefined) return url;
  const complete = new URL(url);
  complete.password = encodeURIComponent(password);
  return complete.href;
}

function checkUrl(url: string): string {
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return url;
  throw invalidArgument("The PostgreSQL URL is not of the form postgresql://user@host:port/dbname");
}

async function passwordFrom(
  { passfile, dbname, user }: PostgresOptions,
  { host, port }: { host: string; port: number },
): Promise<string | undefined> {
  if (passfile === undefined) return undefined;
  const wanted = [host, String(port), dbname, user];
  for (const line of (await readFile(passfile, "utf8")).split("\n")) {
    // A colon or backslash in a field is escaped with a backslash.
    const fields = line.match(/(?:\\.|[^:\\])+/g)?.map((field) => field.replace(/\\(.)/g, "$1")) ?? [];
    if (
      !line.startsWith("#") &&
      wanted.every((value, index) => fields[index] === "*" || fields[index] === value)
    ) {
      return fields[4];
    }
  }
  return undefined;
}

/** The modes of libpq; "allow" and "prefer" have no counterpart in the driver and mean the plain connection. */
async function tlsOptions(ssl: PostgresOptions["ssloption"] = {}): Promise<ConnectionOptions | false> {
  const { sslmode = "prefer", sslcert, sslkey, sslpassword, sslrootcert } = ssl;
  if (["disable", "allow", "prefer"].includes(sslmode)) return false;
  if (!["require", "verify-ca", "verify-full"].includes(sslmode)) {
    throw invalidArgument(`The sslmode ${sslmode} is not known`);
  }
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await readFile(path, "utf8");
  const [cert, key, ca] = await Promise.all([read(sslcert), read(sslkey), read(sslrootcert)]);
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
    ...(sslpassword !== undefined && { passphrase: sslpassword }),
    rejectUnauthorized: sslmode !== "require",
    ...(sslmode === "verify-ca" && { checkServerIdentity: () => undefined }),
  };
}

/** Where the database does not exist, it is created through the one that every server has. */
async function createDatabase(driver: typeof pg, config: pg.PoolConfig): Promise<void> {
  const probe = new driver.Client(config);
  try {
    await probe.connect();
    return;
  } catch (error) {
    const failure = fromDriver(error);
    if (!(failure instanceof MlmdError) || failure.code !== "NOT_FOUND") throw failure;
  } finally {
    await probe.end().catch(() => {});
  }
  const admin = new driver.Client(adminConfig(config));
  try {
    await admin.connect();
    await admin.query(`CREATE DATABASE ${driver.escapeIdentifier(databaseName(config))}`);
  } catch (error) {
    // Another process was faster, by a moment in the second case.
    if (!["42P04", "23505"].includes((error as { code: string }).code)) throw fromDriver(error);
  } finally {
    await admin.end().catch(() => {});
  }
}

function adminConfig(config: pg.PoolConfig): pg.PoolConfig {
  if (config.connectionString === undefined) return { ...config, database: "postgres" };
  const url = new URL(config.connectionString);
  url.pathname = "/postgres";
  return { ...config, connectionString: url.href };
}

function databaseName(config: pg.PoolConfig): string {
  if (config.connectionString === undefined) return config.database as string;
  return decodeURIComponent(new URL(config.connectionString).pathname.slice(1));
}
