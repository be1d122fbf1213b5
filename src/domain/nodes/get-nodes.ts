import type { GetArtifactsByURIRequest, ListOperationOptions } from "../../contract/messages.ts";
import { invalidArgument } from "../../errors.ts";
import type { Kind, KindName, MemberName, NodeOf } from "../kinds.ts";
import type { ReadTransaction } from "../ports.ts";
import { checkExternalIds, keyOf, noneFound } from "../types/get-types.ts";
import { listNodes, type Page, parseListOptions } from "./list-nodes.ts";

export interface TypeName {
  readonly typeName: string;
  readonly typeVersion: string;
}

/** An unknown type has no nodes; that is no error. */
export async function getNodesByType<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  request: TypeName & { options?: ListOperationOptions | undefined },
): Promise<Page<K>> {
  if (request.options !== undefined) parseListOptions(kind, request.options);
  const typeId = await tx.typeId(kind, keyOf(request));
  if (typeId === undefined) return { nodes: [], nextPageToken: undefined };
  const { nodes, nextPageToken } = await listNodes(tx, kind, request.options, { typeId });
  // With options, these lists end with an empty token instead of none, unless the type has no nodes at all.
  const endsEmpty =
    nextPageToken === undefined &&
    request.options !== undefined &&
    (nodes.length > 0 || (await hasNodes(tx, kind, typeId)));
  return { nodes, nextPageToken: endsEmpty ? "" : nextPageToken };
}

/** A look-up where there are no options. */
export async function getNodesByContext<K extends MemberName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  { contextId, options }: { contextId: bigint; options?: ListOperationOptions | undefined },
): Promise<Page<K>> {
  if (options !== undefined) return listNodes(tx, kind, options, { contextId });
  return { nodes: await tx.nodesOfContext(kind, contextId), nextPageToken: undefined };
}

async function hasNodes<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  typeId: bigint,
): Promise<boolean> {
  const order = { field: "id", ascending: true } as const;
  return (await tx.listNodeIds(kind, { typeId, order, limit: 1 })).length > 0;
}

/** A look-up: what is read before the node, the id of a type, stands for it for good. */
export async function getNodeByName<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  request: TypeName,
  name: string,
): Promise<NodeOf<K> | undefined> {
  const typeId = await tx.typeId(kind, keyOf(request));
  return typeId === undefined ? undefined : tx.nodeLikeName(kind, { typeId, name });
}

export async function getNodesByExternalIds<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  externalIds: readonly string[],
): Promise<NodeOf<K>[]> {
  checkExternalIds(externalIds);
  const nodes = await tx.nodesByExternalId(kind, externalIds);
  if (externalIds.length > 0 && nodes.length === 0) throw noneFound(kind.name, externalIds);
  return nodes;
}

/** In the order in which the URIs are first named, by id within one. */
export async function getArtifactsByUri(
  tx: ReadTransaction,
  request: GetArtifactsByURIRequest,
): Promise<NodeOf<"artifact">[]> {
  if (request.$unknown?.some(({ no }) => no === 1)) {
    throw invalidArgument("The field `uri` of the request is no longer served; send `uris` instead");
  }
  const uris = [...new Set(request.uris)];
  const artifacts = await tx.artifactsByUri(uris);
  const position = new Map(uris.map((uri, index) => [uri, index]));
  const positionOf = ({ uri }: NodeOf<"artifact">) => position.get(uri) ?? uris.length;
  return artifacts.sort((a, b) => positionOf(a) - positionOf(b));
}
