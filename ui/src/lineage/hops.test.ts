import { expect, test } from "vitest";
import type { NodeKey } from "./graph.ts";
import { distances, hiddenNeighbours, neighboursOf, sizes } from "./hops.ts";

/** a1 -> e1 -> a2 -> e2 -> a3, and a1 -> e3 -> a4. */
const neighbours = neighboursOf(
  (["a1 e1", "e1 a2", "a2 e2", "e2 a3", "a1 e3", "e3 a4"] as const).map((text) => {
    const [from, to] = text.split(" ") as [NodeKey, NodeKey];
    return { from, to };
  }),
);

test("ancestors, descendants, both, and all that is connected", () => {
  const found = (direction: Parameters<typeof distances>[2]) =>
    Object.fromEntries(distances(neighbours, ["a2"], direction));
  expect(found("before")).toEqual({ a2: 0, e1: 1, a1: 2 });
  expect(found("after")).toEqual({ a2: 0, e2: 1, a3: 2 });
  expect(found("both")).toEqual({ a2: 0, e1: 1, a1: 2, e2: 1, a3: 2 });
  expect(found("connected")).toEqual({ a2: 0, e1: 1, a1: 2, e2: 1, a3: 2, e3: 3, a4: 4 });
});

test("a cycle has an end, and a node counts by its shortest way", () => {
  const round = neighboursOf([
    { from: "a1", to: "e1" },
    { from: "e1", to: "a1" },
    { from: "e1", to: "a2" },
    { from: "a2", to: "e1" },
  ]);
  expect(Object.fromEntries(distances(round, ["a1"], "both"))).toEqual({ a1: 0, e1: 1, a2: 2 });
});

test("sizes are sums over the hops", () => {
  expect(sizes(distances(neighbours, ["a1"], "after"))).toEqual([1, 3, 5, 6, 7]);
});

test("what is known and not shown is counted on its side", () => {
  const hidden = hiddenNeighbours(neighbours, new Set<NodeKey>(["a1", "e1", "a2"]));
  expect(Object.fromEntries(hidden)).toEqual({ a1: { before: 0, after: 1 }, a2: { before: 0, after: 1 } });
});
