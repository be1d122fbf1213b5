import type { Edge, LineageGraph, LineageNode, NodeKey } from "./graph.ts";

/** By type, or by the contexts of one type; what is in none of them, or in several, stays single. */
export type Grouping =
  | { readonly by: "none" }
  | { readonly by: "type" }
  | { readonly by: "context"; readonly typeId: bigint };

/** `ta3`: artifacts of type 3; `te4`: executions of type 4; `c12`: what belongs to context 12. */
export type GroupKey = `t${"a" | "e"}${bigint}` | `c${bigint}`;

export interface Group {
  readonly key: GroupKey;
  readonly kind: "artifact" | "execution" | "context";
  /** Name of the type, or of the context. */
  readonly title: string;
  /** What stands above the title where the kind does not say it: the type of the context. */
  readonly type: string;
  readonly members: readonly LineageNode[];
}

export type DrawnKey = NodeKey | GroupKey;

/** One box of the picture. */
export type Drawn = { readonly key: DrawnKey } & (
  | { readonly node: LineageNode; readonly group?: undefined }
  | { readonly group: Group; readonly node?: undefined }
);

/** One line of the picture, which stands for as many edges as `count`. */
export interface DrawnEdge {
  readonly from: DrawnKey;
  readonly to: DrawnKey;
  readonly labels: readonly string[];
  readonly count: number;
}

export interface Drawing {
  readonly boxes: readonly Drawn[];
  readonly edges: readonly DrawnEdge[];
  /** The box in which each node is. */
  readonly boxOf: ReadonlyMap<NodeKey, DrawnKey>;
}

/** A line that stands for many edges names so many of their paths. */
const labelsMax = 3;

/** Puts the nodes into their groups, except those that are opened and those that would have one member. */
export function group(
  graph: LineageGraph,
  shown: ReadonlySet<NodeKey>,
  grouping: Grouping,
  opened: ReadonlySet<string>,
): Drawing {
  const members = new Map<GroupKey, LineageNode[]>();
  const keyFor = groupKeys(graph, grouping);
  for (const key of shown) {
    const node = graph.nodes.get(key);
    const own = node && keyFor(node);
    if (node === undefined || own === undefined || opened.has(own)) continue;
    const list = members.get(own);
    if (list) list.push(node);
    else members.set(own, [node]);
  }
  const boxOf = new Map<NodeKey, DrawnKey>();
  const boxes: Drawn[] = [];
  const isBoxed = new Set<DrawnKey>();
  for (const key of shown) {
    const node = graph.nodes.get(key);
    if (node === undefined) continue;
    const own = keyFor(node);
    const inside = own === undefined ? [] : (members.get(own) ?? []);
    const box = own !== undefined && inside.length > 1 ? own : key;
    boxOf.set(key, box);
    if (isBoxed.has(box)) continue;
    isBoxed.add(box);
    boxes.push(box === key ? { key, node } : { key: box, group: describe(graph, box as GroupKey, inside) });
  }
  return { boxes, edges: mergeEdges(graph.edges, boxOf), boxOf };
}

function groupKeys(graph: LineageGraph, grouping: Grouping): (node: LineageNode) => GroupKey | undefined {
  if (grouping.by === "none") return () => undefined;
  if (grouping.by === "type") return ({ kind, typeId }) => `t${kind === "artifact" ? "a" : "e"}${typeId}`;
  const contextsOf = ({ contexts }: LineageNode) =>
    contexts.filter((id) => graph.contexts.get(id)?.typeId === grouping.typeId);
  // An artifact is where it was made: many programs register only executions with their run, others register what a
  // run reads as well.
  const maker = new Map<NodeKey, bigint>();
  for (const { from, to } of graph.edges) {
    const node = from.startsWith("e") ? graph.nodes.get(from) : undefined;
    const [context] = node ? contextsOf(node) : [];
    if (context !== undefined && !maker.has(to)) maker.set(to, context);
  }
  return (node) => {
    const [context, ...others] = contextsOf(node);
    const own = others.length === 0 ? (context ?? maker.get(node.key)) : maker.get(node.key);
    return own === undefined ? undefined : `c${own}`;
  };
}

function describe(graph: LineageGraph, key: GroupKey, members: readonly LineageNode[]): Group {
  if (key.startsWith("c")) {
    const context = graph.contexts.get(BigInt(key.slice(1)));
    const title = context?.name || key.slice(1);
    return { key, kind: "context", title, type: context?.type ?? "", members };
  }
  const [first] = members as [LineageNode, ...LineageNode[]];
  return { key, kind: first.kind, title: first.type, type: "", members };
}

/** Edges inside a box are not drawn. */
function mergeEdges(edges: readonly Edge[], boxOf: ReadonlyMap<NodeKey, DrawnKey>): DrawnEdge[] {
  const merged = new Map<string, { from: DrawnKey; to: DrawnKey; labels: Set<string>; count: number }>();
  for (const edge of edges) {
    const from = boxOf.get(edge.from);
    const to = boxOf.get(edge.to);
    if (from === undefined || to === undefined || from === to) continue;
    const key = `${from} ${to}`;
    const line = merged.get(key) ?? { from, to, labels: new Set(), count: 0 };
    merged.set(key, line);
    line.count++;
    for (const label of edge.labels) line.labels.add(label);
  }
  return [...merged.values()].map(({ labels, ...line }) => {
    const few = [...labels].slice(0, labelsMax);
    return { ...line, labels: few.length < labels.size ? [...few, `+${labels.size - few.length}`] : few };
  });
}

/** The types of contexts that the nodes shown belong to, with the number of contexts of each, in order of names. */
export function contextTypes(
  graph: LineageGraph,
  shown: ReadonlySet<NodeKey>,
): { typeId: bigint; type: string; count: number }[] {
  const ids = new Set([...shown].flatMap((key) => graph.nodes.get(key)?.contexts ?? []));
  const types = new Map<bigint, { typeId: bigint; type: string; count: number }>();
  for (const id of ids) {
    const context = graph.contexts.get(id);
    if (context === undefined) continue;
    const { typeId, type } = context;
    const entry = types.get(typeId) ?? { typeId, type, count: 0 };
    types.set(typeId, entry);
    entry.count++;
  }
  return [...types.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}
