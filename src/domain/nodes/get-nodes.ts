import type { GetArtifactsByURIRequest, ListOperationOptions } from "../../contract/messages.ts";
import { invalidArgument } from "../../errors.ts";
import { artifactKind, type Kind, type KindName, type NodeOf } from "../kinds.ts";
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

async function hasNodes<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  typeId: bigint,
): Promise<boolean> {
  const order = { field: "id", ascending: true } as const;
  return (await tx.listNodes(kind, { typeId, order, limit: 1 })).length > 0;
}

export async function getNodeByName<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  request: TypeName,
  name: string,
): Promise<NodeOf<K> | undefined> {
  const typeId = await tx.typeId(kind, keyOf(request));
  if (typeId === undefined) return undefined;
  const found = await tx.nodeIdsByName(kind, [{ typeId, name }]);
  const [node] = await tx.nodesById(
    kind,
    found.map(({ id }) => id),
  );
  return node;
}

export async function getNodesByExternalIds<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  externalIds: readonly string[],
): Promise<NodeOf<K>[]> {
  checkExternalIds(externalIds);
  const found = await tx.nodeIdsByExternalId(kind, externalIds);
  if (externalIds.length > 0 && found.length === 0) throw noneFound(kind.name, externalIds);
  return tx.nodesById(
    kind,
    found.map(({ id }) => id),
  );
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
  const found = await tx.artifactIdsByUri(uris);
  const artifacts = await tx.nodesById(
    artifactKind,
    found.map(({ id }) => id),
  );
  const position = new Map(uris.map((uri, index) => [uri, index]));
  const positionOf = ({ uri }: NodeOf<"artifact">) => position.get(uri) ?? uris.length;
  return artifacts.sort((a, b) => positionOf(a) - positionOf(b));
}
