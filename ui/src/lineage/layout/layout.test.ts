import { expect, test } from "vitest";
import { gaps, type LayoutInput, layOut } from "./layout.ts";

const size = { width: 200, height: 40 };

function input(count: number, edges: [number, number][]): LayoutInput {
  return {
    nodes: Array.from({ length: count }, () => size),
    edges: edges.map(([from, to]) => ({ from, to, labelWidth: 0, labelEnd: "to" as const })),
  };
}

/** Runs of a pipeline that share a table: a realistic graph of any size. */
function pipelines(runs: number): LayoutInput {
  const edges: [number, number][] = [];
  for (let run = 0; run < runs; run++) {
    const first = 1 + run * 6;
    edges.push([0, first], [first, first + 1], [first + 1, first + 2], [first + 2, first + 3]);
    edges.push([0, first + 4], [first + 3, first + 4], [first + 4, first + 5]);
  }
  return input(1 + runs * 6, edges);
}

test("a chain goes straight to the right", () => {
  const { x, y, routes, width, height } = layOut(
    input(3, [
      [0, 1],
      [1, 2],
    ]),
  );
  const step = size.width + gaps.column;
  expect(x).toEqual([100, 100 + step, 100 + 2 * step]);
  expect(new Set(y)).toEqual(new Set([20]));
  expect(routes[0]).toEqual([200, 20, 200 + gaps.column, 20]);
  expect([width, height]).toEqual([100 + 2 * step + 100, 40]);
});

test("no two nodes overlap, and every edge goes to the right", () => {
  const graph = pipelines(60);
  const { x, y } = layOut(graph);
  for (const { from, to } of graph.edges) expect(x[from]).toBeLessThan(x[to] as number);
  const columns = Map.groupBy(graph.nodes.keys(), (node) => x[node]);
  for (const column of columns.values()) {
    const heights = column.map((node) => y[node] as number).sort((a, b) => a - b);
    for (const [index, height] of heights.slice(1).entries()) {
      expect(height - (heights[index] as number)).toBeGreaterThanOrEqual(size.height + gaps.row - 1e-6);
    }
  }
});

test("a column is as wide as its widest node, and a gap as its labels need", () => {
  const { x, widths, labels } = layOut({
    nodes: [80, 120, 200].map((width) => ({ width, height: 40 })),
    edges: [
      { from: 0, to: 2, labelWidth: 100, labelEnd: "to" },
      { from: 1, to: 2, labelWidth: 0, labelEnd: "to" },
    ],
  });
  expect(widths).toEqual([120, 120, 200]);
  expect(x).toEqual([60, 60, 120 + 136 + 100]);
  expect(labels.map(([x1, , x2]) => [x1, x2])).toEqual([
    [120, 256],
    [120, 256],
  ]);
});

test("a cycle is drawn with one edge that leads back", () => {
  const { x, routes } = layOut(
    input(4, [
      [0, 1],
      [1, 2],
      [2, 1],
      [2, 3],
    ]),
  );
  expect(x[1]).toBeLessThan(x[2] as number);
  const [back] = routes.slice(2);
  expect(back?.[0]).toBeGreaterThan(back?.at(-2) as number);
});

test("an edge from a node to itself does no harm", () => {
  const { x, y } = layOut(
    input(2, [
      [0, 0],
      [0, 1],
    ]),
  );
  expect([...x, ...y].every(Number.isFinite)).toBe(true);
});

test("a table that only the last step reads stands beside that step", () => {
  const { x } = layOut(
    input(5, [
      [0, 1],
      [1, 2],
      [2, 3],
      [4, 3],
    ]),
  );
  expect(x[4]).toBe(x[2]);
});

test("a long edge passes between the nodes of the columns on its way", () => {
  const { y, routes } = layOut(
    input(4, [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 3],
    ]),
  );
  const heights = (routes[3] as number[]).filter((_, index) => index % 2 === 1).slice(1, -1);
  for (const height of heights) {
    for (const node of [1, 2])
      expect(Math.abs(height - (y[node] as number))).toBeGreaterThan(size.height / 2);
  }
});

test("edges that need not cross do not", () => {
  const { y } = layOut(
    input(6, [
      [0, 5],
      [1, 4],
      [2, 3],
    ]),
  );
  const at = (node: number) => y[node] as number;
  expect(Math.sign(at(0) - at(1))).toBe(Math.sign(at(5) - at(4)));
  expect(Math.sign(at(1) - at(2))).toBe(Math.sign(at(4) - at(3)));
});

test("parts that do not hang together stand beside each other", () => {
  const { width, height, x, y } = layOut(input(30, []));
  expect(new Set(x.map((left, node) => `${left} ${y[node]}`)).size).toBe(30);
  expect(width / height).toBeGreaterThan(0.5);
  expect(width / height).toBeLessThan(4);
});

test("an empty graph has no size", () => {
  expect(layOut(input(0, []))).toMatchObject({ x: [], y: [], width: 0, height: 0 });
});

test("progress rises to the end", () => {
  const shares: number[] = [];
  layOut(pipelines(30), (share) => shares.push(share));
  expect(shares.at(-1)).toBe(1);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
});

test("the lines of a table that everything reads stay in proportion to the nodes", () => {
  const chain: [number, number][] = Array.from({ length: 1999 }, (_, node) => [node, node + 1]);
  const readers: [number, number][] = Array.from({ length: 1000 }, (_, step) => [2000, step * 2 + 1]);
  const { routes } = layOut(input(2001, [...chain, ...readers]));
  expect(routes).toHaveLength(2999);
  // All share one trunk: beside the chain there is one more line, not a thousand.
  const passing = new Set(routes.slice(1999).flatMap((route) => route.slice(2, 4).join(" ")));
  expect(passing.size).toBeLessThan(10);
});
