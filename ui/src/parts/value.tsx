import type { JsonValue } from "@bufbuild/protobuf";
import { useState } from "react";
import { count } from "../lib/text.ts";
import { type Shown, textOf } from "../lib/values.ts";
import { Copy } from "./copy.tsx";
import { LongText, Text } from "./text.tsx";

/** A property's value in full. */
export function ValueView({ value }: { readonly value: Shown }) {
  switch (value.kind) {
    case "string":
      return value.value === "" ? <span className="quiet">empty</span> : <LongText>{value.value}</LongText>;
    case "struct":
      return <Tree value={value.value} isOpen />;
    case "proto":
      return (
        <span>
          <Text max={200}>{value.typeUrl}</Text>{" "}
          <span className="quiet">{count(value.value.length, "byte")}</span>{" "}
          <Copy text={hex(value.value)} what="the bytes in hexadecimal" />
        </span>
      );
    case "int":
    case "double":
    case "bool":
      return <code>{textOf(value)}</code>;
    default:
      return <span className="quiet">{textOf(value)}</span>;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Entries of a list or an object that are shown at first. */
const entriesMax = 100;

interface TreeProps {
  readonly value: JsonValue;
  readonly name?: string;
  readonly isOpen?: boolean;
}

/** A structured value, opened level by level. */
function Tree({ value, name, isOpen = false }: TreeProps) {
  const [shown, setShown] = useState(entriesMax);
  const [open, setOpen] = useState(isOpen);
  const label = name !== undefined && (
    <span className="tree-name">
      <Text max={120}>{name}</Text>:{" "}
    </span>
  );
  if (typeof value !== "object" || value === null) {
    return (
      <span>
        {label}
        {typeof value === "string" ? <LongText>{value}</LongText> : <code>{JSON.stringify(value)}</code>}
      </span>
    );
  }
  const entries = Array.isArray(value)
    ? value.map((entry, index) => [String(index), entry] as const)
    : Object.entries(value);
  const size = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return (
    <details className="tree" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label}
        <span className="quiet">{size}</span>
      </summary>
      {open && (
        <ul>
          {entries.slice(0, shown).map(([key, entry]) => (
            <li key={key}>
              <Tree name={key} value={entry} />
            </li>
          ))}
        </ul>
      )}
      {open && shown < entries.length && (
        <button type="button" className="plain" onClick={() => setShown(shown + 10 * entriesMax)}>
          {count(entries.length - shown, "more", "more")}
        </button>
      )}
    </details>
  );
}
