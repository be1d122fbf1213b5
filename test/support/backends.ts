import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { type ConnectionConfig, ConnectionConfigSchema } from "../../src/contract/messages.ts";
import type { StoreConfig } from "../../src/open.ts";
import type { TestServer } from "./database-servers.ts";
import { sqliteFile } from "./original.ts";

export const backends = ["sqlite", "mysql", "postgres"] as const;
export type Backend = (typeof backends)[number];

export const backendNames: { readonly [B in Backend]: string } = {
  sqlite: "SQLite",
  mysql: "MariaDB",
  postgres: "PostgreSQL",
};

export function backendNamed(name: string): Backend {
  const found = backends.find((backend) => backend === name);
  if (found === undefined) throw new Error(`--backend takes one of ${backends.join(", ")}`);
  return found;
}

/** The throw-away servers, as far as they are started. */
export type TestServers = { readonly [B in Exclude<Backend, "sqlite">]?: TestServer | undefined };

/** A database as the original and ours are told of it. */
export interface SharedDatabase {
  readonly original: ConnectionConfig;
  readonly ours: StoreConfig;
}

const host = "127.0.0.1";
const users = { postgres: "mlmd", mysql: "root" } as const;

/** Why there is no such database here. */
export function missingBackend(backend: Backend, servers: TestServers): string | undefined {
  return backend === "sqlite" ? undefined : servers[backend]?.missing;
}

/** The database of this name on the backend, whether it is there or not; for SQLite a file in `folder`. */
export function databaseOn(
  backend: Backend,
  name: string,
  { servers, folder }: { readonly servers: TestServers; readonly folder: string },
): SharedDatabase {
  if (backend === "sqlite") {
    const path = join(folder, `${name}.db`);
    return { original: sqliteFile(path), ours: { sqlite: { path } } };
  }
  const port = servers[backend]?.port;
  if (port === undefined) throw new Error(`no server for ${backend} has been started`);
  if (backend === "postgres") {
    const settings = { host, port: String(port), user: users.postgres, dbname: name };
    const config = { case: "postgresql" as const, value: settings };
    return { original: create(ConnectionConfigSchema, { config }), ours: { postgresql: settings } };
  }
  const settings = { host, port, user: users.mysql, database: name };
  const config = { case: "mysql" as const, value: { ...settings, port: BigInt(port) } };
  return { original: create(ConnectionConfigSchema, { config }), ours: { mysql: settings } };
}

let databases = 0;

/** A name that no other process or test uses. */
export function newDatabaseName(purpose: string): string {
  return `${purpose}_${process.pid}_${++databases}`;
}
