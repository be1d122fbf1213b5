import type { ParentContext } from "../../contract/messages.ts";
import { has } from "../../contract/presence.ts";
import { alreadyExists, invalidArgument } from "../../errors.ts";
import { inOrder } from "../in-order.ts";
import { contextKind } from "../kinds.ts";
import { type ParentLink, UniqueViolation, type WriteTransaction } from "../ports.ts";

export async function putParentContexts(
  tx: WriteTransaction,
  requests: readonly ParentContext[],
): Promise<void> {
  if (requests.length === 0) return;
  // Two writers could each add one half of a cycle.
  await tx.serialize();
  const ids = [...new Set(requests.flatMap(({ childId, parentId }) => [childId, parentId]))];
  const existing = await tx.existingIds(contextKind, ids);
  const parentsOf = new Map<bigint, Set<bigint>>();
  for (const link of await tx.ancestorLinks([...existing])) addParent(parentsOf, link);
  const check = (request: ParentContext): ParentLink => {
    const { childId, parentId } = request;
    if (!has(request, "childId")) throw invalidArgument("A parent context names no child id");
    if (!has(request, "parentId")) throw invalidArgument("A parent context names no parent id");
    // A context that would be its own parent is reported here, as in the original.
    if (childId === parentId || !existing.has(childId) || !existing.has(parentId)) {
      throw invalidArgument(`There are no two contexts with the ids ${childId} and ${parentId}`);
    }
    if (isAncestor(parentsOf, childId, parentId)) {
      throw invalidArgument(
        `Context ${childId} is an ancestor of context ${parentId}: the link would close a cycle`,
      );
    }
    addParent(parentsOf, request);
    return { childId, parentId };
  };
  await inOrder(requests, check, (links) => insertLinks(tx, links));
}

function addParent(parentsOf: Map<bigint, Set<bigint>>, { childId, parentId }: ParentLink): void {
  const parents = parentsOf.get(childId);
  if (parents === undefined) parentsOf.set(childId, new Set([parentId]));
  else parents.add(parentId);
}

function isAncestor(parentsOf: ReadonlyMap<bigint, Set<bigint>>, id: bigint, of: bigint): boolean {
  const visited = new Set([of]);
  for (const context of visited) {
    for (const parent of parentsOf.get(context) ?? []) {
      if (parent === id) return true;
      visited.add(parent);
    }
  }
  return false;
}

async function insertLinks(tx: WriteTransaction, links: readonly ParentLink[]): Promise<void> {
  try {
    await tx.insertParentLinks(links);
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    throw alreadyExists(
      "A link between the same parent and child context exists already, or is twice in the request",
      error,
    );
  }
}
