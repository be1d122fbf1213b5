import { useEffect, useState } from "react";
import { Icon } from "./icons.tsx";

/** Copies the exact text, also what is folded or spelled out on the page. */
export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setDone(true),
      () => {},
    );
  };
  return (
    <button type="button" className="copy" onClick={copy} title={`Copy ${what}`}>
      <Icon name={isDone ? "done" : "copy"} />
      <span className="for-readers" aria-live="polite">
        {isDone ? "Copied" : `Copy ${what}`}
      </span>
    </button>
  );
}
