import { kindOf, labelOf, type NodeMessage, pathOf, stateOf } from "../lib/kinds.ts";
import { KindIcon } from "./icons.tsx";
import { Link } from "./link.tsx";
import { Text } from "./text.tsx";

/** A node by its kind's sign and its name, leading to its page. */
export function NodeLink({ node }: { readonly node: NodeMessage }) {
  const kind = kindOf(node);
  return (
    <Link to={pathOf(node)} className="node-link" title={`${kind.title} ${node.id}`}>
      <KindIcon kind={kind.name} />
      <Text max={120}>{labelOf(node)}</Text>
    </Link>
  );
}

const tones: Readonly<Record<string, string>> = {
  COMPLETE: "good",
  LIVE: "good",
  CACHED: "good",
  FAILED: "bad",
  RUNNING: "busy",
  PENDING: "busy",
  NEW: "busy",
};

export function State({ node }: { readonly node: NodeMessage }) {
  const state = stateOf(node);
  if (state === undefined) return <span className="quiet">–</span>;
  return <span className={`state state-${tones[state] ?? "none"}`}>{state}</span>;
}
