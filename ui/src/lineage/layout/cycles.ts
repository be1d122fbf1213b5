/** An edge in the direction that it is laid out in. */
export interface ForwardEdge {
  readonly from: number;
  readonly to: number;
  /** Whether it was turned round, so that no cycle is left. */
  readonly isReversed: boolean;
}

/** Turns round every edge that leads back to a node on the way that led to it. */
export function breakCycles(
  count: number,
  edges: readonly Pick<ForwardEdge, "from" | "to">[],
): ForwardEdge[] {
  const out: number[][] = Array.from({ length: count }, () => []);
  const hasInput = new Uint8Array(count);
  for (const [index, { from, to }] of edges.entries()) {
    out[from]?.push(index);
    if (from !== to) hasInput[to] = 1;
  }
  const reversed = new Uint8Array(edges.length);
  const state = new Uint8Array(count);
  const walkFrom = (start: number) => {
    const stack: [node: number, next: number][] = [[start, 0]];
    state[start] = onPath;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = out[top[0]]?.[top[1]++];
      if (edge === undefined) {
        state[top[0]] = left;
        stack.pop();
        continue;
      }
      const to = edges[edge]?.to as number;
      if (state[to] === onPath) reversed[edge] = 1;
      else if (state[to] === unseen) {
        state[to] = onPath;
        stack.push([to, 0]);
      }
    }
  };
  // Nodes that nothing leads to come first: an edge is then turned only where a cycle needs it.
  for (let node = 0; node < count; node++) if (!hasInput[node] && state[node] === unseen) walkFrom(node);
  for (let node = 0; node < count; node++) if (state[node] === unseen) walkFrom(node);
  return edges.map(({ from, to }, index) =>
    reversed[index] ? { from: to, to: from, isReversed: true } : { from, to, isReversed: false },
  );
}

const unseen = 0;
const onPath = 1;
const left = 2;
