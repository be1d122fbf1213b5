import { type Client, Code, ConnectError } from "@connectrpc/connect";
import {
  type Artifact,
  Artifact_State,
  type Event,
  type Execution,
  Execution_State,
  LineageSubgraphQueryOptions_Direction,
  type MetadataStoreService,
} from "../../../src/contract/messages.ts";
import {
  edgesOf,
  keyOf,
  type LineageContext,
  type LineageGraph,
  type LineageNode,
  type NodeKey,
  type NodeKind,
  parseKey,
  type Side,
} from "./graph.ts";
import { type Direction, distances, hiddenNeighbours, neighboursOf, sizes } from "./hops.ts";

export interface Root {
  readonly kind: NodeKind | "context";
  readonly id: bigint;
}

/** One more hop from a node that is shown. */
export interface Expansion {
  readonly key: NodeKey;
  readonly side: Side;
}

export interface LineageQuery {
  readonly root: Root;
  readonly direction: Direction;
  /** Not used where the root is a context: all that belongs to it is shown. */
  readonly hops: number;
  readonly more: readonly Expansion[];
}

export interface Lineage {
  readonly graph: LineageGraph;
  readonly roots: readonly NodeKey[];
  readonly shown: ReadonlySet<NodeKey>;
  /** Known neighbours that are further away than was asked for. */
  readonly hidden: ReturnType<typeof hiddenNeighbours>;
}

/** More than can be read into a page; `sizes[n]` nodes are within n hops, as far as it is known. */
export class LineageTooLarge extends Error {
  readonly sizes: readonly number[];

  constructor(message: string, counts: readonly number[] = []) {
    super(message);
    this.sizes = counts;
  }
}

type Store = Client<typeof MetadataStoreService>;

export interface ReadOptions {
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** So many nodes are read with their names and states; beyond, only their number. */
export const nodesMax = 20_000;

const hopsMax = 100;
const idsPerCall = 500;
/** Of the nodes that match its filter, a server starts at the first hundred. */
const startsPerCall = 100;
const rowsPerPage = 1000;

/**
 * Reads the nodes around a root, and one hop more of ids and events, so that the ends of the picture know what
 * follows. Throws LineageTooLarge, or what the server answered.
 */
export async function readLineage(store: Store, query: LineageQuery, options: ReadOptions): Promise<Lineage> {
  const { signal } = options;
  const base =
    query.root.kind === "context"
      ? await readMembers(store, query.root.id, signal)
      : await readAround(store, query, signal);
  const further = await Promise.all(
    query.more.map(({ key, side }) => {
      const { kind, id } = parseKey(key) as { kind: NodeKind; id: bigint };
      return walk(store, { kind, ids: [id] }, side, 1, signal);
    }),
  );
  const edges = edgesOf([base, ...further].flatMap(({ events }) => events));
  const neighbours = neighboursOf(edges);
  const found = distances(neighbours, base.roots, query.direction);
  const shown = new Set(base.members);
  if (query.root.kind !== "context") {
    for (const [key, distance] of found) if (distance <= query.hops) shown.add(key);
  }
  for (const { key, side } of query.more) {
    if (shown.has(key)) for (const other of neighbours[side].get(key) ?? []) shown.add(other);
  }
  if (shown.size > nodesMax) {
    throw new LineageTooLarge(
      `The lineage has ${shown.size} nodes here; at most ${nodesMax} are read into the page.`,
      query.root.kind === "context" ? [] : sizes(found),
    );
  }
  const contextsOf = mergeContexts([base, ...further]);
  const nodes = await readNodes(store, shown, contextsOf, options);
  const contexts = await readContexts(store, nodes, signal);
  const isShown = (key: NodeKey) => nodes.has(key);
  return {
    graph: { nodes, contexts, edges: edges.filter(({ from, to }) => isShown(from) && isShown(to)) },
    roots: base.roots.filter(isShown),
    shown: new Set(nodes.keys()),
    hidden: hiddenNeighbours(neighbours, new Set(nodes.keys())),
  };
}

/** What is known of a part of the graph before names are read. */
interface Skeleton {
  readonly events: readonly Event[];
  readonly contextsOf: ReadonlyMap<NodeKey, readonly bigint[]>;
}

interface RootedSkeleton extends Skeleton {
  readonly roots: readonly NodeKey[];
  /** Shown however far away they are. */
  readonly members: readonly NodeKey[];
}

const serverDirections: Readonly<Record<Side | "connected", LineageSubgraphQueryOptions_Direction>> = {
  before: LineageSubgraphQueryOptions_Direction.UPSTREAM,
  after: LineageSubgraphQueryOptions_Direction.DOWNSTREAM,
  connected: LineageSubgraphQueryOptions_Direction.BIDIRECTIONAL,
};

async function readAround(
  store: Store,
  { root, direction, hops }: LineageQuery,
  signal: AbortSignal,
): Promise<RootedSkeleton> {
  const kind = root.kind as NodeKind;
  const sides = direction === "both" ? (["before", "after"] as const) : [direction];
  const around = async (side: Side | "connected") => {
    try {
      return await walk(store, { kind, ids: [root.id] }, side, Math.min(hops + 1, hopsMax), signal);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      return walk(store, { kind, ids: [root.id] }, side, hops, signal);
    }
  };
  try {
    const parts = await Promise.all(sides.map(around));
    const key = keyOf(kind, root.id);
    const contextsOf = mergeContexts(parts);
    return { roots: [key], members: [key], events: parts.flatMap(({ events }) => events), contextsOf };
  } catch (error) {
    if (isTooLarge(error)) throw new LineageTooLarge(ConnectError.from(error).rawMessage);
    throw error;
  }
}

async function walk(
  store: Store,
  start: { kind: NodeKind; ids: readonly bigint[] },
  side: Side | "connected",
  hops: number,
  signal: AbortSignal,
): Promise<Skeleton> {
  const [only, ...others] = start.ids;
  const filter = { filterQuery: others.length === 0 ? `id = ${only}` : `id IN (${start.ids.join(", ")})` };
  const { lineageSubgraph } = await store.getLineageSubgraph(
    {
      lineageSubgraphQueryOptions: {
        startingNodes:
          start.kind === "artifact"
            ? { case: "startingArtifacts", value: filter }
            : { case: "startingExecutions", value: filter },
        maxNumHops: BigInt(hops),
        direction: serverDirections[side],
      },
      readMask: { paths: ["events", "attributions", "associations"] },
    },
    { signal },
  );
  const contextsOf = new Map<NodeKey, bigint[]>();
  for (const { artifactId, contextId } of lineageSubgraph?.attributions ?? []) {
    addTo(contextsOf, keyOf("artifact", artifactId), contextId);
  }
  for (const { executionId, contextId } of lineageSubgraph?.associations ?? []) {
    addTo(contextsOf, keyOf("execution", executionId), contextId);
  }
  return { events: lineageSubgraph?.events ?? [], contextsOf };
}

/** All that belongs to a context, and what its executions read and made. */
async function readMembers(store: Store, contextId: bigint, signal: AbortSignal): Promise<RootedSkeleton> {
  const { contexts } = await store.getContextsByID({ contextIds: [contextId] }, { signal });
  if (contexts.length === 0) throw new ConnectError(`There is no context ${contextId}`, Code.NotFound);
  const [executions, artifacts] = await Promise.all([
    readPages("execution", async (nextPageToken) => {
      const options = { maxResultSize: rowsPerPage, nextPageToken };
      const answer = await store.getExecutionsByContext({ contextId, options }, { signal });
      return { rows: answer.executions, nextPageToken: answer.nextPageToken };
    }),
    readPages("artifact", async (nextPageToken) => {
      const options = { maxResultSize: rowsPerPage, nextPageToken };
      const answer = await store.getArtifactsByContext({ contextId, options }, { signal });
      return { rows: answer.artifacts, nextPageToken: answer.nextPageToken };
    }),
  ]);
  const roots = [
    ...executions.map((id) => keyOf("execution", id)),
    ...artifacts.map((id) => keyOf("artifact", id)),
  ];
  // Artifacts that no event names belong to the context all the same.
  const parts: Skeleton[] = [{ events: [], contextsOf: new Map(roots.map((key) => [key, [contextId]])) }];
  for (const ids of chunks(executions, startsPerCall)) {
    parts.push(await walk(store, { kind: "execution", ids }, "connected", 1, signal));
  }
  const events = parts.flatMap((part) => part.events);
  const near = events.map(({ artifactId }) => keyOf("artifact", artifactId));
  return { roots, members: [...new Set([...roots, ...near])], events, contextsOf: mergeContexts(parts) };
}

async function readPages<T extends { id: bigint }>(
  kind: NodeKind,
  page: (token: string) => Promise<{ rows: readonly T[]; nextPageToken: string }>,
): Promise<bigint[]> {
  const ids: bigint[] = [];
  let token = "";
  do {
    const { rows, nextPageToken } = await page(token);
    ids.push(...rows.map(({ id }) => id));
    token = nextPageToken;
    if (ids.length > nodesMax) {
      throw new LineageTooLarge(`The context has more than ${nodesMax} ${kind}s; so many are not drawn.`);
    }
  } while (token !== "");
  return ids;
}

async function readNodes(
  store: Store,
  shown: ReadonlySet<NodeKey>,
  contextsOf: ReadonlyMap<NodeKey, readonly bigint[]>,
  { signal, progress }: ReadOptions,
): Promise<Map<NodeKey, LineageNode>> {
  const ids = { artifact: [] as bigint[], execution: [] as bigint[] };
  for (const key of shown) {
    const { kind, id } = parseKey(key) as { kind: NodeKind; id: bigint };
    ids[kind].push(id);
  }
  const nodes = new Map<NodeKey, LineageNode>();
  const keep = (kind: NodeKind, rows: readonly (Artifact | Execution)[]) => {
    for (const row of rows) {
      const node = toNode(kind, row, contextsOf);
      nodes.set(node.key, node);
    }
    progress(nodes.size, shown.size);
  };
  await Promise.all([
    inChunks(ids.artifact, async (artifactIds) => {
      keep("artifact", (await store.getArtifactsByID({ artifactIds }, { signal })).artifacts);
    }),
    inChunks(ids.execution, async (executionIds) => {
      keep("execution", (await store.getExecutionsByID({ executionIds }, { signal })).executions);
    }),
  ]);
  return nodes;
}

/** Properties are not kept: a picture of thousands of nodes would hold all their texts. */
function toNode(
  kind: NodeKind,
  row: Artifact | Execution,
  contextsOf: ReadonlyMap<NodeKey, readonly bigint[]>,
): LineageNode {
  const key = keyOf(kind, row.id);
  const state = "uri" in row ? Artifact_State[row.state] : Execution_State[row.lastKnownState];
  return {
    key,
    kind,
    id: row.id,
    typeId: row.typeId,
    type: row.type || `type ${row.typeId}`,
    name: row.name,
    uri: "uri" in row ? row.uri : "",
    state: state === undefined || state === "UNKNOWN" ? "" : state,
    contexts: contextsOf.get(key) ?? [],
  };
}

async function readContexts(
  store: Store,
  nodes: ReadonlyMap<NodeKey, LineageNode>,
  signal: AbortSignal,
): Promise<Map<bigint, LineageContext>> {
  const ids = new Set([...nodes.values()].flatMap(({ contexts }) => contexts));
  const found = new Map<bigint, LineageContext>();
  await inChunks([...ids], async (contextIds) => {
    const { contexts } = await store.getContextsByID({ contextIds }, { signal });
    for (const { id, typeId, type, name } of contexts) {
      found.set(id, { id, typeId, type: type || `type ${typeId}`, name });
    }
  });
  return found;
}

/** Asks for many ids at a time, and for fewer where they make too long an answer. */
async function inChunks(ids: readonly bigint[], ask: (ids: bigint[]) => Promise<void>): Promise<void> {
  for (const chunk of chunks(ids, idsPerCall)) {
    try {
      await ask(chunk);
    } catch (error) {
      if (!isTooLarge(error) || chunk.length === 1) throw error;
      const half = Math.ceil(chunk.length / 2);
      await inChunks(chunk.slice(0, half), ask);
      await inChunks(chunk.slice(half), ask);
    }
  }
}

function* chunks<T>(values: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < values.length; at += size) yield values.slice(at, at + size);
}

function mergeContexts(parts: readonly Skeleton[]): Map<NodeKey, bigint[]> {
  const merged = new Map<NodeKey, bigint[]>();
  for (const { contextsOf } of parts) {
    for (const [key, ids] of contextsOf) for (const id of ids) addTo(merged, key, id);
  }
  return merged;
}

function addTo(map: Map<NodeKey, bigint[]>, key: NodeKey, id: bigint): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [id]);
  else if (!list.includes(id)) list.push(id);
}

function isTooLarge(error: unknown): boolean {
  return ConnectError.from(error).code === Code.ResourceExhausted;
}
