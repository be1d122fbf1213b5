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
import { markPaths, outline, type ShapeKind } from "./shapes.ts";

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
const labelScale = 0.6;
const signScale = 0.22;

const shapeKinds: readonly ShapeKind[] = ["artifact", "execution", "context"];
export const stackOffset = 5;

/** What there is for the texts of a box. */
export function textWidth({ mark, width }: SceneBox): number {
  return width - textLeft - textRight - (mark ? markRight : 0);
}

/** Draws one scene; what does not change between frames is prepared once. */
export class Painter {
  private readonly lines = new Path2D();
  private readonly outlines = new Map<DrawnKey, Path2D>();
  private readonly shapes = new Map<ShapeKind, Path2D>(shapeKinds.map((kind) => [kind, new Path2D()]));
  private readonly stacks = new Map<ShapeKind, Path2D>(shapeKinds.map((kind) => [kind, new Path2D()]));
  private readonly scene: Scene;
  private readonly palette: Palette;
  private readonly fitter: Fitter;

  constructor(scene: Scene, palette: Palette, fitter: Fitter) {
    this.scene = scene;
    this.palette = palette;
    this.fitter = fitter;
    for (const { path } of scene.edges) this.lines.addPath(new Path2D(path));
    for (const box of scene.boxes) {
      const path = new Path2D(outline(box.shape, box));
      this.outlines.set(box.key, path);
      this.shapes.get(box.shape)?.addPath(path);
      if (box.drawn.group === undefined) continue;
      const behind = { ...box, x: box.x + stackOffset, y: box.y + stackOffset };
      this.stacks.get(box.shape)?.addPath(new Path2D(outline(box.shape, behind)));
    }
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
    this.paintEdges(context, view, scale, emphasis);
    this.paintShapes(context, scale, emphasis);
    if (scale >= signScale) {
      for (const box of this.scene.boxes) {
        if (overlaps(box, view)) this.paintInside(context, box, scale, emphasis);
      }
    }
    this.paintFocus(context, scale, emphasis);
  }

  private paintEdges(context: CanvasRenderingContext2D, view: View, scale: number, emphasis: Emphasis): void {
    const { palette, scene } = this;
    context.strokeStyle = palette.quiet;
    context.lineWidth = Math.max(1.2, 0.7 / scale);
    context.globalAlpha = emphasis.found ? 0.25 : 0.55;
    context.stroke(this.lines);
    context.globalAlpha = 1;
    const visible = scale < captionScale ? [] : scene.edges.filter((edge) => crosses(edge, view));
    context.fillStyle = palette.quiet;
    for (const { head } of visible) context.fill(new Path2D(head));
    context.strokeStyle = palette.accent;
    context.fillStyle = palette.accent;
    context.lineWidth = Math.max(2.2, 1.4 / scale);
    for (const { edge, path, head } of scene.edges) {
      if (![emphasis.focus, emphasis.hover].some((key) => key === edge.from || key === edge.to)) continue;
      context.stroke(new Path2D(path));
      context.fill(new Path2D(head));
    }
    if (scale >= labelScale) for (const edge of visible) this.paintLabel(context, edge);
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

  /** All boxes of a kind at once: thousands cost a few calls. */
  private paintShapes(context: CanvasRenderingContext2D, scale: number, { found }: Emphasis): void {
    const { palette } = this;
    context.lineWidth = Math.max(1.3, 0.6 / scale);
    for (const kind of shapeKinds) {
      context.fillStyle = fillOf(palette, kind);
      context.strokeStyle = palette[kind];
      for (const path of [this.stacks.get(kind), this.shapes.get(kind)]) {
        if (path === undefined) continue;
        context.fill(path);
        context.globalAlpha = found ? 0.35 : 1;
        context.stroke(path);
        context.globalAlpha = 1;
      }
    }
    if (found === undefined) return;
    context.lineWidth = Math.max(3, 3 / scale);
    context.strokeStyle = palette.accent;
    for (const key of found) {
      const path = this.outlines.get(key);
      if (path) context.stroke(path);
    }
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
      context.stroke(this.outlines.get(box.key) as Path2D);
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
    const size = Math.max(6.5 / scale, Math.min(9.5 / scale, 22, (titleSize * room) / wanted));
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
    const box = focus && this.scene.byKey.get(focus);
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

interface View {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function overlaps(box: View, view: View): boolean {
  const edge = 16;
  return (
    box.x - edge < view.x + view.width &&
    box.x + box.width + edge > view.x &&
    box.y - edge < view.y + view.height &&
    box.y + box.height + edge > view.y
  );
}

function crosses({ points }: SceneEdge, view: View): boolean {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let index = 0; index < points.length; index += 2) {
    const [x, y] = [points[index] as number, points[index + 1] as number];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return overlaps({ x: left, y: top, width: right - left, height: bottom - top }, view);
}
