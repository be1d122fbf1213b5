import { flowOf, pathText } from "./events.ts";
import { type Kind, kinds, type NodeMessage } from "./kinds.ts";
import { eventsOf, nodesByIds } from "./neighbours.ts";
import { propertyColumns, propertyOf, type Shown } from "./values.ts";

/** A node of a comparison with what is compared of it: its own properties and those of its outputs. */
export interface Run {
  readonly node: NodeMessage;
  readonly values: ReadonlyMap<string, Shown>;
}

/** Artifacts, or executions with the properties of what they produced: a metric is an output's more often than a run's. */
export async function runsOf(kind: Kind, nodes: readonly NodeMessage[], signal: AbortSignal): Promise<Run[]> {
  const outputs = kind.name === "execution" ? await outputsOf(nodes, signal) : new Map();
  return nodes.map((node) => {
    const values = new Map<string, Shown>();
    addProperties(values, node, "");
    for (const { path, artifact } of outputs.get(node.id) ?? [])
      addProperties(values, artifact, `${path} → `);
    return { node, values };
  });
}

function addProperties(values: Map<string, Shown>, node: NodeMessage, prefix: string): void {
  for (const column of propertyColumns([node])) {
    const value = propertyOf(node, column);
    const name = `${prefix}${column.replace(/^(custom_)?properties\./, "")}`;
    if (value && !values.has(name)) values.set(name, value);
  }
}

interface Output {
  /** The event's path, or the artifact's type where there is none. */
  readonly path: string;
  readonly artifact: NodeMessage;
}

async function outputsOf(executions: readonly NodeMessage[], signal: AbortSignal) {
  const events = await eventsOf(
    "execution",
    executions.map(({ id }) => id),
    signal,
  );
  const outputs = events.filter((event) => flowOf(event) === "output");
  const artifacts = await nodesByIds(
    kinds.artifact,
    outputs.map(({ artifactId }) => artifactId),
    signal,
  );
  const found = new Map<bigint, Output[]>();
  for (const event of outputs) {
    const artifact = artifacts.get(event.artifactId);
    if (artifact === undefined) continue;
    const path = pathText(event).replace(/\[0\]$/, "") || artifact.type;
    found.set(event.executionId, [...(found.get(event.executionId) ?? []), { path, artifact }]);
  }
  return found;
}

/** The names of all values, in the order in which they come first. */
export function columnsOfRuns(runs: readonly Run[]): string[] {
  return [...new Set(runs.flatMap(({ values }) => [...values.keys()]))];
}
