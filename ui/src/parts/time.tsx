import { agoText, dateOf, localText, utcText } from "../lib/time.ts";

interface TimeProps {
  /** Milliseconds since 1970. */
  readonly at: bigint;
  /** `ago` is for lists that are about what is new. */
  readonly form?: "full" | "short" | "ago";
}

/** A moment in the reader's zone; UTC, and the local time where that is not the text, on hover. */
export function Time({ at, form = "full" }: TimeProps) {
  const date = dateOf(at);
  if (date === undefined) return <span className="quiet">{at === 0n ? "–" : String(at)}</span>;
  const text = form === "ago" ? agoText(date) : localText(date, { short: form === "short" });
  const title = form === "ago" ? `${localText(date)}\n${utcText(date)}` : utcText(date);
  return (
    <time dateTime={date.toISOString()} title={title}>
      {text}
    </time>
  );
}
