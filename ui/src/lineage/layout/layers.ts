import type { ForwardEdge } from "./cycles.ts";
import type { Size } from "./layout.ts";

/** The graph with a vertex in every column that an edge passes; the first vertices are the nodes. */
export interface Layers {
  /** The vertices of each column, from top to bottom. */
  readonly layers: number[][];
  readonly layerOf: readonly number[];
  readonly heights: readonly number[];
  /** The neighbours of each vertex one column to the left, and to the right. */
  readonly before: readonly number[][];
  readonly after: readonly number[][];
  /** For each edge the vertices that it passes, from left to right. */
  readonly paths: readonly number[][];
  /** How many vertices are nodes. */
  readonly nodeCount: number;
}

/** Beyond so many passing vertices, edges cross columns in a straight line: memory stays in proportion. */
const passingMax = 100_000;

/**
 * The long edges of one node share a line as far as they go the same way: a table that every run reads has one trunk
 * with branches, and the vertices are at most as many as nodes times columns.
 */
export function toLayers(sizes: readonly Size[], edges: readonly ForwardEdge[], ranks: Int32Array): Layers {
  const layerOf = Array.from(ranks);
  const heights = sizes.map(({ height }) => height);
  const before: number[][] = sizes.map(() => []);
  const after: number[][] = sizes.map(() => []);
  const trunks = new Map<string, number[]>();
  const connect = (a: number, b: number) => {
    after[a]?.push(b);
    before[b]?.push(a);
  };
  const passing = (trunk: number[], from: number, layer: number): number => {
    const vertex = layerOf.length;
    layerOf.push(layer);
    heights.push(0);
    before.push([]);
    after.push([]);
    connect(trunk.at(-1) ?? from, vertex);
    trunk.push(vertex);
    return vertex;
  };
  const paths = edges.map(({ from, to, isReversed }) => {
    if (from === to) return [from];
    const key = `${from}${isReversed ? "r" : ""}`;
    const trunk = trunks.get(key) ?? [];
    trunks.set(key, trunk);
    const first = (ranks[from] as number) + 1;
    const length = (ranks[to] as number) - first;
    while (trunk.length < length && layerOf.length - sizes.length < passingMax) {
      passing(trunk, from, first + trunk.length);
    }
    const path = [from, ...trunk.slice(0, length)];
    if (path.length === length + 1) connect(path.at(-1) as number, to);
    return [...path, to];
  });
  return {
    layers: toColumns(layerOf, before, after),
    layerOf,
    heights,
    before,
    after,
    paths,
    nodeCount: sizes.length,
  };
}

/** Each column in the order of a walk through the graph: what hangs together begins side by side. */
function toColumns(
  layerOf: readonly number[],
  before: readonly number[][],
  after: readonly number[][],
): number[][] {
  const count = layerOf.reduce((most, layer) => Math.max(most, layer + 1), 0);
  const layers: number[][] = Array.from({ length: count }, () => []);
  const isSeen = new Uint8Array(layerOf.length);
  const starts = layerOf.map((_, vertex) => vertex);
  starts.sort((a, b) => (layerOf[a] as number) - (layerOf[b] as number));
  for (const start of starts) {
    const stack = [start];
    for (let vertex = stack.pop(); vertex !== undefined; vertex = stack.pop()) {
      if (isSeen[vertex]) continue;
      isSeen[vertex] = 1;
      layers[layerOf[vertex] as number]?.push(vertex);
      for (const near of [before, after]) {
        for (const other of (near[vertex] as number[]).toReversed()) stack.push(other);
      }
    }
  }
  return layers;
}
