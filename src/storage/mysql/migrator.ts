import type { TypedParameter } from "mysql2";
import { MlmdError } from "../../errors.ts";
import { type InspectedEngine, type InspectionSession, Inspector, type Row } from "../inspect/inspector.ts";
import {
  type MigrationEngine,
  type MigrationSession,
  Migrator,
  type MoveJournal,
} from "../migrate/migrator.ts";
import type { Direction } from "../migrate/step.ts";
import { schemaVersion } from "../sql/layout.ts";
import { fromPool, MysqlConnection } from "./connection.ts";
import { beginMove, endMove, unfinishedMove } from "./journal.ts";
import { connectionOptions, type MysqlLocation } from "./location.ts";
import { withSchemaLock } from "./lock.ts";
import { beforeDown, steps } from "./migrations.ts";
import { inspectSchema, presentIndexes, schemaVersionOf, wantedIndexes } from "./schema.ts";

/**
 * For a database that exists. The server commits each statement by itself: a migration that was cut off is completed by
 * the next one. While one runs, others wait for it, for up to ten minutes.
 */
export function mysqlMigrator(location: MysqlLocation): Migrator {
  return new Migrator(new MysqlMigrationEngine(location));
}

/** The same for `Inspector`, which changes nothing. */
export function mysqlInspector(location: MysqlLocation): Inspector {
  return new Inspector(new MysqlMigrationEngine(location));
}

/** How long to wait for a table that a transaction of others is using. */
const tableWaitMaxS = 60;

class MysqlMigrationEngine implements MigrationEngine, InspectedEngine {
  readonly wantedIndexes = wantedIndexes;
  readonly steps = steps;
  readonly beforeDown = beforeDown;
  readonly #location: MysqlLocation;

  constructor(location: MysqlLocation) {
    this.#location = location;
  }

  read<T>(work: (session: MysqlMigrationSession) => Promise<T>): Promise<T> {
    return this.#use((connection) => work(new MysqlMigrationSession(connection)));
  }

  write<T>(work: (session: MigrationSession) => Promise<T>): Promise<T> {
    return this.#use((connection) =>
      withSchemaLock(connection, () => work(new MysqlMigrationSession(connection))),
    );
  }

  /** One connection, which holds the lock: where it is lost, so is the lock, and nothing is done on another. */
  async #use<T>(work: (connection: MysqlConnection) => Promise<T>): Promise<T> {
    const { default: driver } = await import("mysql2");
    const pool = driver.createPool({ ...(await connectionOptions(this.#location)), connectionLimit: 1 });
    try {
      const typed = driver.TypedParameter as typeof TypedParameter;
      const connection = new MysqlConnection(await fromPool(pool), "write", typed);
      try {
        await setUpSession(connection);
        return await work(connection);
      } finally {
        connection.release(true);
      }
    } finally {
      await pool.promise().end();
    }
  }
}

/** Nothing may be cut to fit in silence, and no table waited for without end. */
async function setUpSession(connection: MysqlConnection): Promise<void> {
  await connection.query(
    `SET SESSION sql_mode = 'STRICT_ALL_TABLES', sql_safe_updates = 0, lock_wait_timeout = ${tableWaitMaxS}`,
  );
}

class MysqlMigrationSession implements MigrationSession, InspectionSession {
  readonly journal: MoveJournal;
  readonly #connection: MysqlConnection;

  constructor(connection: MysqlConnection) {
    this.#connection = connection;
    this.journal = {
      unfinished: async () => unfinishedMove(connection, await this.version()),
      begin: (move: Direction) => beginMove(connection, move),
      end: () => endMove(connection),
    };
  }

  async version(): Promise<number | undefined> {
    const version = await schemaVersionOf(this.#connection);
    return version === undefined ? undefined : Number(version);
  }

  async writeVersion(version: number): Promise<void> {
    await this.run(`UPDATE MLMDEnv SET schema_version = ${version}`);
  }

  async run(sql: string): Promise<void> {
    await this.#connection.query(sql);
  }

  async count(query: string): Promise<number> {
    const [row = {}] = await this.#connection.query(query);
    return Number(Object.values(row)[0]);
  }

  indexes(): Promise<ReadonlySet<string>> {
    return presentIndexes(this.#connection);
  }

  rows(query: string): Promise<Row[]> {
    return this.#connection.query(query);
  }

  async check(): Promise<void> {
    if ((await inspectSchema(this.#connection)) !== "current") {
      throw new MlmdError("ABORTED", `the database holds no tables of schema version ${schemaVersion}`);
    }
  }
}
