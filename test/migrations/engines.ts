import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { MigrationConfig, StoreConfig } from "../../src/open.ts";
import { type Backend, databaseOn, type SharedDatabase, type TestServers } from "../support/backends.ts";
import * as mysql from "./mysql-databases.ts";
import * as postgres from "./postgres-databases.ts";
import * as sqlite from "./support.ts";

/** What the migrations of an engine are compared by. */
export interface MigrationEngineUnderTest {
  /** Integers of properties have 32 bits but on SQLite; the original cannot write a backslash to PostgreSQL. */
  readonly values: { readonly bits: number; readonly text: string };
  /** Run on a database that the original filled, for what its migrations would stumble over. */
  readonly prepared: string;
  readonly databases: TestDatabases;
  layoutOfVersion(version: number): unknown;
  /** The latest layout as our upgrade leaves it. */
  readonly upgraded: unknown;
  /** Rows without what the original's upgrade loses. */
  kept(rows: Record<string, string[]>): Record<string, string[]>;
}

/** The databases of the engine, by their names. */
export interface TestDatabases {
  copy(from: string, to: string): Promise<void>;
  query(database: string, sql: string): Promise<unknown>;
  layout(database: string): Promise<unknown>;
  rows(database: string): Promise<Record<string, string[]>>;
  close?(): Promise<void>;
}

/** The oldest version that the original's own downgrade gets to. */
export const oldestVersion: { readonly [B in Backend]: number } = { sqlite: 0, mysql: 0, postgres: 1 };

const latest = 10;
const backslash = "ünï 🚀 'quoted' \\";

export interface Place {
  readonly servers: TestServers;
  readonly folder: string;
}

export async function engineUnderTest(backend: Backend, place: Place): Promise<MigrationEngineUnderTest> {
  const plain = {
    prepared: "SELECT 1",
    values: { bits: 31, text: backslash },
    kept: (rows: Record<string, string[]>) => rows,
  };
  const port = backend === "sqlite" ? 0 : (place.servers[backend]?.port as number);
  switch (backend) {
    case "sqlite":
      return {
        ...plain,
        values: { bits: 63, text: backslash },
        databases: files(place.folder),
        layoutOfVersion: sqlite.layoutOfVersion,
        upgraded: sqlite.layoutOfVersion(latest),
      };
    case "mysql":
      return {
        ...plain,
        databases: await mysql.MysqlDatabases.connect(port),
        layoutOfVersion: mysql.layoutOfVersion,
        upgraded: mysql.layoutOfVersion(latest),
      };
    case "postgres":
      return {
        ...plain,
        values: { bits: 31, text: "ünï 🚀 'quoted'" },
        prepared: smallTimes,
        databases: new postgres.PostgresDatabases(port),
        layoutOfVersion: postgres.layoutOfVersion,
        upgraded: postgres.withShortTexts(postgres.layoutOfVersion(latest)),
        kept: withoutExternalIds,
      };
  }
}

/** The original's upgrade to version 9 puts times into 32 bits, and fails where they do not fit. */
const smallTimes = ["Artifact", "Execution", "Context"]
  .map(
    (table) =>
      `UPDATE ${table} SET create_time_since_epoch = id * 1000, last_update_time_since_epoch = id * 1001;`,
  )
  .join("");

/** They outlive a downgrade, and the original's upgrade takes them away. */
function withoutExternalIds(rows: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(rows).map(([table, lines]) => [
      table,
      lines.map((line) => line.replace(/\["external_id",[^\]]*\]/, '["external_id",null]')).sort(),
    ]),
  );
}

function files(folder: string): TestDatabases {
  const file = (name: string) => join(folder, `${name}.db`);
  return {
    copy: async (from, to) => copyFileSync(file(from), file(to)),
    query: async (name, sql) => sqlite.withDatabase(file(name), (database) => database.exec(sql)),
    layout: async (name) => sqlite.layoutOfFile(file(name)),
    rows: async (name) => sqlite.rowsOfFile(file(name)),
  };
}

/** A database as the original and ours are told of it. */
export function migratedDatabase(
  backend: Backend,
  name: string,
  place: Place,
): SharedDatabase & { readonly migration: MigrationConfig; upgrading: StoreConfig } {
  const shared = databaseOn(backend, name, place);
  const { ours } = shared;
  const enableUpgradeMigration = true;
  if ("sqlite" in ours) {
    const migration = { sqlite: { path: ours.sqlite.path as string } };
    return { ...shared, migration, upgrading: { sqlite: { ...ours.sqlite, enableUpgradeMigration } } };
  }
  if ("mysql" in ours)
    return { ...shared, migration: ours, upgrading: { mysql: { ...ours.mysql, enableUpgradeMigration } } };
  if ("postgresql" in ours) {
    const upgrading = { postgresql: { ...ours.postgresql, enableUpgradeMigration } };
    return { ...shared, migration: ours, upgrading };
  }
  throw new Error("not a database that can be migrated");
}
