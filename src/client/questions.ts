import { isDeepStrictEqual } from "node:util";
import { MlmdError } from "../errors.ts";
import { inChunks } from "./by-id.ts";
import {
  type DeclaredNode,
  type DeclaredPropertiesInput,
  DeclaredType,
  declaredValues,
  type PropertyKinds,
} from "./declared-type.ts";
import type { Event } from "./edges.ts";
import type { ArtifactState, ExecutionState } from "./enums.ts";
import { type Flow, flowOf } from "./flow.ts";
import type { Artifact, Execution } from "./nodes.ts";
import type { MetadataStore } from "./store.ts";
import type { ExecutionType } from "./types.ts";
import { fromValues, type PropertiesInput, toValues } from "./values.ts";

// The questions that a metadata store is kept for, as calls. They use nothing but the store's public methods.

/** Artifacts, executions and the events between them. */
export interface Lineage<A = Artifact> {
  /** By id. */
  artifacts: A[];
  /** By id. */
  executions: Execution[];
  events: Event[];
}

/**
 * The graph of an experiment or a pipeline run: the executions of a context, what they read and produced (also where
 * that belongs to no context or another), and the other artifacts of the context.
 */
export async function contextLineage(store: MetadataStore, contextId: bigint): Promise<Lineage> {
  const executions = await store.getExecutionsByContext(contextId, { orderBy: "ID" });
  const members = await store.getArtifactsByContext(contextId);
  const ids = executions.map(({ id }) => id);
  const events = await inChunks(ids, (chunk) => store.getEventsByExecutionIds(chunk));
  const known = new Set(members.map(({ id }) => id));
  const others = new Set(events.map(({ artifactId }) => artifactId).filter((id) => !known.has(id)));
  const artifacts = [...members, ...(await inChunks(others, (chunk) => store.getArtifactsById(chunk)))];
  return { artifacts: artifacts.sort(byId), executions, events };
}

/**
 * How an artifact came about: the executions that produced it, what they read, the executions that produced that, and
 * so on to the beginning. Takes two calls for each generation, whatever its size. The artifact itself is not in the
 * answer. NOT_FOUND where there is no such artifact.
 */
export function ancestors(store: MetadataStore, artifactId: bigint): Promise<Lineage> {
  return related(store, artifactId, "output");
}

/**
 * What was made from an artifact: the executions that read it, what they produced, the executions that read that, and
 * so on to the end. Takes two calls for each generation (two for every thousand nodes in it). The artifact itself is not
 * in the answer. With a `type`, declared or by name, `artifacts` has only those of this type; executions and events are
 * still those of the whole way. NOT_FOUND where there is no such artifact.
 */
export function descendants<const D extends PropertyKinds>(
  store: MetadataStore,
  artifactId: bigint,
  options: { type: DeclaredType<"artifact", D> },
): Promise<Lineage<DeclaredNode<"artifact", D>>>;
export function descendants(
  store: MetadataStore,
  artifactId: bigint,
  options?: { type?: string | undefined },
): Promise<Lineage>;
export async function descendants(
  store: MetadataStore,
  artifactId: bigint,
  { type }: { type?: DeclaredType<"artifact"> | string | undefined } = {},
): Promise<Lineage> {
  const lineage = await related(store, artifactId, "input");
  if (type === undefined) return lineage;
  const isWanted = (artifact: Artifact) =>
    type instanceof DeclaredType ? type.is(artifact) : artifact.type === type;
  return { ...lineage, artifacts: lineage.artifacts.filter(isWanted) };
}

/** Follows, from artifact to execution, the events of one flow, and from there to artifacts those of the other. */
async function related(store: MetadataStore, artifactId: bigint, flow: Flow): Promise<Lineage> {
  if ((await store.getArtifactsById([artifactId])).length === 0) {
    throw new MlmdError("NOT_FOUND", `There is no artifact with id ${artifactId}`);
  }
  const artifactIds = new Set([artifactId]);
  const executionIds = new Set<bigint>();
  const events: Event[][] = [];
  const opposite = flow === "input" ? "output" : "input";
  let frontier = [artifactId];
  while (frontier.length > 0) {
    const read = await inChunks(frontier, (ids) => store.getEventsByArtifactIds(ids));
    const near = read.filter(({ type }) => flowOf(type) === flow);
    const reached = unseen(
      executionIds,
      near.map(({ executionId }) => executionId),
    );
    const written = await inChunks(reached, (ids) => store.getEventsByExecutionIds(ids));
    const far = written.filter(({ type }) => flowOf(type) === opposite);
    frontier = unseen(
      artifactIds,
      far.map((event) => event.artifactId),
    );
    events.push(near, far);
  }
  artifactIds.delete(artifactId);
  return {
    artifacts: (await inChunks(artifactIds, (ids) => store.getArtifactsById(ids))).sort(byId),
    executions: (await inChunks(executionIds, (ids) => store.getExecutionsById(ids))).sort(byId),
    events: events.flat(),
  };
}

/** The ids that are new, each once; they are not new any more then. */
function unseen(seen: Set<bigint>, ids: readonly bigint[]): bigint[] {
  return ids.filter((id) => {
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

function byId(one: { id: bigint }, other: { id: bigint }): number {
  return one.id < other.id ? -1 : 1;
}

/** An execution that may have happened before. */
export interface CacheKey<D extends PropertyKinds> {
  /** The execution's type, declared or by name. */
  type: DeclaredType<"execution", D> | string;
  /** The version of a type that is given by name. */
  typeVersion?: string | undefined;
  /** Exactly these. */
  properties?: DeclaredPropertiesInput<D> | undefined;
  /** Exactly these, where they are given; otherwise custom properties do not matter. */
  customProperties?: PropertiesInput | undefined;
  /** All artifacts that it reads, in any order. */
  inputArtifactIds: Iterable<bigint>;
  /** Only executions with a smaller id than this one. */
  before?: bigint | undefined;
}

export interface CachedExecution<D extends PropertyKinds> {
  execution: DeclaredNode<"execution", D>;
  /** What it produced, by id. */
  outputs: Artifact[];
  /** Its events; those of the outputs have the outputs' paths. */
  events: Event[];
}

/**
 * What to look for to find whether an execution that is stored repeated an earlier one: the same type, properties and
 * inputs. Takes two calls.
 */
export async function cacheKeyOf(
  store: MetadataStore,
  { id, typeId, properties }: Execution,
): Promise<CacheKey<PropertyKinds>> {
  const [type] = await store.getExecutionTypesById([typeId]);
  if (type === undefined) throw new MlmdError("NOT_FOUND", `There is no execution type with id ${typeId}`);
  const inputArtifactIds = ends(await store.getEventsByExecutionIds([id]), "input");
  return { type: type.name, typeVersion: type.version, properties, inputArtifactIds, before: id };
}

const done: readonly (ExecutionState | undefined)[] = ["COMPLETE", "CACHED"];
const gone: readonly (ArtifactState | undefined)[] = ["MARKED_FOR_DELETION", "DELETED"];

/**
 * The newest execution of this type, with these properties and these inputs, that is COMPLETE or CACHED and none of
 * whose outputs is deleted or about to be; or undefined. Takes five calls, and one more for
 * each further thousand executions that read the inputs. Without inputs it goes through the finished executions of the
 * type, newest first, a hundred at a time.
 */
export async function findCachedExecution<const D extends PropertyKinds>(
  store: MetadataStore,
  key: CacheKey<D>,
): Promise<CachedExecution<D> | undefined> {
  const type = await executionTypeOf(store, key);
  if (type === undefined) return undefined;
  const inputs = new Set(key.inputArtifactIds);
  const isMatch = matcher(key, type);
  const candidates = inputs.size > 0 ? readersOf(store, inputs) : finishedOf(store, type);
  for await (const executions of candidates) {
    const found = await newestIntact(store, executions.filter(isMatch), inputs);
    if (found !== undefined) return found as CachedExecution<D>;
  }
  return undefined;
}

async function executionTypeOf(store: MetadataStore, { type, typeVersion }: CacheKey<PropertyKinds>) {
  const [name, version] = typeof type === "string" ? [type, typeVersion] : [type.name, type.version];
  try {
    return await store.getExecutionType(name, version);
  } catch (error) {
    if (error instanceof MlmdError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

function matcher(key: CacheKey<PropertyKinds>, type: ExecutionType): (execution: Execution) => boolean {
  const where = "the execution";
  const given = declaredValues({ kind: "execution", ...type }, key.properties, where);
  const properties = fromValues(toValues(given, "Property", where));
  const customProperties =
    key.customProperties && fromValues(toValues(key.customProperties, "Custom property", where));
  return (execution) =>
    execution.typeId === type.id &&
    (key.before === undefined || execution.id < key.before) &&
    done.includes(execution.lastKnownState) &&
    isDeepStrictEqual(execution.properties, properties) &&
    (customProperties === undefined || isDeepStrictEqual(execution.customProperties, customProperties));
}

/** The executions that have read all of these artifacts. */
async function* readersOf(store: MetadataStore, inputs: ReadonlySet<bigint>): AsyncGenerator<Execution[]> {
  const read = groupByExecution(await store.getEventsByArtifactIds(inputs));
  const ofAll = [...read]
    .filter(([, events]) => ends(events, "input").size === inputs.size)
    .map(([id]) => id);
  yield inChunks(ofAll, (ids) => store.getExecutionsById(ids));
}

function groupByExecution(events: readonly Event[]): Map<bigint, Event[]> {
  const groups = new Map<bigint, Event[]>();
  for (const event of events) {
    const group = groups.get(event.executionId);
    if (group === undefined) groups.set(event.executionId, [event]);
    else group.push(event);
  }
  return groups;
}

/** The artifacts that are the inputs, or the outputs, in an execution's events. */
function ends(events: readonly Event[], flow: Flow): ReadonlySet<bigint> {
  return new Set(events.filter(({ type }) => flowOf(type) === flow).map(({ artifactId }) => artifactId));
}

async function* finishedOf(
  store: MetadataStore,
  { name, version }: { name: string; version?: string },
): AsyncGenerator<Execution[]> {
  const options = { isAsc: false, filterQuery: "last_known_state IN (COMPLETE, CACHED)" };
  let page: Execution[] = [];
  for await (const execution of store.iterateExecutionsByType(name, version, options)) {
    page.push(execution);
    if (page.length < 100) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The newest of the executions that read exactly the inputs and whose outputs are all there. */
async function newestIntact(
  store: MetadataStore,
  executions: readonly Execution[],
  inputs: ReadonlySet<bigint>,
): Promise<{ execution: Execution; outputs: Artifact[]; events: Event[] } | undefined> {
  const ids = executions.map(({ id }) => id);
  const groups = groupByExecution(await inChunks(ids, (chunk) => store.getEventsByExecutionIds(chunk)));
  const runs = executions.map((execution) => {
    const events = groups.get(execution.id) ?? [];
    return { execution, events, inputIds: ends(events, "input"), outputIds: ends(events, "output") };
  });
  const exact = runs.filter(({ inputIds }) => inputIds.size === inputs.size && isSubset(inputIds, inputs));
  const outputIds = new Set(exact.flatMap((run) => [...run.outputIds]));
  const outputs = await inChunks(outputIds, (chunk) => store.getArtifactsById(chunk));
  const intact = new Set(outputs.filter(({ state }) => !gone.includes(state)).map(({ id }) => id));
  const newest = exact
    .filter((run) => isSubset(run.outputIds, intact))
    .sort((one, other) => byId(other.execution, one.execution))[0];
  if (newest === undefined) return undefined;
  const { execution, events } = newest;
  return { execution, outputs: outputs.filter(({ id }) => newest.outputIds.has(id)).sort(byId), events };
}

function isSubset(ids: ReadonlySet<bigint>, of: ReadonlySet<bigint>): boolean {
  return [...ids].every((id) => of.has(id));
}
