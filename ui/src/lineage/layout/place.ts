import type { Layers } from "./layers.ts";
import type { Gaps } from "./layout.ts";

/** More settles small drawings better; large ones are for looking at from afar. */
const sweepsFor = (vertices: number) => (vertices < 4000 ? 30 : 10);

/**
 * The height of each vertex in the drawing. In turns every column moves as near to the middle of its neighbours as
 * its order and the gaps allow.
 */
export function place(graph: Layers, gaps: Gaps, progress: (share: number) => void): number[] {
  const { layers, before, after, heights } = graph;
  const y: number[] = new Array(heights.length).fill(0);
  const distance = distances(graph, gaps);
  const sweeps = sweepsFor(heights.length);
  for (let sweep = 1; sweep <= sweeps; sweep++) {
    const isForward = sweep % 2 === 1;
    const sides = sweep > sweeps / 2 ? [before, after] : [isForward ? before : after];
    for (const layer of isForward ? layers : layers.toReversed()) {
      const pulls = layer.map((vertex) => pull(graph, vertex, sides, y));
      settle(layer, pulls, distance, y);
    }
    progress(sweep / sweeps);
  }
  for (const layer of layers) {
    const pulls = layer.map((vertex) => straighten(graph, vertex, y));
    settle(layer, pulls, distance, y);
  }
  let top = Number.POSITIVE_INFINITY;
  for (const [first] of layers) {
    if (first !== undefined) top = Math.min(top, (y[first] as number) - (heights[first] as number) / 2);
  }
  return y.map((value) => value - top);
}

function distances({ heights, nodeCount }: Layers, gaps: Gaps): (a: number, b: number) => number {
  return (a, b) => {
    const lines = Number(a >= nodeCount) + Number(b >= nodeCount);
    const gap = [gaps.row, gaps.row * 0.75, gaps.line][lines] as number;
    return ((heights[a] as number) + (heights[b] as number)) / 2 + gap;
  };
}

/** Where the neighbours want a vertex, and how strongly: a chain and a line that passes columns shall be straight. */
function pull(
  graph: Layers,
  vertex: number,
  sides: readonly (readonly number[][])[],
  y: readonly number[],
): Pull {
  let sum = 0;
  let weight = 0;
  for (const side of sides) {
    const back = side === graph.before ? graph.after : graph.before;
    const near = side[vertex] as number[];
    for (const other of near) {
      const isPassing = vertex >= graph.nodeCount && other >= graph.nodeCount;
      const isChain = near.length === 1 && back[other]?.length === 1;
      const own = isPassing || isChain ? 8 : 1;
      sum += own * (y[other] as number);
      weight += own;
    }
  }
  return weight === 0
    ? { wanted: y[vertex] as number, weight: 0.05 }
    : { wanted: sum / weight, weight: Math.sqrt(weight) };
}

/** A step of a chain goes level with the one before it; all else stays where it is unless it is in the way. */
function straighten({ before, after, nodeCount }: Layers, vertex: number, y: readonly number[]): Pull {
  const [last, ...others] = before[vertex] as number[];
  if (last === undefined || others.length > 0) return { wanted: y[vertex] as number, weight: 1 };
  const isLine = vertex >= nodeCount && last >= nodeCount;
  return isLine || after[last]?.length === 1
    ? { wanted: y[last] as number, weight: 20 }
    : { wanted: y[vertex] as number, weight: 1 };
}

interface Pull {
  readonly wanted: number;
  readonly weight: number;
}

/** Vertices that touch and move as one. */
interface Block {
  sum: number;
  weight: number;
  length: number;
}

/**
 * The positions with the least sum of squared distances from those wanted, in the given order and at least so far
 * apart: isotonic regression by pooling adjacent violators.
 */
function settle(
  layer: readonly number[],
  pulls: readonly Pull[],
  distance: (a: number, b: number) => number,
  y: number[],
): void {
  const offsets: number[] = [];
  for (const [index, vertex] of layer.entries()) {
    const previous = layer[index - 1];
    offsets.push(previous === undefined ? 0 : (offsets[index - 1] as number) + distance(previous, vertex));
  }
  const blocks: Block[] = [];
  for (const [index, { wanted, weight }] of pulls.entries()) {
    let block: Block = { sum: weight * (wanted - (offsets[index] as number)), weight, length: 1 };
    for (
      let last = blocks.at(-1);
      last && last.sum / last.weight >= block.sum / block.weight;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      block = {
        sum: last.sum + block.sum,
        weight: last.weight + block.weight,
        length: last.length + block.length,
      };
    }
    blocks.push(block);
  }
  let index = 0;
  for (const { sum, weight, length } of blocks) {
    for (const end = index + length; index < end; index++) {
      y[layer[index] as number] = sum / weight + (offsets[index] as number);
    }
  }
}
