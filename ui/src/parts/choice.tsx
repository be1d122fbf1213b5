import { useId } from "react";
import { plainText } from "../lib/text.ts";

interface ChoiceProps {
  readonly label: string;
  /** The label is for screen readers only. */
  readonly isBare?: boolean;
  readonly value: string;
  /** Each with its text, where that is another. */
  readonly options: readonly (string | readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}

/** One of several, by the browser's own list. */
export function Choice({ label, isBare = false, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <span className="choice">
      <label htmlFor={id} className={isBare ? "for-readers" : ""}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => {
          const [key, text] = typeof option === "string" ? [option, option] : option;
          return (
            <option key={key} value={key}>
              {plainText(text, 80)}
            </option>
          );
        })}
      </select>
    </span>
  );
}
