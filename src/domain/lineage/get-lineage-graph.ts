import { create } from "@bufbuild/protobuf";
import {
  type GetLineageGraphRequest,
  type LineageGraph,
  LineageGraphSchema,
} from "../../contract/messages.ts";
import { get } from "../../contract/presence.ts";
import { invalidArgument, notFound } from "../../errors.ts";
import type { FilterPlan } from "../../filter/plan.ts";
import { artifactKind, executionKind, type MemberName } from "../kinds.ts";
import { listNodes, parseFilter } from "../nodes/list-nodes.ts";
import type { ReadTransaction } from "../ports.ts";
import { listTypes } from "../types/get-types.ts";
import { sorted } from "./get-lineage-subgraph.ts";

const kinds = { artifact: artifactKind, execution: executionKind } as const;
const byId = { field: "id", ascending: true } as const;

/** A boundary filter names the nodes that the walk may enter. */
type Boundaries = { readonly [K in MemberName]: FilterPlan | undefined };

/**
 * The deprecated query, which the original declares and never answers: whole nodes around the listed artifacts,
 * in both directions, with the events between them. `max_node_size` counts all nodes; where a hop finds more,
 * those with the lowest ids are kept.
 */
export async function getLineageGraph(
  tx: ReadTransaction,
  request: GetLineageGraphRequest,
): Promise<LineageGraph> {
  const { options } = request;
  if (options?.queryNodes.case === undefined)
    throw invalidArgument("The request names no artifacts to start from");
  const stop = options.stopConditions;
  const hopsMax = (stop && get(stop, "maxNumHops")) ?? 100n;
  if (hopsMax < 0n) throw invalidArgument(`The number of hops ${hopsMax} is negative`);
  if (options.maxNodeSize <= 0n) throw invalidArgument("max_node_size is not positive");
  const boundaries: Boundaries = {
    artifact: parseFilter(artifactKind, stop?.boundaryArtifacts ?? ""),
    execution: parseFilter(executionKind, stop?.boundaryExecutions ?? ""),
  };
  const start = await listNodes(tx, artifactKind, options.queryNodes.value);
  if (start.nodes.length === 0) throw notFound("No artifact matches the options of the query");
  const startIds = start.nodes.map(({ id }) => id);
  const { visited, eventIds } = await walkBoth(tx, startIds, hopsMax, boundaries, options.maxNodeSize);
  return create(LineageGraphSchema, {
    artifacts: await tx.nodesById(artifactKind, [...visited.artifact]),
    executions: await tx.nodesById(executionKind, [...visited.execution]),
    events: await tx.eventsById([...eventIds]),
    artifactTypes: await listTypes(tx, artifactKind),
    executionTypes: await listTypes(tx, executionKind),
  });
}

async function walkBoth(
  tx: ReadTransaction,
  startIds: readonly bigint[],
  hopsMax: bigint,
  boundaries: Boundaries,
  nodesMax: bigint,
) {
  const visited = { artifact: new Set(startIds.slice(0, Number(nodesMax))), execution: new Set<bigint>() };
  const eventIds = new Set<bigint>();
  let kind: MemberName = "artifact";
  let frontier = [...visited.artifact];
  for (let hop = 0n; hop < hopsMax && frontier.length > 0; hop++) {
    const far: MemberName = kind === "artifact" ? "execution" : "artifact";
    const edges = await tx.eventEdges(kinds[kind], frontier);
    const ends = edges.map((edge) => ({
      ...edge,
      end: far === "artifact" ? edge.artifactId : edge.executionId,
    }));
    const reached = new Set(ends.map(({ end }) => end).filter((id) => !visited[far].has(id)));
    const left = Number(nodesMax) - visited.artifact.size - visited.execution.size;
    frontier = (await inside(tx, far, sorted(reached), boundaries[far])).slice(0, Math.max(0, left));
    for (const id of frontier) visited[far].add(id);
    for (const { end, eventId } of ends) if (visited[far].has(end)) eventIds.add(eventId);
    kind = far;
  }
  return { visited, eventIds };
}

async function inside(
  tx: ReadTransaction,
  kind: MemberName,
  ids: bigint[],
  boundary: FilterPlan | undefined,
): Promise<bigint[]> {
  if (boundary === undefined || ids.length === 0) return ids;
  return tx.listNodeIds(kinds[kind], { ids, filter: boundary, order: byId });
}
