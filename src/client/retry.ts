import { setTimeout as wait } from "node:timers/promises";
import { MlmdError } from "../errors.ts";

const attemptsMax = 5;
const firstWaitMax = 100;

/**
 * Calls again, up to 5 times in all, what was aborted because it met another writer: an aborted operation has
 * changed nothing. The waits are random, and twice as long each time (up to 0.1 s, 0.2 s, 0.4 s, 0.8 s), so that
 * the writers that met do not meet again.
 */
export async function retryAborted<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof MlmdError && error.code === "ABORTED") || attempt === attemptsMax) throw error;
    }
    await wait(Math.random() * firstWaitMax * 2 ** (attempt - 1));
  }
}
