import { countText } from "./values.ts";

/** What is done within this time needs no progress. */
const silentMs = 1000;
const intervalMs = 200;

/** Those whose line may be on the terminal. */
const active = new Set<Progress>();

/** Before something else is written on the same terminal; what follows there tells by itself how far it is. */
export function endProgress(): void {
  for (const progress of active) progress.end();
}

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
    active.add(this);
  }

  add(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
    this.#show();
  }

  #show(): void {
    const now = performance.now();
    if (!this.#isShown() || now - this.#started < silentMs || now - this.#shownAt < intervalMs) return;
    this.#shownAt = now;
    const counts = [...this.#counts].map(([name, count]) => countText(count, name, name));
    const seconds = Math.round((now - this.#started) / 1000);
    process.stderr.write(`\r\x1b[2K${this.#what}: ${counts.join(", ")} (${seconds} s)`);
  }

  /** Says at once what is done next, which may take long and cannot tell how far it is. */
  next(what: string): void {
    if (!this.#isShown()) return;
    this.#shownAt = performance.now();
    process.stderr.write(`\r\x1b[2K${this.#what}: ${what}`);
  }

  #isShown(): boolean {
    return process.stderr.isTTY && active.has(this);
  }

  /** Takes the line away, for good. */
  end(): void {
    active.delete(this);
    if (this.#shownAt > 0) process.stderr.write("\r\x1b[2K");
    this.#shownAt = 0;
  }
}
