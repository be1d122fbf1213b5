import { Code, ConnectError } from "@connectrpc/connect";
import type { Event } from "../../../src/contract/messages.ts";
import { client } from "./client.ts";
import { type Kind, type KindName, kinds, type NodeMessage } from "./kinds.ts";

/** So many ids are asked for at a time. */
const chunkSize = 500;

export async function nodesByIds(
  kind: Kind,
  ids: Iterable<bigint>,
  signal: AbortSignal,
): Promise<Map<bigint, NodeMessage>> {
  const wanted = [...new Set(ids)];
  const found = new Map<bigint, NodeMessage>();
  for (let at = 0; at < wanted.length; at += chunkSize) {
    const nodes = await kind.byIds(wanted.slice(at, at + chunkSize), { signal });
    for (const node of nodes) found.set(node.id, node);
  }
  return found;
}

/** The node with this id; undefined where there is none. */
export async function nodeById(
  kind: Kind,
  id: bigint,
  signal: AbortSignal,
): Promise<NodeMessage | undefined> {
  return (await kind.byIds([id], { signal }))[0];
}

export async function eventsOf(
  kind: KindName,
  ids: readonly bigint[],
  signal: AbortSignal,
): Promise<Event[]> {
  const all: Event[] = [];
  for (let at = 0; at < ids.length; at += chunkSize) {
    const chunk = ids.slice(at, at + chunkSize);
    const answer =
      kind === "artifact"
        ? client.getEventsByArtifactIDs({ artifactIds: chunk }, { signal })
        : client.getEventsByExecutionIDs({ executionIds: chunk }, { signal });
    all.push(...((await orNone<{ events: Event[] }>(answer))?.events ?? []));
  }
  return all;
}

/** The contract answers NOT_FOUND where a node has no neighbours of this sort. */
async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ConnectError && error.code === Code.NotFound) return undefined;
    throw error;
  }
}

export async function contextsOf(node: NodeMessage, signal: AbortSignal): Promise<readonly NodeMessage[]> {
  const answer =
    node.$typeName === "ml_metadata.Artifact"
      ? client.getContextsByArtifact({ artifactId: node.id }, { signal })
      : client.getContextsByExecution({ executionId: node.id }, { signal });
  return (await orNone<{ contexts: readonly NodeMessage[] }>(answer))?.contexts ?? [];
}

export interface Family {
  readonly parents: readonly NodeMessage[];
  readonly children: readonly NodeMessage[];
}

export async function familyOf(contextId: bigint, signal: AbortSignal): Promise<Family> {
  const [parents, children] = await Promise.all([
    orNone(client.getParentContextsByContext({ contextId }, { signal })),
    orNone(client.getChildrenContextsByContext({ contextId }, { signal })),
  ]);
  return { parents: parents?.contexts ?? [], children: children?.contexts ?? [] };
}

/** The other end of an event. */
export function otherEnd(of: KindName, event: Event): { kind: Kind; id: bigint } {
  return of === "artifact"
    ? { kind: kinds.execution, id: event.executionId }
    : { kind: kinds.artifact, id: event.artifactId };
}
