import { expect, test } from "vitest";
import type { NodeKey } from "../graph.ts";
import { graphOf } from "../graph-for-tests.ts";
import { group } from "../group.ts";
import { layOut } from "../layout/layout.ts";
import { reveal, start, whole, zoom } from "./camera.ts";
import { badgeAt, boxAt, neighbour, type SceneBox, toLayoutInput, toScene } from "./scene.ts";

const widths = { caption: () => 60, title: () => 80, label: (text: string) => text.length * 6 };

function sceneOf(...edges: string[]) {
  const graph = graphOf(edges);
  const drawing = group(graph, new Set(graph.nodes.keys()), { by: "none" }, new Set());
  return toScene(drawing, layOut(toLayoutInput(drawing, widths)));
}

const fan = sceneOf("a1 e1 data", "a1 e2 data", "a1 e3 data", "e2 a2 model");
const box = (key: NodeKey) => fan.byKey.get(key) as SceneBox;

test("arrows follow edges, and the way back is the way one came", () => {
  expect(neighbour(fan, "a2", "left", undefined)).toBe("e2");
  expect(neighbour(fan, "e2", "left", "a2")).toBe("a1");
  for (const key of ["e1", "e2", "e3"] as const) expect(neighbour(fan, "a1", "right", key)).toBe(key);
  expect(neighbour(fan, "a2", "right", undefined)).toBeUndefined();
});

test("arrows up and down go through a column", () => {
  const column = (["e1", "e2", "e3"] as const).toSorted((a, b) => box(a).y - box(b).y);
  expect(neighbour(fan, column[0] as NodeKey, "down", undefined)).toBe(column[1]);
  expect(neighbour(fan, column[2] as NodeKey, "up", undefined)).toBe(column[1]);
  expect(neighbour(fan, column[0] as NodeKey, "up", undefined)).toBeUndefined();
});

test("a point finds its box, or the sign at its side", () => {
  const { x, y, width, height } = box("e2");
  expect(boxAt(fan, x + 1, y + 1)?.key).toBe("e2");
  expect(boxAt(fan, x - 1, y + 1)).toBeUndefined();
  const badges = new Map([["e2" as const, { before: "", after: "+12" }]]);
  expect(badgeAt(fan, badges, x + width + 8, y + height / 2)).toEqual({ key: "e2", side: "after" });
  expect(badgeAt(fan, badges, x - 8, y + height / 2)).toBeUndefined();
});

test("labels of edges do not stand on each other", () => {
  const many = sceneOf(...Array.from({ length: 30 }, (_, id) => `a${id} e1 input[${id}]`));
  const labels = many.edges.filter(({ label }) => label !== "");
  expect(labels.length).toBeGreaterThan(5);
  const heights = labels.map(({ labelY }) => labelY).sort((a, b) => a - b);
  for (const [index, y] of heights.slice(1).entries())
    expect(y - (heights[index] as number)).toBeGreaterThanOrEqual(15);
});

const frame = { width: 800, height: 600 };

test("a small drawing is shown whole and as it is, a large one where one begins", () => {
  expect(whole({ width: 400, height: 200 }, frame)).toEqual({ scale: 1, x: 200, y: 200 });
  expect(whole({ width: 7360, height: 100 }, frame).scale).toBeCloseTo(0.1);
  const far = { x: 5000, y: 0, width: 200, height: 48 };
  const camera = start({ width: 20_000, height: 48 }, frame, far);
  expect(camera.scale).toBe(0.8);
  expect((far.x + 100) * camera.scale + camera.x).toBeCloseTo(400);
});

test("zooming keeps the point under the pointer", () => {
  const camera = zoom({ x: 10, y: 20, scale: 1 }, 2, { x: 110, y: 70 });
  expect(camera).toEqual({ scale: 2, x: -90, y: -30 });
});

test("a box that is out of sight comes into it, and one in sight stays where it is", () => {
  const camera = { x: 0, y: 0, scale: 1 };
  expect(reveal(camera, { x: 100, y: 100, width: 200, height: 48 }, frame)).toEqual(camera);
  expect(reveal(camera, { x: 900, y: 100, width: 200, height: 48 }, frame)).toEqual({
    x: -332,
    y: 0,
    scale: 1,
  });
});
