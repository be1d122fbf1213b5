/** Characters that have no picture of their own and can turn, hide or break a line of text. */
const invisible = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** Names may hold a megabyte; a picture shows so much of them. */
const lengthMax = 400;

/** One line of harmless text: what cannot be seen is written as its number, `⟨U+202E⟩`. */
export function visible(text: string): string {
  const short = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  return short.replace(invisible, (char) => {
    const code = char.codePointAt(0) as number;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

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
      result = this.cut(visible(text), font, widthMax);
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
