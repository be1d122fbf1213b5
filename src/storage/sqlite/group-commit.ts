import { setImmediate } from "node:timers/promises";
import type { SqlTransaction } from "../sql/transaction.ts";
import type { SqliteConnection } from "./connection.ts";
import { type Queue, tooManyWaiting } from "./queue.ts";

/** How long writes may be added to a group, in milliseconds: the first one of it is answered no sooner. */
const groupMs = 10;

interface Write {
  readonly work: (tx: SqlTransaction) => Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes that wait at the same time share one commit, whose way to the disk is most of what a small write costs.
 * Each is all or nothing by a savepoint of its own, sees those before it, and is answered after the commit. If the
 * commit fails all of them fail, those that were refused included: what refused them may not have been stored.
 */
export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #queue: Queue;
  readonly #waitingMax: number;
  #waiting: Write[] = [];
  #isQueued = false;

  constructor(connection: SqliteConnection, queue: Queue, waitingMax: number) {
    this.#connection = connection;
    this.#queue = queue;
    this.#waitingMax = waitingMax;
  }

  /** Rejects with RESOURCE_EXHAUSTED where too many wait, else as `work` or the commit does. */
  run<T>(work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
    if (this.#waiting.length >= this.#waitingMax) return Promise.reject(tooManyWaiting());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as Write["resolve"], reject });
      if (!this.#isQueued) this.#enqueue();
    });
  }

  #enqueue(): void {
    this.#isQueued = true;
    this.#queue
      .run(async () => {
        // Writes that have reached the process but not this list come with the rest of the event loop's round.
        await setImmediate();
        await this.#commit();
        this.#isQueued = false;
        if (this.#waiting.length > 0) this.#enqueue();
      })
      .catch((error: unknown) => {
        this.#isQueued = false;
        this.#refuse(this.#waiting.splice(0), error);
      });
  }

  async #commit(): Promise<void> {
    const earliest = this.#waiting.length;
    const taken: Write[] = [];
    const answers: (() => void)[] = [];
    try {
      await this.#connection.begin("BEGIN IMMEDIATE");
      const start = performance.now();
      do {
        const write = this.#waiting.shift() as Write;
        taken.push(write);
        answers.push(await this.#run(write, answers.length === 0));
      } while (this.#waiting.length > 0 && performance.now() - start < groupMs);
      await this.#connection.commit();
    } catch (error) {
      this.#connection.rollback();
      this.#refuse(taken.length > 0 ? taken : this.#waiting.splice(0, earliest), error);
      return;
    }
    for (const answer of answers) answer();
  }

  /**
   * Gives what to answer once the commit is done; throws where the whole transaction is lost. The first one has
   * nothing before it to protect: it needs no savepoint, which would cost it a copy of every page that it changes.
   */
  async #run({ work, resolve, reject }: Write, isFirst: boolean): Promise<() => void> {
    if (isFirst) {
      const result = await this.#connection.session(work);
      return () => resolve(result);
    }
    const outcome = await this.#connection.savepoint(work);
    return "error" in outcome ? () => reject(outcome.error) : () => resolve(outcome.result);
  }

  #refuse(writes: readonly Write[], error: unknown): void {
    for (const { reject } of writes) reject(error);
  }
}
