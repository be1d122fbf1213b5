import type { ListOperationOptions } from "../../contract/messages.ts";
import { invalidArgument } from "../../errors.ts";
import { compileFilter } from "../../filter/compile.ts";
import type { FilterPlan } from "../../filter/plan.ts";
import type { Kind, KindFacts, KindName, NodeOf } from "../kinds.ts";
import type { NodeQuery, ReadTransaction } from "../ports.ts";
import { decodePageToken, encodePageToken, orderOf } from "./page-token.ts";

/** A request for more is answered with a page of this size. */
const pageSizeMax = 1000;
const int32Max = 2 ** 31 - 1;

/** Restricts a list to the nodes of one type or of one context. */
export type Scope = Pick<NodeQuery, "typeId" | "contextId">;

export interface Page<K extends KindName> {
  readonly nodes: NodeOf<K>[];
  /** Undefined on the last page. */
  readonly nextPageToken: string | undefined;
}

/** Without options all nodes come at once, by ascending id. */
export async function listNodes<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  options: ListOperationOptions | undefined,
  scope: Scope = {},
): Promise<Page<K>> {
  if (options === undefined) {
    const order = { field: "id", ascending: true } as const;
    const { nodes } = await tx.listWholeNodes(kind, { ...scope, order });
    return { nodes, nextPageToken: undefined };
  }
  const { size, order, ...restriction } = parseListOptions(kind, options);
  const query = { ...scope, ...restriction, order, limit: size };
  const { nodes, hasMore } = await tx.listWholeNodes(kind, query);
  return { nodes, nextPageToken: hasMore ? encodePageToken(options, order, nodes) : undefined };
}

/** Refuses options that cannot be right, whatever there is to list. */
export function parseListOptions(kind: KindFacts, options: ListOperationOptions) {
  const size = checkPageSize(options.maxResultSize);
  const filter = parseFilter(kind, options.filterQuery);
  const order = orderOf(options);
  const token = options.nextPageToken;
  const after = token === "" ? undefined : decodePageToken(token, options, order);
  return { size, order, ...(filter && { filter }), ...(after && { after }) };
}

function checkPageSize(size: number): number {
  if (size <= 0 || size === int32Max)
    throw invalidArgument(`The page size ${size} is not a positive number in range`);
  return Math.min(size, pageSizeMax);
}

/** An empty filter text is no filter. */
export function parseFilter(kind: KindFacts, text: string): FilterPlan | undefined {
  return text === "" ? undefined : compileFilter(kind.name, text);
}
