import type { ConnectionOptions } from "node:tls";
import type pg from "pg";
import { invalidArgument, MlmdError } from "../../errors.ts";
import { parametersOf, parseUrl, partsOf, portNumber, readConnectionFile } from "../sql/location.ts";
import { fromDriver } from "./errors.ts";
import { BatchingSocket } from "./socket.ts";

/** How to reach a PostgreSQL database: the fields of the original's `PostgreSQLDatabaseConfig`, or a URL. */
export interface PostgresLocation {
  /**
   * `postgresql://user:password@host:port/dbname`, in place of the fields below. Behind a `?` it may have `host` (the
   * folder of a socket), `user`, `passfile`, `sslmode`, `sslcert`, `sslkey`, `sslpassword` and `sslrootcert`.
   */
  readonly url?: string;
  /** A host name, or the folder of a socket. Exactly one of `host` and `hostaddr`. */
  readonly host?: string;
  /** A numeric address. */
  readonly hostaddr?: string;
  readonly port?: number | string;
  readonly user?: string;
  /** Goes before one in the URL. */
  readonly password?: string;
  /** A file of lines `host:port:database:user:password`, as libpq reads it. */
  readonly passfile?: string;
  readonly dbname?: string;
  readonly ssloption?: PostgresSslOption;
}

/** As libpq has them; the files are in PEM form. */
export interface PostgresSslOption {
  /**
   * `require` checks nothing unless there is a `sslrootcert`, `verify-ca` the authority of the server's certificate,
   * `verify-full` also that it is for the host. With the others the connection is not encrypted.
   */
  readonly sslmode?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
  readonly sslpassword?: string;
  readonly sslrootcert?: string;
}

const connectTimeoutMs = 10_000;
const defaultPort = 5432;

/** Integers of every size as bigint; the rest as the driver has it. */
function typeParsers(driver: typeof pg): pg.CustomTypesConfig {
  const { INT2, INT4, INT8 } = driver.types.builtins;
  const integers: ReadonlySet<number> = new Set([INT2, INT4, INT8]);
  return {
    getTypeParser: ((oid: number, format?: "text" | "binary") =>
      integers.has(oid) ? BigInt : driver.types.getTypeParser(oid, format as "text")) as never,
  };
}

/**
 * What the driver is to be told, for connections of any kind.
 *
 * @throws MlmdError INVALID_ARGUMENT: the options contradict each other. NOT_FOUND: a file that they name.
 */
export async function clientConfig(driver: typeof pg, options: PostgresLocation): Promise<pg.PoolConfig> {
  const shared = {
    connectionTimeoutMillis: connectTimeoutMs,
    pipeline: true,
    stream: () => new BatchingSocket(),
    keepAlive: true,
    types: typeParsers(driver),
  } as pg.PoolConfig;
  const fields = options.url === undefined ? options : { ...fromUrl(options.url), ...givenBeside(options) };
  const { host, hostaddr, user, dbname, ssloption } = fields;
  if ((host === undefined) === (hostaddr === undefined)) {
    throw invalidArgument("PostgreSQL needs exactly one of host and hostaddr");
  }
  if (fields.port === undefined || user === undefined || dbname === undefined) {
    throw invalidArgument("PostgreSQL needs port, user and dbname");
  }
  const address = { host: host ?? (hostaddr as string), port: portNumber(fields.port, defaultPort) };
  const password = fields.password ?? (await passwordFrom(fields, address));
  return {
    ...shared,
    ...address,
    user,
    database: dbname,
    ...(password !== undefined && { password }),
    ssl: await tlsOptions(ssloption),
  };
}

function givenBeside({ password, passfile, ssloption }: PostgresLocation): Partial<PostgresLocation> {
  return {
    ...(password !== undefined && { password }),
    ...(passfile !== undefined && { passfile }),
    ...(ssloption && { ssloption }),
  };
}

const sslParameters = ["sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert"] as const;

/** The driver would read it too, but has meanings of its own for the modes of TLS. */
function fromUrl(text: string): PostgresLocation {
  const url = parseUrl(text, ["postgresql:", "postgres:"], "postgresql://user@host:port/dbname");
  const parameters = parametersOf(url, ["host", "user", "passfile", ...sslParameters]);
  const { host, password, database, ...parts } = partsOf(url);
  const user = parameters.get("user") ?? parts.user;
  const passfile = parameters.get("passfile");
  const ssl = sslParameters.flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    host: parameters.get("host") ?? host,
    port: url.port,
    ...(user !== "" && { user }),
    ...(database !== "" && { dbname: database }),
    ...(password !== "" && { password }),
    ...(passfile !== undefined && { passfile }),
    ssloption: Object.fromEntries(ssl),
  };
}

async function passwordFrom(
  { passfile, dbname, user }: PostgresLocation,
  { host, port }: { host: string; port: number },
): Promise<string | undefined> {
  if (passfile === undefined) return undefined;
  const wanted = [host, String(port), dbname, user];
  for (const line of (await readConnectionFile(passfile)).split("\n")) {
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
async function tlsOptions(ssl: PostgresSslOption = {}): Promise<ConnectionOptions | false> {
  const { sslmode = "prefer", sslcert, sslkey, sslpassword, sslrootcert } = ssl;
  if (["disable", "allow", "prefer"].includes(sslmode)) return false;
  if (!["require", "verify-ca", "verify-full"].includes(sslmode)) {
    throw invalidArgument(`The sslmode ${sslmode} is not known`);
  }
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : readConnectionFile(path);
  const [cert, key, ca] = await Promise.all([read(sslcert), read(sslkey), read(sslrootcert)]);
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
    ...(sslpassword !== undefined && { passphrase: sslpassword }),
    rejectUnauthorized: sslmode !== "require" || ca !== undefined,
    ...(sslmode !== "verify-full" && { checkServerIdentity: () => undefined }),
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
  const admin = new driver.Client({ ...config, database: "postgres" });
  try {
    await admin.connect();
    await admin.query(`CREATE DATABASE ${driver.escapeIdentifier(config.database as string)}`);
  } catch (error) {
    // Another process was faster, by a moment in the second case.
    if (!["42P04", "23505"].includes((error as { code: string }).code)) throw fromDriver(error);
  } finally {
    await admin.end().catch(() => {});
  }
}
