import {
  type LineageGraphQueryOptions as GraphQueryMessage,
  type LineageGraph as LineageGraphMessage,
  LineageGraphQueryOptions_BoundaryConstraintSchema,
  LineageGraphQueryOptionsSchema,
  LineageSubgraphQueryOptions_EndingNodesSchema,
  LineageSubgraphQueryOptionsSchema,
  ListOperationOptionsSchema,
  type LineageSubgraphQueryOptions as QueryMessage,
} from "../contract/messages.ts";
import { invalidArgument } from "../errors.ts";
import { byId, inChunks } from "./by-id.ts";
import type { Call } from "./call.ts";
import {
  type Association,
  type Attribution,
  type Event,
  fromAssociation,
  fromAttribution,
  fromEventMessage,
  fromParentContext,
  type ParentContext,
} from "./edges.ts";
import { type LineageDirection, lineageDirections } from "./enums.ts";
import { makeMessage } from "./message.ts";
import {
  type Artifact,
  type Context,
  type Execution,
  fromNodeMessage,
  type NodeKind,
  type Nodes,
} from "./nodes.ts";
import {
  type ArtifactType,
  type ContextType,
  type ExecutionType,
  fromTypeMessage,
  type Types,
} from "./types.ts";

/** Part of the graph that the events, attributions and associations make. */
export interface LineageGraph {
  artifactTypes: ArtifactType[];
  executionTypes: ExecutionType[];
  contextTypes: ContextType[];
  artifacts: Artifact[];
  executions: Execution[];
  contexts: Context[];
  events: Event[];
  attributions: Attribution[];
  associations: Association[];
  parentContexts: ParentContext[];
}

/** Where a walk through the graph starts, which way it goes and where it ends. */
export type LineageSubgraphQueryOptions = {
  /** How many steps from a node over an event to another node; 100, which is also the maximum, where left out. */
  maxNumHops?: number | undefined;
  /** `"BIDIRECTIONAL"` where it is left out. */
  direction?: LineageDirection | undefined;
  /** The walk does not go on from the artifacts that fulfil this condition. */
  endingArtifacts?: EndingNodes | undefined;
  /** The walk does not go on from the executions that fulfil this condition. */
  endingExecutions?: EndingNodes | undefined;
} & (
  | { startingArtifacts: StartingNodes; startingExecutions?: undefined }
  | { startingExecutions: StartingNodes; startingArtifacts?: undefined }
);

/** The nodes that fulfil a condition; at most the first 100 by id. */
export interface StartingNodes {
  filterQuery: string;
}

export interface EndingNodes {
  filterQuery: string;
  /** Whether the nodes where the walk ends belong to the answer; they do not where it is left out. */
  includeEndingNodes?: boolean | undefined;
}

/** What `getLineageGraph` asks for. */
export interface LineageGraphQueryOptions {
  /** Start at the artifacts that fulfil this condition; at all of them where it is left out. */
  filterQuery?: string | undefined;
  /** At most so many artifacts to start at, the first by id; 20 where it is left out. */
  limit?: number | undefined;
  /** How many steps from a node over an event to another node; 100 where it is left out. */
  maxNumHops?: number | undefined;
  /** Walk only through artifacts that fulfil this condition. */
  boundaryArtifacts?: string | undefined;
  /** Walk only through executions that fulfil this condition. */
  boundaryExecutions?: string | undefined;
  /** At most so many artifacts and executions in the answer; 20 where it is left out. */
  maxNodeSize?: number | undefined;
}

export function toSubgraphQuery(query: LineageSubgraphQueryOptions): QueryMessage {
  return makeMessage(LineageSubgraphQueryOptionsSchema, {
    startingNodes: toStartingNodes(query),
    maxNumHops: toInt64(query.maxNumHops, "maxNumHops"),
    direction: query.direction && lineageDirections.number(query.direction),
    endingArtifacts: toEndingNodes(query.endingArtifacts),
    endingExecutions: toEndingNodes(query.endingExecutions),
  });
}

function toStartingNodes({ startingArtifacts, startingExecutions }: LineageSubgraphQueryOptions) {
  if (startingArtifacts !== undefined)
    return { case: "startingArtifacts", value: startingArtifacts } as const;
  if (startingExecutions !== undefined)
    return { case: "startingExecutions", value: startingExecutions } as const;
  return undefined;
}

function toEndingNodes(nodes: EndingNodes | undefined) {
  if (nodes === undefined) return undefined;
  const { filterQuery, includeEndingNodes } = nodes;
  return makeMessage(LineageSubgraphQueryOptions_EndingNodesSchema, { filterQuery, includeEndingNodes });
}

export function toGraphQuery(query: LineageGraphQueryOptions): GraphQueryMessage {
  const { filterQuery, limit, maxNumHops, boundaryArtifacts, boundaryExecutions, maxNodeSize } = query;
  return makeMessage(LineageGraphQueryOptionsSchema, {
    queryNodes: {
      case: "artifactsOptions",
      value: makeMessage(ListOperationOptionsSchema, {
        filterQuery,
        maxResultSize: limit,
      }),
    },
    stopConditions: makeMessage(LineageGraphQueryOptions_BoundaryConstraintSchema, {
      maxNumHops: toInt64(maxNumHops, "maxNumHops"),
      boundaryArtifacts,
      boundaryExecutions,
    }),
    maxNodeSize: toInt64(maxNodeSize, "maxNodeSize"),
  });
}

function toInt64(value: number | undefined, what: string): bigint | undefined {
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value)) throw invalidArgument(`${what} is ${value}; it must be an integer`);
  return BigInt(value);
}

export function fromLineageGraph(message: LineageGraphMessage | undefined): LineageGraph {
  return {
    artifactTypes: message?.artifactTypes.map(fromTypeMessage.artifact) ?? [],
    executionTypes: message?.executionTypes.map(fromTypeMessage.execution) ?? [],
    contextTypes: message?.contextTypes.map(fromTypeMessage.context) ?? [],
    artifacts: message?.artifacts.map(fromNodeMessage.artifact) ?? [],
    executions: message?.executions.map(fromNodeMessage.execution) ?? [],
    contexts: message?.contexts.map(fromNodeMessage.context) ?? [],
    events: message?.events.map(fromEventMessage) ?? [],
    attributions: message?.attributions.map(fromAttribution) ?? [],
    associations: message?.associations.map(fromAssociation) ?? [],
    parentContexts: message?.parentContexts.map(fromParentContext) ?? [],
  };
}

/**
 * Reads a subgraph and then the nodes and types in it: the answer to the query has only the nodes' ids. Types are
 * those of the nodes found, so they need the ids too.
 */
export async function readSubgraph(
  call: Call,
  query: LineageSubgraphQueryOptions,
  fieldMaskPaths: Iterable<keyof LineageGraph> | undefined,
): Promise<LineageGraph> {
  const mask = fieldMaskPaths && new Set(fieldMaskPaths);
  const isWanted = (field: keyof LineageGraph) => mask === undefined || mask.has(field);
  const nodeFields = (["artifacts", "executions", "contexts"] as const).filter(
    (field) => isWanted(field) || isWanted(typeFields[field]),
  );
  const edgeFields = (["events", "attributions", "associations"] as const).filter(isWanted);
  const paths = [...nodeFields, ...edgeFields];
  // A server takes an empty mask for all fields.
  if (paths.length === 0) return fromLineageGraph(undefined);
  const { lineageSubgraph } = await call("getLineageSubgraph", {
    lineageSubgraphQueryOptions: toSubgraphQuery(query),
    readMask: { paths },
  });
  const graph = fromLineageGraph(lineageSubgraph);
  const [artifacts, executions, contexts] = await Promise.all([
    readNodes(call, "artifact", graph.artifacts, isWanted("artifactTypes")),
    readNodes(call, "execution", graph.executions, isWanted("executionTypes")),
    readNodes(call, "context", graph.contexts, isWanted("contextTypes")),
  ]);
  return {
    ...graph,
    artifacts: isWanted("artifacts") ? artifacts.nodes : [],
    executions: isWanted("executions") ? executions.nodes : [],
    contexts: isWanted("contexts") ? contexts.nodes : [],
    artifactTypes: artifacts.types,
    executionTypes: executions.types,
    contextTypes: contexts.types,
  };
}

const typeFields = {
  artifacts: "artifactTypes",
  executions: "executionTypes",
  contexts: "contextTypes",
} as const;

async function readNodes<K extends NodeKind>(
  call: Call,
  kind: K,
  skeleton: readonly { id: bigint }[],
  withTypes: boolean,
): Promise<{ nodes: Nodes[K][]; types: Types[K][] }> {
  const ids = skeleton.map(({ id }) => id);
  const nodes = await inChunks(ids, (chunk) => byId[kind].nodes(call, chunk));
  const typeIds = new Set(withTypes ? nodes.map(({ typeId }) => typeId) : []);
  return { nodes, types: await inChunks(typeIds, (chunk) => byId[kind].types(call, chunk)) };
}
