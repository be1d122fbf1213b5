import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ListOperationOptionsSchema } from "../contract/messages.ts";
import { invalidArgument } from "../errors.ts";
import { type OrderBy, orderFields } from "./enums.ts";

/** Which nodes a list has, and in what order. */
export interface ListOptions {
  /** At most so many nodes; all of them where it is left out. */
  limit?: number | undefined;
  /** `"ID"` where it is left out. */
  orderBy?: OrderBy | undefined;
  /** Smallest or oldest first, which is the default; `false` turns the order round. */
  isAsc?: boolean | undefined;
  /** Only the nodes that fulfil this condition, for example `name LIKE 'run-%' AND state = LIVE`. */
  filterQuery?: string | undefined;
}

type PageOptions = MessageInitShape<typeof ListOperationOptionsSchema>;

interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string;
}

/** The largest page that every server pages correctly. */
const pageSize = 100;

/**
 * Yields the items of a list and holds one page of them at a time. A page is read when its first item is asked for,
 * so what is written meanwhile may be seen or not.
 */
export async function* pages<T>(
  options: ListOptions,
  read: (options: PageOptions) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  const { limit = Number.POSITIVE_INFINITY, orderBy, isAsc = true, filterQuery } = options;
  if (options.limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw invalidArgument(
      `The limit is ${limit}; it must be a positive integer, or be left out for no limit`,
    );
  }
  const field = orderBy && { field: orderFields.number(orderBy) };
  const request: PageOptions = { orderByField: { isAsc, ...field }, ...(filterQuery && { filterQuery }) };
  let wanted = limit;
  let nextPageToken = "";
  do {
    const maxResultSize = Math.min(wanted, pageSize);
    const page = await read({ ...request, maxResultSize, ...(nextPageToken && { nextPageToken }) });
    const items = page.items.slice(0, maxResultSize);
    yield* items;
    wanted -= items.length;
    nextPageToken = page.nextPageToken;
  } while (nextPageToken !== "" && wanted > 0);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
