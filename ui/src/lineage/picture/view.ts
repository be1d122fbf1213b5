import type { Side } from "../graph.ts";
import type { DrawnKey } from "../group.ts";
import { type Frame, pan, zoom } from "./camera.ts";
import type { Camera, Emphasis, Painter } from "./paint.ts";
import { badgeAt, boxAt, type Scene, type SceneBox } from "./scene.ts";

export interface PictureEvents {
  hover(box: SceneBox | undefined): void;
  press(key: DrawnKey | undefined): void;
  open(key: DrawnKey): void;
  badge(key: DrawnKey, side: Side): void;
  /** The first time is when the picture gets its place on the page. */
  resize(frame: Frame, isFirst: boolean): void;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Pixels that a pointer may move and still have pressed. */
const pressRadius = 4;

const nothing: Emphasis = {
  focus: undefined,
  hasKeyboard: false,
  hover: undefined,
  found: undefined,
  roots: new Set(),
  badges: new Map(),
};

/** A canvas that shows a scene through a camera, moved by mouse, fingers and wheel; at most one painting a frame. */
export class PictureView {
  camera: Camera = { x: 0, y: 0, scale: 1 };
  frame: Frame = { width: 0, height: 0 };
  hovered: DrawnKey | undefined;
  private scene: Scene | undefined;
  private painter: Painter | undefined;
  private emphasis = nothing;
  private request = 0;
  private readonly pointers = new Map<number, Point>();
  private pressedAt: Point | undefined;
  private readonly end = new AbortController();
  private readonly observer: ResizeObserver;
  private readonly canvas: HTMLCanvasElement;
  private readonly events: PictureEvents;

  constructor(canvas: HTMLCanvasElement, events: PictureEvents) {
    this.canvas = canvas;
    this.events = events;
    const { signal } = this.end;
    canvas.addEventListener("pointerdown", this.down, { signal });
    canvas.addEventListener("pointermove", this.move, { signal });
    canvas.addEventListener("pointerup", this.up, { signal });
    canvas.addEventListener("pointercancel", this.leave, { signal });
    canvas.addEventListener("pointerleave", this.leave, { signal });
    canvas.addEventListener("dblclick", this.open, { signal });
    canvas.addEventListener("wheel", this.wheel, { signal, passive: false });
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(canvas);
  }

  destroy(): void {
    this.end.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.request);
  }

  show(scene: Scene, painter: Painter): void {
    this.scene = scene;
    this.painter = painter;
    this.repaint();
  }

  emphasize(emphasis: Emphasis): void {
    this.emphasis = emphasis;
    this.repaint();
  }

  look(camera: Camera): void {
    this.camera = camera;
    this.repaint();
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    const isFirst = this.frame.width === 0;
    this.frame = { width: clientWidth, height: clientHeight };
    this.canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.canvas.height = Math.round(clientHeight * devicePixelRatio);
    this.events.resize(this.frame, isFirst);
    this.repaint();
  }

  private repaint(): void {
    cancelAnimationFrame(this.request);
    this.request = requestAnimationFrame(() => {
      const context = this.canvas.getContext("2d", { alpha: false });
      if (context) this.painter?.paint(context, this.frame, this.camera, this.emphasis, devicePixelRatio);
    });
  }

  private readonly down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, pointOf(event));
    this.pressedAt = this.pointers.size === 1 ? pointOf(event) : undefined;
  };

  private readonly move = (event: PointerEvent): void => {
    const last = this.pointers.get(event.pointerId);
    const now = pointOf(event);
    if (last === undefined) {
      this.point(this.at(now));
      return;
    }
    if (this.pressedAt && away(now, this.pressedAt) > pressRadius) this.pressedAt = undefined;
    this.pointers.set(event.pointerId, now);
    if (this.pressedAt) return;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) this.look(pan(this.camera, now.x - last.x, now.y - last.y));
    else this.look(zoom(this.camera, away(now, other) / Math.max(1, away(last, other)), middle(now, other)));
  };

  private readonly up = (event: PointerEvent): void => {
    this.pointers.delete(event.pointerId);
    if (this.pressedAt === undefined) return;
    this.pressedAt = undefined;
    const point = this.toScene(pointOf(event));
    const badge = this.scene && badgeAt(this.scene, this.emphasis.badges, point.x, point.y);
    if (badge) this.events.badge(badge.key, badge.side);
    else this.events.press(this.at(pointOf(event))?.key);
  };

  private readonly leave = (event: PointerEvent): void => {
    this.pointers.delete(event.pointerId);
    this.point(undefined);
  };

  private point(box: SceneBox | undefined): void {
    if (box?.key === this.hovered) return;
    this.hovered = box?.key;
    this.events.hover(box);
    this.emphasize({ ...this.emphasis, hover: this.hovered });
  }

  private readonly open = (event: MouseEvent): void => {
    const box = this.at(pointOf(event));
    if (box) this.events.open(box.key);
  };

  private readonly wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    // A pinch on a touchpad comes as a wheel with the control key and small steps.
    const speed = event.ctrlKey ? 0.01 : 0.002;
    this.look(zoom(this.camera, Math.exp(-event.deltaY * pixels * speed), pointOf(event)));
  };

  private at(point: Point) {
    const { x, y } = this.toScene(point);
    return this.scene && boxAt(this.scene, x, y);
  }

  private toScene({ x, y }: Point): Point {
    return { x: (x - this.camera.x) / this.camera.scale, y: (y - this.camera.y) / this.camera.scale };
  }
}

function pointOf(event: MouseEvent): Point {
  return { x: event.offsetX, y: event.offsetY };
}

function away(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
