import { create } from "@bufbuild/protobuf";
import {
  type Event,
  type PutExecutionRequest,
  type PutExecutionRequest_ArtifactAndEvent,
  type PutExecutionResponse,
  PutExecutionResponseSchema,
} from "../../contract/messages.ts";
import { get, has } from "../../contract/presence.ts";
import { invalidArgument } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { checkEventType, completeEvent, insertEvents, noSuchNode } from "../edges/put-events.ts";
import { inOrder } from "../in-order.ts";
import { artifactKind, executionKind } from "../kinds.ts";
import { existingNodes } from "../nodes/existing-nodes.ts";
import { NodeBatch, type NodeEntry } from "../nodes/node-batch.ts";
import type { WriteTransaction } from "../ports.ts";
import { putContexts } from "./put-contexts.ts";
import { isReusable } from "./put-lineage-subgraph.ts";

type Pair = PutExecutionRequest_ArtifactAndEvent;

/** Stands in the answer for a pair with neither artifact nor event. */
const noArtifact = -1n;

/** Records one run: its artifacts, the execution, the events between them, and the contexts of them all. */
export async function putExecution(
  tx: WriteTransaction,
  request: PutExecutionRequest,
  clock: Clock,
): Promise<PutExecutionResponse> {
  const { execution, artifactEventPairs: pairs, options } = request;
  if (execution === undefined) throw invalidArgument("The request has no execution");
  const artifacts = await putArtifacts(tx, pairs, {
    reuse: options?.reuseArtifactIfAlreadyExistByExternalId ?? false,
    clock,
  });
  const executions = await NodeBatch.load(tx, executionKind, clock, [execution]);
  const { id: executionId } = await flushed(executions, execution, options?.forceUpdateTime ?? false);
  const artifactIds = await putPairEvents(tx, pairs, artifacts, executionId, clock);
  const contextIds = await putContexts(
    tx,
    request.contexts,
    {
      reuseByName: options?.reuseContextIfAlreadyExist ?? false,
      reuseById: options?.forceReuseContext ?? false,
    },
    clock,
  );
  const contexts = [...new Set(contextIds)];
  const members = [...new Set(artifactIds)].filter((id) => id !== noArtifact);
  await tx.insertMemberships(
    executionKind,
    contexts.map((contextId) => ({ contextId, nodeId: executionId })),
  );
  await tx.insertMemberships(
    artifactKind,
    contexts.flatMap((contextId) => members.map((nodeId) => ({ contextId, nodeId }))),
  );
  return create(PutExecutionResponseSchema, { executionId, artifactIds, contextIds });
}

async function flushed(
  batch: NodeBatch<"execution">,
  execution: NonNullable<PutExecutionRequest["execution"]>,
  forceUpdateTime: boolean,
): Promise<NodeEntry<"execution">> {
  const entry = await batch.put(execution, { forceUpdateTime });
  await batch.flush();
  return entry;
}

/** Gives the entry of each pair that has an artifact. */
async function putArtifacts(
  tx: WriteTransaction,
  pairs: readonly Pair[],
  { reuse, clock }: { reuse: boolean; clock: Clock },
): Promise<Map<Pair, NodeEntry<"artifact">>> {
  const artifacts = pairs.flatMap(({ artifact }) => artifact ?? []);
  const reusable = reuse ? artifacts.filter(isReusable).map(({ externalId }) => externalId) : [];
  const found = await tx.nodeIdsByExternalId(artifactKind, [...new Set(reusable)]);
  const ids = [...artifacts.flatMap((artifact) => get(artifact, "id") ?? []), ...found.map(({ id }) => id)];
  const batch = await NodeBatch.load(tx, artifactKind, clock, artifacts, [...new Set(ids)]);
  // Looked up anew for each artifact: one that an earlier pair created, or gave the external id, counts.
  const byExternalId = new Map(
    found.flatMap(({ id, externalId }) => {
      const entry = batch.get(id);
      return entry === undefined ? [] : [[externalId, entry] as const];
    }),
  );
  const put = async (pair: Pair): Promise<readonly [Pair, NodeEntry<"artifact">][]> => {
    const { artifact } = pair;
    if (artifact === undefined) return [];
    const known = reuse && isReusable(artifact) ? byExternalId.get(artifact.externalId) : undefined;
    const isCurrent = known !== undefined && known.node.externalId === artifact.externalId;
    const entry = isCurrent ? await batch.update(known, artifact) : await batch.put(artifact);
    if (artifact.externalId !== "") byExternalId.set(artifact.externalId, entry);
    return [[pair, entry]];
  };
  return new Map((await inOrder(pairs, put, () => batch.flush())).flat());
}

/** Gives the artifact id of each pair. */
async function putPairEvents(
  tx: WriteTransaction,
  pairs: readonly Pair[],
  artifacts: ReadonlyMap<Pair, NodeEntry<"artifact">>,
  executionId: bigint,
  clock: Clock,
): Promise<bigint[]> {
  const named = pairs.flatMap(({ artifact, event }) =>
    artifact === undefined && event !== undefined ? (get(event, "artifactId") ?? []) : [],
  );
  const { artifact: existing } = await existingNodes(tx, { artifact: new Set(named) });
  const events: Event[] = [];
  const put = (pair: Pair): bigint => {
    const artifactId = artifacts.get(pair)?.id;
    if (pair.event === undefined) return artifactId ?? noArtifact;
    const event = pairEvent(pair.event, artifactId, executionId, existing);
    events.push(completeEvent(event, artifactId ?? event.artifactId, executionId, clock));
    return artifactId ?? event.artifactId;
  };
  return inOrder(pairs, put, () => insertEvents(tx, events));
}

function pairEvent(
  event: Event,
  artifactId: bigint | undefined,
  executionId: bigint,
  existing: ReadonlySet<bigint> | undefined,
): Event {
  if (has(event, "executionId") && event.executionId !== executionId) {
    throw invalidArgument(
      `An event names execution id ${event.executionId}, but the execution of the request has id ${executionId}`,
    );
  }
  if (artifactId === undefined && !has(event, "artifactId")) {
    throw invalidArgument("An event without artifact names no artifact id");
  }
  if (artifactId !== undefined && has(event, "artifactId") && event.artifactId !== artifactId) {
    throw invalidArgument(
      `An event names artifact id ${event.artifactId}, but the artifact beside it has id ${artifactId}`,
    );
  }
  checkEventType(event);
  if (artifactId === undefined && !existing?.has(event.artifactId))
    throw noSuchNode("artifact", event.artifactId);
  return event;
}
