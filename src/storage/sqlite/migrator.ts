import type Database from "better-sqlite3";
import { invalidArgument, MlmdError } from "../../errors.ts";
import { type InspectionSession, Inspector, type Row } from "../inspect/inspector.ts";
import { type MigrationEngine, type MigrationSession, Migrator } from "../migrate/migrator.ts";
import { schemaVersion } from "../sql/layout.ts";
import { SqliteConnection } from "./connection.ts";
import { type ConnectionMode, loadDriver, opener } from "./driver.ts";
import { checkExists, type Location, locate, type OpenMode } from "./location.ts";
import { beforeDown, steps } from "./migrations.ts";
import { traceRemover } from "./reader-traces.ts";
import { inspectSchema, presentIndexes, schemaVersionOf, wantedIndexes } from "./schema.ts";

export interface SqliteMigrationOptions {
  /** A path or a `file:` URI. */
  readonly path: string;
  /** How long to wait for other processes' locks, in milliseconds, before ABORTED; 60,000 unless given. */
  readonly busyTimeoutMs?: number;
}

/** The lock may be that of another process which migrates the same file. */
export const migrationTimeoutMs = 60_000;

/**
 * For a database file that exists. Each migration is one transaction, and leaves the journal mode as it is.
 * While it runs it keeps the process busy.
 *
 * @throws MlmdError NOT_FOUND: no such file. INVALID_ARGUMENT: a database in memory, or a `file:` URI that
 * cannot be read.
 */
export async function sqliteMigrator({ path, busyTimeoutMs }: SqliteMigrationOptions): Promise<Migrator> {
  const location = existingFile(path, "READWRITE");
  const timeoutMs = busyTimeoutMs ?? migrationTimeoutMs;
  return migratorFor(opener(await loadDriver(), location, timeoutMs), timeoutMs);
}

/** The same for `Inspector`: nothing in the file or beside it is changed. */
export async function sqliteInspector({ path, busyTimeoutMs }: SqliteMigrationOptions): Promise<Inspector> {
  const location = existingFile(path, "READONLY");
  const timeoutMs = busyTimeoutMs ?? migrationTimeoutMs;
  const driver = await loadDriver();
  const engine = new SqliteMigrationEngine(opener(driver, location, timeoutMs), timeoutMs);
  return new Inspector({
    wantedIndexes,
    read: async (work) => {
      const removeTraces = traceRemover(driver, location.path);
      return engine.read(work).finally(removeTraces);
    },
  });
}

function existingFile(path: string, mode: OpenMode): Exclude<Location, "memory"> {
  const location = locate(path, mode);
  if (location === "memory")
    throw invalidArgument("a database in memory cannot be opened again: name a file");
  checkExists(location);
  return location;
}

/** For the database that `open` opens, with connections of its own. */
export function migratorFor(
  open: (mode: ConnectionMode) => Database.Database,
  busyTimeoutMs: number,
): Migrator {
  return new Migrator(new SqliteMigrationEngine(open, busyTimeoutMs));
}

class SqliteMigrationEngine implements MigrationEngine {
  readonly steps = steps;
  readonly beforeDown = beforeDown;
  readonly #open: (mode: ConnectionMode) => Database.Database;
  readonly #busyTimeoutMs: number;

  constructor(open: (mode: ConnectionMode) => Database.Database, busyTimeoutMs: number) {
    this.#open = open;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  read<T>(work: (session: SqliteMigrationSession) => Promise<T>): Promise<T> {
    return this.#transaction(() => this.#open("read"), "BEGIN", work);
  }

  write<T>(work: (session: MigrationSession) => Promise<T>): Promise<T> {
    return this.#transaction(() => this.#openForChanges(), "BEGIN IMMEDIATE", work);
  }

  /** A table is replaced by a new one of its name: views and foreign keys of others must not mind. */
  #openForChanges(): Database.Database {
    const database = this.#open("write");
    database.pragma("foreign_keys = OFF");
    database.pragma("legacy_alter_table = ON");
    return database;
  }

  async #transaction<T>(
    open: () => Database.Database,
    begin: "BEGIN" | "BEGIN IMMEDIATE",
    work: (session: SqliteMigrationSession) => Promise<T>,
  ): Promise<T> {
    const connection = new SqliteConnection(open, this.#busyTimeoutMs);
    try {
      return await connection.retryWhileBusy(() =>
        connection.transaction(begin, () => work(new SqliteMigrationSession(connection))),
      );
    } finally {
      connection.close();
    }
  }
}

class SqliteMigrationSession implements MigrationSession, InspectionSession {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async version(): Promise<number | undefined> {
    const version = this.#connection.use(schemaVersionOf);
    return version === undefined ? undefined : Number(version);
  }

  async writeVersion(version: number): Promise<void> {
    this.#connection.use((database) =>
      database.prepare("UPDATE MLMDEnv SET schema_version = ?").run(version),
    );
  }

  async run(sql: string): Promise<void> {
    this.#connection.use((database) => database.exec(sql));
  }

  async count(query: string): Promise<number> {
    return Number(this.#connection.use((database) => database.prepare(query).pluck().get()));
  }

  async indexes(): Promise<ReadonlySet<string>> {
    return this.#connection.use(presentIndexes);
  }

  async rows(query: string): Promise<Row[]> {
    return this.#connection.use((database) => database.prepare(query).all() as Row[]);
  }

  async damage(): Promise<string[]> {
    const found = this.#connection.use((database) => database.prepare("PRAGMA quick_check(5)").pluck().all());
    return (found as string[]).filter((text) => text !== "ok");
  }

  async check(): Promise<void> {
    const state = this.#connection.use(inspectSchema);
    if (state !== "current") {
      throw new MlmdError("ABORTED", `the database holds no tables of schema version ${schemaVersion}`);
    }
  }
}
