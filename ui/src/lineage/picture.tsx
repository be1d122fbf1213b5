import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { plainText } from "../lib/text.ts";
import type { Side } from "./graph.ts";
import type { DrawnKey } from "./group.ts";
import { centre, reveal, start, whole, zoom } from "./picture/camera.ts";
import { fitter } from "./picture/measure.ts";
import { type Emphasis, Painter } from "./picture/paint.ts";
import { onThemeChange, type Palette, readPalette } from "./picture/palette.ts";
import { neighbour, type Scene, type SceneBox } from "./picture/scene.ts";
import { PictureView } from "./picture/view.ts";

interface PictureProps {
  readonly scene: Scene;
  /** Where a look at the scene begins. */
  readonly home: DrawnKey | undefined;
  readonly emphasis: Pick<Emphasis, "focus" | "found" | "roots" | "badges">;
  readonly onFocus: (key: DrawnKey | undefined) => void;
  readonly onOpen: (key: DrawnKey) => void;
  readonly onBadge: (key: DrawnKey, side: Side) => void;
}

const arrows: Readonly<Record<string, "left" | "right" | "up" | "down">> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** The graph on a canvas. One node at a time has the focus; what it is stands in words for a screen reader. */
export function Picture(props: PictureProps) {
  const { scene, home, emphasis, onFocus, onOpen, onBadge } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = usePictureView(canvas, props);
  const cameFrom = useRef<DrawnKey>(undefined);
  const [hasKeyboard, setKeyboard] = useState(false);
  const focused = emphasis.focus && scene.byKey.get(emphasis.focus);

  useEffect(() => {
    view.current?.emphasize({ ...emphasis, hasKeyboard, hover: view.current.hovered });
  }, [view, emphasis, hasKeyboard]);

  const go = (key: DrawnKey | undefined) => {
    if (key === undefined) return;
    cameFrom.current = emphasis.focus;
    onFocus(key);
  };
  const scale = (factor: number) => {
    const { camera, frame } = view.current ?? {};
    if (camera && frame)
      view.current?.look(zoom(camera, factor, { x: frame.width / 2, y: frame.height / 2 }));
  };
  const showAll = () => view.current?.look(whole(scene, view.current.frame));
  const command = (key: string): boolean => {
    if (key === "Enter" && emphasis.focus) onOpen(emphasis.focus);
    else if (key === "Escape") onFocus(undefined);
    else if (key === "Home") go(home);
    else if (key === "+" || key === "=") scale(1.3);
    else if (key === "-") scale(1 / 1.3);
    else if (key === "0") showAll();
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    const from = emphasis.focus;
    if (arrow && event.shiftKey && from && (arrow === "left" || arrow === "right")) {
      onBadge(from, arrow === "left" ? "before" : "after");
    } else if (arrow) go(focused && from ? neighbour(scene, from, arrow, cameFrom.current) : home);
    else if (!command(event.key)) return;
    event.preventDefault();
  };
  return (
    <div className="lineage-picture">
      <div
        className="lineage-canvas"
        role="application"
        aria-label="Lineage graph"
        aria-describedby="lineage-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the whole picture is one widget with keys of its own
        tabIndex={0}
        data-boxes={scene.boxes.length}
        onKeyDown={onKeyDown}
        onFocus={({ currentTarget }) => {
          // A press of the mouse says itself what it is about.
          const isByKeyboard = currentTarget.matches(":focus-visible");
          setKeyboard(isByKeyboard);
          if (isByKeyboard && !focused) onFocus(home);
        }}
        onBlur={() => setKeyboard(false)}
      >
        <canvas ref={canvas} />
      </div>
      <p id="lineage-keys" className="for-readers">
        Left and right arrows move along edges, up and down within a column. Enter opens the node, Shift with
        an arrow shows more on that side. Plus, minus and 0 zoom. The same graph is there as a table.
      </p>
      <p className="for-readers" role="status">
        {focused && spoken(scene, focused)}
      </p>
      <fieldset className="lineage-zoom">
        <legend className="for-readers">Zoom</legend>
        <button type="button" onClick={() => scale(1.3)} aria-label="Zoom in">
          +
        </button>
        <button type="button" onClick={() => scale(1 / 1.3)} aria-label="Zoom out">
          −
        </button>
        <button type="button" onClick={showAll}>
          Fit
        </button>
      </fieldset>
    </div>
  );
}

/** Sets up the canvas once, and gives it each new scene with a camera that keeps the focused box where it was. */
function usePictureView(canvas: React.RefObject<HTMLCanvasElement | null>, props: PictureProps) {
  const view = useRef<PictureView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const pressed = useRef<DrawnKey>(undefined);
  const shown = useRef<Scene>(undefined);
  const palette = usePalette(canvas);
  useEffect(() => {
    if (!canvas.current) return;
    const made = new PictureView(canvas.current, {
      hover: (box) => {
        if (canvas.current)
          canvas.current.title = box ? `${plainText(box.caption)}\n${plainText(box.title)}` : "";
      },
      press: (key) => {
        pressed.current = key;
        latest.current.onFocus(key);
      },
      open: (key) => latest.current.onOpen(key),
      badge: (key, side) => latest.current.onBadge(key, side),
      resize: (frame, isFirst) => {
        const { scene, home, emphasis } = latest.current;
        const focused = emphasis.focus && scene.byKey.get(emphasis.focus);
        if (isFirst) made.look(start(scene, frame, focused ?? (home && scene.byKey.get(home))));
        // The panel that opens beside the picture may cover what it is about.
        else if (focused && made.camera.scale > 0.3) made.look(reveal(made.camera, focused, frame));
      },
    });
    view.current = made;
    return () => made.destroy();
  }, [canvas]);
  const { scene } = props;
  const { focus } = props.emphasis;
  useEffect(() => {
    const box = focus && latest.current.scene.byKey.get(focus);
    // What was pressed is in sight already; a look from afar stays one.
    if (!box || focus === pressed.current || !view.current?.frame.width) return;
    pressed.current = undefined;
    view.current.look(reveal(view.current.camera, box, view.current.frame));
  }, [focus]);
  const painter = useMemo(() => palette && new Painter(scene, palette, fitter), [scene, palette]);
  useEffect(() => {
    const { current } = view;
    if (!current || !painter) return;
    if (shown.current && shown.current !== scene)
      current.look(nextCamera(current, shown.current, latest.current));
    shown.current = scene;
    current.show(scene, painter);
  }, [scene, painter]);
  return view;
}

/** The camera for a new scene after an old one. */
function nextCamera(view: PictureView, old: Scene, { scene, home, emphasis }: PictureProps) {
  const { camera, frame } = view;
  const anchor = [emphasis.focus, home].find((key) => key && old.byKey.has(key) && scene.byKey.has(key));
  const before = anchor && old.byKey.get(anchor);
  const after = anchor && scene.byKey.get(anchor);
  if (!before || !after) return start(scene, frame, home && scene.byKey.get(home));
  if (camera.scale < 0.2) return centre(after, frame, 0.8);
  return {
    ...camera,
    x: camera.x + (before.x - after.x) * camera.scale,
    y: camera.y + (before.y - after.y) * camera.scale,
  };
}

function usePalette(element: React.RefObject<HTMLElement | null>): Palette | undefined {
  const [palette, setPalette] = useState<Palette>();
  useEffect(() => {
    const read = () => {
      const parent = element.current?.parentElement;
      if (parent) setPalette(readPalette(parent));
    };
    read();
    return onThemeChange(read);
  }, [element]);
  return palette;
}

function spoken(scene: Scene, { key, shape, caption, title }: SceneBox): string {
  const inputs = scene.edges.filter(({ edge }) => edge.to === key).length;
  const outputs = scene.edges.filter(({ edge }) => edge.from === key).length;
  return `${shape} ${plainText(title)}, ${plainText(caption)}; ${inputs} before it, ${outputs} after it`;
}
