import { expect, test } from "vitest";
import { keyOf, type LineageNode } from "../graph.ts";
import { graphOf, nodeOf } from "../graph-for-tests.ts";
import { group } from "../group.ts";
import { layOut } from "../layout/layout.ts";
import { Fitter } from "./fitter.ts";
import type { Palette } from "./palette.ts";
import { toLayoutInput, toScene } from "./scene.ts";
import { toSvg } from "./svg.ts";

const fitter = new Fitter((text) => text.length * 7);
const widths = { caption: () => 60, title: () => 80, label: () => 50 };
const palette = new Proxy({}, { get: (_, name) => String(name) }) as Palette;

function svgOf(nodes: LineageNode[], label: string): string {
  const edge = { from: keyOf("artifact", 1n), to: keyOf("execution", 1n), labels: [label] };
  const graph = { ...graphOf([], nodes), edges: [edge] };
  const drawing = group(graph, new Set(graph.nodes.keys()), { by: "none" }, new Set());
  return toSvg(toScene(drawing, layOut(toLayoutInput(drawing, widths))), palette, fitter, "title");
}

test("names are text in a file, whatever they are", () => {
  const hostile = `<script>alert("&")</script>`;
  const svg = svgOf(
    [
      nodeOf("a1", { name: hostile, type: "</text><image href='x'/>" }),
      nodeOf("e1", { name: "abc\u202egnp.exe\u0000\u0007", type: "T" }),
    ],
    "]]><b>",
  );
  expect(svg).not.toMatch(/<(?:script|image|b)\b/);
  expect(svg).toContain("&lt;script&gt;");
  expect(svg).toContain("abc\\u{202E}gnp");
  expect(svg).toContain("]]&gt;&lt;b&gt;");
  // Control characters may not even be in XML.
  expect(svg).not.toMatch(/[^\P{Cc}\n]/u);
});

test("artifacts and executions differ in their outline, and a state has its sign", () => {
  const svg = svgOf(
    [nodeOf("a1", { name: "data" }), nodeOf("e1", { name: "step", state: "FAILED" })],
    "rows[0]",
  );
  const outlines = [...svg.matchAll(/data-key="(\w+)".*?<\/title><path d="([^"]+)"/g)].map(([, key, d]) => [
    key,
    d,
  ]);
  expect(outlines.map(([key]) => key)).toEqual(["a1", "e1"]);
  expect(outlines[0]?.[1]).toContain("a24 24");
  expect(outlines[1]?.[1]).toContain("a3 3");
  expect(svg).toContain('stroke="bad"');
  expect(svg).toContain(">rows[0]</text>");
});

test("texts are cut to their width, between characters", () => {
  expect(fitter.fit("short", "f", 70)).toBe("short");
  expect(fitter.fit("a longer name", "f", 70)).toBe("a longer…");
  expect(fitter.fit("👩🏽👩🏽👩🏽👩🏽👩🏽👩🏽", "f", 70)).not.toMatch(/[\ud800-\udbff]…/);
});

test("a megabyte of name is not measured whole", () => {
  let longest = 0;
  const measuring = new Fitter((text) => {
    longest = Math.max(longest, text.length);
    return text.length;
  });
  measuring.fit("x".repeat(1_000_000), "f", 50);
  expect(longest).toBeLessThan(1000);
});
