import type { ChildProcess } from "node:child_process";
import { openService } from "../../src/open.ts";
import { startServerProcess } from "../../test/support/server-process.ts";
import type { Data } from "../data.ts";
import type { Engine } from "../engines/engine.ts";
import { Random } from "../random.ts";
import { type Spread, spread } from "../statistics.ts";
import type { Call, EngineName, Operation, Workload } from "../workload.ts";
import type { LoadFigures } from "./driver.ts";
import { usage } from "./process.ts";
import { callServer, Driver, startEmptyServer } from "./programs.ts";

/** A workload of one call, put on a server by several callers at once. */
export interface ServedWorkload {
  readonly workload: Workload;
  /** At 32 in flight, at least this part of what a server that does nothing answers in a second. */
  readonly shareGoal?: Partial<Record<EngineName, number>>;
  /** So many times as many calls a second at 32 in flight as one after the other. */
  readonly concurrencyGoal?: Partial<Record<EngineName, number>>;
}

export interface ServedFigure {
  readonly inFlight: number;
  readonly callsPerSecond: Spread;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server's process; undefined where the system does not tell. */
  readonly cpuMicroseconds?: number;
  readonly residentMiB?: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Of a server of the same library that does nothing. */
  readonly empty?: { readonly callsPerSecond: Spread; readonly cpuMicroseconds?: number };
  /** Ours by the empty one's calls per second; each round for itself. */
  readonly share?: Spread;
}

export interface ServedResult {
  readonly engine: EngineName;
  readonly workload: string;
  readonly shareGoal?: number;
  readonly concurrencyGoal?: number;
  readonly figures: ServedFigure[];
}

export interface ServedOptions {
  readonly folder: string;
  readonly levels: readonly number[];
  readonly rounds: number;
  readonly durationMs: number;
  readonly seed: number;
}

/** Far more calls than any server answers in a second: how many different writes to have ready. */
const writesPerSecond = 8000;
const readPool = 1000;
const warmUpMs = 300;

/** Measures the workloads one after the other on one server, each beside a server that does nothing. */
export async function measureServed(
  engine: Engine,
  data: Data,
  workloads: readonly ServedWorkload[],
  options: ServedOptions,
  onResult: (result: ServedResult) => void,
): Promise<void> {
  const place = await engine.place(data);
  // For what a workload asks a store while it prepares.
  const open = await openService(place.config);
  const draws = new Map<ServedWorkload, () => Operation>();
  for (const served of workloads) {
    const setup = { data, random: new Random(options.seed), service: open.service };
    draws.set(served, await served.workload.prepare(setup));
  }
  await open.close();
  const server = await startServerProcess(place.serveArguments);
  const driver = new Driver(options.folder);
  try {
    for (const [served, draw] of draws) {
      const next = () => draw().calls[0] as Call;
      onResult(await measureOne(engine.name, served, next, server, driver, options));
    }
  } finally {
    await driver.stop();
    await server.stop();
    await place.remove();
  }
}

interface Target {
  readonly port: number;
  readonly process: ChildProcess;
}

interface Measured extends LoadFigures {
  readonly cpuMicroseconds: number | undefined;
}

/** Both in one round, with nothing between. */
interface Round {
  readonly ours: Measured;
  readonly empty?: Measured;
}

async function measureOne(
  engine: EngineName,
  { workload, shareGoal, concurrencyGoal }: ServedWorkload,
  draw: () => Call,
  server: Target,
  driver: Driver,
  options: ServedOptions,
): Promise<ServedResult> {
  const empty = shareGoal && (await startEmptyServer(options.folder, await callServer(server.port, draw())));
  // A share needs rounds; where there is none, one load says how fast it is.
  const rounds = empty === undefined ? 1 : options.rounds;
  const load = loader(driver, draw, workload.changes, options.durationMs);
  const figures: ServedFigure[] = [];
  try {
    for (const inFlight of options.levels) {
      const measured: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        const first = empty && round % 2 === 1 ? await load(empty, inFlight) : undefined;
        const ours = await load(server, inFlight);
        const beside = first ?? (empty && (await load(empty, inFlight)));
        measured.push({ ours, ...(beside && { empty: beside }) });
      }
      figures.push(figure(inFlight, measured, usage(server.process)?.residentMiB));
    }
  } finally {
    await empty?.stop();
  }
  return {
    ...{ engine, workload: workload.name, figures },
    ...(shareGoal?.[engine] !== undefined && { shareGoal: shareGoal[engine] }),
    ...(concurrencyGoal?.[engine] !== undefined && { concurrencyGoal: concurrencyGoal[engine] }),
  };
}

/** Puts one load on a server, after a short one that is not counted. What changes the store is sent once only. */
function loader(driver: Driver, draw: () => Call, once: boolean, durationMs: number) {
  const pool = once ? [] : Array.from({ length: readPool }, draw);
  const requests = (ms: number) =>
    once ? Array.from({ length: Math.ceil((writesPerSecond * ms) / 1000) }, draw) : pool;
  return async ({ port, process }: Target, inFlight: number): Promise<Measured> => {
    await driver.run(requests(warmUpMs), { port, once, inFlight, durationMs: warmUpMs });
    const counted = requests(durationMs);
    const before = usage(process);
    const figures = await driver.run(counted, { port, once, inFlight, durationMs });
    const after = usage(process);
    const cpuMicroseconds = before && after && ((after.cpuMs - before.cpuMs) * 1000) / figures.calls;
    return { ...figures, cpuMicroseconds };
  };
}

function figure(inFlight: number, rounds: readonly Round[], residentMiB: number | undefined): ServedFigure {
  const ours = rounds.map((round) => round.ours);
  const empty = rounds.flatMap((round) => round.empty ?? []);
  const cpu = medianOf(ours.map(({ cpuMicroseconds }) => cpuMicroseconds));
  const emptyCpu = medianOf(empty.map(({ cpuMicroseconds }) => cpuMicroseconds));
  return {
    inFlight,
    callsPerSecond: spread(ours.map(rate)),
    p50Ms: spread(ours.map(({ p50Ms }) => p50Ms)).median,
    p99Ms: spread(ours.map(({ p99Ms }) => p99Ms)).median,
    ...(cpu !== undefined && { cpuMicroseconds: cpu }),
    ...(residentMiB !== undefined && { residentMiB }),
    refused: sum(ours.map(({ refused }) => refused)),
    ...(empty.length > 0 && {
      empty: {
        callsPerSecond: spread(empty.map(rate)),
        ...(emptyCpu !== undefined && { cpuMicroseconds: emptyCpu }),
      },
      share: spread(empty.map((each, round) => rate(ours[round] as Measured) / rate(each))),
    }),
  };
}

function rate({ calls, durationMs }: LoadFigures): number {
  return (calls * 1000) / durationMs;
}

function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : spread(known).median;
}

function sum(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const each of counts) {
    for (const [key, count] of Object.entries(each)) total[key] = (total[key] ?? 0) + count;
  }
  return total;
}
