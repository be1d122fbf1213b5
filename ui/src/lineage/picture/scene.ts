import { type NodeKey, type Side, titleOf } from "../graph.ts";
import type { Drawing, Drawn, DrawnEdge, DrawnKey } from "../group.ts";
import type { Layout, LayoutInput, Stretch } from "../layout/layout.ts";
import { arrowHead, curve, pointOn, type Rect, type ShapeKind, type StateMark, stateMark } from "./shapes.ts";

export interface SceneBox extends Rect {
  readonly key: DrawnKey;
  readonly drawn: Drawn;
  readonly shape: ShapeKind;
  /** The small line: type and id, or what a group holds. */
  readonly caption: string;
  readonly title: string;
  readonly mark: StateMark | undefined;
}

export interface SceneEdge {
  readonly edge: DrawnEdge;
  readonly path: string;
  readonly head: string;
  readonly points: readonly number[];
  /** What the picture says of the edge; empty also where there is no room beside the labels of others. */
  readonly label: string;
  readonly labelWidth: number;
  /** The middle of the label. */
  readonly labelX: number;
  readonly labelY: number;
}

export interface Scene {
  readonly boxes: readonly SceneBox[];
  readonly edges: readonly SceneEdge[];
  readonly byKey: ReadonlyMap<DrawnKey, SceneBox>;
  readonly width: number;
  readonly height: number;
}

const boxHeight = 48;
const boxWidths = { min: 96, max: 240 };
const labelWidthMax = 150;

/** Where the texts of a box begin, and how far from its right side they end. */
export const textLeft = 36;
export const textRight = 16;
/** How far from the right side the sign of a state is. */
export const markRight = 20;

/** How wide the texts are; unknown until the page has its fonts. */
export interface TextWidths {
  caption(text: string): number;
  title(text: string): number;
  label(text: string): number;
}

export function toLayoutInput({ boxes, edges }: Drawing, texts: TextWidths): LayoutInput {
  const index = new Map(boxes.map(({ key }, at) => [key, at]));
  return {
    nodes: boxes.map((box) => {
      const { caption, title, mark } = describe(box);
      const width = Math.max(texts.caption(caption), texts.title(title)) + textLeft + textRight;
      const marked = Math.ceil(width + (mark ? markRight : 0));
      return { width: Math.min(boxWidths.max, Math.max(boxWidths.min, marked)), height: boxHeight };
    }),
    edges: edges.map((edge) => {
      const label = labelOf(edge);
      return {
        from: index.get(edge.from) as number,
        to: index.get(edge.to) as number,
        labelWidth: label === "" ? 0 : Math.min(labelWidthMax, Math.ceil(texts.label(label))),
        labelEnd: isInput(edge) ? "to" : "from",
      };
    }),
  };
}

export function toScene({ boxes, edges }: Drawing, layout: Layout): Scene {
  const placed = boxes.map((drawn, index): SceneBox => {
    const width = layout.widths[index] as number;
    const x = (layout.x[index] as number) - width / 2;
    const y = (layout.y[index] as number) - boxHeight / 2;
    return { key: drawn.key, drawn, x, y, width, height: boxHeight, ...describe(drawn) };
  });
  return {
    boxes: placed,
    edges: edgesWithLabels(edges, layout),
    byKey: new Map(placed.map((box) => [box.key, box])),
    width: layout.width,
    height: layout.height,
  };
}

/** A label stands beside the execution, whose input or output it names. */
function isInput({ to }: DrawnEdge): boolean {
  return to.startsWith("e") || to.startsWith("te");
}

function describe({ node, group }: Drawn): Pick<SceneBox, "shape" | "caption" | "title" | "mark"> {
  if (node !== undefined) {
    return {
      shape: node.kind,
      caption: `${node.type} #${node.id}`,
      title: titleOf(node),
      mark: stateMark(node.state),
    };
  }
  const count = group.members.length;
  const caption = group.kind === "context" ? `${group.type} · ${count} nodes` : `${count} ${group.kind}s`;
  const failed = group.members.some(({ state }) => state === "FAILED");
  return { shape: group.kind, caption, title: group.title, mark: failed ? "bad" : undefined };
}

/** Where along its stretch the label of an edge may stand, the best place first. */
const labelPlaces = [0.5, 0.66, 0.34, 0.8, 0.2];
const labelHeight = 15;

/** Gives each label the first place that no other one has taken: labels between two columns are in one list. */
function edgesWithLabels(edges: readonly DrawnEdge[], layout: Layout): SceneEdge[] {
  const taken = new Map<number, number[]>();
  return edges.map((edge, index) => {
    const points = layout.routes[index] as readonly number[];
    const text = labelOf(edge);
    const stretch = layout.labels[index] as Stretch;
    const labelWidth = Math.max(0, Math.abs(stretch[2] - stretch[0]) - 24);
    const base = { edge, points, path: curve(points), head: arrowHead(points), labelWidth };
    const gap = Math.round((stretch[0] + stretch[2]) / 2);
    const others = taken.get(gap) ?? [];
    taken.set(gap, others);
    for (const place of text === "" ? [] : labelPlaces) {
      const [labelX, labelY] = pointOn(stretch, isInput(edge) ? place : 1 - place);
      if (others.some((y) => Math.abs(y - labelY) < labelHeight)) continue;
      others.push(labelY);
      return { ...base, label: text, labelX, labelY };
    }
    return { ...base, label: "", labelX: 0, labelY: 0 };
  });
}

export function labelOf({ labels, count }: DrawnEdge): string {
  return labels.join(", ") || (count > 1 ? `×${count}` : "");
}

/** The box under a point. */
export function boxAt(scene: Scene, x: number, y: number): SceneBox | undefined {
  return scene.boxes.findLast(
    (box) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height,
  );
}

/** What stands at the sides of a box, to be pressed: how many more nodes there are, or a sign to hide them. */
export type Badges = ReadonlyMap<DrawnKey, { readonly [S in Side]: string }>;

const badgeRadius = 10;
/** How far outside the box its middle is. */
export const badgeAway = 8;

export function badgeAt(
  scene: Scene,
  badges: Badges,
  x: number,
  y: number,
): { key: DrawnKey; side: Side } | undefined {
  for (const [key, texts] of badges) {
    const box = scene.byKey.get(key);
    if (box === undefined || Math.abs(box.y + box.height / 2 - y) > badgeRadius) continue;
    const reach = (text: string) => badgeRadius + 3 * text.length;
    if (texts.before && Math.abs(box.x - badgeAway - x) <= reach(texts.before))
      return { key, side: "before" };
    if (texts.after && Math.abs(box.x + box.width + badgeAway - x) <= reach(texts.after))
      return { key, side: "after" };
  }
  return undefined;
}

/** Where to go from a box with an arrow key: along an edge, or to the next box in its column. */
export function neighbour(
  scene: Scene,
  from: DrawnKey,
  arrow: "left" | "right" | "up" | "down",
  cameFrom: DrawnKey | undefined,
): DrawnKey | undefined {
  const box = scene.byKey.get(from);
  if (box === undefined) return undefined;
  if (arrow === "left" || arrow === "right") {
    const keys = scene.edges.flatMap(({ edge }) => {
      if (arrow === "left") return edge.to === from ? [edge.from] : [];
      return edge.from === from ? [edge.to] : [];
    });
    // The way back is the way one came, so that a look to the side loses nobody.
    if (cameFrom !== undefined && keys.includes(cameFrom)) return cameFrom;
    return nearest(scene, keys, box.y);
  }
  const isBelow = arrow === "down";
  const column = scene.boxes.filter(
    (other) => Math.abs(other.x - box.x) < 1 && (isBelow ? other.y > box.y : other.y < box.y),
  );
  return nearest(
    scene,
    column.map(({ key }) => key),
    box.y,
  );
}

function nearest(scene: Scene, keys: readonly DrawnKey[], y: number): DrawnKey | undefined {
  const away = (key: DrawnKey) => Math.abs((scene.byKey.get(key)?.y ?? 0) - y);
  return keys.reduce<DrawnKey | undefined>(
    (best, key) => (best === undefined || away(key) < away(best) ? key : best),
    undefined,
  );
}

/** Which box shows a node first of all: the root, where it is there. */
export function startBox(scene: Scene, drawing: Drawing, roots: readonly NodeKey[]): DrawnKey | undefined {
  return (roots[0] && drawing.boxOf.get(roots[0])) ?? scene.boxes[0]?.key;
}
