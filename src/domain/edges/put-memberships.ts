import type { Association, Attribution } from "../../contract/messages.ts";
import { artifactKind, contextKind, executionKind, type MemberFacts } from "../kinds.ts";
import type { Membership, WriteTransaction } from "../ports.ts";
import { noSuchNode } from "./put-events.ts";

/** Puts artifacts and executions into contexts; pairs that are stored already are left as they are. */
export async function putMemberships(
  tx: WriteTransaction,
  attributions: readonly Attribution[],
  associations: readonly Association[],
): Promise<void> {
  const artifacts = attributions.map(({ contextId, artifactId }) => ({ contextId, nodeId: artifactId }));
  const executions = associations.map(({ contextId, executionId }) => ({ contextId, nodeId: executionId }));
  const contexts = await tx.existingIds(contextKind, idsOf([...artifacts, ...executions], "contextId"));
  await putChecked(tx, artifactKind, contexts, artifacts);
  await putChecked(tx, executionKind, contexts, executions);
}

async function putChecked(
  tx: WriteTransaction,
  kind: MemberFacts,
  contexts: ReadonlySet<bigint>,
  memberships: readonly Membership[],
): Promise<void> {
  const nodes = await tx.existingIds(kind, idsOf(memberships, "nodeId"));
  for (const { contextId, nodeId } of memberships) {
    if (!contexts.has(contextId)) throw noSuchNode("context", contextId);
    if (!nodes.has(nodeId)) throw noSuchNode(kind.name, nodeId);
  }
  await tx.insertMemberships(kind, memberships);
}

function idsOf(memberships: readonly Membership[], field: keyof Membership): bigint[] {
  return [...new Set(memberships.map((membership) => membership[field]))];
}
