import { plainText } from "../../lib/text.ts";

/** Names may hold a megabyte; a picture measures so much of them. */
export const lengthMax = 400;

/** So many texts are remembered: enough for a picture of thousands of boxes at a few scales. */
const fittedMax = 50_000;

export type Measure = (text: string, font: string) => number;

/** Cuts texts to a width and remembers the result: measuring is the dear part of drawing. */
export class Fitter {
  private readonly fitted = new Map<string, string>();
  private readonly measure: Measure;

  constructor(measure: Measure) {
    this.measure = measure;
  }

  width(text: string, font: string): number {
    return this.measure(text, font);
  }

  fit(text: string, font: string, widthMax: number): string {
    const key = `${widthMax} ${font} ${text}`;
    let result = this.fitted.get(key);
    if (result === undefined) {
      if (this.fitted.size >= fittedMax) this.fitted.clear();
      result = this.cut(plainText(text, lengthMax), font, widthMax);
      this.fitted.set(key, result);
    }
    return result;
  }

  private cut(text: string, font: string, widthMax: number): string {
    if (this.measure(text, font) <= widthMax) return text;
    const chars = [...text];
    let fits = 0;
    let tooMany = chars.length;
    while (tooMany - fits > 1) {
      const middle = (fits + tooMany) >> 1;
      if (this.measure(`${chars.slice(0, middle).join("")}…`, font) <= widthMax) fits = middle;
      else tooMany = middle;
    }
    return `${chars.slice(0, fits).join("").trimEnd()}…`;
  }
}
