import { MetadataStore } from "./client/store.ts";
import type { MetadataService } from "./contract/service.ts";
import type { LineageLimits } from "./domain/lineage/walk.ts";

import type { Storage } from "./domain/ports.ts";
import { type StoreOptions as DomainOptions, Store } from "./domain/store.ts";
import { invalidArgument } from "./errors.ts";
import type { GrpcConfig } from "./rpc/client.ts";
import type { Inspector } from "./storage/inspect/inspector.ts";
import type { MigrationOptions, Migrator } from "./storage/migrate/migrator.ts";
import type { MysqlLocation } from "./storage/mysql/location.ts";
import type { MysqlOptions } from "./storage/mysql/open.ts";
import type { PostgresLocation } from "./storage/postgres/location.ts";
import type { PostgresOptions } from "./storage/postgres/open.ts";
import type { SqliteMigrationOptions } from "./storage/sqlite/migrator.ts";
import type { SqliteOptions } from "./storage/sqlite/open.ts";

export { defaultLineageLimits, type LineageLimits } from "./domain/lineage/walk.ts";
export type { Diagnosis } from "./storage/inspect/inspector.ts";
export type { MigrationPlan, MigrationProgress, Migrator } from "./storage/migrate/migrator.ts";

/** Where the metadata is: exactly one of the alternatives. */
export type StoreConfig = (
  | {
      /** Everything in memory, gone when the store is closed. */
      readonly fake: true;
    }
  | {
      /** A database file in this process. */
      readonly sqlite: SqliteOptions;
    }
  | {
      /** A MySQL or MariaDB database, also one that the original uses. */
      readonly mysql: MysqlOptions;
    }
  | {
      /** A PostgreSQL database, also one that the original uses. */
      readonly postgresql: PostgresOptions;
    }
  | {
      /** A server: ours, or the original's. */
      readonly grpc: GrpcConfig;
    }
) & {
  /** Bounds on one lineage answer of an embedded store; a server has its own. */
  readonly lineageLimits?: LineageLimits;
};

/** The 52 operations on raw messages, and how to let go of what is behind them. */
export interface OpenService {
  readonly service: MetadataService;
  close(): Promise<void>;
}

/**
 * Opens a store, creating an empty database where there is none.
 *
 * @throws MlmdError as `openSqlite` says; a server is not contacted before the first call.
 */
export async function openStore(config: StoreConfig): Promise<MetadataStore> {
  const { service, close } = await openService(config);
  return new MetadataStore(service, close);
}

/** @internal The store without the client around it; what the server serves. */
export async function openService(config: StoreConfig, options: DomainOptions = {}): Promise<OpenService> {
  const alternatives = ["fake", "sqlite", "mysql", "postgresql", "grpc"].filter((name) => name in config);
  if (alternatives.length !== 1) {
    throw invalidArgument(
      "A store needs exactly one of { fake: true }, { sqlite: … }, { mysql: … }, { postgresql: … } and { grpc: … }",
    );
  }
  if ("grpc" in config) {
    const { connectGrpc } = await import("./rpc/client.ts");
    const client = connectGrpc(config.grpc);
    return { service: client, close: () => client.close() };
  }
  const storage = await openStorage(config);
  const limits = config.lineageLimits && { lineageLimits: config.lineageLimits };
  return { service: new Store(storage, { ...limits, ...options }), close: () => storage.close() };
}

/** A database whose schema version can be changed: exactly one of the alternatives. */
export type MigrationConfig =
  | { readonly sqlite: SqliteMigrationOptions }
  | { readonly mysql: MysqlLocation }
  | { readonly postgresql: PostgresLocation };

/**
 * Takes a database back to an older schema version, for an older release of the original; one that is at
 * `version` or older stays as it is. What has no place in the older version is lost.
 *
 * @throws MlmdError INVALID_ARGUMENT: a version that this release does not know, or an empty database.
 * NOT_FOUND: no such file. FAILED_PRECONDITION: the database is newer than this release. ABORTED: another
 * process has it locked. UNAVAILABLE, UNAUTHENTICATED: its server says so. After any failure it is as it was, but for
 * MySQL, where the next migration completes what was begun.
 */
export async function downgradeSchema(
  config: MigrationConfig,
  version: number,
  options: MigrationOptions = {},
): Promise<void> {
  await (await openMigrator(config)).down(version, options);
}

/** @internal What `mlmd migrate` works with. */
export async function openMigrator(config: MigrationConfig): Promise<Migrator> {
  if ("mysql" in config) return (await import("./storage/mysql/migrator.ts")).mysqlMigrator(config.mysql);
  if ("postgresql" in config) {
    return (await import("./storage/postgres/migrator.ts")).postgresMigrator(config.postgresql);
  }
  return (await import("./storage/sqlite/migrator.ts")).sqliteMigrator(config.sqlite);
}

/** @internal What `mlmd doctor` and `mlmd stats` look into a database with. */
export async function openInspector(config: MigrationConfig): Promise<Inspector> {
  if ("mysql" in config) return (await import("./storage/mysql/migrator.ts")).mysqlInspector(config.mysql);
  if ("postgresql" in config) {
    return (await import("./storage/postgres/migrator.ts")).postgresInspector(config.postgresql);
  }
  return (await import("./storage/sqlite/migrator.ts")).sqliteInspector(config.sqlite);
}

/** The drivers are loaded only when they are used. */
async function openStorage(config: Exclude<StoreConfig, { grpc: unknown }>): Promise<Storage> {
  if ("mysql" in config) return (await import("./storage/mysql/open.ts")).openMysql(config.mysql);
  if ("postgresql" in config) {
    return (await import("./storage/postgres/open.ts")).openPostgres(config.postgresql);
  }
  const { openSqlite } = await import("./storage/sqlite/open.ts");
  return openSqlite("fake" in config ? { memory: true } : config.sqlite);
}
