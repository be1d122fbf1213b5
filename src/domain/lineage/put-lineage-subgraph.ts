import { create } from "@bufbuild/protobuf";
import {
  type Artifact,
  type Event,
  type PutLineageSubgraphRequest_EventEdge as EventEdge,
  type PutLineageSubgraphRequest,
  type PutLineageSubgraphResponse,
  PutLineageSubgraphResponseSchema,
} from "../../contract/messages.ts";
import { get, has } from "../../contract/presence.ts";
import { invalidArgument, MlmdError, notFound } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { checkEventType, completeEvent, insertEvents, nodesOf, noSuchNode } from "../edges/put-events.ts";
import { inOrder } from "../in-order.ts";
import { artifactKind, contextKind, executionKind, type Kind, type KindName, type NodeOf } from "../kinds.ts";
import { existingNodes } from "../nodes/existing-nodes.ts";
import { NodeBatch } from "../nodes/node-batch.ts";
import { checkCustomProperties, checkProperties } from "../nodes/property-values.ts";
import { putNodes } from "../nodes/put-nodes.ts";
import type { WriteTransaction } from "../ports.ts";
import { putContexts } from "./put-contexts.ts";

/** Records a whole piece of a lineage graph: every node becomes a member of every context of the request. */
export async function putLineageSubgraph(
  tx: WriteTransaction,
  request: PutLineageSubgraphRequest,
  clock: Clock,
): Promise<PutLineageSubgraphResponse> {
  const { artifacts, executions, contexts, eventEdges: edges, options } = request;
  for (const edge of edges) checkEdge(edge, request);
  await checkNodes(tx, artifactKind, artifacts);
  await checkNodes(tx, executionKind, executions);
  await checkNodes(tx, contextKind, contexts);
  const reuseByName = options?.reuseContextIfAlreadyExist ?? false;
  const contextIds = await putContexts(tx, contexts, { reuseByName, reuseById: false }, clock);
  const reuse = options?.reuseArtifactIfAlreadyExistByExternalId ?? false;
  const artifactIds = await putArtifacts(tx, artifacts, reuse, clock);
  const executionIds = await putNodes(tx, executionKind, executions, { clock });
  const uniqueContexts = [...new Set(contextIds)];
  for (const [kind, ids] of [[executionKind, executionIds] as const, [artifactKind, artifactIds] as const]) {
    const members = [...new Set(ids)];
    await tx.insertMemberships(
      kind,
      uniqueContexts.flatMap((contextId) => members.map((nodeId) => ({ contextId, nodeId }))),
    );
  }
  await putEdges(tx, edges, { artifactIds, executionIds }, clock);
  return create(PutLineageSubgraphResponseSchema, { artifactIds, executionIds, contextIds });
}

/** Checks what an edge refers to, as far as the request alone tells. */
function checkEdge(edge: EventEdge, { executions, artifacts }: PutLineageSubgraphRequest): void {
  const { event } = edge;
  if (event === undefined) throw invalidArgument("An event edge has no event");
  checkEnd("execution", get(edge, "executionIndex"), executions, get(event, "executionId"));
  checkEnd("artifact", get(edge, "artifactIndex"), artifacts, get(event, "artifactId"));
}

function checkEnd(
  kind: string,
  index: number | undefined,
  nodes: readonly NodeOf<"artifact" | "execution">[],
  id: bigint | undefined,
): void {
  if (index === undefined && id === undefined) {
    throw invalidArgument(`An event edge names neither ${kind}_index nor the event's ${kind}_id`);
  }
  if (index === undefined) return;
  const node = nodes[index];
  if (node === undefined) {
    throw new MlmdError(
      "OUT_OF_RANGE",
      `The ${kind}_index ${index} of an event edge is not one of ${nodes.length}`,
    );
  }
  if (id === undefined) return;
  if (!has(node, "id")) {
    throw invalidArgument(
      `An event edge names the ${kind} id ${id} beside ${kind}_index ${index}, which has no id`,
    );
  }
  if (node.id !== id) {
    throw invalidArgument(
      `An event edge names the ${kind} id ${id} beside ${kind}_index ${index} of id ${node.id}`,
    );
  }
}

/** Unlike a single put, this asks every node for its type, also those to update or to reuse. */
async function checkNodes<K extends KindName>(
  tx: WriteTransaction,
  kind: Kind<K>,
  nodes: readonly NodeOf<K>[],
): Promise<void> {
  for (const node of nodes) {
    if (!has(node, "typeId")) throw invalidArgument(`No type id is given for an ${kind.name} of the request`);
  }
  const ids = [...new Set(nodes.map((node) => node.typeId))];
  const types = new Map((await tx.typesById(kind, ids)).map((type) => [type.id, type]));
  const missing = ids.filter((id) => !types.has(id));
  if (missing.length > 0)
    throw notFound(`There are no ${kind.name} types with the ids ${missing.slice(0, 10)}`);
  for (const node of nodes) {
    const type = types.get(node.typeId);
    if (type !== undefined) checkProperties(node.properties, type);
    checkCustomProperties(node.customProperties);
  }
}

/** External ids are looked up once, before anything is put: two new artifacts cannot share one. */
async function putArtifacts(
  tx: WriteTransaction,
  artifacts: readonly Artifact[],
  reuse: boolean,
  clock: Clock,
): Promise<bigint[]> {
  const externalIds = artifacts.filter((artifact) => reuse && isReusable(artifact)).map((a) => a.externalId);
  const found = await tx.nodeIdsByExternalId(artifactKind, [...new Set(externalIds)]);
  const idOf = new Map(found.map(({ id, externalId }) => [externalId, id]));
  const ids = [...artifacts.flatMap((artifact) => get(artifact, "id") ?? []), ...idOf.values()];
  const batch = await NodeBatch.load(tx, artifactKind, clock, artifacts, [...new Set(ids)]);
  const put = (artifact: Artifact) => {
    const id = isReusable(artifact) ? idOf.get(artifact.externalId) : undefined;
    const known = id === undefined ? undefined : batch.get(id);
    return known === undefined ? batch.put(artifact) : batch.update(known, artifact);
  };
  const entries = await inOrder(artifacts, put, () => batch.flush());
  return entries.map((entry) => entry.id);
}

/** Whether an artifact may stand for a stored one with the same external id. */
export function isReusable(artifact: Artifact): boolean {
  return !has(artifact, "id") && artifact.externalId !== "";
}

async function putEdges(
  tx: WriteTransaction,
  edges: readonly EventEdge[],
  ids: { artifactIds: readonly bigint[]; executionIds: readonly bigint[] },
  clock: Clock,
): Promise<void> {
  const events = edges.flatMap(({ event }) => event ?? []);
  const existing = await existingNodes(tx, nodesOf(events));
  const complete = (edge: EventEdge): Event => {
    const { event, artifactIndex, executionIndex } = edge;
    if (event === undefined) throw invalidArgument("An event edge has no event");
    checkEventType(event);
    const artifactId = get(event, "artifactId") ?? ids.artifactIds[artifactIndex] ?? 0n;
    const executionId = get(event, "executionId") ?? ids.executionIds[executionIndex] ?? 0n;
    if (has(event, "artifactId") && !existing.artifact?.has(artifactId))
      throw noSuchNode("artifact", artifactId);
    if (has(event, "executionId") && !existing.execution?.has(executionId))
      throw noSuchNode("execution", executionId);
    return completeEvent(event, artifactId, executionId, clock);
  };
  await inOrder(edges, complete, (completed) => insertEvents(tx, completed));
}
