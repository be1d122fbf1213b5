import type { Canonical, CanonicalMessage } from "./canonical.ts";
import type { Comparison, Outcome } from "./compare.ts";
import { show } from "./operation.ts";

const differencesShownMax = 12;
const valueLengthMax = 300;

/** A difference for a reader: the call, both codes, and where the answers part. */
export function describe({ operation, original, ours }: Comparison): string {
  const parts = original.answer && ours.answer ? differing("", original.answer, ours.answer) : [];
  const shown = parts.slice(0, differencesShownMax);
  if (parts.length > shown.length) shown.push(`and ${parts.length - shown.length} more places`);
  return [show(operation), `  original: ${status(original)}`, `  ours:     ${status(ours)}`, ...shown].join(
    "\n",
  );
}

function status({ code, message, answer }: Outcome): string {
  return code === 0 ? cut(JSON.stringify(answer)) : `code ${code}: ${message}`;
}

function differing(path: string, original: Canonical | undefined, ours: Canonical | undefined): string[] {
  if (JSON.stringify(original) === JSON.stringify(ours)) return [];
  const keys = keysOf(original, ours);
  if (keys === undefined) return [`  at ${path || "/"}: original ${value(original)}, ours ${value(ours)}`];
  const entry = (of: Canonical | undefined, key: string) => (of as CanonicalMessage)[key];
  return keys.flatMap((key) => differing(`${path}/${key}`, entry(original, key), entry(ours, key)));
}

/** The keys to go down by, where both are of one shape. */
function keysOf(a: Canonical | undefined, b: Canonical | undefined): string[] | undefined {
  if (typeof a !== "object" || typeof b !== "object") return undefined;
  if (Array.isArray(a) !== Array.isArray(b)) return undefined;
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return undefined;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function value(of: Canonical | undefined): string {
  return of === undefined ? "unset" : cut(JSON.stringify(of));
}

function cut(text: string): string {
  return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax)}…` : text;
}
