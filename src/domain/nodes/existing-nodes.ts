import { artifactKind, contextKind, executionKind } from "../kinds.ts";
import type { NodeIds, ReadTransaction } from "../ports.ts";

/** Which of the nodes exist. As a rule all do, which one question tells; only else it is asked which. */
export async function existingNodes(tx: ReadTransaction, ids: NodeIds): Promise<NodeIds> {
  if (await tx.allExist(ids)) return ids;
  const { artifact = [], execution = [], context = [] } = ids;
  return {
    artifact: await tx.existingIds(artifactKind, [...artifact]),
    execution: await tx.existingIds(executionKind, [...execution]),
    context: await tx.existingIds(contextKind, [...context]),
  };
}
