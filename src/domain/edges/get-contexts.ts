import type { Context } from "../../contract/messages.ts";
import { invalidArgument, notFound } from "../../errors.ts";
import { contextKind, type MemberFacts } from "../kinds.ts";
import type { ReadTransaction } from "../ports.ts";

/** The contexts of an artifact or execution. None at all is NOT_FOUND, also when the node does not exist. */
export async function getContextsByNode(
  tx: ReadTransaction,
  kind: MemberFacts,
  id: bigint,
): Promise<Context[]> {
  const contexts = await tx.contextsOfNode(kind, id);
  if (contexts.length === 0) throw notFound(`No context holds the ${kind.name} with id ${id}`);
  return contexts;
}

/** One step up (`parent`) or down (`child`) from each context; contexts without links are left out. */
export async function getLinkedContexts(
  tx: ReadTransaction,
  wanted: "parent" | "child",
  ids: readonly bigint[],
): Promise<Map<bigint, Context[]>> {
  const links = await tx.parentLinks(wanted === "parent" ? "child" : "parent", ids);
  const pairs = links.map(({ childId, parentId }) =>
    wanted === "parent" ? { from: childId, to: parentId } : { from: parentId, to: childId },
  );
  const linked = await tx.nodesById(contextKind, [...new Set(pairs.map(({ to }) => to))]);
  const contexts = new Map(linked.map((context) => [context.id, context]));
  const byOrigin = new Map<bigint, Context[]>();
  for (const { from, to } of pairs) {
    const context = contexts.get(to);
    if (context === undefined) continue;
    const siblings = byOrigin.get(from);
    if (siblings === undefined) byOrigin.set(from, [context]);
    else siblings.push(context);
  }
  return byOrigin;
}

/** Unlike other reads by id, this one refuses an empty list. */
export function requireContextIds(ids: readonly bigint[]): void {
  if (ids.length === 0) throw invalidArgument("The request names no context ids");
}
