import { invalidArgument, type MlmdError } from "../errors.ts";

/** What is wrong with a filter, and the offset in its text where it shows. */
export class FilterError extends Error {
  override readonly name = "FilterError";
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const shownBefore = 40;
const shownAfter = 35;

/** The error for the client: what is wrong, then the text around the place with a caret under it. */
export function toMlmdError(error: FilterError, text: string): MlmdError {
  const start = error.at <= shownBefore ? 0 : error.at - shownBefore;
  const end = text.length - error.at <= shownAfter ? text.length : error.at + shownAfter;
  const before = `  ${start > 0 ? "…" : ""}${oneLine(text.slice(start, error.at))}`;
  const after = `${oneLine(text.slice(error.at, end))}${end < text.length ? "…" : ""}`;
  return invalidArgument(
    `invalid filter at character ${error.at + 1}: ${error.message}\n${before}${after}\n${" ".repeat(before.length)}^`,
  );
}

/** One character stays one, so that the caret stands under the right place. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, " ");
}

/** A piece of the filter as it is shown inside a message. */
export function shown(text: string): string {
  const line = oneLine(text);
  return `\`${line.length > 40 ? `${line.slice(0, 39)}…` : line}\``;
}

/** Words for a message: `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

/** `. Did you mean …?` where one of the names is close to what was written, else nothing. */
export function didYouMean(written: string, names: Iterable<string>): string {
  let nearest: string | undefined;
  let nearestDistance = (written.length < 6 ? 1 : 2) + 1;
  for (const name of names) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase(), nearestDistance);
    if (distance < nearestDistance) {
      nearest = name;
      nearestDistance = distance;
    }
  }
  return nearest === undefined ? "" : `. Did you mean ${shown(nearest)}?`;
}

/** How many characters to insert, remove, replace or swap with their neighbour; at most `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return Math.min(previous[b.length] ?? limit, limit);
}
