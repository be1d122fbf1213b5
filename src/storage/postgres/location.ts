import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type pg from "pg";
import { invalidArgument, MlmdError } from "../../errors.ts";
import { fromDriver } from "./errors.ts";

/** How to reach a PostgreSQL database: the fields of the original's `PostgreSQLDatabaseConfig`, or a URL. */
export interface PostgresLocation {
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
  readonly ssloption?: {
    readonly sslmode?: string;
    readonly sslcert?: string;
    readonly sslkey?: string;
    readonly sslpassword?: string;
    readonly sslrootcert?: string;
  };
}

const connectTimeoutMs = 10_000;

/** Integers of every size as bigint; the rest as the driver has it. */
function typeParsers(driver: typeof pg): pg.CustomTypesConfig {
  const { INT2, INT4, INT8 } = driver.types.builtins;
  const integers: ReadonlySet<number> = new Set([INT2, INT4, INT8]);
  return {
    getTypeParser: ((oid: number, format?: "text" | "binary") =>
      integers.has(oid) ? BigInt : driver.types.getTypeParser(oid, format as "text")) as never,
  };
}

/** What the driver is to be told, for connections of any kind. */
export async function clientConfig(driver: typeof pg, options: PostgresLocation): Promise<pg.PoolConfig> {
  const shared = {
    connectionTimeoutMillis: connectTimeoutMs,
    pipeline: true,
    keepAlive: true,
    types: typeParsers(driver),
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
function withPassword(url: string, { password }: PostgresLocation): string {
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
  { passfile, dbname, user }: PostgresLocation,
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
async function tlsOptions(ssl: PostgresLocation["ssloption"] = {}): Promise<ConnectionOptions | false> {
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
export async function createDatabase(driver: typeof pg, config: pg.PoolConfig): Promise<void> {
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
