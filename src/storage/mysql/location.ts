import { readdir } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import type { ConnectionOptions, SslOptions } from "mysql2/promise";
import { invalidArgument } from "../../errors.ts";
import {
  parametersOf,
  parseUrl,
  partsOf,
  portNumber,
  readConnectionFile,
  unreadable,
} from "../sql/location.ts";
import { fromDriver } from "./errors.ts";

/** How to reach a MySQL or MariaDB database: the fields of the original's `MySQLDatabaseConfig`, or a URL. */
export interface MysqlLocation {
  /**
   * `mysql://user:password@host:port/database`, in place of the fields below. Behind a `?` it may have `socket`, and
   * `ssl-mode`, `ssl-ca`, `ssl-capath`, `ssl-cert`, `ssl-key` and `ssl-cipher`, which are those of MySQL's own clients.
   */
  readonly url?: string;
  /** Exactly one of `host` and `socket`. */
  readonly host?: string;
  /** 3306 unless given. */
  readonly port?: number | string;
  readonly socket?: string;
  readonly database?: string;
  readonly user?: string;
  /** Goes before one in the URL. */
  readonly password?: string;
  /** The connection is encrypted when these are given. */
  readonly sslOptions?: MysqlSslOptions;
}

export interface MysqlSslOptions {
  /** Paths of PEM files: the client's key and certificate, and the authorities to trust in place of the system's. */
  readonly key?: string;
  readonly cert?: string;
  readonly ca?: string;
  /** A folder of such authorities. */
  readonly capath?: string;
  readonly cipher?: string;
  /** Whether the server's certificate must be of an authority that is trusted, and be for the host. */
  readonly verifyServerCert?: boolean;
  /** With false, the certificate may be for another host than the one that it is connected to. */
  readonly verifyIdentity?: boolean;
}

const connectTimeoutMs = 10_000;
const defaultPort = 3306;

/**
 * What the driver is to be told, for connections of any kind.
 *
 * @throws MlmdError INVALID_ARGUMENT: the options contradict each other. NOT_FOUND: a file that they name.
 */
export async function connectionOptions(location: MysqlLocation): Promise<ConnectionOptions> {
  const fields =
    location.url === undefined ? location : { ...fromUrl(location.url), ...givenBeside(location) };
  const { sslOptions } = fields;
  return {
    ...address(fields),
    // What is announced, and so how texts are sent: see connection.ts.
    charset: "LATIN1_SWEDISH_CI",
    supportBigNumbers: true,
    connectTimeout: connectTimeoutMs,
    enableKeepAlive: true,
    ...(sslOptions && { ssl: await tlsOptions(sslOptions, fields.host) }),
  };
}

function givenBeside({ password, sslOptions }: MysqlLocation): Partial<MysqlLocation> {
  return { ...(password !== undefined && { password }), ...(sslOptions && { sslOptions }) };
}

function address({ host, socket, port, database, user, password }: MysqlLocation): ConnectionOptions {
  if ((host === undefined) === (socket === undefined))
    throw invalidArgument("MySQL needs exactly one of host and socket");
  if (database === undefined || database === "") throw invalidArgument("MySQL needs the name of a database");
  return {
    ...(host === undefined
      ? { socketPath: socket as string }
      : { host, port: portNumber(port, defaultPort) }),
    database,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
  };
}

function fromUrl(text: string): MysqlLocation {
  const url = parseUrl(text, ["mysql:", "mariadb:"], "mysql://user@host:port/database");
  const parameters = parametersOf(url, urlParameters);
  const socket = parameters.get("socket");
  const { host, user, password, database } = partsOf(url);
  const sslOptions = tlsFromUrl(parameters);
  return {
    ...(socket === undefined ? { host, port: url.port } : { socket }),
    ...{ database, user, password },
    ...(sslOptions && { sslOptions }),
  };
}

const fileParameters = { key: "ssl-key", cert: "ssl-cert", ca: "ssl-ca", capath: "ssl-capath" } as const;
const urlParameters = ["socket", "ssl-mode", "ssl-cipher", ...Object.values(fileParameters)];

/** The modes that check nothing, or only the authority, or the host too. PREFERRED may be the plain connection. */
const sslModes: ReadonlyMap<
  string,
  Pick<MysqlSslOptions, "verifyServerCert" | "verifyIdentity"> | undefined
> = new Map([
  ["DISABLED", undefined],
  ["PREFERRED", undefined],
  ["REQUIRED", { verifyServerCert: false }],
  ["VERIFY_CA", { verifyServerCert: true, verifyIdentity: false }],
  ["VERIFY_IDENTITY", { verifyServerCert: true }],
]);

/** As MySQL's clients do, an authority that is given without a mode is one to check for. */
function tlsFromUrl(parameters: ReadonlyMap<string, string>): MysqlSslOptions | undefined {
  const hasAuthority = parameters.has("ssl-ca") || parameters.has("ssl-capath");
  const mode = (parameters.get("ssl-mode") ?? (hasAuthority ? "VERIFY_CA" : "PREFERRED")).toUpperCase();
  if (!sslModes.has(mode))
    throw invalidArgument(`The ssl-mode ${mode} is not known; known are ${[...sslModes.keys()].join(", ")}`);
  const checks = sslModes.get(mode);
  const files = Object.entries(fileParameters).flatMap(([field, parameter]) => {
    const path = parameters.get(parameter);
    return path === undefined ? [] : [[field, path] as const];
  });
  const cipher = parameters.get("ssl-cipher");
  return checks && { ...Object.fromEntries(files), ...(cipher !== undefined && { cipher }), ...checks };
}

async function tlsOptions(options: MysqlSslOptions, host: string | undefined): Promise<SslOptions> {
  const { key, cert, ca, capath, cipher, verifyServerCert = false, verifyIdentity = true } = options;
  const checksHost = verifyServerCert && verifyIdentity;
  // The driver would compare the certificate with "localhost".
  if (checksHost && host !== undefined && isIP(host) !== 0)
    throw invalidArgument(
      "A MySQL server's certificate can be checked for the name of a host, not for an address",
    );
  const authorities = [...(await readAll(ca)), ...(capath === undefined ? [] : await readFolder(capath))];
  return {
    ...(key !== undefined && { key: await readConnectionFile(key) }),
    ...(cert !== undefined && { cert: await readConnectionFile(cert) }),
    ...(authorities.length > 0 && { ca: authorities }),
    ...(cipher !== undefined && { ciphers: cipher }),
    rejectUnauthorized: verifyServerCert,
    verifyIdentity: checksHost,
  };
}

async function readAll(path: string | undefined): Promise<string[]> {
  return path === undefined ? [] : [await readConnectionFile(path)];
}

async function readFolder(path: string): Promise<string[]> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  // Beside the certificates there may be links to them, named by their hashes, and texts about them.
  const certificates = names.filter((name) => /\.(?:pem|crt|cer|\d+)$/.test(name)).sort();
  return Promise.all(certificates.map((name) => readConnectionFile(join(path, name))));
}

/** Creates the database that the options name, if there is none of that name. */
export async function createDatabase({ database, ...rest }: ConnectionOptions): Promise<void> {
  const driver = await import("mysql2/promise");
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
