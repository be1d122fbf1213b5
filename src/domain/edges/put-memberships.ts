import type { Association, Attribution } from "../../contract/messages.ts";
import { artifactKind, executionKind, type MemberFacts } from "../kinds.ts";
import { existingNodes } from "../nodes/existing-nodes.ts";
import type { Membership, NodeIds, WriteTransaction } from "../ports.ts";
import { noSuchNode } from "./put-events.ts";

/** Puts artifacts and executions into contexts; pairs that are stored already are left as they are. */
export async function putMemberships(
  tx: WriteTransaction,
  attributions: readonly Attribution[],
  associations: readonly Association[],
): Promise<void> {
  const artifacts = attributions.map(({ contextId, artifactId }) => ({ contextId, nodeId: artifactId }));
  const executions = associations.map(({ contextId, executionId }) => ({ contextId, nodeId: executionId }));
  const existing = await existingNodes(tx, {
    context: new Set([...artifacts, ...executions].map(({ contextId }) => contextId)),
    artifact: new Set(artifacts.map(({ nodeId }) => nodeId)),
    execution: new Set(executions.map(({ nodeId }) => nodeId)),
  });
  for (const [kind, memberships] of [
    [artifactKind, artifacts] as const,
    [executionKind, executions] as const,
  ]) {
    check(kind, memberships, existing);
    await tx.insertMemberships(kind, memberships);
  }
}

function check(kind: MemberFacts, memberships: readonly Membership[], existing: NodeIds): void {
  for (const { contextId, nodeId } of memberships) {
    if (!existing.context?.has(contextId)) throw noSuchNode("context", contextId);
    if (!existing[kind.name]?.has(nodeId)) throw noSuchNode(kind.name, nodeId);
  }
}
