import { clone, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type ListOperationNextPageToken,
  ListOperationNextPageTokenSchema,
  type ListOperationOptions,
  ListOperationOptionsSchema,
} from "../../contract/messages.ts";
import { get } from "../../contract/presence.ts";
import { invalidArgument } from "../../errors.ts";
import type { KindName, NodeOf } from "../kinds.ts";
import type { NodeQuery, OrderField } from "../ports.ts";

/** Where a list goes on: behind the node with this value in the order field and this id. */
export type Position = NonNullable<NodeQuery["after"]>;

export interface Order {
  readonly field: OrderField;
  readonly ascending: boolean;
}

/** What a position is made of. */
type Listed = Pick<NodeOf<KindName>, "id" | "createTimeSinceEpoch" | "lastUpdateTimeSinceEpoch">;

/**
 * The token that continues a list behind its last page, byte for byte as the original writes it: unpadded
 * URL-safe base64 of a `ListOperationNextPageToken` that carries the options it was made under.
 */
export function encodePageToken(
  options: ListOperationOptions,
  order: Order,
  page: readonly Listed[],
): string {
  const last = page.at(-1);
  if (last === undefined) throw new Error("a page without nodes has no next page");
  const token = create(ListOperationNextPageTokenSchema, {
    setOptions: clone(ListOperationOptionsSchema, options),
  });
  if (token.setOptions !== undefined) Reflect.deleteProperty(token.setOptions, "nextPageToken");
  if (order.field === "lastUpdateTime") {
    token.fieldOffset = last.lastUpdateTimeSinceEpoch;
    token.listedIds = trailingIds(page, last.lastUpdateTimeSinceEpoch);
  } else {
    token.idOffset = last.id;
    token.fieldOffset = order.field === "id" ? last.id : last.createTimeSinceEpoch;
  }
  return Buffer.from(toBinary(ListOperationNextPageTokenSchema, token)).toString("base64url");
}

/** The ids of the nodes at the end of the page that share its last update time, the last one first. */
function trailingIds(page: readonly Listed[], time: bigint): bigint[] {
  const ids: bigint[] = [];
  for (let i = page.length - 1; i >= 0 && page[i]?.lastUpdateTimeSinceEpoch === time; i--)
    ids.push(page[i]?.id ?? 0n);
  return ids;
}

/**
 * The position in a token, the original's included. The page size may change between pages, the order and
 * the filter may not.
 */
export function decodePageToken(text: string, options: ListOperationOptions, order: Order): Position {
  const token = parse(text);
  const made = token.setOptions ?? create(ListOperationOptionsSchema);
  const madeOrder = orderOf(made);
  if (madeOrder.field !== order.field || madeOrder.ascending !== order.ascending) {
    throw invalidArgument("The page token was made under another order than the request asks for");
  }
  if (made.filterQuery !== options.filterQuery) {
    throw invalidArgument("The page token was made under another filter query than the request has");
  }
  const value = token.fieldOffset;
  if (order.field !== "lastUpdateTime") return { value, id: order.field === "id" ? value : token.idOffset };
  const [lastId] = token.listedIds;
  if (lastId === undefined) throw invalidArgument("The page token lists no ids, so it cannot be continued");
  return { value, id: lastId };
}

function parse(text: string): ListOperationNextPageToken {
  const base64 = text.replace(/\s/g, "");
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(base64)) throw invalidArgument("The page token is not URL-safe base64");
  try {
    return fromBinary(ListOperationNextPageTokenSchema, Buffer.from(base64, "base64url"));
  } catch (cause) {
    throw Object.assign(invalidArgument("The page token cannot be decoded"), { cause });
  }
}

const orderFields = { 1: "createTime", 2: "lastUpdateTime", 3: "id" } as const;

/** The order that the options ask for, by default ascending ids. */
export function orderOf(options: ListOperationOptions): Order {
  const order = options.orderByField;
  if (order === undefined) return { field: "id", ascending: true };
  const field = orderFields[order.field as keyof typeof orderFields];
  if (field === undefined) throw invalidArgument("The order field FIELD_UNSPECIFIED cannot be ordered by");
  return { field, ascending: get(order, "isAsc") ?? true };
}
