import { expect, test } from "vitest";
import type { EventType } from "../../client/enums.ts";
import { stepsOf } from "./steps.ts";

const times = { createTimeSinceEpoch: 0n, lastUpdateTimeSinceEpoch: 0n };
const node = (id: bigint) => ({ id, typeId: 1n, type: "T", properties: {}, customProperties: {}, ...times });

/** The executions in the order in which they are told. Each event is `[artifact, execution, type]`. */
function order(executions: readonly bigint[], events: readonly (readonly [bigint, bigint, EventType])[]) {
  const artifacts = [...new Set(events.map(([artifactId]) => artifactId))].map(node);
  const lineage = {
    ...{ artifacts, executions: executions.map(node) },
    events: events.map(([artifactId, executionId, type]) => ({
      ...{ artifactId, executionId, type, millisecondsSinceEpoch: 0n },
    })),
  };
  return [...stepsOf(lineage, "title")]
    .flatMap((line) => /^Execution (\d+)/.exec(line)?.[1] ?? [])
    .map(BigInt);
}

test("what was made comes before what read it, whatever the ids", () => {
  expect(
    order(
      [1n, 2n, 3n],
      [
        [10n, 3n, "OUTPUT"],
        [10n, 2n, "INPUT"],
        [11n, 2n, "OUTPUT"],
        [11n, 1n, "INPUT"],
        [10n, 1n, "INPUT"],
      ],
    ),
  ).toEqual([3n, 2n, 1n]);
});

test("cycles end, and events without a direction do not count", () => {
  const cycle = [
    [10n, 1n, "OUTPUT"],
    [10n, 2n, "INPUT"],
    [11n, 2n, "OUTPUT"],
    [11n, 1n, "INPUT"],
    [12n, 3n, "UNKNOWN"],
  ] as const;
  expect(order([1n, 2n, 3n], cycle).sort()).toEqual([1n, 2n, 3n]);
});

test("long chains, and artifacts that many executions made and read", () => {
  const count = 20_000;
  const ids = Array.from({ length: count }, (_, index) => BigInt(index + 1));
  const chain = ids.flatMap((id) => [[id, id, "INPUT"] as const, [id + 1n, id, "OUTPUT"] as const]);
  expect(order(ids.toReversed(), chain)).toEqual(ids);
  const shared = ids.map((id) => [1n, id, id % 2n === 0n ? "INPUT" : "OUTPUT"] as const);
  expect(order(ids, shared)).toEqual([
    ...ids.filter((id) => id % 2n === 1n),
    ...ids.filter((id) => id % 2n === 0n),
  ]);
});

test("artifacts without events stand at the end", () => {
  const lines = [...stepsOf({ artifacts: [node(1n)], executions: [], events: [] }, "Context 1")];
  expect(lines).toEqual([
    "Context 1",
    "0 executions, 1 artifact",
    "",
    "Neither read nor made here",
    "  1  T",
  ]);
});
