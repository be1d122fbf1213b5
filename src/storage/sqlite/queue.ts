import { setImmediate } from "node:timers/promises";
import { MlmdError } from "../../errors.ts";

/** How long jobs may follow each other before the process gets to its sockets and timers. */
const turnMs = 10;

/** Runs jobs one at a time, in the order in which they came. */
export class Queue {
  readonly #lengthMax: number;
  #length = 0;
  #last: Promise<unknown> = Promise.resolve();
  #turnStart = 0;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Rejects with RESOURCE_EXHAUSTED where the queue is full, else as the job does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#length >= this.#lengthMax) {
      return Promise.reject(new MlmdError("RESOURCE_EXHAUSTED", "too many operations wait for the database"));
    }
    this.#length++;
    const result = this.#last.then(() => this.#start(job));
    this.#last = result.then(
      () => this.#length--,
      () => this.#length--,
    );
    return result;
  }

  /** Fulfils when the jobs that came so far are done. */
  async idle(): Promise<void> {
    await this.#last;
  }

  /** The driver is synchronous: without a pause a long queue would keep everything else in the process waiting. */
  async #start<T>(job: () => Promise<T>): Promise<T> {
    if (performance.now() - this.#turnStart > turnMs) {
      await setImmediate();
      this.#turnStart = performance.now();
    }
    return job();
  }
}
