import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { type MetadataStore, openStore } from "../../src/index.ts";
import { startServer } from "../../src/rpc/server.ts";
import { newMysqlDatabase, newPostgresDatabase } from "./databases.ts";

/** A store under test and what must be undone after it. */
export interface OpenTarget {
  readonly store: MetadataStore;
  close(): Promise<void>;
}

/** In what databases differ by their column types and collations; a case asks these, never the engine's name. */
export interface Traits {
  /** Texts that differ in case, accents or trailing blanks are different texts. */
  readonly comparesExactly: boolean;
  /** The longest name, version or external id, in bytes of UTF-8. */
  readonly nameBytesMax: number;
  /** Whether text may hold the character NUL. */
  readonly storesNul: boolean;
  /** How large the integers of properties may be. */
  readonly integerBits: 32n | 64n;
}

/**
 * One way to reach a store. Each `open` gives a fresh, empty one. The store itself runs in this process, so
 * that a test can set the clock it sees.
 */
export interface Target {
  readonly name: string;
  /** Why this one cannot be had here. */
  readonly missing?: string | undefined;
  readonly traits: Traits;
  open(): Promise<OpenTarget>;
}

const { postgres, mysql } = { postgres: inject("postgres"), mysql: inject("mysql") };

export const sqliteTraits: Traits = {
  comparesExactly: true,
  nameBytesMax: Number.POSITIVE_INFINITY,
  storesNul: true,
  integerBits: 64n,
};

/** A new database needs one entry here; no case changes. */
const databases: readonly Target[] = [
  { name: "SQLite file", traits: sqliteTraits, open: openFile },
  { name: "in memory", traits: sqliteTraits, open: async () => opened(await openStore({ fake: true })) },
  {
    name: "PostgreSQL",
    missing: postgres.missing,
    traits: { comparesExactly: true, nameBytesMax: 255, storesNul: false, integerBits: 32n },
    open: async () =>
      opened(await openStore({ postgresql: await newPostgresDatabase(postgres.port as number) })),
  },
  {
    name: "MariaDB",
    missing: mysql.missing,
    traits: { comparesExactly: false, nameBytesMax: 255, storesNul: true, integerBits: 32n },
    open: async () => opened(await openStore({ mysql: await newMysqlDatabase(mysql.port as number) })),
  },
];

export const targets: readonly Target[] = databases.flatMap((database) => [
  { ...database, name: `${database.name}, embedded` },
  overGrpc(database),
]);

async function openFile(): Promise<OpenTarget> {
  const folder = await mkdtemp(join(tmpdir(), "mlmd-"));
  const store = await openStore({ sqlite: { path: join(folder, "mlmd.db"), mode: "READWRITE_OPENCREATE" } });
  return opened(store, () => rm(folder, { recursive: true }));
}

function overGrpc(database: Target): Target {
  return {
    ...database,
    name: `${database.name}, over gRPC`,
    open: async () => {
      const behind = await database.open();
      const server = await startServer({ service: behind.store.rpc, host: "127.0.0.1", port: 0 });
      const store = await openStore({ grpc: { host: "127.0.0.1", port: server.port } });
      return opened(store, async () => {
        await server.close();
        await behind.close();
      });
    },
  };
}

function opened(store: MetadataStore, cleanUp: () => Promise<unknown> = async () => {}): OpenTarget {
  return {
    store,
    close: async () => {
      await store.close();
      await cleanUp();
    },
  };
}
