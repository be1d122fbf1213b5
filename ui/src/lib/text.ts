/**
 * Characters that are invisible, or change what is around them: controls, and the marks and overrides of direction.
 * A text of a user is shown with these spelled out.
 */
const hidden =
  /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

export interface Piece {
  readonly text: string;
  /** Set where the text stands for a hidden character: its code point, as `U+202E`. */
  readonly code?: string;
}

const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0" };

/** Cuts a text into what can be shown as it is and what must be spelled out. Line ends and tabs stay, if they may. */
export function pieces(text: string, { keepLines = false } = {}): Piece[] {
  const found: Piece[] = [];
  let plain = "";
  for (const character of text) {
    if (!hidden.test(character) || (keepLines && (character === "\n" || character === "\t"))) {
      plain += character;
      continue;
    }
    if (plain !== "") found.push({ text: plain });
    plain = "";
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    found.push({ text: escapes[character] ?? `\\u{${hex}}`, code: `U+${hex}` });
  }
  if (plain !== "") found.push({ text: plain });
  return found;
}

/** The text on one line with hidden characters spelled out: for titles and labels, which hold no elements. */
export function plainText(text: string, max = 200): string {
  return pieces(cut(text, max))
    .map((piece) => piece.text)
    .join("");
}

/** At most so many characters, the last one an ellipsis where there are more; no character is cut in half. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** `1 run`, `2 runs`, `1,000 runs`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}
