import type { LineageGraph, LineageNode } from "./graph.ts";
import { breakCycles } from "./layout/cycles.ts";
import { rank } from "./layout/rank.ts";

/** The nodes in the order in which data flowed: the columns of the picture from left to right, each by id. */
export function inFlowOrder({ nodes, edges }: Pick<LineageGraph, "nodes" | "edges">): LineageNode[] {
  const list = [...nodes.values()];
  const index = new Map(list.map(({ key }, at) => [key, at]));
  const ends = edges.map(({ from, to }) => ({
    from: index.get(from) as number,
    to: index.get(to) as number,
  }));
  const ranks = rank(list.length, breakCycles(list.length, ends));
  const rankOf = ({ key }: LineageNode) => ranks[index.get(key) as number] as number;
  return list.sort((a, b) => rankOf(a) - rankOf(b) || Number(a.id - b.id));
}
