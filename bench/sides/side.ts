import type { Operation } from "../workload.ts";

/** What a batch of operations came to. */
export interface Timing {
  readonly operations: number;
  readonly nanoseconds: number;
  /** Of the side's own process, in nanoseconds: a database server's is not in it. */
  readonly cpuNanoseconds: number;
}

/** One of those that are compared, with a store of its own. */
export interface Side {
  readonly name: string;
  /** Does the operations one after the other. Throws if one of them fails. */
  time(operations: readonly Operation[]): Promise<Timing>;
  /** The answers to an operation's calls; undefined where the side has none to compare. */
  answers(operation: Operation): Promise<Uint8Array[] | undefined>;
  close(): Promise<void>;
}

/** Times work that is done in this process. */
export async function timed(operations: number, work: () => Promise<void>): Promise<Timing> {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await work();
  const nanoseconds = Number(process.hrtime.bigint() - start);
  const { user, system } = process.cpuUsage(cpu);
  return { operations, nanoseconds, cpuNanoseconds: (user + system) * 1000 };
}
