import { type DescMethodUnary, fromBinary } from "@bufbuild/protobuf";
import { methods } from "../src/contract/service.ts";
import { openService } from "../src/open.ts";
import { outcomeOf } from "../test/differential/compare.ts";
import type { Data } from "./data.ts";
import type { Engine, Place } from "./engines/engine.ts";
import { useWal } from "./engines/sqlite.ts";
import { Random } from "./random.ts";
import { minimumSide } from "./sides/minimum-side.ts";
import { originalSide } from "./sides/original.ts";
import { oursSide } from "./sides/ours.ts";
import type { Side, Timing } from "./sides/side.ts";
import { type Spread, spread } from "./statistics.ts";
import type { Call, Operation, Setup, Workload } from "./workload.ts";

export interface Timings {
  readonly rounds: number;
  /** How long one batch should take, in milliseconds. */
  readonly batchMs: number;
  readonly seed: number;
}

/** Microseconds for one operation. */
export interface SideFigure {
  readonly wall: Spread;
  readonly cpu: Spread;
}

export interface InProcessResult {
  readonly workload: string;
  readonly group: string;
  readonly changes: boolean;
  /** By the side's name. */
  readonly sides: Readonly<Record<string, SideFigure>>;
  /** How many times as long as ours, by the side's name; each round for itself. */
  readonly ratios: Readonly<Record<string, Spread>>;
  /** The same of the processors' time, which other programs of the machine disturb less. */
  readonly cpuRatios: Readonly<Record<string, Spread>>;
  /** Whether the original gave the same answers; undefined without it. */
  readonly sameAnswers?: boolean;
  readonly operations: number;
}

interface Opened {
  readonly sides: readonly Side[];
  readonly places: ReadonlyMap<string, Place>;
  readonly setup: Setup;
  close(): Promise<void>;
}

export const ours = "ours";
export const original = "original";
export const originalWal = "original, WAL";
export const minimum = "minimum";

/** Opens one store with the same rows for each side. */
export async function openSides(
  engine: Engine,
  data: Data | undefined,
  python: string | undefined,
  random: Random,
  setupData: Data,
): Promise<Opened> {
  const places = new Map<string, Place>();
  const sides: Side[] = [];
  const close = async () => {
    for (const side of sides) await side.close();
    for (const place of places.values()) await place.remove();
  };
  const place = async (name: string) => {
    const made = await engine.place(data);
    places.set(name, made);
    return made;
  };
  try {
    const { config } = await place(ours);
    const open = await openService(config);
    sides.push(oursSide(ours, open));
    if (python !== undefined) {
      sides.push(await originalSide(original, python, (await place(original)).original));
      if (engine.name === "sqlite") {
        const wal = await place(originalWal);
        useWal(wal);
        sides.push(await originalSide(originalWal, python, wal.original));
      }
    }
    const forMinimum = await place(minimum);
    // The minimum works on the layout with our indexes.
    await (await openService(forMinimum.config)).close();
    sides.push(minimumSide(await forMinimum.bare()));
    return { sides, places, setup: { data: setupData, random, service: open.service }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Interleaved rounds of one workload on all sides, in the other order every other round. */
export async function measure(
  opened: Opened,
  workload: Workload,
  timings: Timings,
): Promise<InProcessResult> {
  // Where nothing is changed, the original's own journal mode makes no difference that matters.
  const sides = opened.sides.filter(({ name }) => workload.changes || name !== originalWal);
  const draw = await workload.prepare({ ...opened.setup, random: new Random(timings.seed) });
  const sameAnswers = await compareAnswers(sides, [draw(), draw()]);
  const source = workload.changes
    ? await fresh(sides, draw, timings.batchMs)
    : await repeated(sides, draw, timings.batchMs);
  const rounds = new Map<string, Timing[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < timings.rounds; round++) {
    const operations = source(round);
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      rounds.get(side.name)?.push(await side.time(operations(side)));
    }
  }
  return { ...figures(workload, rounds), ...(sameAnswers !== undefined && { sameAnswers }) };
}

type Source = (round: number) => (side: Side) => readonly Operation[];

const batchMax = 5000;
const poolSize = 200;

/** The same new operations for all, as many as the slowest side does in the time of a batch. */
async function fresh(sides: readonly Side[], draw: () => Operation, batchMs: number): Promise<Source> {
  const trial = [draw(), draw(), draw()];
  let slowest = 0;
  for (const side of sides) slowest = Math.max(slowest, perOperation(await side.time(trial)));
  const count = batchLength(slowest, batchMs);
  return () => {
    const operations = Array.from({ length: count }, draw);
    return () => operations;
  };
}

/** Operations from a pool, as many as each side does in the time of a batch. */
async function repeated(sides: readonly Side[], draw: () => Operation, batchMs: number): Promise<Source> {
  const pool = Array.from({ length: poolSize }, draw);
  const counts = new Map<string, number>();
  const at = new Map<string, number>();
  const take = (side: Side, count: number) => {
    const from = at.get(side.name) ?? 0;
    at.set(side.name, from + count);
    return Array.from({ length: count }, (_, index) => pool[(from + index) % pool.length] as Operation);
  };
  for (const side of sides) {
    const first = perOperation(await side.time(take(side, 1)));
    // Once more, now that it is warm.
    const warm = perOperation(await side.time(take(side, batchLength(first, batchMs))));
    counts.set(side.name, batchLength(warm, batchMs));
  }
  return () => (side) => take(side, counts.get(side.name) as number);
}

function batchLength(nanoseconds: number, batchMs: number): number {
  return Math.min(batchMax, Math.max(1, Math.round((batchMs * 1e6) / nanoseconds)));
}

function perOperation({ nanoseconds, operations }: Timing): number {
  return nanoseconds / operations;
}

function figures({ name, group, changes }: Workload, rounds: ReadonlyMap<string, readonly Timing[]>) {
  const all = [...rounds];
  const base = rounds.get(ours) as Timing[];
  const ratiosOf = (cost: (timing: Timing) => number) =>
    Object.fromEntries(
      all
        .filter(([side]) => side !== ours)
        .map(([side, timings]): [string, Spread] => [
          side,
          spread(timings.map((timing, round) => cost(timing) / cost(base[round] as Timing))),
        ]),
    );
  return {
    ...{ workload: name, group, changes },
    sides: Object.fromEntries(
      all.map(([side, timings]): [string, SideFigure] => [
        side,
        { wall: spread(timings.map(wall)), cpu: spread(timings.map(cpu)) },
      ]),
    ),
    ratios: ratiosOf(wall),
    cpuRatios: ratiosOf(cpu),
    operations: base.reduce((sum, timing) => sum + timing.operations, 0),
  };
}

/** Microseconds for an operation. */
const wall = (timing: Timing) => perOperation(timing) / 1000;
const cpu = ({ cpuNanoseconds, operations }: Timing) => cpuNanoseconds / operations / 1000;

/** Does the operations on all sides, and compares what ours and the original answer but for times. */
async function compareAnswers(
  sides: readonly Side[],
  operations: readonly Operation[],
): Promise<boolean | undefined> {
  let same: boolean | undefined;
  for (const operation of operations) {
    const answers = new Map<string, string | undefined>();
    for (const side of sides) answers.set(side.name, readable(operation, await side.answers(operation)));
    const theirs = answers.get(original);
    if (theirs !== undefined) same = (same ?? true) && theirs === answers.get(ours);
  }
  return same;
}

/** The order of lists counts, but where the original leaves it open. */
function readable({ calls }: Operation, answers: readonly Uint8Array[] | undefined): string | undefined {
  return (
    answers &&
    JSON.stringify(
      answers.map((bytes, serial) => {
        const { method, request } = calls[serial] as Call;
        const { input, output } = methods.get(method) as DescMethodUnary;
        const response = fromBinary(output, bytes);
        const operation = { serial, method, request: fromBinary(input, request) };
        return outcomeOf(operation, { code: 0, message: "", response }, () => "").answer;
      }),
    )
  );
}

/** The tables in which the sides no longer have the same number of rows, after the same changes. */
export async function differingTables({ places }: Opened): Promise<string[]> {
  const counts = await Promise.all([...places.values()].map((place) => place.counts()));
  const [first = {}] = counts;
  return Object.keys(first).filter((table) => counts.some((count) => count[table] !== first[table]));
}
