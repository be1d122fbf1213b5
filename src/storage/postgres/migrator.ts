import { MlmdError } from "../../errors.ts";
import { type InspectedEngine, type InspectionSession, Inspector, type Row } from "../inspect/inspector.ts";
import { type MigrationEngine, type MigrationSession, Migrator } from "../migrate/migrator.ts";
import { schemaVersion } from "../sql/layout.ts";
import { PostgresConnection } from "./connection.ts";
import { fromDriver } from "./errors.ts";
import { clientConfig, type PostgresLocation } from "./location.ts";
import { takeSchemaLock } from "./lock.ts";
import { beforeDown, steps } from "./migrations.ts";
import { inspectSchema, presentIndexes, schemaVersionOf, wantedIndexes } from "./schema.ts";

/** For a database that exists. Each migration is one transaction; while one runs, others wait for it. */
export function postgresMigrator(location: PostgresLocation): Migrator {
  return new Migrator(new PostgresMigrationEngine(location));
}

/** The same for `Inspector`, which changes nothing. */
export function postgresInspector(location: PostgresLocation): Inspector {
  return new Inspector(new PostgresMigrationEngine(location));
}

/** How long to wait for another process that creates or migrates the tables. */
const lockWaitMaxS = 600;

/** How long to wait for a table that a transaction of others is using. */
const tableWaitMaxS = 60;

class PostgresMigrationEngine implements MigrationEngine, InspectedEngine {
  readonly wantedIndexes = wantedIndexes;
  readonly steps = steps;
  readonly beforeDown = beforeDown;
  readonly #location: PostgresLocation;

  constructor(location: PostgresLocation) {
    this.#location = location;
  }

  read<T>(work: (session: PostgresMigrationSession) => Promise<T>): Promise<T> {
    return this.#transaction("read", (connection) => work(new PostgresMigrationSession(connection)));
  }

  write<T>(work: (session: MigrationSession) => Promise<T>): Promise<T> {
    return this.#transaction("write", async (connection) => {
      await connection.query(
        `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
         SET LOCAL lock_timeout = '${lockWaitMaxS}s'`,
      );
      await takeSchemaLock(connection);
      await connection.query(`SET LOCAL lock_timeout = '${tableWaitMaxS}s'`);
      return work(new PostgresMigrationSession(connection));
    });
  }

  async #transaction<T>(
    mode: "read" | "write",
    work: (connection: PostgresConnection) => Promise<T>,
  ): Promise<T> {
    const { default: driver } = await import("pg");
    const pool = new driver.Pool({ ...(await clientConfig(driver, this.#location)), max: 1 });
    // Whoever waits for the failing statement is told as well.
    pool.on("connect", (client) => client.on("error", () => {}));
    try {
      const client = await pool.connect().catch((error: unknown) => {
        throw fromDriver(error);
      });
      const connection = new PostgresConnection(client, mode);
      try {
        await connection.begin();
        const result = await work(connection);
        await connection.commit();
        return result;
      } finally {
        // Ends a transaction that is still open.
        connection.release(true);
      }
    } finally {
      await pool.end();
    }
  }
}

class PostgresMigrationSession implements MigrationSession, InspectionSession {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
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
    const { rows } = await this.#connection.query(query);
    return Number(Object.values(rows[0] as object)[0]);
  }

  indexes(): Promise<ReadonlySet<string>> {
    return presentIndexes(this.#connection);
  }

  async rows(query: string): Promise<Row[]> {
    return (await this.#connection.query(query)).rows;
  }

  async check(): Promise<void> {
    if ((await inspectSchema(this.#connection)) !== "current") {
      throw new MlmdError("ABORTED", `the database holds no tables of schema version ${schemaVersion}`);
    }
  }
}
