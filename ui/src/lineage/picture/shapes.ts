import type { Stretch } from "../layout/layout.ts";

/** Outlines as SVG path data, which a canvas understands as well: the picture on screen and the file are the same. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Artifacts have round ends, executions square corners, contexts a tab: they differ without their colours. */
export type ShapeKind = "artifact" | "execution" | "context";

export function outline(kind: ShapeKind, { x, y, width, height }: Rect): string {
  if (kind === "context") {
    const tab = `M${x} ${y - 3}q0 -3 3 -3h40l6 6h${width - 52}q3 0 3 3v${height - 6}q0 3 -3 3h${6 - width}q-3 0 -3 -3z`;
    return tab;
  }
  const r = kind === "artifact" ? height / 2 : 3;
  const arc = (dx: number, dy: number) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  const [h, v] = [width - 2 * r, height - 2 * r];
  return `M${x + r} ${y}h${h}${arc(r, r)}v${v}${arc(-r, r)}h${-h}${arc(-r, -r)}v${-v}${arc(r, -r)}z`;
}

export type StateMark = "good" | "bad" | "waiting" | "gone";

const marks: Readonly<Record<string, StateMark>> = {
  COMPLETE: "good",
  CACHED: "good",
  FAILED: "bad",
  CANCELED: "gone",
  NEW: "waiting",
  RUNNING: "waiting",
  PENDING: "waiting",
  MARKED_FOR_DELETION: "gone",
  DELETED: "gone",
  ABANDONED: "gone",
};

/** None where there is nothing to say: an artifact that is there. */
export function stateMark(state: string): StateMark | undefined {
  return Object.hasOwn(marks, state) ? marks[state] : undefined;
}

/** Stroked, 10 by 10 around the origin. */
export const markPaths: Readonly<Record<StateMark, string>> = {
  good: "M-4.5 0.5l3 3.5l6 -7.5",
  bad: "M-4 -4l8 8M4 -4l-8 8",
  waiting: "M-4 0a4 4 0 1 1 8 0a4 4 0 1 1 -8 0M0 -2v2h2",
  gone: "M-4 0a4 4 0 1 1 8 0a4 4 0 1 1 -8 0M-2.8 -2.8l5.6 5.6",
};

/** A smooth line through points that leaves and reaches every column level. */
export function curve(points: readonly number[]): string {
  const at = (index: number) => round(points[index] as number);
  let path = `M${at(0)} ${at(1)}`;
  for (let index = 2; index < points.length; index += 2) {
    const [x, y, lastX, lastY] = [at(index), at(index + 1), at(index - 2), at(index - 1)];
    if (y === lastY) path += `L${x} ${y}`;
    else {
      const middle = round((lastX + x) / 2);
      path += `C${middle} ${lastY} ${middle} ${y} ${x} ${y}`;
    }
  }
  return path;
}

/** The point at a share of the way along one stretch of a curve. */
export function pointOn([x1, y1, x2, y2]: Stretch, share: number) {
  const level = share * share * (3 - 2 * share);
  const across = 1.5 * share * (1 - share) + share ** 3;
  return [round(x1 + (x2 - x1) * across), round(y1 + (y2 - y1) * level)] as const;
}

/** The tip at the end of a line, in the direction that it comes from. */
export function arrowHead(points: readonly number[]): string {
  const [x, y] = [round(points.at(-2) as number), round(points.at(-1) as number)];
  const before = points.at(-4) ?? x;
  const back = before > x ? 8 : -8;
  return `M${x} ${y}l${back} -4v8z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
