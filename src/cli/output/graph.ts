import { flowOf } from "../../client/flow.ts";
import type { Node } from "../../client/nodes.ts";
import type { Lineage } from "../../client/questions.ts";
import { visible } from "./text.ts";
import { pathText } from "./values.ts";

/** How a language for graphs writes it down; texts of the data come in raw. */
interface Syntax {
  readonly begin: readonly string[];
  readonly end: readonly string[];
  artifact(id: string, label: readonly string[]): string;
  execution(id: string, label: readonly string[]): string;
  edge(from: string, to: string, label: string, isDirected: boolean): string;
}

const dot: Syntax = {
  begin: ["digraph mlmd {", "  rankdir=LR;"],
  end: ["}"],
  artifact: (id, label) => `  ${id} [shape=ellipse, label=${dotText(label)}];`,
  execution: (id, label) => `  ${id} [shape=box, label=${dotText(label)}];`,
  edge: (from, to, label, isDirected) => {
    const attributes = [label && `label=${dotText([label])}`, isDirected ? "" : "dir=none"].filter(Boolean);
    return `  ${from} -> ${to}${attributes.length > 0 ? ` [${attributes.join(", ")}]` : ""};`;
  },
};

const mermaid: Syntax = {
  begin: ["flowchart LR"],
  end: [],
  artifact: (id, label) => `  ${id}([${mermaidText(label)}])`,
  execution: (id, label) => `  ${id}[${mermaidText(label)}]`,
  edge: (from, to, label, isDirected) =>
    `  ${from} ${isDirected ? "-->" : "---"}${label && `|${mermaidText([label])}|`} ${to}`,
};

export function dotOf(lineage: Lineage): Iterable<string> {
  return linesOf(lineage, dot);
}

export function mermaidOf(lineage: Lineage): Iterable<string> {
  return linesOf(lineage, mermaid);
}

function* linesOf({ artifacts, executions, events }: Lineage, syntax: Syntax): Generator<string> {
  yield* syntax.begin;
  for (const artifact of artifacts) yield syntax.artifact(`a${artifact.id}`, labelOf(artifact));
  for (const execution of executions) yield syntax.execution(`e${execution.id}`, labelOf(execution));
  for (const { artifactId, executionId, type, path } of events) {
    const flow = flowOf(type);
    const [from, to] = flow === "output" ? ["e", "a"] : ["a", "e"];
    const ids = { a: artifactId, e: executionId } as { [kind: string]: bigint };
    yield syntax.edge(
      `${from}${ids[from as string]}`,
      `${to}${ids[to as string]}`,
      pathText(path),
      flow !== undefined,
    );
  }
  yield* syntax.end;
}

function labelOf({ id, type = "", name = "" }: Node): string[] {
  return [`${type} ${id}`.trim(), name].filter((line) => line !== "");
}

/** Long texts make a picture unreadable. */
const labelMax = 80;

function shown(text: string): string {
  return visible(text.length > labelMax ? `${text.slice(0, labelMax)}…` : text);
}

/** Graphviz reads escapes of its own and entities of HTML in a label. */
function dotText(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    shown(line).replaceAll("&", "&amp;").replaceAll("\\", "\\\\").replaceAll('"', '\\"'),
  );
  return `"${escaped.join("\\n")}"`;
}

/** Mermaid reads HTML, Markdown and directives in a label: what is not plain becomes the number of the character. */
function mermaidText(lines: readonly string[]): string {
  const numbered = (character: string) => `#${character.codePointAt(0)};`;
  const escaped = lines.map((line) =>
    shown(line)
      .replace(/[^\p{L}\p{M}\p{N} _:./@=+-]/gu, numbered)
      // What would begin a list.
      .replace(/^[-+]|(?<=^\d+)\./, numbered),
  );
  return `"${escaped.join("<br/>")}"`;
}
