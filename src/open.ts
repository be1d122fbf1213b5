import { MetadataStore } from "./client/store.ts";
import type { MetadataService } from "./contract/service.ts";
import type { LineageLimits } from "./domain/lineage/walk.ts";

import type { Storage } from "./domain/ports.ts";
import { type StoreOptions as DomainOptions, Store } from "./domain/store.ts";
import { invalidArgument } from "./errors.ts";
import type { GrpcConfig } from "./rpc/client.ts";
import type { SqliteOptions } from "./storage/sqlite/open.ts";

export { defaultLineageLimits, type LineageLimits } from "./domain/lineage/walk.ts";

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
  const alternatives = ["fake", "sqlite", "grpc"].filter((name) => name in config);
  if (alternatives.length !== 1) {
    throw invalidArgument("A store needs exactly one of { fake: true }, { sqlite: … } and { grpc: … }");
  }
  if ("grpc" in config) {
    const { connectGrpc } = await import("./rpc/client.ts");
    const client = connectGrpc(config.grpc);
    return { service: client, close: () => client.close() };
  }
  const storage = await openStorage("fake" in config ? { memory: true } : config.sqlite);
  const limits = config.lineageLimits && { lineageLimits: config.lineageLimits };
  return { service: new Store(storage, { ...limits, ...options }), close: () => storage.close() };
}

async function openStorage(options: SqliteOptions): Promise<Storage> {
  const { openSqlite } = await import("./storage/sqlite/open.ts");
  return openSqlite(options);
}
