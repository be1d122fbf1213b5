import { Socket } from "node:net";

/**
 * Sends what is written in one turn of the event loop at once. A system call for each statement would cost more than
 * all else that the driver does, and wake up the server for each.
 */
export class BatchingSocket extends Socket {
  #isHolding = false;

  override connect(...target: never[]): this {
    super.connect(...(target as unknown as [number]));
    // Connecting takes any other `write` away.
    const write = this.write.bind(this) as (...args: unknown[]) => boolean;
    this.write = (...args: unknown[]) => {
      this.#hold();
      return write(...args);
    };
    return this;
  }

  override cork(): void {
    this.#hold();
    super.cork();
  }

  #hold(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    super.cork();
    process.nextTick(() => {
      this.#isHolding = false;
      this.uncork();
    });
  }
}
