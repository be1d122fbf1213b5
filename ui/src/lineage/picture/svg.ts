import { plainText } from "../../lib/text.ts";
import { kindShapes } from "../../parts/icons.tsx";
import type { Fitter } from "./fitter.ts";
import { stackOffset, textWidth } from "./paint.ts";
import { captionFont, fillOf, labelFont, markColours, type Palette, titleFont } from "./palette.ts";
import { markRight, type Scene, type SceneBox, type SceneEdge, textLeft } from "./scene.ts";
import { markPaths, outline } from "./shapes.ts";

const margin = 24;

/** The whole scene as a file that stands alone: colours and fonts are written out, names are text only. */
export function toSvg(scene: Scene, palette: Palette, fitter: Fitter, title: string): string {
  const width = Math.ceil(scene.width + 2 * margin);
  const height = Math.ceil(scene.height + 2 * margin);
  const font = attribute(palette.font);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-margin} ${-margin} ${width} ${height}" font-family="${font}" role="img">`,
    `<title>${escapeXml(plainText(title))}</title>`,
    `<rect x="${-margin}" y="${-margin}" width="${width}" height="${height}" fill="${palette.ground}"/>`,
    ...scene.edges.map((edge) => edgeSvg(edge, palette)),
    ...scene.boxes.map((box) => boxSvg(box, palette, fitter)),
    ...scene.edges.map((edge) => labelSvg(edge, palette, fitter)),
    "</svg>",
    "",
  ].join("\n");
}

function edgeSvg({ path, head }: SceneEdge, { quiet }: Palette): string {
  return `<path d="${path}" fill="none" stroke="${quiet}" stroke-opacity="0.55" stroke-width="1.2"/><path d="${head}" fill="${quiet}"/>`;
}

function labelSvg(
  { label, labelWidth, labelX, labelY }: SceneEdge,
  palette: Palette,
  fitter: Fitter,
): string {
  if (label === "") return "";
  const text = fitter.fit(label, labelFont(palette), labelWidth);
  return `<text x="${labelX}" y="${labelY + 4}" font-size="11" text-anchor="middle" fill="${palette.quiet}" stroke="${palette.ground}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">${escapeXml(text)}</text>`;
}

function boxSvg(box: SceneBox, palette: Palette, fitter: Fitter): string {
  const { shape, x, y, height } = box;
  const colour = palette[shape];
  const around = `fill="${fillOf(palette, shape)}" stroke="${colour}" stroke-width="1.3"`;
  const behind = outline(shape, { ...box, x: x + stackOffset, y: y + stackOffset });
  const shift = shape === "artifact" ? 2 : 0;
  const sign = `fill="none" stroke="${colour}" stroke-width="1.4" stroke-linejoin="round"`;
  const mark = box.mark;
  const markX = x + box.width - markRight - (shape === "artifact" ? 2 : 0);
  const markColour = mark && palette[markColours[mark]];
  return [
    `<g data-key="${box.key}"><title>${escapeXml(plainText(`${box.caption}: ${box.title}`))}</title>`,
    box.drawn.group ? `<path d="${behind}" ${around}/>` : "",
    `<path d="${outline(shape, box)}" ${around}/>`,
    `<path d="${kindShapes[shape]}" transform="translate(${x + textLeft / 2 + shift - 8} ${y + height / 2 - 8})" ${sign}/>`,
    mark
      ? `<path d="${markPaths[mark]}" transform="translate(${markX} ${y + height / 2})" fill="none" stroke="${markColour}" stroke-width="2"/>`
      : "",
    `<text x="${x + textLeft}" y="${y + 19}" font-size="11" fill="${colour}">${escapeXml(fitter.fit(box.caption, captionFont(palette), textWidth(box)))}</text>`,
    `<text x="${x + textLeft}" y="${y + 36}" font-size="13" font-weight="600" fill="${palette.text}">${escapeXml(fitter.fit(box.title, titleFont(palette), textWidth(box)))}</text>`,
    "</g>",
  ].join("");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function attribute(text: string): string {
  return escapeXml(text).replaceAll('"', "&quot;");
}
