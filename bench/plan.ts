import type { ServedWorkload } from "./served/served.ts";
import type { EngineName, Operation, Setup, Workload } from "./workload.ts";
import { cacheAndDriver, paging } from "./workloads/callers.ts";
import { filters } from "./workloads/filters.ts";
import { lineages } from "./workloads/lineage.ts";
import { originalTool, originalToolPrefill } from "./workloads/original-tool.ts";
import { reads } from "./workloads/reads.ts";
import { writes } from "./workloads/writes.ts";

/** Workloads that share a store, in this order. */
export interface Suite {
  readonly engine: EngineName;
  readonly artifacts: number;
  readonly workloads: readonly Workload[];
  /** Only these sides beside ours; all unless given. */
  readonly sides?: readonly string[];
  /** What all sides are to do first, one step after the other. */
  readonly prefill?: readonly ((setup: Setup) => Promise<readonly Operation[]>)[];
}

export interface PlanOptions {
  readonly engines: readonly EngineName[];
  /** A part of a workload's name; empty for all. */
  readonly only: string;
  readonly quick: boolean;
  readonly long: boolean;
}

const readOnly = [...reads, ...filters, ...lineages];
const small = [...readOnly, ...cacheAndDriver, ...writes];

export const sizes = { quick: 2_000, small: 10_000, medium: 100_000, large: 1_000_000, huge: 10_000_000 };

export function suites({ engines, only, quick, long }: PlanOptions): Suite[] {
  const all = engines.flatMap((engine): Suite[] => [
    { engine, artifacts: quick ? sizes.quick : sizes.small, workloads: small },
    { engine, artifacts: 0, workloads: originalTool, prefill: originalToolPrefill },
  ]);
  if (quick && engines.includes("sqlite")) {
    all.push({ engine: "sqlite", artifacts: 2 * sizes.quick, workloads: [...paging, ...readOnly] });
  }
  if (!quick && engines.includes("sqlite")) {
    all.push({ engine: "sqlite", artifacts: sizes.medium, workloads: [...paging, ...readOnly] });
    all.push({ engine: "sqlite", artifacts: sizes.large, workloads: readOnly });
    // Without the others, whose copies would fill most disks.
    if (long) all.push({ engine: "sqlite", artifacts: sizes.huge, workloads: readOnly, sides: [] });
  }
  return all
    .map((suite) => ({ ...suite, workloads: suite.workloads.filter(({ name }) => name.includes(only)) }))
    .filter(({ workloads }) => workloads.length > 0);
}

/** What is put on a server by several callers at once. */
export function served(only: string): ServedWorkload[] {
  const named = (name: string) => small.find((workload) => workload.name === name) as Workload;
  // What changes the store comes last: the contexts that executions are put into grow.
  const all: ServedWorkload[] = [
    {
      workload: named("artifact by id"),
      shareGoal: { sqlite: 0.6, mysql: 0.3, postgres: 0.3 },
    },
    { workload: named("100 artifacts of a context") },
    { workload: named("filter: conjunction of three") },
    { workload: named("lineage: 5 executions deep (10 hops)") },
    {
      workload: named("PutArtifacts of 1"),
      shareGoal: { sqlite: 0.4, mysql: 0.15, postgres: 0.15 },
      concurrencyGoal: { sqlite: 10 },
    },
    { workload: named("PutExecution: 3 inputs, 5 outputs, 2 contexts") },
  ];
  return all.filter(({ workload }) => `served: ${workload.name}`.includes(only));
}
