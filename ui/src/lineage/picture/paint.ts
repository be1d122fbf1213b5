import { kindShapes } from "../../parts/icons.tsx";
import type { DrawnKey } from "../group.ts";
import type { Fitter } from "./fitter.ts";
import {
  captionFont,
  fillOf,
  labelFont,
  markColours,
  type Palette,
  titleFont,
  titleSize,
} from "./palette.ts";
import {
  type Badges,
  badgeAway,
  markRight,
  type Scene,
  type SceneBox,
  type SceneEdge,
  textLeft,
  textRight,
} from "./scene.ts";
import { markPaths, outline, type Rect, type ShapeKind } from "./shapes.ts";

/** A point of the drawing is on screen at `point * scale + offset`, in CSS pixels. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** What is pointed out in the picture. */
export interface Emphasis {
  readonly focus: DrawnKey | undefined;
  /** Whether the keyboard is in the picture. */
  readonly hasKeyboard: boolean;
  readonly hover: DrawnKey | undefined;
  /** Boxes that a search found; undefined where nothing is searched for. */
  readonly found: ReadonlySet<DrawnKey> | undefined;
  readonly roots: ReadonlySet<DrawnKey>;
  readonly badges: Badges;
}

/** Below these scales texts and signs cannot be read and are left out. */
const captionScale = 0.55;
const textScale = 0.28;
const labelScale = 0.55;
const signScale = 0.22;

const shapeKinds: readonly ShapeKind[] = ["artifact", "execution", "context"];
export const stackOffset = 5;

/** What there is for the texts of a box. */
export function textWidth({ mark, width }: SceneBox): number {
  return width - textLeft - textRight - (mark ? markRight : 0);
}

interface PreparedBox {
  readonly box: SceneBox;
  readonly path: Path2D;
  /** A second outline behind that of a group. */
  readonly behind: Path2D | undefined;
}

interface PreparedEdge {
  readonly edge: SceneEdge;
  readonly path: Path2D;
  readonly head: Path2D;
  readonly bounds: Rect;
}

/** What of the scene is on screen. */
interface Visible {
  readonly boxes: readonly PreparedBox[];
  readonly edges: readonly PreparedEdge[];
}

/** Draws one scene; what does not change between frames is prepared once. */
export class Painter {
  private readonly boxes: readonly PreparedBox[];
  private readonly edges: readonly PreparedEdge[];
  private readonly byKey: ReadonlyMap<DrawnKey, PreparedBox>;
  /** All lines, and all outlines of a kind, for when most of the scene is on screen: one call draws thousands. */
  private readonly lines = new Path2D();
  private readonly shapes = new Map<ShapeKind, Path2D>(shapeKinds.map((kind) => [kind, new Path2D()]));
  private readonly palette: Palette;
  private readonly fitter: Fitter;

  constructor(scene: Scene, palette: Palette, fitter: Fitter) {
    this.palette = palette;
    this.fitter = fitter;
    this.boxes = scene.boxes.map(prepareBox);
    this.edges = scene.edges.map(prepareEdge);
    this.byKey = new Map(this.boxes.map((prepared) => [prepared.box.key, prepared]));
    for (const { path } of this.edges) this.lines.addPath(path);
    for (const { box, path } of this.boxes) this.shapes.get(box.shape)?.addPath(path);
  }

  /** `pixelRatio` is the number of device pixels for one of CSS. */
  paint(
    context: CanvasRenderingContext2D,
    size: { readonly width: number; readonly height: number },
    camera: Camera,
    emphasis: Emphasis,
    pixelRatio: number,
  ): void {
    const { x, y, scale } = camera;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = this.palette.ground;
    context.fillRect(0, 0, size.width * pixelRatio, size.height * pixelRatio);
    const zoom = scale * pixelRatio;
    context.setTransform(zoom, 0, 0, zoom, x * pixelRatio, y * pixelRatio);
    const view = { x: -x / scale, y: -y / scale, width: size.width / scale, height: size.height / scale };
    const visible = {
      boxes: this.boxes.filter(({ box }) => overlaps(box, view)),
      edges: this.edges.filter(({ bounds }) => overlaps(bounds, view)),
    };
    this.paintEdges(context, visible, scale, emphasis);
    this.paintShapes(context, visible, scale, emphasis);
    if (scale >= signScale)
      for (const { box } of visible.boxes) this.paintInside(context, box, scale, emphasis);
    this.paintFocus(context, scale, emphasis);
  }

  private paintEdges(
    context: CanvasRenderingContext2D,
    { edges }: Visible,
    scale: number,
    { found, focus, hover }: Emphasis,
  ): void {
    const { palette } = this;
    context.strokeStyle = palette.quiet;
    context.fillStyle = palette.quiet;
    context.lineWidth = Math.max(1.2, 0.7 / scale);
    context.globalAlpha = found ? 0.25 : 0.55;
    if (isMost(edges, this.edges)) context.stroke(this.lines);
    else for (const { path } of edges) context.stroke(path);
    context.globalAlpha = 1;
    if (scale >= captionScale) for (const { head } of edges) context.fill(head);
    context.strokeStyle = palette.accent;
    context.fillStyle = palette.accent;
    context.lineWidth = Math.max(2.2, 1.4 / scale);
    for (const { edge, path, head } of edges) {
      const { from, to } = edge.edge;
      if (from !== focus && to !== focus && from !== hover && to !== hover) continue;
      context.stroke(path);
      context.fill(head);
    }
    if (scale >= labelScale) for (const { edge } of edges) this.paintLabel(context, edge);
  }

  private paintLabel(
    context: CanvasRenderingContext2D,
    { label, labelWidth, labelX, labelY }: SceneEdge,
  ): void {
    if (label === "") return;
    const font = labelFont(this.palette);
    context.font = font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const text = this.fitter.fit(label, font, labelWidth);
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeStyle = this.palette.ground;
    context.strokeText(text, labelX, labelY);
    context.fillStyle = this.palette.quiet;
    context.fillText(text, labelX, labelY);
  }

  private paintShapes(
    context: CanvasRenderingContext2D,
    { boxes }: Visible,
    scale: number,
    { found }: Emphasis,
  ): void {
    const { palette } = this;
    context.lineWidth = Math.max(1.3, 0.6 / scale);
    const draw = (kind: ShapeKind, path: Path2D) => {
      context.fillStyle = fillOf(palette, kind);
      context.strokeStyle = palette[kind];
      context.fill(path);
      context.globalAlpha = found ? 0.35 : 1;
      context.stroke(path);
      context.globalAlpha = 1;
    };
    if (isMost(boxes, this.boxes)) for (const [kind, path] of this.shapes) draw(kind, path);
    else {
      for (const { box, path, behind } of boxes) {
        if (behind) draw(box.shape, behind);
        draw(box.shape, path);
      }
    }
    if (found === undefined) return;
    context.lineWidth = Math.max(3, 3 / scale);
    context.strokeStyle = palette.accent;
    for (const { box, path } of boxes) if (found.has(box.key)) context.stroke(path);
  }

  private paintInside(
    context: CanvasRenderingContext2D,
    box: SceneBox,
    scale: number,
    { found, roots, badges }: Emphasis,
  ): void {
    const { palette } = this;
    context.globalAlpha = found && !found.has(box.key) ? 0.35 : 1;
    if (scale >= captionScale || scale < textScale) this.paintSigns(context, box);
    if (roots.has(box.key)) {
      context.strokeStyle = palette[box.shape];
      context.lineWidth = 3;
      context.stroke(this.byKey.get(box.key)?.path as Path2D);
    }
    if (scale >= captionScale) this.paintTexts(context, box);
    else if (scale >= textScale) this.paintTitle(context, box, scale);
    const badge = badges.get(box.key);
    if (badge?.before) this.paintBadge(context, badge.before, box.x - badgeAway, box);
    if (badge?.after) this.paintBadge(context, badge.after, box.x + box.width + badgeAway, box);
    context.globalAlpha = 1;
  }

  private paintSigns(context: CanvasRenderingContext2D, box: SceneBox): void {
    const { palette } = this;
    context.save();
    context.translate(box.x + textLeft / 2 + (box.shape === "artifact" ? 2 : 0), box.y + box.height / 2);
    context.strokeStyle = palette[box.shape];
    context.lineWidth = 1.4;
    context.lineJoin = "round";
    context.translate(-8, -8);
    context.stroke(pathFor(kindShapes[box.shape]));
    context.translate(8, 8);
    if (box.mark) {
      context.translate(box.width - markRight - textLeft / 2 - (box.shape === "artifact" ? 4 : 0), 0);
      context.strokeStyle = palette[markColours[box.mark]];
      context.lineWidth = 2;
      context.stroke(pathFor(markPaths[box.mark]));
    }
    context.restore();
  }

  /** From afar there is the title alone, in letters as large as the box allows. */
  private paintTitle(context: CanvasRenderingContext2D, box: SceneBox, scale: number): void {
    const { palette, fitter } = this;
    const room = box.width - (box.shape === "artifact" ? 28 : 16);
    const wanted = fitter.width(fitter.fit(box.title, titleFont(palette), 1000), titleFont(palette));
    const size = Math.max(7 / scale, Math.min(9.5 / scale, 22, (titleSize * room) / wanted));
    context.font = `600 ${Math.round(size)}px ${palette.font}`;
    context.fillStyle = palette.text;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const text = fitter.fit(box.title, context.font, room);
    context.fillText(text, box.x + box.width / 2, box.y + box.height / 2 + 1);
  }

  private paintTexts(context: CanvasRenderingContext2D, box: SceneBox): void {
    const { palette, fitter } = this;
    const x = box.x + textLeft;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.font = titleFont(palette);
    context.fillStyle = palette.text;
    context.fillText(fitter.fit(box.title, context.font, textWidth(box)), x, box.y + 36);
    context.font = captionFont(palette);
    context.fillStyle = palette[box.shape];
    context.fillText(fitter.fit(box.caption, context.font, textWidth(box)), x, box.y + 19);
  }

  private paintBadge(context: CanvasRenderingContext2D, text: string, x: number, box: SceneBox): void {
    const { palette } = this;
    const font = labelFont(palette);
    const width = Math.max(18, this.fitter.width(text, font) + 8);
    context.beginPath();
    context.roundRect(x - width / 2, box.y + box.height / 2 - 9, width, 18, 9);
    context.fillStyle = palette.ground;
    context.fill();
    context.strokeStyle = palette.accent;
    context.lineWidth = 1.2;
    context.stroke();
    context.font = font;
    context.fillStyle = palette.accent;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x, box.y + box.height / 2 + 0.5);
  }

  private paintFocus(
    context: CanvasRenderingContext2D,
    scale: number,
    { focus, hasKeyboard }: Emphasis,
  ): void {
    const box = focus && this.byKey.get(focus)?.box;
    if (!box) return;
    const away = 4 / Math.min(1, scale);
    context.strokeStyle = this.palette.accent;
    context.lineWidth = (hasKeyboard ? 3 : 2) / Math.min(1, scale);
    context.beginPath();
    const corner = box.shape === "artifact" ? box.height / 2 + away : 5;
    context.roundRect(box.x - away, box.y - away, box.width + 2 * away, box.height + 2 * away, corner);
    context.stroke();
  }
}

/** Paths of the signs, made once. */
const paths = new Map<string, Path2D>();

function pathFor(data: string): Path2D {
  const path = paths.get(data) ?? new Path2D(data);
  paths.set(data, path);
  return path;
}

function prepareBox(box: SceneBox): PreparedBox {
  const behind = { ...box, x: box.x + stackOffset, y: box.y + stackOffset };
  return {
    box,
    path: new Path2D(outline(box.shape, box)),
    behind: box.drawn.group && new Path2D(outline(box.shape, behind)),
  };
}

function prepareEdge(edge: SceneEdge): PreparedEdge {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let index = 0; index < edge.points.length; index += 2) {
    const [x, y] = [edge.points[index] as number, edge.points[index + 1] as number];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  const bounds = { x: left, y: top, width: right - left, height: bottom - top };
  return { edge, path: new Path2D(edge.path), head: new Path2D(edge.head), bounds };
}

function isMost(some: readonly unknown[], all: readonly unknown[]): boolean {
  return some.length > all.length / 2 && all.length > 100;
}

/** Whether they meet, or nearly: signs stand a little outside of a box. */
function overlaps(one: Rect, view: Rect): boolean {
  const edge = 16;
  return (
    one.x - edge < view.x + view.width &&
    one.x + one.width + edge > view.x &&
    one.y - edge < view.y + view.height &&
    one.y + one.height + edge > view.y
  );
}
