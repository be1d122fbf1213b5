import { plainText } from "../../lib/text.ts";
import { Fitter, lengthMax } from "./fitter.ts";
import { captionFont, labelFont, titleFont } from "./palette.ts";
import type { TextWidths } from "./scene.ts";

let context: CanvasRenderingContext2D | null | undefined;

/** Measures with the browser's own fonts. */
export const fitter = new Fitter((text, font) => {
  context ??= document.createElement("canvas").getContext("2d");
  if (!context) return text.length * 7;
  context.font = font;
  return context.measureText(text).width;
});

/** The widths of texts in the fonts of the page. */
export function textWidths(font: string): TextWidths {
  const width = (text: string, of: string) => fitter.width(plainText(text, lengthMax), of);
  return {
    caption: (text) => width(text, captionFont({ font })),
    title: (text) => width(text, titleFont({ font })),
    label: (text) => width(text, labelFont({ font })),
  };
}
