import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  LineageSubgraphQueryOptions_Direction as Direction,
  type LineageSubgraphQueryOptions_EndingNodes as EndingNodes,
  type GetLineageSubgraphRequest,
  type LineageGraph,
  LineageGraphSchema,
  type LineageSubgraphQueryOptions,
  LineageSubgraphQueryOptionsSchema,
} from "../../contract/messages.ts";
import { get } from "../../contract/presence.ts";
import { invalidArgument, notFound } from "../../errors.ts";
import { artifactKind, contextKind, executionKind, type KindFacts } from "../kinds.ts";
import { parseFilter } from "../nodes/list-nodes.ts";
import type { ReadTransaction } from "../ports.ts";
import { type Ending, type LineageLimits, type Subgraph, walk } from "./walk.ts";

/** The original takes one more than the hundred that it documents, and so do we: its clients may count on it. */
const startingNodesMax = 101;
const hopsMax = 100;

const byId = { field: "id", ascending: true } as const;

/** Nodes come with their id only; contexts are those of the nodes reached; types are all in the store. */
export async function getLineageSubgraph(
  tx: ReadTransaction,
  request: GetLineageSubgraphRequest,
  limits: LineageLimits,
): Promise<LineageGraph> {
  const options = request.lineageSubgraphQueryOptions ?? create(LineageSubgraphQueryOptionsSchema);
  const [kind, filterQuery] = startingNodes(options);
  const hops = get(options, "maxNumHops") ?? BigInt(hopsMax);
  if (hops < 0n) throw invalidArgument(`The number of hops ${hops} is negative`);
  const filter = parseFilter(kind, filterQuery);
  const ids = await tx.listNodeIds(kind, {
    ...(filter && { filter }),
    order: byId,
    limit: startingNodesMax,
  });
  if (ids.length === 0) throw notFound(`No ${kind.name} matches the starting filter`);
  const subgraph = await walk(tx, {
    start: { kind: kind.name, ids },
    hopsMax: Math.min(Number(hops), hopsMax),
    direction: directionOf(options.direction),
    endings: {
      ...ending("artifact", artifactKind, options.endingArtifacts),
      ...ending("execution", executionKind, options.endingExecutions),
    },
    limits,
  });
  const paths = request.readMask?.paths ?? [];
  return readGraph(tx, subgraph, (field) => paths.length === 0 || paths.includes(field));
}

function startingNodes(
  options: LineageSubgraphQueryOptions,
): [typeof artifactKind | typeof executionKind, string] {
  const start = options.startingNodes;
  if (start.case === undefined) throw invalidArgument("The request names no starting nodes");
  const { filterQuery } = start.value;
  if (filterQuery === "") throw invalidArgument("The starting nodes have no filter query");
  return [start.case === "startingArtifacts" ? artifactKind : executionKind, filterQuery];
}

function directionOf(direction: Direction) {
  if (direction === Direction.UPSTREAM) return "upstream";
  return direction === Direction.DOWNSTREAM ? "downstream" : "both";
}

/** A filter that is set but empty makes every node of the kind an ending one, as in the original. */
function ending<N extends "artifact" | "execution">(
  name: N,
  kind: KindFacts,
  nodes: EndingNodes | undefined,
): { [K in N]?: Ending } {
  const text = nodes && get(nodes, "filterQuery");
  if (nodes === undefined || text === undefined) return {};
  const value: Ending = { isIncluded: nodes.includeEndingNodes, filter: parseFilter(kind, text) };
  return { [name]: value } as { [K in N]: Ending };
}

/** Reads the fields that are asked for; what is masked out costs no statement. */
async function readGraph(
  tx: ReadTransaction,
  { ids, eventIds }: Subgraph,
  wants: (field: string) => boolean,
): Promise<LineageGraph> {
  const artifactIds = sorted(ids.artifact);
  const executionIds = sorted(ids.execution);
  const wantsContexts = wants("contexts");
  const [attributions, associations, events, artifactTypes, executionTypes, contextTypes] = await Promise.all(
    [
      wants("attributions") || wantsContexts ? tx.membershipsByNode(artifactKind, artifactIds) : [],
      wants("associations") || wantsContexts ? tx.membershipsByNode(executionKind, executionIds) : [],
      wants("events") ? tx.eventsById(eventIds) : [],
      wants("artifact_types") ? tx.allTypes(artifactKind) : [],
      wants("execution_types") ? tx.allTypes(executionKind) : [],
      wants("context_types") ? tx.allTypes(contextKind) : [],
    ],
  );
  const graph: MessageInitShape<typeof LineageGraphSchema> = {
    events,
    artifactTypes,
    executionTypes,
    contextTypes,
  };
  if (wants("artifacts")) graph.artifacts = artifactIds.map((id) => ({ id }));
  if (wants("executions")) graph.executions = executionIds.map((id) => ({ id }));
  if (wantsContexts) {
    const contexts = new Set([...attributions, ...associations].map(({ contextId }) => contextId));
    graph.contexts = sorted(contexts).map((id) => ({ id }));
  }
  if (wants("attributions")) {
    graph.attributions = attributions.map(({ contextId, nodeId }) => ({ contextId, artifactId: nodeId }));
  }
  if (wants("associations")) {
    graph.associations = associations.map(({ contextId, nodeId }) => ({ contextId, executionId: nodeId }));
  }
  return create(LineageGraphSchema, graph);
}

export function sorted(ids: Iterable<bigint>): bigint[] {
  return [...ids].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
