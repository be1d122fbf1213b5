import { expect, test } from "vitest";
import { goalsOf, growthOf } from "./goals.ts";
import type { InProcessResult } from "./in-process.ts";
import { comparison, report } from "./report.ts";
import type { BenchResult } from "./result.ts";

const same = (median: number) => ({ median, low: median, high: median });

/** Ours takes `time` microseconds, the original and the minimum so many times as long. */
function measured(time: number, original: number, minimum: number): InProcessResult {
  const side = (times: number) => ({ wall: same(time * times), cpu: same(time * times) });
  return {
    ...{ workload: "artifact by id", group: "reads", changes: false, operations: 10, rounds: 5 },
    ...{ goal: 2, isFlat: true, sameAnswers: true },
    sides: { ours: side(1), original: side(original), minimum: side(minimum) },
    ratios: { original: same(original), minimum: same(minimum) },
    cpuRatios: { original: same(original), minimum: same(minimum) },
  };
}

function result(...times: [artifacts: number, InProcessResult][]): BenchResult {
  return {
    ...{ started: "2026-01-02T03:04:05.000Z", finished: "2026-01-02T03:05:05.000Z" },
    machine: {
      ...{ processor: "one", processors: 2, memoryGiB: 4, system: "Linux", node: "v24" },
      ...{ filesystem: "ext4", mlmd: "0.1.0", commit: "abc", original: "1.17.1" },
    },
    ...{ options: {}, engines: {}, memory: [], failures: [] },
    inProcess: times.map(([artifacts, workload]) => ({ engine: "sqlite", artifacts, workloads: [workload] })),
    served: [
      {
        ...{ engine: "sqlite", workload: "PutArtifacts of 1", shareGoal: 0.4, concurrencyGoal: 10 },
        figures: [1, 32].map((inFlight) => ({
          ...{ inFlight, callsPerSecond: same(500 * inFlight), p50Ms: 1, p99Ms: 2 },
          ...{ refused: inFlight === 32 ? { 14: 3 } : {}, share: same(0.3) },
        })),
      },
    ],
  };
}

test("what is to hold is told from what does", () => {
  const goals = goalsOf(result([10_000, measured(10, 3, 0.5)], [1_000_000, measured(40, 1.5, 0.9)]));
  expect(goals.map(({ what, found, isReached }) => [what, found, isReached])).toEqual([
    ["sqlite, 10,000 artifacts: artifact by id, beside the original", "3.00 ×", true],
    ["sqlite, 1,000,000 artifacts: artifact by id, beside the original", "1.50 ×", false],
    ["sqlite, 10,000 artifacts: artifact by id, beside the minimum", "2.00 ×", false],
    ["sqlite, 1,000,000 artifacts: artifact by id, beside the minimum", "1.11 ×", true],
    ["sqlite: growth of artifact by id from 10,000 to 1,000,000 artifacts", "0.30", false],
    ["sqlite, served: PutArtifacts of 1: none refused", "3", false],
    ["sqlite, served: PutArtifacts of 1 at 32 in flight, beside an empty handler", "30 %", false],
    ["sqlite, served: PutArtifacts of 1 at 32 in flight, beside one at a time", "32.0 ×", true],
  ]);
});

test("growth needs stores of two sizes", () => {
  expect(growthOf(result([10_000, measured(10, 3, 0.5)]))).toEqual([]);
});

test("the report has a row for each workload, and says which answers differ", () => {
  const text = report(result([10_000, { ...measured(10, 3, 0.5), sameAnswers: false }]));
  expect(text).toContain(
    "| artifact by id **(answers differ)** | 10.0 | 30.0 | 3.00 (3.00–3.00) | ≥ 2: yes | 5.00 | 2.00 (2.00–2.00) | **no** |",
  );
});

test("a comparison has the workloads that both results have", () => {
  const [a, b] = [result([10_000, measured(10, 3, 0.5)]), result([10_000, measured(5, 6, 1)])];
  expect(comparison(a, b)).toContain("| artifact by id | 10.0 | 5.00 | 0.50 × | 3.00 (3.00–3.00) | 6.00");
  expect(comparison(a, b)).toContain(
    "| sqlite | PutArtifacts of 1 | 32 | 16,000 | 16,000 | 1.00 × | 30 % | 30 % |",
  );
  expect(comparison(a, result([1000, measured(5, 6, 1)]))).not.toContain("artifact by id");
});
