import type { Edge, NodeKey, Side } from "./graph.ts";

/** What a node was made from, what came of it, either, or all that hangs together with it. */
export const directions = ["both", "before", "after", "connected"] as const;
export type Direction = (typeof directions)[number];

/** The neighbours of every node on either side. */
export type Neighbours = { readonly [S in Side]: ReadonlyMap<NodeKey, readonly NodeKey[]> };

export function neighboursOf(edges: readonly Pick<Edge, "from" | "to">[]): Neighbours {
  const before = new Map<NodeKey, NodeKey[]>();
  const after = new Map<NodeKey, NodeKey[]>();
  const add = (map: Map<NodeKey, NodeKey[]>, key: NodeKey, other: NodeKey) => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [other]);
    else list.push(other);
  };
  for (const { from, to } of edges) {
    add(after, from, to);
    add(before, to, from);
  }
  return { before, after };
}

/** How many steps each node is away from the nearest root; what cannot be reached is left out. */
export function distances(
  neighbours: Neighbours,
  roots: readonly NodeKey[],
  direction: Direction,
): Map<NodeKey, number> {
  if (direction === "connected") return walk(neighbours, roots, ["before", "after"]);
  if (direction !== "both") return walk(neighbours, roots, [direction]);
  const found = walk(neighbours, roots, ["before"]);
  for (const [key, distance] of walk(neighbours, roots, ["after"])) {
    found.set(key, Math.min(distance, found.get(key) ?? distance));
  }
  return found;
}

function walk(neighbours: Neighbours, roots: readonly NodeKey[], sides: readonly Side[]) {
  const found = new Map(roots.map((root) => [root, 0]));
  // What is added while a map is gone through has its turn at the end: breadth first.
  for (const [key, distance] of found) {
    for (const side of sides) {
      for (const other of neighbours[side].get(key) ?? []) {
        if (!found.has(other)) found.set(other, distance + 1);
      }
    }
  }
  return found;
}

/** How many nodes there are within 0, 1, 2 … hops. */
export function sizes(found: ReadonlyMap<NodeKey, number>): number[] {
  const counts: number[] = [];
  for (const distance of found.values()) counts[distance] = (counts[distance] ?? 0) + 1;
  let sum = 0;
  return Array.from(counts, (count) => (sum += count ?? 0));
}

/** Neighbours that are known and not shown, of each node shown that has any. */
export function hiddenNeighbours(
  neighbours: Neighbours,
  shown: ReadonlySet<NodeKey>,
): Map<NodeKey, { readonly [S in Side]: number }> {
  const hidden = new Map<NodeKey, { before: number; after: number }>();
  const count = (key: NodeKey, side: Side) =>
    (neighbours[side].get(key) ?? []).filter((other) => !shown.has(other)).length;
  for (const key of shown) {
    const sides = { before: count(key, "before"), after: count(key, "after") };
    if (sides.before + sides.after > 0) hidden.set(key, sides);
  }
  return hidden;
}
