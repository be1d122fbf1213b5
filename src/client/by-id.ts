import type { Call } from "./call.ts";
import { fromNodeMessage, type NodeKind, type Nodes } from "./nodes.ts";
import { fromTypeMessage, type Types } from "./types.ts";

interface ById<K extends NodeKind> {
  nodes(call: Call, ids: bigint[]): Promise<Nodes[K][]>;
  types(call: Call, typeIds: bigint[]): Promise<Types[K][]>;
}

/** Nodes and types by id, for each kind; unknown ids are left out. */
export const byId: { readonly [K in NodeKind]: ById<K> } = {
  artifact: {
    nodes: async (call, artifactIds) =>
      (await call("getArtifactsByID", { artifactIds })).artifacts.map(fromNodeMessage.artifact),
    types: async (call, typeIds) =>
      (await call("getArtifactTypesByID", { typeIds })).artifactTypes.map(fromTypeMessage.artifact),
  },
  execution: {
    nodes: async (call, executionIds) =>
      (await call("getExecutionsByID", { executionIds })).executions.map(fromNodeMessage.execution),
    types: async (call, typeIds) =>
      (await call("getExecutionTypesByID", { typeIds })).executionTypes.map(fromTypeMessage.execution),
  },
  context: {
    nodes: async (call, contextIds) =>
      (await call("getContextsByID", { contextIds })).contexts.map(fromNodeMessage.context),
    types: async (call, typeIds) =>
      (await call("getContextTypesByID", { typeIds })).contextTypes.map(fromTypeMessage.context),
  },
};

/** So many ids at a time keep an answer below the message limit of a server, unless its nodes are very large. */
const chunkSize = 1000;

/** Reads a long list of ids in several calls; the results follow one another. */
export async function inChunks<T>(
  ids: Iterable<bigint>,
  read: (ids: bigint[]) => Promise<T[]>,
): Promise<T[]> {
  const all = [...ids];
  const results: T[][] = [];
  for (let start = 0; start < all.length; start += chunkSize) {
    results.push(await read(all.slice(start, start + chunkSize)));
  }
  return results.flat();
}
