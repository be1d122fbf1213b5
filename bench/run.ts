import { backendNames } from "../test/support/backends.ts";
import { Data } from "./data.ts";
import type { Engine } from "./engines/engine.ts";
import { precise, storeName } from "./goals.ts";
import {
  differingTables,
  type InProcessResult,
  measure,
  minimum,
  type Opened,
  openSides,
  original,
  originalWal,
  type Timings,
} from "./in-process.ts";
import { type Suite, served, sizes, suites } from "./plan.ts";
import { Random } from "./random.ts";
import { inverse, ratio } from "./report.ts";
import type { BenchResult, StoreResult } from "./result.ts";
import { measureMemory } from "./served/memory.ts";
import { measureServed, type ServedResult } from "./served/served.ts";
import type { EngineName } from "./workload.ts";

export interface Settings {
  readonly quick: boolean;
  readonly long: boolean;
  /** A part of the names of the workloads to measure. */
  readonly only: string;
  readonly engines: readonly EngineName[];
  readonly parts: readonly string[];
  readonly rounds: number;
  readonly seed: number;
  readonly folder: string;
}

export interface Run {
  readonly settings: Settings;
  readonly result: BenchResult;
  readonly python: string | undefined;
  open(name: EngineName): Promise<Engine>;
  /** Writes what there is so far. */
  save(): void;
  print(line: string): void;
}

/** Everything that the settings ask for. What fails is noted in the result, and the rest goes on. */
export async function runAll(run: Run): Promise<void> {
  const { settings } = run;
  for (const name of settings.engines) {
    const engine = await attempt(run, name, () => run.open(name));
    if (engine === undefined) continue;
    run.result.engines[name] = engine.facts;
    if (settings.parts.includes("in-process")) {
      for (const suite of suites({ ...settings, engines: [name] })) {
        await attempt(run, `${name}, ${suite.artifacts} artifacts`, () => runSuite(run, engine, suite));
        run.save();
      }
    }
    if (settings.parts.includes("served"))
      await attempt(run, `${name}, served`, () => runServed(run, engine));
    if (settings.parts.includes("memory") && name === "sqlite" && "memory".includes(settings.only)) {
      await attempt(run, `${name}, memory`, () => runMemory(run, engine));
    }
    run.save();
    await engine.stop();
  }
}

async function attempt<T>(
  { result, print }: Run,
  where: string,
  step: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    const [message = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    result.failures.push({ where, message });
    // The places in the code are of this machine: they do not belong into a result.
    print(`${where}: ${error instanceof Error ? error.stack : message}`);
    return undefined;
  }
}

async function runSuite(run: Run, engine: Engine, suite: Suite): Promise<void> {
  const { settings, result, python, print } = run;
  const store: StoreResult = { engine: suite.engine, artifacts: suite.artifacts, workloads: [] };
  result.inProcess.push(store);
  print(`\n${storeName(store)} (${backendNames[engine.name]})`);
  const opened = await openSides(engine, new Data(suite.artifacts), python, sidesOf(suite));
  try {
    print(headline);
    await prefill(opened, suite, settings.seed);
    for (const workload of suite.workloads) {
      const measured = await attempt(run, `${storeName(store)}: ${workload.name}`, () =>
        measure(opened, workload, timings(settings)),
      );
      if (measured === undefined) continue;
      store.workloads.push(measured);
      print(line(measured));
      run.save();
    }
    store.differingTables = await differingTables(opened);
    if (store.differingTables.length > 0) print(`The stores differ in ${store.differingTables}`);
  } finally {
    await opened.close();
  }
}

/** How the original keeps its journal makes no difference where nothing is written. */
function sidesOf({ sides, workloads }: Suite): readonly string[] {
  if (sides !== undefined) return sides;
  const readers = [original, minimum];
  return workloads.some(({ changes }) => changes) ? [...readers, originalWal] : readers;
}

async function prefill({ data, service, sides }: Opened, suite: Suite, seed: number): Promise<void> {
  for (const step of suite.prefill ?? []) {
    const operations = await step({ data, service, random: new Random(seed) });
    if (operations.length > 0) for (const side of sides) await side.time(operations);
  }
}

function timings({ quick, rounds, seed }: Settings): Timings {
  return { rounds, seed, batchMs: quick ? 2 : 100, workloadMaxMs: 60_000 };
}

async function runServed(run: Run, engine: Engine): Promise<void> {
  const { settings, result, print } = run;
  const { rounds } = settings;
  const workloads = served(settings.only);
  if (workloads.length === 0) return;
  const options = {
    ...{ folder: settings.folder, seed: settings.seed },
    ...(settings.quick
      ? { levels: [1, 32], rounds: 1, durationMs: 100 }
      : { levels: [1, 8, 32], rounds, durationMs: 1000 }),
  };
  const data = new Data(settings.quick ? sizes.quick : sizes.small);
  print(`\n${engine.name}, served`);
  await measureServed(engine, data, workloads, options, (measured) => {
    result.served.push(measured);
    for (const each of servedLines(measured)) print(each);
    run.save();
  });
}

async function runMemory(run: Run, engine: Engine): Promise<void> {
  const { settings, result, print } = run;
  const artifacts = settings.quick ? sizes.quick : sizes.large;
  const measured = await measureMemory(engine, { folder: settings.folder, artifacts });
  if (measured === undefined) throw new Error("this system does not tell what a process uses");
  result.memory.push(measured);
  const { startMiB, writtenMiB, readMiB, mostMiB } = measured;
  const figures = [startMiB, writtenMiB, readMiB, mostMiB].map((value) => value.toFixed(0)).join(", ");
  print(`\nresident MiB at the start, after ${artifacts} artifacts written, and read, at most: ${figures}`);
}

const headline = `${"microseconds".padEnd(58)}${["ours", "original", "minimum"].map((name) => name.padStart(10)).join("")}   original/ours; ours/minimum`;

function line({ workload, sides, ratios, cpuRatios, sameAnswers }: InProcessResult): string {
  const times = ["ours", "original", "minimum"].map((name) => {
    const time = sides[name]?.wall.median;
    return (time === undefined ? "" : precise(time)).padStart(10);
  });
  const cpu = (value: number | undefined) => (value === undefined ? "" : ` cpu ${precise(value)}`);
  const slower = inverse(ratios.minimum);
  return (
    `${workload.padEnd(58)}${times.join("")}   ${ratio(ratios.original)}${cpu(cpuRatios.original?.median)}; ` +
    `${ratio(slower)}${cpu(inverse(cpuRatios.minimum)?.median)}${sameAnswers === false ? " ANSWERS DIFFER" : ""}`
  );
}

function servedLines({ workload, figures }: ServedResult): string[] {
  return figures.map(
    ({ inFlight, callsPerSecond, p50Ms, p99Ms, cpuMicroseconds = Number.NaN, share, refused }) =>
      `${workload.padEnd(58)}${String(inFlight).padStart(4)} in flight: ${callsPerSecond.median.toFixed(0).padStart(6)}/s ` +
      `p50 ${precise(p50Ms)} p99 ${precise(p99Ms)} ms, cpu ${cpuMicroseconds.toFixed(0)} us, ` +
      `${share === undefined ? "" : `${(share.median * 100).toFixed(0)} % of empty`}${Object.keys(refused).length > 0 ? ` REFUSED ${JSON.stringify(refused)}` : ""}`,
  );
}
