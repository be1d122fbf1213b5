import type { ReadTransaction, Storage, WriteTransaction } from "../../domain/ports.ts";
import { MlmdError } from "../../errors.ts";
import type { SqliteConnection } from "./connection.ts";
import { fromDriver } from "./errors.ts";
import { Queue } from "./queue.ts";

const waitingMax = 10_000;

interface Lane {
  readonly connection: SqliteConnection;
  readonly queue: Queue;
}

/**
 * Writes are done one after the other on one connection. Reads have a connection of their own, so that they
 * do not wait for writes; a database in memory exists in one connection only, which then serves both.
 */
export class SqliteStorage implements Storage {
  readonly #reading: Lane;
  readonly #writing: Lane | undefined;
  #closing: Promise<void> | undefined;

  /** Without a writer the storage refuses to write; the same connection twice is used for both. */
  constructor(reader: SqliteConnection, writer: SqliteConnection | undefined) {
    this.#reading = { connection: reader, queue: new Queue(waitingMax) };
    if (writer === reader) this.#writing = this.#reading;
    else if (writer) this.#writing = { connection: writer, queue: new Queue(waitingMax) };
  }

  async read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    this.#checkOpen();
    const { connection, queue } = this.#reading;
    return queue.run(() => connection.transaction("BEGIN", work));
  }

  async write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    this.#checkOpen();
    if (!this.#writing) throw new MlmdError("PERMISSION_DENIED", "the database was opened for reading only");
    const { connection, queue } = this.#writing;
    return queue.run(() => connection.transaction("BEGIN IMMEDIATE", work));
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await this.#reading.queue.idle();
    await this.#writing?.queue.idle();
    try {
      // The last connection to close a database writes its log back into the file; a reader could not.
      if (this.#writing !== this.#reading) this.#reading.connection.close();
      this.#writing?.connection.close();
    } catch (error) {
      throw fromDriver(error);
    }
  }

  #checkOpen(): void {
    if (this.#closing) throw new MlmdError("FAILED_PRECONDITION", "the store is closed");
  }
}
