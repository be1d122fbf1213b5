import { readFile } from "node:fs/promises";
import type { ConnectionOptions, SslOptions } from "mysql2/promise";
import { invalidArgument } from "../../errors.ts";
import { fromDriver } from "./errors.ts";

/** How to reach a MySQL or MariaDB database: the fields of the original's `MySQLDatabaseConfig`, or a URL. */
export interface MysqlLocation {
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
  /** Paths of PEM files. */
  readonly sslOptions?: {
    readonly key?: string;
    readonly cert?: string;
    readonly ca?: string;
    readonly cipher?: string;
    readonly verifyServerCert?: boolean;
  };
}

const connectTimeoutMs = 10_000;

/** What the driver is to be told, for connections of any kind. */
export async function connectionOptions(location: MysqlLocation): Promise<ConnectionOptions> {
  return {
    ...address(location),
    // What is announced, and so how texts are sent: see connection.ts.
    charset: "LATIN1_SWEDISH_CI",
    supportBigNumbers: true,
    connectTimeout: connectTimeoutMs,
    enableKeepAlive: true,
    ...(location.sslOptions && { ssl: await tlsOptions(location.sslOptions) }),
  };
}

function address(options: MysqlLocation): ConnectionOptions {
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

function fromUrl(text: string): ConnectionOptions {
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

async function tlsOptions(options: NonNullable<MysqlLocation["sslOptions"]>): Promise<SslOptions> {
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
