import type { NameTime } from "./canonical.ts";

/**
 * Which operation a stored time comes from. Both stores read the same clock, and every operation that may
 * write starts in a new millisecond, so a time in an operation's span can only be its own.
 */
export class Times {
  readonly #starts: number[] = [];
  readonly #spans: { readonly serial: number; readonly end: number }[] = [];

  /** Runs the operation in a span of its own. */
  async during<T>(serial: number, work: () => Promise<T>): Promise<T> {
    const previousEnd = this.#spans.at(-1)?.end ?? 0;
    let start = Date.now();
    while (start <= previousEnd) start = Date.now();
    try {
      return await work();
    } finally {
      this.#starts.push(start);
      this.#spans.push({ serial, end: Date.now() });
    }
  }

  /** `at 17` for a time of operation 17; other times, such as those that a request named, as they are. */
  readonly name: NameTime = (milliseconds) => {
    const time = Number(milliseconds);
    const index = this.#lastStartedBy(time);
    const span = this.#spans[index];
    return span !== undefined && time <= span.end ? `at ${span.serial}` : String(milliseconds);
  };

  #lastStartedBy(time: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
