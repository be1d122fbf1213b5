import type { LineageGraph, NodeKey } from "./graph.ts";
import { fitter } from "./picture/measure.ts";
import { Painter } from "./picture/paint.ts";
import { readPalette } from "./picture/palette.ts";
import type { Scene } from "./picture/scene.ts";
import { toSvg } from "./picture/svg.ts";

/** What browsers can hold in one canvas, side and area, in pixels. */
const sideMax = 16_384;
const areaMax = 120_000_000;
const margin = 24;

export function downloadSvg(scene: Scene, name: string, title: string): void {
  save(
    new Blob([toSvg(scene, readPalette(document.body), fitter, title)], { type: "image/svg+xml" }),
    `${name}.svg`,
  );
}

/** Twice as large as on screen, or as large as a browser can make it. */
export async function downloadPng(scene: Scene, name: string): Promise<void> {
  const width = scene.width + 2 * margin;
  const height = scene.height + 2 * margin;
  const ratio = Math.min(2, sideMax / Math.max(width, height), Math.sqrt(areaMax / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(width * ratio);
  canvas.height = Math.floor(height * ratio);
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("The browser makes no picture of this size");
  const plain = { focus: undefined, hasKeyboard: false, hover: undefined, found: undefined };
  const emphasis = { ...plain, roots: new Set<never>(), badges: new Map() };
  const painter = new Painter(scene, readPalette(document.body), fitter);
  painter.paint(context, { width, height }, { x: margin, y: margin, scale: 1 }, emphasis, ratio);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("The browser makes no picture of this size");
  save(blob, `${name}.png`);
}

/** The graph that is shown, before any grouping. Ids are text, as in the JSON of the API: they have 64 bits. */
export function toJson(graph: LineageGraph, root: { kind: string; id: bigint }): string {
  const end = (key: NodeKey) => {
    const node = graph.nodes.get(key);
    return { kind: node?.kind, id: String(node?.id) };
  };
  const document = {
    root: { kind: root.kind, id: String(root.id) },
    nodes: [...graph.nodes.values()].map(({ key: _key, id, typeId, contexts, ...node }) => ({
      ...node,
      id: String(id),
      typeId: String(typeId),
      contexts: contexts.map(String),
    })),
    edges: graph.edges.map(({ from, to, labels }) => ({ from: end(from), to: end(to), labels })),
    contexts: [...graph.contexts.values()].map(({ id, typeId, type, name }) => ({
      id: String(id),
      typeId: String(typeId),
      type,
      name,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

export function downloadJson(graph: LineageGraph, root: { kind: string; id: bigint }, name: string): void {
  save(new Blob([toJson(graph, root)], { type: "application/json" }), `${name}.json`);
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
