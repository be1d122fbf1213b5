import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  ListOperationOptions_OrderByField_Field as Field,
  ListOperationNextPageTokenSchema,
  ListOperationOptionsSchema,
} from "../../contract/messages.ts";
import { decodePageToken, encodePageToken, orderOf } from "./page-token.ts";

const time = 1700000000123n;

function options(init: MessageInitShape<typeof ListOperationOptionsSchema>) {
  return create(ListOperationOptionsSchema, init);
}

function listed(...ids: bigint[]) {
  return ids.map((id) => ({ id, createTimeSinceEpoch: time, lastUpdateTimeSinceEpoch: time }));
}

// The tokens of `reading.md` 3.4, made by the original.
const golden = [
  {
    options: options({ maxResultSize: 2, orderByField: { field: Field.ID, isAsc: true } }),
    page: listed(1n, 2n),
    token: "CAIQAhoICAISBAgDEAE",
  },
  { options: options({ maxResultSize: 2 }), page: listed(1n, 2n), token: "CAIQAhoCCAI" },
  {
    options: options({ maxResultSize: 2, orderByField: { field: Field.CREATE_TIME, isAsc: false } }),
    page: listed(101n, 100n),
    token: "CGQQ-9CV_7wxGggIAhIECAEQAA",
  },
  {
    options: options({ maxResultSize: 20, filterQuery: "name LIKE 'a%'" }),
    page: listed(7n),
    token: "CAcQBxoSCBQiDm5hbWUgTElLRSAnYSUn",
  },
];

test.each(golden)("writes the original's bytes: $token", ({ options, page, token }) => {
  expect(encodePageToken(options, orderOf(options), page)).toBe(token);
});

test("an update-time token lists the ids at the end of the page that share its time", () => {
  const byTime = options({ maxResultSize: 2, orderByField: { field: Field.LAST_UPDATE_TIME, isAsc: false } });
  const page = [{ id: 9n, createTimeSinceEpoch: 1n, lastUpdateTimeSinceEpoch: time + 5n }, ...listed(5n, 6n)];
  expect(encodePageToken(byTime, orderOf(byTime), page)).toBe("EPvQlf-8MRoICAISBAgCEAAgBiAF");
});

test.each(golden)("reads the position back: $token", ({ options, page, token }) => {
  const order = orderOf(options);
  const last = page.at(-1);
  const value = order.field === "createTime" ? last?.createTimeSinceEpoch : last?.id;
  expect(decodePageToken(token, options, order)).toEqual({ value, id: last?.id });
});

test("padding and white space do not matter", () => {
  const plain = options({ maxResultSize: 2 });
  expect(decodePageToken(" CAIQ\nAhoCCAI= ", plain, orderOf(plain))).toEqual({ value: 2n, id: 2n });
});

test("the page size may change, a token without options stands for the defaults", () => {
  const bytes = toBinary(
    ListOperationNextPageTokenSchema,
    create(ListOperationNextPageTokenSchema, { idOffset: 4n, fieldOffset: 4n }),
  );
  const other = options({ maxResultSize: 50 });
  expect(decodePageToken(Buffer.from(bytes).toString("base64url"), other, orderOf(other)).id).toBe(4n);
});

test.each([
  ["not base64", "?!", {}],
  ["not a message", "////", {}],
  ["not a message", "_____w", {}],
  ["another direction", "CAIQAhoCCAI", { orderByField: { isAsc: false } }],
  ["another field", "CAIQAhoCCAI", { orderByField: { field: Field.CREATE_TIME } }],
  ["another filter", "CAIQAhoCCAI", { filterQuery: "id = 1" }],
  [
    "no listed ids",
    "EPvQlf-8MRoICAISBAgCEAA",
    { orderByField: { field: Field.LAST_UPDATE_TIME, isAsc: false } },
  ],
])("refuses a token: %s", (_, token, init) => {
  const request = options(init);
  expect(() => decodePageToken(token, request, orderOf(request))).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});
