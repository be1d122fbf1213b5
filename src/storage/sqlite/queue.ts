import { setImmediate } from "node:timers/promises";
import { MlmdError } from "../../errors.ts";

/** How long jobs may follow each other before the process gets to its sockets and timers. */
const turnMs = 10;

interface Waiting {
  readonly job: () => Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Runs jobs one at a time, in the order in which they came. */
export class Queue {
  readonly #lengthMax: number;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #turnStart = 0;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Rejects with RESOURCE_EXHAUSTED where the queue is full, else as the job does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#waiting.length >= this.#lengthMax) return Promise.reject(tooManyWaiting());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve: resolve as Waiting["resolve"], reject });
      this.#running ??= this.#runAll();
    });
  }

  /** Fulfils when no job is left. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** The driver is synchronous: without a pause a long queue would keep everything else in the process waiting. */
  async #runAll(): Promise<void> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (performance.now() - this.#turnStart > turnMs) {
        await setImmediate();
        this.#turnStart = performance.now();
      }
      await next.job().then(next.resolve, next.reject);
      this.#waiting.shift();
    }
    this.#running = undefined;
  }
}

export function tooManyWaiting(): MlmdError {
  return new MlmdError("RESOURCE_EXHAUSTED", "too many operations wait for the database");
}
