const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const localShort = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Milliseconds since 1970 as a date; undefined for 0, which means not known, and for what no date can hold. */
export function dateOf(milliseconds: bigint): Date | undefined {
  const date = new Date(Number(milliseconds));
  return milliseconds === 0n || Number.isNaN(date.getTime()) ? undefined : date;
}

/** In the zone and the manner of the reader. */
export function localText(date: Date, { short = false } = {}): string {
  return (short ? localShort : local).format(date);
}

/** In UTC, to the millisecond. */
export function utcText(date: Date): string {
  return `${date.toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 365.25 * 86_400],
  ["month", 30.44 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** `3 minutes ago`. */
export function agoText(date: Date, now = Date.now()): string {
  const seconds = (date.getTime() - now) / 1000;
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return "just now";
}
