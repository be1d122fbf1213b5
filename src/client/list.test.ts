import { expect, test } from "vitest";
import { ListOperationOptions_OrderByField_Field as Field } from "../contract/messages.ts";
import { collect, type ListOptions, pages } from "./list.ts";

/** A list of the numbers below `length`; gives the items and the options of each request. */
async function read(length: number, options: ListOptions) {
  const requests: object[] = [];
  const items = await collect(
    pages(options, async (request) => {
      requests.push(request);
      const start = Number(request.nextPageToken ?? 0);
      const end = Math.min(start + (request.maxResultSize ?? 20), length);
      const items = Array.from({ length: end - start }, (_, index) => start + index);
      return { items, nextPageToken: end < length ? String(end) : "" };
    }),
  );
  return { items, requests };
}

test("follows the pages to the end", async () => {
  const { items, requests } = await read(201, {});
  expect(items).toEqual([...Array(201).keys()]);
  expect(requests).toEqual([
    { maxResultSize: 100, orderByField: { isAsc: true } },
    { maxResultSize: 100, orderByField: { isAsc: true }, nextPageToken: "100" },
    { maxResultSize: 100, orderByField: { isAsc: true }, nextPageToken: "200" },
  ]);
});

test("asks for no more than the limit", async () => {
  const { items, requests } = await read(1000, { limit: 103 });
  expect(items).toHaveLength(103);
  expect(requests).toMatchObject([{ maxResultSize: 100 }, { maxResultSize: 3, nextPageToken: "100" }]);
});

test("sends filter and order", async () => {
  const { requests } = await read(1, { filterQuery: "id = 1", orderBy: "CREATE_TIME", isAsc: false });
  expect(requests).toEqual([
    {
      maxResultSize: 100,
      filterQuery: "id = 1",
      orderByField: { field: Field.CREATE_TIME, isAsc: false },
    },
  ]);
});

test("reads a page only when it is needed", async () => {
  let reads = 0;
  const items = pages({}, async () => {
    reads++;
    return { items: [1, 2], nextPageToken: "more" };
  });
  for await (const _ of items) break;
  expect(reads).toBe(1);
});

test("trims what a server sends beyond the limit", async () => {
  const items = pages({ limit: 2 }, async () => ({ items: [1, 2, 3], nextPageToken: "" }));
  expect(await collect(items)).toEqual([1, 2]);
});

test.each([0, -1, 1.5, Number.NaN])("refuses the limit %s", async (limit) => {
  await expect(read(1, { limit })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("refuses an order that there is not", async () => {
  await expect(read(1, { orderBy: "NAME" as never })).rejects.toThrow(
    '"NAME" is no order; known are FIELD_UNSPECIFIED, CREATE_TIME, LAST_UPDATE_TIME, ID',
  );
});
