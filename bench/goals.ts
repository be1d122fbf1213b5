import type { BenchResult, StoreResult } from "./result.ts";
import type { ServedFigure, ServedResult } from "./served/served.ts";
import { growthExponent } from "./statistics.ts";
import { growthGoal, minimumGoal } from "./workload.ts";

/** Something that is to hold, with what was found. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly found: string;
  readonly isReached: boolean;
}

export function goalsOf(result: BenchResult): Goal[] {
  return [
    ...result.inProcess.flatMap(originalGoals),
    ...result.inProcess.flatMap(minimumGoals),
    ...growthOf(result)
      .filter(({ isFlat }) => isFlat)
      .map(flatGoal),
    ...result.served.flatMap(servedGoals),
    ...result.memory.map(({ engine, artifacts, readMiB, goalMiB }) => ({
      what: `${engine}: resident memory after ${count(artifacts)} artifacts written and read`,
      goal: `≤ ${goalMiB} MiB`,
      found: `${readMiB.toFixed(0)} MiB`,
      isReached: readMiB <= goalMiB,
    })),
  ];
}

export function count(number: number): string {
  return number.toLocaleString("en-US");
}

export function storeName({ engine, artifacts }: StoreResult): string {
  return artifacts === 0 ? engine : `${engine}, ${count(artifacts)} artifacts`;
}

function originalGoals(store: StoreResult): Goal[] {
  return store.workloads.flatMap(({ workload, ratios, goal }) => {
    const found = ratios.original?.median;
    if (goal === undefined || found === undefined) return [];
    return [
      {
        what: `${storeName(store)}: ${workload}, beside the original`,
        goal: `≥ ${goal} ×`,
        found: `${precise(found)} ×`,
        isReached: found >= goal,
      },
    ];
  });
}

function minimumGoals(store: StoreResult): Goal[] {
  return store.workloads.flatMap(({ workload, ratios }) => {
    const { minimum } = ratios;
    if (minimum === undefined) return [];
    const found = 1 / minimum.median;
    return [
      {
        what: `${storeName(store)}: ${workload}, beside the minimum`,
        goal: `≤ ${minimumGoal} ×`,
        found: `${precise(found)} ×`,
        isReached: found <= minimumGoal,
      },
    ];
  });
}

export function precise(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** How the time of one workload grows with the store. */
export interface Growth {
  readonly workload: string;
  readonly isFlat: boolean;
  /** Of ours, ascending. */
  readonly points: readonly { readonly size: number; readonly cost: number }[];
  readonly exponent: number;
  /** Of the original, where it was measured in the same stores. */
  readonly originalExponent?: number;
}

export function growthOf({ inProcess }: BenchResult): Growth[] {
  const stores = inProcess
    .filter(({ engine, artifacts }) => engine === "sqlite" && artifacts > 0)
    .toSorted((a, b) => a.artifacts - b.artifacts);
  const names = new Set(stores.flatMap(({ workloads }) => workloads.map(({ workload }) => workload)));
  return [...names].flatMap((workload): Growth[] => {
    const pointsOf = (side: string) =>
      stores.flatMap(({ artifacts, workloads }) => {
        const found = workloads.find((each) => each.workload === workload)?.sides[side];
        return found === undefined ? [] : [{ size: artifacts, cost: found.wall.median }];
      });
    const points = pointsOf("ours");
    if (points.length < 2) return [];
    const original = pointsOf("original");
    const isFlat = stores.some(({ workloads }) =>
      workloads.some((each) => each.workload === workload && each.isFlat === true),
    );
    return [
      {
        ...{ workload, isFlat, points, exponent: growthExponent(points) },
        ...(original.length > 1 && { originalExponent: growthExponent(original) }),
      },
    ];
  });
}

function flatGoal({ workload, points, exponent }: Growth): Goal {
  const [first, last] = [points[0], points.at(-1)].map((point) => count(point?.size ?? 0));
  return {
    what: `sqlite: growth of ${workload} from ${first} to ${last} artifacts`,
    goal: `exponent ≤ ${growthGoal}`,
    found: exponent.toFixed(2),
    isReached: exponent <= growthGoal,
  };
}

function servedGoals({ engine, workload, shareGoal, concurrencyGoal, figures }: ServedResult): Goal[] {
  const most = figures.at(-1);
  if (most === undefined) return [];
  const goals: Goal[] = [
    {
      what: `${engine}, served: ${workload}: none refused`,
      goal: "0",
      found: String(figures.reduce((sum, { refused }) => sum + total(refused), 0)),
      isReached: figures.every(({ refused }) => total(refused) === 0),
    },
  ];
  if (shareGoal !== undefined && most.share !== undefined) {
    goals.push({
      what: `${engine}, served: ${workload} at ${most.inFlight} in flight, beside an empty handler`,
      goal: `≥ ${shareGoal * 100} %`,
      found: `${(most.share.median * 100).toFixed(0)} %`,
      isReached: most.share.median >= shareGoal,
    });
  }
  const one = figures.find(({ inFlight }) => inFlight === 1);
  if (concurrencyGoal !== undefined && one !== undefined && most !== one) {
    const found = most.callsPerSecond.median / one.callsPerSecond.median;
    goals.push({
      what: `${engine}, served: ${workload} at ${most.inFlight} in flight, beside one at a time`,
      goal: `≥ ${concurrencyGoal} ×`,
      found: `${precise(found)} ×`,
      isReached: found >= concurrencyGoal,
    });
  }
  return goals;
}

function total(refused: ServedFigure["refused"]): number {
  return Object.values(refused).reduce((sum, number) => sum + number, 0);
}
