import { setTimeout as wait } from "node:timers/promises";
import {
  type ReadTransaction,
  type Storage,
  UniqueViolation,
  type WriteTransaction,
} from "../../domain/ports.ts";
import { MlmdError } from "../../errors.ts";
import type { Connection } from "./connection.ts";
import { SqlTransaction, withFacts } from "./transaction.ts";
import { TypeFacts } from "./type-facts.ts";

/** What a connection is taken for. Each statement of a look-up is a transaction by itself, others are in one. */
export type Mode = "look-up" | "read" | "write";

/** A database behind a network, as the pool over its driver gives it. */
export interface Engine {
  /** A connection of the pool for this; UNAVAILABLE where none can be had. */
  connect(mode: Mode): Promise<PooledConnection>;
  close(): Promise<void>;
}

export interface PooledConnection {
  /** Begins a transaction, if there is to be one. May answer before the database does: a failure then comes with the first statement. */
  begin(): Promise<Connection>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /**
   * Why a statement failed that was answered as if it had been done, if one did. The commit fails like that, and what
   * failed after it counts less.
   */
  earlierFailure(): Promise<unknown>;
  /** Gives the connection back; a broken one is not used again. */
  release(isBroken: boolean): void;
}

const attemptsMax = 5;
const firstWaitMaxMs = 10;

/**
 * Runs each operation on a connection of the pool. What the database gave up because of
 * another writer, or a connection that was lost before the commit began, is tried again here, a bounded number
 * of times; a commit whose outcome is not known never is.
 */
export class PooledStorage implements Storage {
  readonly #engine: Engine;
  readonly #isReadOnly: boolean;
  readonly #facts = new TypeFacts();
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(engine: Engine, { readOnly = false }: { readOnly?: boolean | undefined } = {}) {
    this.#engine = engine;
    this.#isReadOnly = readOnly;
  }

  lookUp<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#run("look-up", work);
  }

  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#run("read", work);
  }

  async write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    if (this.#isReadOnly)
      throw new MlmdError("PERMISSION_DENIED", "the database was opened for reading only");
    return this.#run("write", work);
  }

  /** Waits for the operations that have begun. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.allSettled(this.#running);
    await this.#engine.close();
  }

  async #run<T>(mode: Mode, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new MlmdError("FAILED_PRECONDITION", "the store is closed");
    const running = withFacts(this.#facts, (informed) => this.#attempts(mode, informed), work);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #attempts<T>(mode: Mode, work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(mode, work);
      } catch (error) {
        if (attempt === attemptsMax || !mayTryAgain(error, attempt)) throw error;
      }
      // Random, so that the writers that met do not meet again.
      await wait(Math.random() * firstWaitMaxMs * 2 ** attempt);
    }
  }

  async #attempt<T>(mode: Mode, work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
    const connection = await this.#engine.connect(mode);
    let isBroken = false;
    try {
      let result: T;
      try {
        const session = await connection.begin();
        result = await work(new SqlTransaction(session));
      } catch (later) {
        const error = (await connection.earlierFailure()) ?? later;
        isBroken = !(await rolledBack(connection, error));
        throw error;
      }
      await connection.commit().catch((error: unknown) => {
        isBroken = isLost(error);
        throw isBroken ? outcomeUnknown(error) : error;
      });
      return result;
    } finally {
      connection.release(isBroken);
    }
  }
}

/** The error that led here counts, not one of the rollback. */
async function rolledBack(connection: PooledConnection, error: unknown): Promise<boolean> {
  if (isLost(error)) return false;
  return connection.rollback().then(
    () => true,
    () => false,
  );
}

/**
 * A unique value may have been taken by a writer that was faster by a moment. The second attempt finds what that
 * one wrote, and reuses it or is refused again.
 */
function mayTryAgain(error: unknown, attempt: number): boolean {
  if (!(error instanceof MlmdError)) return false;
  if (error.cause instanceof UniqueViolation) return attempt === 1;
  return error.code === "ABORTED" || isLost(error);
}

function isLost(error: unknown): boolean {
  return error instanceof MlmdError && error.code === "UNAVAILABLE" && !(error.cause instanceof MlmdError);
}

function outcomeUnknown(cause: unknown): MlmdError {
  return new MlmdError(
    "UNAVAILABLE",
    "the connection to the database was lost while committing; whether the operation was done is not known",
    { cause },
  );
}
