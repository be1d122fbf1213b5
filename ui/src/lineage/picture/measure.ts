import { Fitter } from "./fitter.ts";

let context: CanvasRenderingContext2D | null | undefined;

/** Measures with the browser's own fonts. */
export const fitter = new Fitter((text, font) => {
  context ??= document.createElement("canvas").getContext("2d");
  if (!context) return text.length * 7;
  context.font = font;
  return context.measureText(text).width;
});
