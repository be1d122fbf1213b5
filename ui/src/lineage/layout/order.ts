import type { Layers } from "./layers.ts";

const sweeps = 12;
/** Swapping neighbours is for small drawings: it costs the square of a column. */
const swapVerticesMax = 4000;

/** Sorts each column so that few edges cross: by the middle of their neighbours, to and fro; the best is kept. */
export function order(graph: Layers, progress: (share: number) => void): void {
  const { layers } = graph;
  const at = new Float64Array(graph.layerOf.length);
  const number = (layer: readonly number[]) => {
    for (const [index, vertex] of layer.entries()) at[vertex] = index;
  };
  layers.forEach(number);
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(graph, at);
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const isForward = sweep % 2 === 0;
    const fixed = isForward ? graph.before : graph.after;
    for (const layer of isForward ? layers : layers.toReversed()) {
      sortByNeighbours(layer, fixed, at);
      number(layer);
    }
    if (graph.layerOf.length <= swapVerticesMax) for (const layer of layers) swapNeighbours(graph, layer, at);
    const count = crossings(graph, at);
    if (count < fewest) {
      fewest = count;
      best = layers.map((layer) => [...layer]);
    }
    progress((sweep + 1) / sweeps);
  }
  layers.splice(0, layers.length, ...best);
}

/** A vertex without neighbours on that side keeps its place. */
function sortByNeighbours(layer: number[], neighbours: readonly number[][], at: Float64Array): void {
  const middle = new Map<number, number>();
  for (const vertex of layer) {
    const near = neighbours[vertex] as number[];
    const sum = near.reduce((total, other) => total + (at[other] as number), 0);
    middle.set(vertex, near.length === 0 ? (at[vertex] as number) : sum / near.length);
  }
  layer.sort((a, b) => (middle.get(a) as number) - (middle.get(b) as number));
}

function swapNeighbours(graph: Layers, layer: number[], at: Float64Array): void {
  for (let index = 0; index + 1 < layer.length; index++) {
    const [a, b] = [layer[index] as number, layer[index + 1] as number];
    let gain = 0;
    for (const side of [graph.before, graph.after]) {
      gain += pairCrossings(side[a] as number[], side[b] as number[], at);
      gain -= pairCrossings(side[b] as number[], side[a] as number[], at);
    }
    if (gain <= 0) continue;
    layer[index] = b;
    layer[index + 1] = a;
    at[b] = index;
    at[a] = index + 1;
  }
}

/** Crossings of the edges of two vertices of which the first stands above. */
function pairCrossings(above: readonly number[], below: readonly number[], at: Float64Array): number {
  let count = 0;
  for (const a of above) for (const b of below) if ((at[a] as number) > (at[b] as number)) count++;
  return count;
}

/** All crossings, counted between each two columns with a tree of partial sums. */
export function crossings({ layers, after }: Layers, at: Float64Array): number {
  let total = 0;
  for (const [index, layer] of layers.entries()) {
    const size = (layers[index + 1]?.length ?? 0) + 1;
    const tree = new Int32Array(size + 1);
    let seen = 0;
    for (const vertex of layer) {
      const ends = (after[vertex] as number[]).map((other) => at[other] as number);
      for (const end of ends) {
        let notBelow = 0;
        for (let node = end + 1; node > 0; node -= node & -node) notBelow += tree[node] as number;
        total += seen - notBelow;
      }
      for (const end of ends) {
        for (let node = end + 1; node <= size; node += node & -node) tree[node] = (tree[node] as number) + 1;
      }
      seen += ends.length;
    }
  }
  return total;
}
