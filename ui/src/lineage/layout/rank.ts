import type { ForwardEdge } from "./cycles.ts";

/**
 * The column of each node: one after the last of those that lead to it; where nothing does, one before the first
 * that it leads to, so that a table that only the last step reads stands beside that step.
 */
export function rank(count: number, edges: readonly ForwardEdge[]): Int32Array {
  const out: number[][] = Array.from({ length: count }, () => []);
  const waitsFor = new Int32Array(count);
  const inputs = new Int32Array(count);
  for (const { from, to } of edges) {
    if (from === to) continue;
    out[from]?.push(to);
    waitsFor[to] = inputs[to] = (inputs[to] as number) + 1;
  }
  const ranks = new Int32Array(count);
  const sorted: number[] = [];
  for (let node = 0; node < count; node++) if (waitsFor[node] === 0) sorted.push(node);
  for (let at = 0; at < sorted.length; at++) {
    const node = sorted[at] as number;
    for (const to of out[node] as number[]) {
      ranks[to] = Math.max(ranks[to] as number, (ranks[node] as number) + 1);
      waitsFor[to] = (waitsFor[to] as number) - 1;
      if (waitsFor[to] === 0) sorted.push(to);
    }
  }
  for (const node of sorted) {
    const followers = out[node] as number[];
    if (inputs[node] !== 0 || followers.length === 0) continue;
    ranks[node] = followers.reduce((least, to) => Math.min(least, ranks[to] as number), count) - 1;
  }
  return ranks;
}
