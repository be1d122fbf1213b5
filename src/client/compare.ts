import { isDeepStrictEqual } from "node:util";
import { inChunks } from "./by-id.ts";
import type { Event } from "./edges.ts";
import { type Flow, flowOf } from "./flow.ts";
import type { Artifact, Execution } from "./nodes.ts";
import type { MetadataStore } from "./store.ts";
import type { Properties } from "./values.ts";

/** Two values that differ; undefined where there is none. */
export interface Difference<T> {
  left: T | undefined;
  right: T | undefined;
}

type Differences<T> = { [N in keyof T]?: Difference<T[N]> };

/** What differs between two artifacts; what is equal is left out. */
export interface ArtifactComparison<P = Properties> {
  fields: Differences<Pick<Artifact, "type" | "name" | "uri" | "state" | "externalId">>;
  properties: Differences<P>;
  customProperties: Differences<Properties>;
}

/**
 * Compares what two artifacts say about themselves: `comparison.properties.day?.left`. For artifacts of one declared
 * type the names and kinds of the properties are known.
 */
export function compareArtifacts<P extends Partial<Properties>>(
  left: Artifact<P>,
  right: Artifact<P>,
): ArtifactComparison<P> {
  const fields = ({ type, name, uri, state, externalId }: Artifact<P>) => {
    return { type, name, uri, state, externalId };
  };
  return {
    fields: differences(fields(left), fields(right)),
    properties: differences(left.properties, right.properties),
    customProperties: differences(left.customProperties, right.customProperties),
  };
}

/** Artifacts that two executions read, or produced, in the same place. */
export interface EndDifference {
  /** The path of the events; empty where they have none. */
  path: (string | bigint)[];
  left: Artifact[];
  right: Artifact[];
}

/** What differs between two executions; what is equal is left out. */
export interface ExecutionComparison<P = Properties> {
  fields: Differences<Pick<Execution, "type" | "name" | "lastKnownState" | "externalId">>;
  properties: Differences<P>;
  customProperties: Differences<Properties>;
  /** By path, each with all its artifacts. */
  inputs: EndDifference[];
  outputs: EndDifference[];
}

/**
 * Compares what two executions say about themselves, what they read and what they produced. Takes two calls (and one more
 * for each further thousand artifacts).
 */
export async function compareExecutions<P extends Partial<Properties>>(
  store: MetadataStore,
  left: Execution<P>,
  right: Execution<P>,
): Promise<ExecutionComparison<P>> {
  const fields = ({ type, name, lastKnownState, externalId }: Execution<P>) => {
    return { type, name, lastKnownState, externalId };
  };
  const events = await store.getEventsByExecutionIds([left.id, right.id]);
  const ids = new Set(events.map(({ artifactId }) => artifactId));
  const artifacts = await inChunks(ids, (chunk) => store.getArtifactsById(chunk));
  const known = new Map(artifacts.map((artifact) => [artifact.id, artifact]));
  const ends = (flow: Flow) => {
    const sides = [left, right].map(({ id }) =>
      byPath(events.filter(({ executionId, type }) => executionId === id && flowOf(type) === flow)),
    ) as [Ends, Ends];
    return endDifferences(sides, known);
  };
  return {
    fields: differences(fields(left), fields(right)),
    properties: differences(left.properties, right.properties),
    customProperties: differences(left.customProperties, right.customProperties),
    inputs: ends("input"),
    outputs: ends("output"),
  };
}

type Ends = Map<string, { path: (string | bigint)[]; ids: Set<bigint> }>;

function byPath(events: readonly Event[]): Ends {
  const ends: Ends = new Map();
  for (const { path = [], artifactId } of events) {
    const key = JSON.stringify(path.map((step) => (typeof step === "bigint" ? { index: `${step}` } : step)));
    const end = ends.get(key);
    if (end === undefined) ends.set(key, { path, ids: new Set([artifactId]) });
    else end.ids.add(artifactId);
  }
  return ends;
}

function endDifferences([left, right]: [Ends, Ends], known: ReadonlyMap<bigint, Artifact>): EndDifference[] {
  const artifacts = (ends: Ends, key: string) =>
    [...(ends.get(key)?.ids ?? [])].sort(inOrder).flatMap((id) => known.get(id) ?? []);
  return [...new Map([...left, ...right])]
    .map(([key, { path }]) => ({ path, left: artifacts(left, key), right: artifacts(right, key) }))
    .filter((end) => !isDeepStrictEqual(end.left, end.right));
}

function inOrder(one: bigint, other: bigint): number {
  return one < other ? -1 : 1;
}

function differences<T extends object>(left: T, right: T): Differences<T> {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]) as Set<keyof T & string>;
  const entries = Array.from(
    names,
    (name) => [name, { left: own(left, name), right: own(right, name) }] as const,
  );
  const different = entries.filter(([, pair]) => !isDeepStrictEqual(pair.left, pair.right));
  return Object.fromEntries(different) as Differences<T>;
}

function own<T extends object, N extends keyof T & string>(object: T, name: N): T[N] | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
