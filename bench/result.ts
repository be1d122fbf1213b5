import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { InProcessResult } from "./in-process.ts";
import type { Machine } from "./machine.ts";
import type { MemoryResult } from "./served/memory.ts";
import type { ServedResult } from "./served/served.ts";
import type { EngineName } from "./workload.ts";

/** All that one run found out; what a file under `results/` holds. */
export interface BenchResult {
  readonly started: string;
  finished?: string;
  readonly machine: Machine;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly engines: Partial<Record<EngineName, Readonly<Record<string, string>>>>;
  readonly inProcess: StoreResult[];
  readonly served: ServedResult[];
  readonly memory: MemoryResult[];
  readonly failures: Failure[];
}

/** The workloads on one engine with stores of one size. */
export interface StoreResult {
  readonly engine: EngineName;
  /** How many artifacts the store held at the beginning. */
  readonly artifacts: number;
  readonly workloads: InProcessResult[];
  /** In which the sides do not have as many rows as each other at the end: none, or the comparison is not fair. */
  differingTables?: readonly string[];
}

export interface Failure {
  readonly where: string;
  readonly message: string;
}

/** At once whole or not at all: a run that is ended in between leaves what it had. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

export function readResult(path: string): BenchResult {
  return JSON.parse(readFileSync(path, "utf8")) as BenchResult;
}
