import { useState } from "react";
import { count, cut, pieces } from "../lib/text.ts";

interface TextProps {
  readonly children: string;
  /** Cut after so many characters. */
  readonly max?: number;
  readonly keepLines?: boolean;
}

/** A text of a user: isolated in its direction, with hidden characters spelled out. Nothing of it is markup. */
export function Text({ children, max = 300, keepLines = false }: TextProps) {
  return (
    <bdi>
      {pieces(cut(children, max), { keepLines }).map(({ text, code }, index) =>
        code === undefined ? (
          text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never move
          <span key={index} className="hidden-character" title={code}>
            {text}
          </span>
        ),
      )}
    </bdi>
  );
}

const step = 50_000;

interface LongTextProps {
  readonly children: string;
  /** So many characters are shown at first. */
  readonly folded?: number;
}

/** A text of any length: folded at first, then in steps that a browser can lay out. */
export function LongText({ children, folded = 400 }: LongTextProps) {
  const [shown, setShown] = useState(folded);
  const isFolded = children.length > shown;
  const text = (
    <Text max={shown} keepLines>
      {children}
    </Text>
  );
  if (children.length <= folded) return <span className="lines">{text}</span>;
  return (
    <div className="long-text">
      <pre className={shown > folded ? "long-text-open" : ""}>{text}</pre>
      <p className="quiet">
        {isFolded
          ? `${count(shown, "character")} of ${count(children.length, "character")}`
          : count(children.length, "character")}{" "}
        {isFolded && (
          <button
            type="button"
            className="plain"
            onClick={() => setShown(shown === folded ? step : shown + step)}
          >
            Show more
          </button>
        )}{" "}
        {shown > folded && (
          <button type="button" className="plain" onClick={() => setShown(folded)}>
            Fold
          </button>
        )}
      </p>
    </div>
  );
}
