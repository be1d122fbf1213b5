import { breakCycles, type ForwardEdge } from "./cycles.ts";
import { type Layers, toLayers } from "./layers.ts";
import { order } from "./order.ts";
import { place } from "./place.ts";
import { rank } from "./rank.ts";

/** Sizes and positions are in units of the drawing: pixels where it is not zoomed. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Nodes are named by their place in the list. */
export interface LayoutInput {
  readonly nodes: readonly Size[];
  readonly edges: readonly LayoutEdge[];
}

export interface LayoutEdge {
  readonly from: number;
  readonly to: number;
  /** How much room the label of the edge needs, and beside which of its ends it stands. */
  readonly labelWidth: number;
  readonly labelEnd: "from" | "to";
}

/** From one point to another. */
export type Stretch = readonly [x1: number, y1: number, x2: number, y2: number];

export interface Layout extends Size {
  /** The centre of each node. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The width of each node: all in a column are as wide as the widest. */
  readonly widths: readonly number[];
  /** For each edge the points that it passes, from its first node's side to the other's: x, y, x, y … */
  readonly routes: readonly (readonly number[])[];
  /** For each edge the part of it, between two columns, where its label stands. */
  readonly labels: readonly Stretch[];
}

export interface Gaps {
  /** Between two columns that no label needs more for. */
  readonly column: number;
  /** Between two nodes in a column. */
  readonly row: number;
  /** Beside a line that passes through a column. */
  readonly line: number;
}

export const gaps: Gaps = { column: 64, row: 20, line: 8 };

const componentGap = 56;
const backShift = 12;
/** On both sides of a label together, for the arrow and the curve. */
const labelMargin = 36;
/** Lines that rise far need room to lean: so much of the rise, and no more than that. */
const steepGap = 0.08;
const steepGapMax = 400;
/** Width to height of the whole, where separate parts can be put side by side. */
const aspect = 1.6;

/**
 * A layered drawing from left to right (Sugiyama): every edge that can goes to the right. Takes time that is about
 * linear in nodes and edges. `progress` is called with the share of the work that is done.
 */
export function layOut(input: LayoutInput, progress: (share: number) => void = () => {}): Layout {
  const parts = components(input);
  const total = input.nodes.length + input.edges.length;
  let done = 0;
  const drawn = parts.map((part) => {
    const size = part.nodes.length + part.edges.length;
    const layout = layOutPart(input, part, (share) => progress((done + share * size) / total));
    done += size;
    progress(done / total);
    return layout;
  });
  return pack(input, parts, drawn);
}

/** Nodes and edges of the input, by their place in its lists, that hang together. */
interface Part {
  readonly nodes: number[];
  readonly edges: number[];
}

function components({ nodes, edges }: LayoutInput): Part[] {
  const parent = nodes.map((_, node) => node);
  const find = (node: number): number => {
    let root = node;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root] as number] as number;
      root = parent[root] as number;
    }
    return root;
  };
  for (const { from, to } of edges) parent[find(from)] = find(to);
  const parts = new Map<number, Part>();
  for (const node of nodes.keys()) {
    const root = find(node);
    const part = parts.get(root) ?? { nodes: [], edges: [] };
    parts.set(root, part);
    part.nodes.push(node);
  }
  for (const [index, { from }] of edges.entries()) parts.get(find(from))?.edges.push(index);
  return [...parts.values()].sort((a, b) => b.nodes.length - a.nodes.length);
}

/** A layout whose lists are those of the part. */
function layOutPart(input: LayoutInput, part: Part, progress: (share: number) => void): Layout {
  const local = new Map(part.nodes.map((node, index) => [node, index]));
  const sizes = part.nodes.map((node) => input.nodes[node] as Size);
  const edges = part.edges.map((index) => {
    const edge = input.edges[index] as LayoutEdge;
    return { ...edge, from: local.get(edge.from) as number, to: local.get(edge.to) as number };
  });
  const forward = breakCycles(sizes.length, edges);
  const layers = toLayers(sizes, forward, rank(sizes.length, forward));
  order(layers, (share) => progress(share * 0.6));
  const y = place(layers, gaps, (share) => progress(0.6 + share * 0.4));
  // An edge that was turned has its label at the other end of its way.
  const labels = edges.map(({ labelWidth, labelEnd }, index) => {
    return { width: labelWidth, isLast: (labelEnd === "to") !== forward[index]?.isReversed };
  });
  return finish(sizes, layers, y, labels, forward);
}

interface Label {
  readonly width: number;
  /** Whether it stands before the last vertex of the path, or after the first. */
  readonly isLast: boolean;
}

function finish(
  sizes: readonly Size[],
  layers: Layers,
  y: readonly number[],
  labels: readonly Label[],
  forward: readonly ForwardEdge[],
): Layout {
  const columns = toColumns(sizes, layers, y, labels);
  const columnOf = (vertex: number) => columns[layers.layerOf[vertex] as number] as Column;
  const right = (vertex: number) => [columnOf(vertex).right, y[vertex] as number] as const;
  const left = (vertex: number) => [columnOf(vertex).left, y[vertex] as number] as const;
  const routes = layers.paths.map((path) => {
    const points: number[] = [];
    for (const [at, vertex] of path.entries()) {
      if (at > 0) addPoint(points, ...left(vertex));
      if (at < path.length - 1) addPoint(points, ...right(vertex));
    }
    return points;
  });
  const stretches = layers.paths.map((path, index): Stretch => {
    const at = labels[index]?.isLast ? path.length - 2 : 0;
    const [from, to] = [path[Math.max(0, at)] as number, path[at + 1] ?? (path[0] as number)];
    return [...right(from), ...left(to)];
  });
  const isReversed = (index: number) => forward[index]?.isReversed === true;
  const nodes = sizes.map((_, node) => columnOf(node));
  return {
    x: nodes.map((column) => (column.left + column.right) / 2),
    y: y.slice(0, sizes.length),
    widths: nodes.map((column) => column.right - column.left),
    routes: routes.map((points, index) => (isReversed(index) ? reversedPoints(points) : points)),
    labels: stretches.map(([x1, y1, x2, y2], index) =>
      isReversed(index) ? [x2, y2 + backShift, x1, y1 + backShift] : [x1, y1, x2, y2],
    ),
    width: columns.at(-1)?.right ?? 0,
    height: sizes.reduce((most, size, node) => Math.max(most, (y[node] as number) + size.height / 2), 0),
  };
}

interface Column {
  readonly left: number;
  readonly right: number;
}

function toColumns(
  sizes: readonly Size[],
  layers: Layers,
  y: readonly number[],
  labels: readonly Label[],
): Column[] {
  const gapAfter = layers.layers.map(() => gaps.column);
  for (const [vertex, next] of layers.after.entries()) {
    const gap = layers.layerOf[vertex] as number;
    for (const other of next) {
      const rise = Math.abs((y[vertex] as number) - (y[other] as number));
      gapAfter[gap] = Math.max(gapAfter[gap] as number, Math.min(steepGapMax, rise * steepGap));
    }
  }
  for (const [index, path] of layers.paths.entries()) {
    const { width, isLast } = labels[index] as Label;
    const gap = layers.layerOf[(isLast ? path.at(-2) : path[0]) ?? 0] as number;
    gapAfter[gap] = Math.max(gapAfter[gap] as number, width === 0 ? 0 : width + labelMargin);
  }
  let left = 0;
  return layers.layers.map((layer, index) => {
    const width = layer.reduce((most, vertex) => Math.max(most, sizes[vertex]?.width ?? 0), 0);
    const column = { left, right: left + width };
    left += width + (gapAfter[index] as number);
    return column;
  });
}

/** Goes on where the line is level: one that passes a thousand columns has a few points, not thousands. */
function addPoint(points: number[], x: number, y: number): void {
  const isLevel =
    Math.abs((points.at(-1) ?? Infinity) - y) < 0.5 && Math.abs((points.at(-3) ?? Infinity) - y) < 0.5;
  if (isLevel) points[points.length - 2] = x;
  else points.push(x, y);
}

/** An edge that leads back begins and ends a little lower: the edge that leads there may join the same nodes. */
function reversedPoints(points: readonly number[]): number[] {
  const turned: number[] = [];
  for (let at = points.length - 2; at >= 0; at -= 2) {
    turned.push(points[at] as number, (points[at + 1] as number) + backShift);
  }
  return turned;
}

/** Puts the parts on shelves, the largest first. */
function pack(input: LayoutInput, parts: readonly Part[], drawn: readonly Layout[]): Layout {
  const area = drawn.reduce((sum, { width, height }) => sum + width * (height + componentGap), 0);
  const widthMax = drawn.reduce((most, { width }) => Math.max(most, width), Math.sqrt(area * aspect));
  const x: number[] = new Array(input.nodes.length).fill(0);
  const y: number[] = new Array(input.nodes.length).fill(0);
  const widths: number[] = new Array(input.nodes.length).fill(0);
  const routes: number[][] = input.edges.map(() => []);
  const labels: Stretch[] = input.edges.map(() => [0, 0, 0, 0]);
  let left = 0;
  let top = 0;
  let shelf = 0;
  let width = 0;
  for (const [index, part] of parts.entries()) {
    const layout = drawn[index] as Layout;
    if (left > 0 && left + layout.width > widthMax) {
      top += shelf + componentGap;
      left = 0;
      shelf = 0;
    }
    for (const [at, node] of part.nodes.entries()) {
      x[node] = left + (layout.x[at] as number);
      y[node] = top + (layout.y[at] as number);
      widths[node] = layout.widths[at] as number;
    }
    for (const [at, edge] of part.edges.entries()) {
      routes[edge] = (layout.routes[at] as number[]).map((value, odd) => value + (odd % 2 ? top : left));
      const [x1, y1, x2, y2] = layout.labels[at] as Stretch;
      labels[edge] = [x1 + left, y1 + top, x2 + left, y2 + top];
    }
    width = Math.max(width, left + layout.width);
    left += layout.width + componentGap;
    shelf = Math.max(shelf, layout.height);
  }
  return { x, y, widths, routes, labels, width, height: top + shelf };
}
