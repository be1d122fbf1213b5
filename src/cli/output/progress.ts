import { countText } from "./values.ts";

/** What is done within this time needs no progress. */
const silentMs = 1000;
const intervalMs = 200;

/**
 * One line on standard error, if that is a terminal, that tells how far a command is. It is written when there is news:
 * a driver that works in this process leaves no time for timers.
 */
export class Progress {
  readonly #what: string;
  readonly #started = performance.now();
  readonly #counts = new Map<string, number>();
  #shownAt = 0;

  constructor(what: string) {
    this.#what = what;
  }

  add(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
    this.#show();
  }

  #show(): void {
    const now = performance.now();
    // A list that runs over the terminal tells by itself how far it is.
    if (!process.stderr.isTTY || now - this.#started < silentMs || now - this.#shownAt < intervalMs) return;
    this.#shownAt = now;
    const counts = [...this.#counts].map(([name, count]) => countText(count, name, name));
    const seconds = Math.round((now - this.#started) / 1000);
    process.stderr.write(`\r\x1b[2K${this.#what}: ${counts.join(", ")} (${seconds} s)`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shownAt > 0) process.stderr.write("\r\x1b[2K");
    this.#shownAt = 0;
  }
}
