import type { LineageNode } from "./graph.ts";
import type { Drawn } from "./group.ts";

/** Nodes of a box in whose name, type, URI, state or id the text occurs, whatever its case; `#7` is id 7 alone. */
export function matches(box: Drawn, text: string): readonly LineageNode[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const nodes = box.group ? box.group.members : [box.node];
  return nodes.filter((node) => isMatch(node, wanted));
}

function isMatch({ id, name, type, uri, state }: LineageNode, wanted: string): boolean {
  if (wanted.startsWith("#")) return wanted === `#${id}`;
  return (
    wanted === String(id) || [name, type, uri, state].some((field) => field.toLowerCase().includes(wanted))
  );
}
