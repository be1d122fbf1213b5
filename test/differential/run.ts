import type { Backend, TestServers } from "../support/backends.ts";
import { type KnownDifference, knownDifferencesOn } from "./known-differences.ts";
import type { Operation } from "./operation.ts";
import { show } from "./operation.ts";
import { Pair } from "./pair.ts";
import { describe } from "./report.ts";
import { replay, runRandom, type SequenceResult } from "./sequence.ts";
import { shrink } from "./shrink.ts";

/** Stores stay small, so that lists are short and a mismatch is soon reached again. */
const sequenceLength = 300;

/** A run of so many operations that each known difference should have come up in it, the rarest as well. */
const longEnough = 500_000;

const mismatchesShownMax = 8;

/** How many sequences to try in search of a short one that shows the same mismatch. */
const trialsMax = { sqlite: 2000, mysql: 200, postgres: 200 };

export interface RunOptions {
  readonly python: string;
  readonly backend: Backend;
  readonly servers?: TestServers;
  readonly operations: number;
  readonly seed: number;
  /** Is told, now and then, how many operations are done. */
  readonly onProgress?: (operations: number) => void;
  /** Is told of each mismatch that the report is going to show, as soon as it is found. */
  readonly onMismatch?: (text: string) => void;
}

export interface RunReport {
  readonly operations: number;
  readonly sequences: number;
  /** Operations that both stores answered OK, and alike. */
  readonly succeeded: number;
  readonly mismatches: number;
  /** The first mismatches, each with its seed and a shrunk sequence that leads to it. */
  readonly shown: readonly string[];
  readonly occurrences: ReadonlyMap<KnownDifference, number>;
  /** Known differences that did not come up, although the run was long enough. */
  readonly unseen: readonly KnownDifference[];
}

/** Runs random sequences on the original and on ours until so many operations are done. */
export async function runDifferential(options: RunOptions): Promise<RunReport> {
  const pair = await Pair.start(options.python, options.backend, options.servers);
  const known = knownDifferencesOn(options.backend);
  const occurrences = new Map(known.map((difference) => [difference, 0]));
  const totals = { operations: 0, sequences: 0, succeeded: 0, mismatches: 0 };
  const shown: string[] = [];
  try {
    while (totals.operations < options.operations) {
      const seed = options.seed + totals.sequences;
      const result = await runRandom(pair, seed, sequenceLength);
      totals.sequences++;
      totals.operations += result.operations.length;
      totals.succeeded += result.succeeded;
      for (const difference of result.differences) {
        occurrences.set(difference, (occurrences.get(difference) ?? 0) + 1);
      }
      if (result.mismatch) {
        totals.mismatches++;
        if (shown.length < mismatchesShownMax) {
          const text = await explainMismatch(pair, seed, result);
          shown.push(text);
          options.onMismatch?.(text);
        }
      }
      options.onProgress?.(totals.operations);
    }
  } finally {
    await pair.stop();
  }
  const unseen =
    totals.operations < longEnough ? [] : known.filter((difference) => !occurrences.get(difference));
  return { ...totals, shown, occurrences, unseen };
}

async function explainMismatch(pair: Pair, seed: number, result: SequenceResult): Promise<string> {
  const { mismatch, operations } = result;
  if (mismatch === undefined) throw new Error("nothing to explain");
  const sameMismatch = async (candidate: readonly Operation[]) => {
    const again = (await replay(pair, candidate)).mismatch;
    return (
      again?.operation.serial === mismatch.operation.serial &&
      again.original.code === mismatch.original.code &&
      again.ours.code === mismatch.ours.code
    );
  };
  const reproducible = await sameMismatch(operations);
  const short = reproducible ? await shrink(operations, sameMismatch, trialsMax[pair.backend]) : operations;
  const last = reproducible ? (await replay(pair, short)).mismatch : mismatch;
  return [
    `Mismatch in the sequence of seed ${seed}${reproducible ? "" : " (not again on replay)"}`,
    ...(reproducible ? short.slice(0, -1).map((operation) => `  ${show(operation)}`) : []),
    describe(last ?? mismatch),
  ].join("\n");
}

/** The report as text for a terminal. */
export function formatReport(report: RunReport): string {
  const { operations, sequences, succeeded, mismatches } = report;
  return [
    ...report.shown,
    `${operations} operations in ${sequences} sequences, ${succeeded} of them OK and alike; ${mismatches} mismatches`,
    "Known differences:",
    ...[...report.occurrences].map(([{ id }, count]) => `  ${String(count).padStart(7)} ${id}`),
    ...report.unseen.map(({ id }) => `Did not come up, so it should be removed from the list: ${id}`),
  ].join("\n");
}
