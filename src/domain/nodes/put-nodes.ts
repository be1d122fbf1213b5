import type { Clock } from "../clock.ts";
import { inOrder } from "../in-order.ts";
import type { Kind, KindName, NodeOf } from "../kinds.ts";
import type { WriteTransaction } from "../ports.ts";
import { NodeBatch, type UpdateOptions } from "./node-batch.ts";

/** Creates the nodes without id and updates those with one; gives ids in the order of the request. */
export async function putNodes<K extends KindName>(
  tx: WriteTransaction,
  kind: Kind<K>,
  nodes: readonly NodeOf<K>[],
  options: UpdateOptions & { readonly clock: Clock },
): Promise<bigint[]> {
  const batch = await NodeBatch.load(tx, kind, options.clock, nodes);
  const entries = await inOrder(
    nodes,
    (node) => batch.put(node, options),
    () => batch.flush(),
  );
  return entries.map((entry) => entry.id);
}
