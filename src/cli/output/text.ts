import stringWidth from "string-width";

/**
 * What would move the cursor, change colours or reorder the text around it: control and format characters, line and
 * paragraph separators, halves of surrogate pairs. The joiners stay, which scripts and emoji are written with.
 */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

const names: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** A text of the data as a terminal may show it: one line, with what is unsafe escaped. */
export function visible(text: string): string {
  return text.replace(unsafe, (character) => names.get(character) ?? escaped(character));
}

function escaped(character: string): string {
  const hex = (character.codePointAt(0) as number).toString(16);
  return hex.length <= 2 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}

/** JSON as a terminal may show it: the same value, with what is unsafe as escape sequences of JSON. */
export function visibleJson(json: string): string {
  return json.replace(unsafe, (character) =>
    character === "\n" || character === "\t"
      ? character
      : Array.from({ length: character.length }, (_, at) => codeUnit(character, at)).join(""),
  );
}

function codeUnit(character: string, at: number): string {
  return `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
}

/** Beyond so many code units for each column a text is not measured: it is too long, or of marks that take no room. */
const unitsPerColumn = 20;

/** How many columns a text takes that `visible` made. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** The text in at most `width` columns, with an ellipsis where its end or its beginning was cut off. */
export function shorten(text: string, width: number, cut: "end" | "start" = "end"): string {
  const isShort = text.length <= width * unitsPerColumn;
  if (isShort && widthOf(text) <= width) return text;
  if (width < 1) return "";
  const kept = cut === "end" ? head(text, width - 1) : tail(text, width - 1);
  return cut === "end" ? `${kept}…` : `…${kept}`;
}

/** The text in lines of at most `width` columns, cut wherever they are full. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const columns = widthOf(segment);
    if (used + columns > width && line !== "") {
      lines.push(line);
      [line, used] = ["", 0];
    }
    line += segment;
    used += columns;
  }
  return [...lines, line];
}

export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + blanks : blanks + text;
}

const segmenter = new Intl.Segmenter();

function head(text: string, width: number): string {
  let kept = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text.slice(0, width * unitsPerColumn))) {
    used += widthOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return withoutHalf(kept);
}

function tail(text: string, width: number): string {
  const segments = Array.from(
    segmenter.segment(withoutHalf(text.slice(-Math.max(1, width * unitsPerColumn)))),
    ({ segment }) => segment,
  );
  let at = segments.length;
  for (let used = 0; at > 0; at--) {
    used += widthOf(segments[at - 1] as string);
    if (used > width) break;
  }
  return segments.slice(at).join("");
}

/** A text that was cut between the halves of a surrogate pair, without the half that is left. */
function withoutHalf(text: string): string {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/, "");
}
