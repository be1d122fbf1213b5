import type { LineageNode } from "./graph.ts";

/** The nodes in whose name, type, URI, state or id the text occurs, whatever its case; `#7` is id 7 alone. */
export function matching(nodes: readonly LineageNode[], text: string): readonly LineageNode[] {
  const wanted = text.trim().toLowerCase();
  return wanted === "" ? [] : nodes.filter((node) => isMatch(node, wanted));
}

function isMatch({ id, name, type, uri, state }: LineageNode, wanted: string): boolean {
  if (wanted.startsWith("#")) return wanted === `#${id}`;
  return (
    wanted === String(id) || [name, type, uri, state].some((field) => field.toLowerCase().includes(wanted))
  );
}
