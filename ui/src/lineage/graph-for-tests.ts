import { keyOf, type LineageContext, type LineageGraph, type LineageNode, type NodeKey } from "./graph.ts";

/** `a7` is artifact 7 with that for a name; of type 1 unless the fields say otherwise. */
export function nodeOf(name: string, fields: Partial<LineageNode> = {}): LineageNode {
  const kind = name.startsWith("a") ? "artifact" : "execution";
  const id = BigInt(name.slice(1));
  const { typeId = 1n } = fields;
  const base = { typeId, type: `type ${typeId}`, name, uri: "", state: "", contexts: [] };
  return { key: keyOf(kind, id), kind, id, ...base, ...fields };
}

/** Edges as `a1 e1 label`, in words; the nodes are those given and all that edges name. */
export function graphOf(
  edges: readonly string[],
  nodes: readonly LineageNode[] = [],
  contexts: readonly LineageContext[] = [],
): LineageGraph {
  const ends = edges.map((edge) => {
    const [from, to, ...labels] = edge.split(" ") as [NodeKey, NodeKey, ...string[]];
    return { from, to, labels };
  });
  const named = ends.flatMap(({ from, to }) => [nodeOf(from), nodeOf(to)]);
  return {
    nodes: new Map([...named, ...nodes].map((node) => [node.key, node])),
    edges: ends,
    contexts: new Map(contexts.map((context) => [context.id, context])),
  };
}
