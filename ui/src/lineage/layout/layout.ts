import { breakCycles } from "./cycles.ts";
import { type Layers, toLayers } from "./layers.ts";
import { order } from "./order.ts";
import { place } from "./place.ts";
import { rank } from "./rank.ts";

/** Sizes and positions are in units of the drawing: pixels where it is not zoomed. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Nodes by their place in the list; an edge goes from one to another. */
export interface LayoutInput {
  readonly nodes: readonly Size[];
  readonly edges: readonly (readonly [from: number, to: number])[];
}

export interface Layout extends Size {
  /** The centre of each node. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** For each edge the points that it passes, from its first node's side to the other's: x, y, x, y … */
  readonly routes: readonly (readonly number[])[];
}

export interface Gaps {
  /** Between two columns; labels of edges stand there. */
  readonly column: number;
  /** Between two nodes in a column. */
  readonly row: number;
  /** Beside a line that passes through a column. */
  readonly line: number;
}

export const gaps: Gaps = { column: 112, row: 20, line: 8 };

const componentGap = 56;
const backShift = 12;
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
  for (const [from, to] of edges) parent[find(from)] = find(to);
  const parts = new Map<number, Part>();
  for (const node of nodes.keys()) {
    const root = find(node);
    const part = parts.get(root) ?? { nodes: [], edges: [] };
    parts.set(root, part);
    part.nodes.push(node);
  }
  for (const [index, [from]] of edges.entries()) parts.get(find(from))?.edges.push(index);
  return [...parts.values()].sort((a, b) => b.nodes.length - a.nodes.length);
}

/** A layout whose lists are those of the part. */
function layOutPart(input: LayoutInput, part: Part, progress: (share: number) => void): Layout {
  const local = new Map(part.nodes.map((node, index) => [node, index]));
  const sizes = part.nodes.map((node) => input.nodes[node] as Size);
  const edges = part.edges.map((edge) => {
    const [from, to] = input.edges[edge] as readonly [number, number];
    return [local.get(from) as number, local.get(to) as number] as const;
  });
  const forward = breakCycles(sizes.length, edges);
  const layers = toLayers(sizes, forward, rank(sizes.length, forward));
  order(layers, (share) => progress(share * 0.6));
  const y = place(layers, gaps, (share) => progress(0.6 + share * 0.4));
  return finish(sizes, layers, y, forward);
}

function finish(
  sizes: readonly Size[],
  layers: Layers,
  y: readonly number[],
  forward: readonly { readonly isReversed: boolean }[],
): Layout {
  const widths = layers.layers.map((layer) =>
    layer.reduce((most, v) => Math.max(most, sizes[v]?.width ?? 0), 0),
  );
  let width = -gaps.column;
  const columns = widths.map((own) => {
    width += gaps.column + own;
    return width - own / 2;
  });
  const column = (vertex: number) => layers.layerOf[vertex] as number;
  const routes = layers.paths.map((path, index) => {
    const points: number[] = [];
    for (const [at, vertex] of path.entries()) {
      const half = (sizes[vertex]?.width ?? (widths[column(vertex)] as number)) / 2;
      const centre = columns[column(vertex)] as number;
      if (at > 0) addPoint(points, centre - half, y[vertex] as number);
      if (at < path.length - 1) addPoint(points, centre + half, y[vertex] as number);
    }
    return forward[index]?.isReversed ? reversedPoints(points) : points;
  });
  const height = sizes.reduce((most, size, node) => Math.max(most, (y[node] as number) + size.height / 2), 0);
  return { x: sizes.map((_, node) => columns[column(node)] as number), y: [...y], routes, width, height };
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
  const routes: number[][] = input.edges.map(() => []);
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
    }
    for (const [at, edge] of part.edges.entries()) {
      routes[edge] = (layout.routes[at] as number[]).map((value, odd) => value + (odd % 2 ? top : left));
    }
    width = Math.max(width, left + layout.width);
    left += layout.width + componentGap;
    shelf = Math.max(shelf, layout.height);
  }
  return { x, y, routes, width, height: top + shelf };
}
