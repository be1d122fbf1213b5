import { expect, test } from "vitest";
import { inFlowOrder } from "./flow.ts";
import { graphOf } from "./graph-for-tests.ts";

test("what a node was made from stands before it, and a cycle has an order too", () => {
  const order = (...edges: string[]) => inFlowOrder(graphOf(edges)).map(({ key }) => key);
  expect(order("e2 a1", "a9 e1", "e1 a5", "a5 e2")).toEqual(["a9", "e1", "a5", "e2", "a1"]);
  expect(order("a1 e1", "e1 a2", "a2 e1")).toEqual(["a1", "e1", "a2"]);
});
