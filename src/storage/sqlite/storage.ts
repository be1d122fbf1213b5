import type { ReadTransaction, Storage, WriteTransaction } from "../../domain/ports.ts";
import { MlmdError } from "../../errors.ts";
import { withFacts } from "../sql/transaction.ts";
import { TypeFacts } from "../sql/type-facts.ts";
import type { SqliteConnection } from "./connection.ts";
import { fromDriver } from "./errors.ts";
import { GroupCommit } from "./group-commit.ts";
import { Queue } from "./queue.ts";

const waitingMax = 10_000;

/**
 * Writes are done one after the other on one connection. Reads have a connection of their own, so that they
 * do not wait for writes; a database in memory exists in one connection only, which then serves both.
 */
export class SqliteStorage implements Storage {
  readonly #reader: SqliteConnection;
  readonly #writer: SqliteConnection | undefined;
  readonly #reading = new Queue(waitingMax);
  readonly #writing: Queue;
  readonly #writes: GroupCommit | undefined;
  readonly #facts = new TypeFacts();
  readonly #afterClose: () => void;
  #closing: Promise<void> | undefined;

  /** Without a writer the storage refuses to write; the same connection twice is used for both. */
  constructor(reader: SqliteConnection, writer: SqliteConnection | undefined, afterClose = () => {}) {
    this.#reader = reader;
    this.#afterClose = afterClose;
    this.#writer = writer;
    this.#writing = writer === reader ? this.#reading : new Queue(waitingMax);
    if (writer) this.#writes = new GroupCommit(writer, this.#writing, waitingMax);
  }

  lookUp<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.read(work);
  }

  async read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    this.#checkOpen();
    return withFacts(this.#facts, (informed) => this.#reading.run(() => this.#reader.read(informed)), work);
  }

  async write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    this.#checkOpen();
    const writes = this.#writes;
    if (!writes) throw new MlmdError("PERMISSION_DENIED", "the database was opened for reading only");
    return withFacts(this.#facts, (informed) => writes.run(informed), work);
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await this.#reading.idle();
    await this.#writing.idle();
    try {
      // The last connection to close a database writes its log back into the file; a reader could not.
      if (this.#writer !== this.#reader) this.#reader.close();
      this.#writer?.close();
      this.#afterClose();
    } catch (error) {
      throw fromDriver(error);
    }
  }

  #checkOpen(): void {
    if (this.#closing) throw new MlmdError("FAILED_PRECONDITION", "the store is closed");
  }
}
