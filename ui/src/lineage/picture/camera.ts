import type { Camera } from "./paint.ts";
import type { Rect } from "./shapes.ts";

export interface Frame {
  readonly width: number;
  readonly height: number;
}

const scaleMin = 0.005;
const scaleMax = 3;
const margin = 32;

/** The whole drawing, as large as fits but no larger than life. */
export function whole(scene: Frame, frame: Frame): Camera {
  const scale = clamp(
    Math.min((frame.width - 2 * margin) / scene.width, (frame.height - 2 * margin) / scene.height, 1),
  );
  return {
    scale,
    x: (frame.width - scene.width * scale) / 2,
    y: (frame.height - scene.height * scale) / 2,
  };
}

/** A place to begin: everything where it can be read, else the box with what is around it. */
export function start(scene: Frame, frame: Frame, box: Rect | undefined): Camera {
  const all = whole(scene, frame);
  if (all.scale >= 0.5 || box === undefined) return all;
  const { scale, x, y } = centre(box, frame, 0.8);
  return {
    scale,
    x: within(x, scene.width * scale, frame.width),
    y: within(y, scene.height * scale, frame.height),
  };
}

/** The offset at which a drawing of this size leaves no empty space that could be used. */
function within(offset: number, size: number, frame: number): number {
  if (size <= frame - 2 * margin) return (frame - size) / 2;
  return Math.min(margin, Math.max(offset, frame - margin - size));
}

export function centre(box: Rect, frame: Frame, scale: number): Camera {
  return {
    scale,
    x: frame.width / 2 - (box.x + box.width / 2) * scale,
    y: frame.height / 2 - (box.y + box.height / 2) * scale,
  };
}

/** The point of the drawing under `at` stays there. */
export function zoom(camera: Camera, factor: number, at: { readonly x: number; readonly y: number }): Camera {
  const scale = clamp(camera.scale * factor);
  const ratio = scale / camera.scale;
  return { scale, x: at.x - (at.x - camera.x) * ratio, y: at.y - (at.y - camera.y) * ratio };
}

export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x + dx, y: camera.y + dy };
}

/** Moves as little as is needed to have the box on screen, and zooms in where it could not be read. */
export function reveal(camera: Camera, box: Rect, frame: Frame): Camera {
  if (camera.scale < 0.3) return centre(box, frame, 0.8);
  const left = box.x * camera.scale + camera.x;
  const top = box.y * camera.scale + camera.y;
  const dx = shift(left, left + box.width * camera.scale, frame.width);
  const dy = shift(top, top + box.height * camera.scale, frame.height);
  return pan(camera, dx, dy);
}

function shift(from: number, to: number, size: number): number {
  if (from < margin) return margin - from;
  return to > size - margin ? size - margin - to : 0;
}

function clamp(scale: number): number {
  return Math.min(scaleMax, Math.max(scaleMin, scale));
}
