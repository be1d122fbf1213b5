import { type Comparison, type Outcome, outcomeOf, same, sameButForTies } from "./compare.ts";
import { Generator } from "./generate/generator.ts";
import { explain, type KnownDifference } from "./known-differences.ts";
import type { Operation } from "./operation.ts";
import type { Pair } from "./pair.ts";
import { Random } from "./random.ts";
import type { OriginalSide, OurSide, Reply } from "./sides.ts";
import { Times } from "./times.ts";

export interface SequenceResult {
  readonly operations: readonly Operation[];
  /** How many operations both sides answered OK. */
  readonly succeeded: number;
  readonly differences: readonly KnownDifference[];
  /** The first difference that nothing explains; with it the sequence ended. */
  readonly mismatch?: Comparison;
}

/** Makes and runs one sequence, on two empty stores, and at its end reads everything back from both. */
export async function runRandom(pair: Pair, seed: number, length: number): Promise<SequenceResult> {
  const generator = new Generator(new Random(seed));
  return withRun(pair, async (run) => {
    for (let count = 0; count < length && !run.ended; count++) {
      await run.step(generator.next(), generator);
    }
    for (const operation of generator.readEverything()) {
      if (!run.ended) await run.step(operation);
    }
  });
}

/** Runs the operations on two empty stores. */
export function replay(pair: Pair, operations: readonly Operation[]): Promise<SequenceResult> {
  return withRun(pair, async (run) => {
    for (const operation of operations) {
      if (!run.ended) await run.step(operation);
    }
  });
}

async function withRun(pair: Pair, work: (run: Run) => Promise<void>): Promise<SequenceResult> {
  const run = new Run(pair, ...(await pair.open()));
  try {
    await work(run);
    return run.result();
  } finally {
    await run.close();
  }
}

class Run {
  ended = false;
  readonly #pair: Pair;
  readonly #original: OriginalSide;
  readonly #ours: OurSide;
  readonly #times = new Times();
  readonly #earlier: Comparison[] = [];
  readonly #differences: KnownDifference[] = [];
  #succeeded = 0;
  #mismatch: Comparison | undefined;

  constructor(pair: Pair, original: OriginalSide, ours: OurSide) {
    this.#pair = pair;
    this.#original = original;
    this.#ours = ours;
  }

  async step(operation: Operation, generator?: Generator): Promise<void> {
    const perform = () => Promise.all([this.#original.perform(operation), this.#ours.perform(operation)]);
    const writes = operation.method.startsWith("put");
    const [original, ours] = await (writes ? this.#times.during(operation.serial, perform) : perform());
    const comparison: Comparison = {
      operation,
      original: this.#outcome(operation, original),
      ours: this.#outcome(operation, ours),
    };
    const agreed = this.#judge(comparison);
    if (original.response !== undefined) generator?.observe(operation, original.response, agreed);
    this.#earlier.push(comparison);
    if (writes && (original.code !== 0 || ours.code !== 0)) await this.#pair.closeIdGaps();
  }

  #outcome(operation: Operation, reply: Reply): Outcome {
    return outcomeOf(operation, reply, this.#times.name, this.#pair.backend);
  }

  #judge(comparison: Comparison): boolean {
    if (same(comparison)) {
      if (comparison.ours.code === 0) this.#succeeded++;
      return true;
    }
    // Not true: from different first pages on, the next ones need not be alike.
    if (sameButForTies(comparison)) return false;
    const difference = explain(comparison, this.#earlier, this.#pair.backend);
    if (difference === undefined) this.#mismatch = comparison;
    else this.#differences.push(difference);
    this.ended = difference === undefined || difference.parts === true;
    return false;
  }

  result(): SequenceResult {
    return {
      operations: this.#earlier.map(({ operation }) => operation),
      succeeded: this.#succeeded,
      differences: this.#differences,
      ...(this.#mismatch && { mismatch: this.#mismatch }),
    };
  }

  async close(): Promise<void> {
    await this.#original.close();
    await this.#ours.close();
  }
}
