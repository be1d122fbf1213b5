import { type DescMethodUnary, fromBinary } from "@bufbuild/protobuf";
import { type MetadataService, methods } from "../src/contract/service.ts";
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
import type { Call, EngineName, Operation, Workload } from "./workload.ts";

export interface Timings {
  readonly rounds: number;
  /** How long one batch should take, in milliseconds. */
  readonly batchMs: number;
  readonly seed: number;
  /** No round begins later than this after the first one of a workload, in milliseconds. */
  readonly workloadMaxMs: number;
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
  readonly rounds: number;
  /** At least so many times as fast as the original. */
  readonly goal?: number;
  readonly isFlat?: boolean;
}

/** The sides of one comparison, each with its store. */
export interface Opened {
  readonly engine: Engine;
  readonly data: Data;
  readonly sides: readonly Side[];
  readonly places: readonly Place[];
  readonly service: MetadataService;
  close(): Promise<void>;
}

export const ours = "ours";
export const original = "original";
export const originalWal = "original, WAL";
export const minimum = "minimum";

/** Opens one store with the same rows for ours and each other side that is wanted: those of `data`, none where it has no artifacts. */
export async function openSides(
  engine: Engine,
  data: Data,
  python: string | undefined,
  wantedSides: readonly string[],
): Promise<Opened> {
  const places: Place[] = [];
  const sides: Side[] = [];
  const close = async () => {
    for (const side of sides) await side.close();
    for (const place of places) await place.remove();
  };
  const newPlace = async () => {
    const place = await engine.place(data.artifacts === 0 ? undefined : data);
    places.push(place);
    return place;
  };
  const wanted = (name: string) => wantedSides.includes(name);
  try {
    const open = await openService((await newPlace()).config);
    sides.push(oursSide(ours, open));
    if (python !== undefined && wanted(original)) {
      sides.push(await originalSide(original, python, (await newPlace()).original));
    }
    if (python !== undefined && wanted(originalWal) && engine.name === "sqlite") {
      const place = await newPlace();
      useWal(place);
      sides.push(await originalSide(originalWal, python, place.original));
    }
    if (wanted(minimum)) {
      const place = await newPlace();
      // It works on the layout with our indexes.
      await (await openService(place.config)).close();
      sides.push(minimumSide(await place.bare()));
    }
    return { engine, data, sides, places, service: open.service, close };
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
  // Where nothing is changed, it makes no difference how the original keeps its journal.
  const sides = opened.sides.filter(({ name }) => workload.changes || name !== originalWal);
  const { data, service, engine } = opened;
  const setup = { data, service, random: new Random(timings.seed) };
  const first = (await workload.setUp?.(setup)) ?? [];
  // All stores stay in step, also those that this workload does not time.
  if (first.length > 0) for (const side of opened.sides) await side.time(first);
  const draw = await workload.prepare(setup);
  const sameAnswers = await compareAnswers(sides, [draw(), draw()], engine.name);
  const source = await (workload.changes ? fresh : repeated)(sides, draw, workload, timings);
  const rounds = new Map<string, Timing[]>(sides.map(({ name }) => [name, []]));
  const end = performance.now() + timings.workloadMaxMs;
  for (let round = 0; round < timings.rounds && performance.now() < end; round++) {
    const operations = source();
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      rounds.get(side.name)?.push(await side.time(operations(side)));
    }
  }
  const goal = (data.artifacts >= 1_000_000 ? workload.goalAtMillion : undefined) ?? workload.goal;
  return {
    ...figures(workload, rounds),
    ...(sameAnswers !== undefined && { sameAnswers }),
    ...(goal?.[engine.name] !== undefined && { goal: goal[engine.name] }),
    ...(workload.isFlat && { isFlat: true }),
  };
}

/** The operations of the next round, for each side. */
type Source = () => (side: Side) => readonly Operation[];

const batchMax = 5000;
const poolSize = 200;

/** The same new operations for all, as many as the slowest side does in the time of a batch. */
async function fresh(
  sides: readonly Side[],
  draw: () => Operation,
  { operationsMax = batchMax }: Workload,
  { batchMs }: Timings,
): Promise<Source> {
  let count = Math.min(operationsMax, 3);
  const source = () => {
    const operations = Array.from({ length: count }, draw);
    return () => operations;
  };
  const setCount = (times: readonly number[]) => {
    count = Math.min(operationsMax, batchLength(Math.max(...times), batchMs));
  };
  setCount(await timesOf(sides, source()));
  setCount(await warmUp(sides, source));
  return source;
}

/** Operations from a pool, as many as each side does in the time of a batch. */
async function repeated(
  sides: readonly Side[],
  draw: () => Operation,
  { operationsMax = poolSize }: Workload,
  { batchMs }: Timings,
): Promise<Source> {
  const pool = Array.from({ length: Math.min(poolSize, operationsMax) }, draw);
  const counts = new Map<string, number>();
  const at = new Map<string, number>();
  const take = (side: Side, count: number) => {
    const from = at.get(side.name) ?? 0;
    at.set(side.name, from + count);
    return Array.from({ length: count }, (_, index) => pool[(from + index) % pool.length] as Operation);
  };
  const source = () => (side: Side) => take(side, counts.get(side.name) ?? 1);
  for (const side of sides) {
    const setCount = ([time]: readonly number[]) =>
      counts.set(side.name, batchLength(time as number, batchMs));
    setCount(await timesOf([side], source()));
    // What takes as long as a batch is as warm as it gets.
    if (counts.get(side.name) !== 1) setCount(await warmUp([side], source));
  }
  return source;
}

const warmUpsMax = 8;

/** Batches until they get no notably faster: code is compiled as it is used. Gives the times of the last one. */
async function warmUp(sides: readonly Side[], source: Source): Promise<number[]> {
  let times = await timesOf(sides, source());
  for (let batches = 1; batches < warmUpsMax; batches++) {
    const before = times;
    times = await timesOf(sides, source());
    if (times.every((time, index) => time > 0.9 * (before[index] as number))) break;
  }
  return times;
}

/** Nanoseconds for an operation, of each side. */
async function timesOf(sides: readonly Side[], operations: ReturnType<Source>): Promise<number[]> {
  const times: number[] = [];
  for (const side of sides) times.push(perOperation(await side.time(operations(side))));
  return times;
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
    rounds: base.length,
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
  engine: EngineName,
): Promise<boolean | undefined> {
  let same: boolean | undefined;
  for (const operation of operations) {
    const answers = new Map<string, string | undefined>();
    for (const side of sides)
      answers.set(side.name, readable(operation, await side.answers(operation), engine));
    const theirs = answers.get(original);
    if (theirs !== undefined) same = (same ?? true) && theirs === answers.get(ours);
  }
  return same;
}

/** The order of lists counts, but where the original leaves it open. */
function readable(
  { calls }: Operation,
  answers: readonly Uint8Array[] | undefined,
  engine: EngineName,
): string | undefined {
  return (
    answers &&
    JSON.stringify(
      answers.map((bytes, serial) => {
        const { method, request } = calls[serial] as Call;
        const { input, output } = methods.get(method) as DescMethodUnary;
        const response = fromBinary(output, bytes);
        const operation = { serial, method, request: fromBinary(input, request) };
        return outcomeOf(operation, { code: 0, message: "", response }, () => "", engine).answer;
      }),
    )
  );
}

/** The tables in which the sides no longer have the same number of rows, after the same changes. */
export async function differingTables({ places }: Opened): Promise<string[]> {
  const counts = await Promise.all(places.map((place) => place.counts()));
  const [first = {}] = counts;
  return Object.keys(first).filter((table) => counts.some((count) => count[table] !== first[table]));
}
