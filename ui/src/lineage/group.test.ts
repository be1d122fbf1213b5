import { expect, test } from "vitest";
import type { LineageContext, NodeKey } from "./graph.ts";
import { graphOf, nodeOf } from "./graph-for-tests.ts";
import { contextTypes, type Grouping, group } from "./group.ts";

/** Two runs of a step that read the same table; the second output is registered with no context. */
const nodes = [
  nodeOf("a1", { contexts: [20n, 21n] }),
  nodeOf("e1", { typeId: 2n, contexts: [10n, 20n] }),
  nodeOf("e2", { typeId: 2n, contexts: [10n, 21n] }),
  nodeOf("a2", { typeId: 3n, contexts: [20n] }),
  nodeOf("a3", { typeId: 3n }),
];
const contexts: LineageContext[] = [
  { id: 10n, typeId: 5n, type: "Pipeline", name: "nightly" },
  { id: 20n, typeId: 6n, type: "Run", name: "first" },
  { id: 21n, typeId: 6n, type: "Run", name: "" },
];
const graph = graphOf(["a1 e1 table", "a1 e2 table", "e1 a2", "e2 a3"], nodes, contexts);
const all = new Set(graph.nodes.keys());

function draw(grouping: Grouping, opened: string[] = [], shown: ReadonlySet<NodeKey> = all) {
  const drawing = group(graph, shown, grouping, new Set(opened));
  return {
    boxes: drawing.boxes.map(({ key, group }) =>
      group ? `${key}: ${group.members.length} ${group.title}` : key,
    ),
    edges: drawing.edges.map(({ from, to, labels, count }) => `${from} ${to} ${count} ${labels}`.trim()),
  };
}

test("without groups every node is a box", () => {
  expect(draw({ by: "none" })).toEqual({
    boxes: ["a1", "e1", "e2", "a2", "a3"],
    edges: ["a1 e1 1 table", "a1 e2 1 table", "e1 a2 1", "e2 a3 1"],
  });
});

test("by type: what is alone of its type stays a node, lines are counted", () => {
  expect(draw({ by: "type" })).toEqual({
    boxes: ["a1", "te2: 2 type 2", "ta3: 2 type 3"],
    edges: ["a1 te2 2 table", "te2 ta3 2"],
  });
});

test("a group that is opened shows its members, and lines still lead to the other groups", () => {
  expect(draw({ by: "type" }, ["te2"])).toEqual({
    boxes: ["a1", "e1", "e2", "ta3: 2 type 3"],
    edges: ["a1 e1 1 table", "a1 e2 1 table", "e1 ta3 1", "e2 ta3 1"],
  });
});

test("by context: an output without one is where it was made, what several read stays outside", () => {
  expect(draw({ by: "context", typeId: 6n })).toEqual({
    boxes: ["a1", "c20: 2 first", "c21: 2 21"],
    edges: ["a1 c20 1 table", "a1 c21 1 table"],
  });
});

test("only what is shown is drawn", () => {
  const shown = new Set<NodeKey>(["a1", "e1", "a2"]);
  expect(draw({ by: "type" }, [], shown)).toEqual({
    boxes: ["a1", "e1", "a2"],
    edges: ["a1 e1 1 table", "e1 a2 1"],
  });
});

test("a line for very many edges names a few of their paths", () => {
  const many = graphOf(["a1 e1 p1 p2 p3", "a1 e2 q1 q2 q3"], nodes);
  const drawing = group(many, all, { by: "type" }, new Set());
  expect(drawing.edges[0]).toMatchObject({ count: 2, labels: ["p1", "p2", "p3", "+3"] });
});

test("context types of what is shown, with their number", () => {
  expect(contextTypes(graph, all)).toEqual([
    { typeId: 5n, type: "Pipeline", count: 1 },
    { typeId: 6n, type: "Run", count: 2 },
  ]);
});
