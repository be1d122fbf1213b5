import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { expect } from "vitest";
import {
  ListOperationOptions_OrderByField_Field as Field,
  GetArtifactsRequestSchema,
  ListOperationNextPageTokenSchema,
} from "../../src/contract/messages.ts";
import {
  conformance,
  idsOf,
  type KindCalls,
  kindNames,
  type ListOptions,
  makeNodes,
  makeType,
  type NodeRead,
  overWire,
  refused,
  type Subject,
  setClock,
} from "./support.ts";

const { ID, CREATE_TIME, LAST_UPDATE_TIME, FIELD_UNSPECIFIED } = Field;

type List = (options?: ListOptions) => Promise<{ nodes: NodeRead[]; nextPageToken: string | undefined }>;

/** The eight list operations, each over all nodes that `fill` makes. */
const lists: readonly { name: string; kind: (typeof kindNames)[number]; of: (calls: KindCalls) => List }[] =
  kindNames.flatMap((kind) => [
    { name: `${kind}s`, kind, of: (calls) => (options) => calls.list(options) },
    { name: `${kind}s by type`, kind, of: (calls) => (options) => calls.byType("T", options) },
    ...(kind === "context"
      ? []
      : [
          {
            name: `${kind}s by context`,
            kind,
            of: (calls: KindCalls) => (options?: ListOptions) => calls.byContext(1n, options),
          },
        ]),
  ]);

/** Nodes 1 to `count` of type `T`, created at these times, and all in context 1. */
async function fill(
  subject: Subject,
  kind: (typeof kindNames)[number],
  count: number,
  timeOf?: (id: number) => number,
) {
  const { [kind]: calls, rpc } = subject;
  const { node } = await makeType(calls);
  for (let first = 1, next = 1; first <= count; first = next) {
    const time = timeOf?.(first);
    if (time !== undefined) setClock(time);
    while (next <= count && timeOf?.(next) === time) next++;
    await calls.put(Array.from({ length: next - first }, () => node()));
  }
  if (kind === "context") return;
  const typeId = await subject.context.putType({ name: "C" });
  await subject.context.put1({ typeId, name: "c" });
  const members = Array.from({ length: count }, (_, at) => ({
    contextId: 1n,
    artifactId: BigInt(at + 1),
    executionId: BigInt(at + 1),
  }));
  await rpc.putAttributionsAndAssociations(
    kind === "artifact" ? { attributions: members } : { associations: members },
  );
}

/** Follows the tokens to the end; gives the pages. */
async function pages(list: List, options: ListOptions): Promise<NodeRead[][]> {
  const result: NodeRead[][] = [];
  let token: string | undefined;
  do {
    const { nodes, nextPageToken } = await list(
      token === undefined ? options : { ...options, nextPageToken: token },
    );
    result.push(nodes);
    token = nextPageToken;
    expect(result.length, "the number of pages").toBeLessThan(500);
  } while (token !== undefined && token !== "");
  return result;
}

const allIds = (found: NodeRead[][]) => found.flatMap(idsOf).map(Number);
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

conformance("lists", (test) => {
  for (const { name, kind, of } of lists) {
    test(`${name}: without options all come at once, without a token`, async (subject) => {
      await fill(subject, kind, 45);
      const { nodes, nextPageToken } = await of(subject[kind])();
      expect(idsOf(nodes).map(Number)).toEqual(upTo(45));
      expect(nextPageToken).toBe(undefined);
    });

    test(`${name}: with empty options, pages of 20 by ascending id`, async (subject) => {
      await fill(subject, kind, 45);
      const found = await pages(of(subject[kind]), {});
      expect(found.map((page) => page.length)).toEqual([20, 20, 5]);
      expect(allIds(found)).toEqual(upTo(45));
    });

    test(`${name}: a page that is just full is the last one`, async (subject) => {
      await fill(subject, kind, 4);
      for (const [size, lengths] of [
        [1, [1, 1, 1, 1]],
        [2, [2, 2]],
        [3, [3, 1]],
        [4, [4]],
        [5, [4]],
      ] as const) {
        const found = await pages(of(subject[kind]), { maxResultSize: size });
        expect(found.map((page) => page.length)).toEqual(lengths);
        expect(allIds(found)).toEqual(upTo(4));
      }
    });

    test(`${name}: the last page has ${name.endsWith("type") ? "an empty token" : "no token"}`, async (subject) => {
      await fill(subject, kind, 3);
      const list = of(subject[kind]);
      const last = name.endsWith("type") ? "" : undefined;
      const { nextPageToken } = await list({ maxResultSize: 2 });
      expect(nextPageToken).toMatch(/^[A-Za-z0-9_-]+$/);
      expect((await list({ maxResultSize: 2, nextPageToken: nextPageToken as string })).nextPageToken).toBe(
        last,
      );
      expect((await list({ maxResultSize: 3 })).nextPageToken).toBe(last);
    });

    test(`${name}: an empty token and an empty filter are none`, async (subject) => {
      await fill(subject, kind, 3);
      expect(idsOf((await of(subject[kind])({ nextPageToken: "", filterQuery: "" })).nodes)).toEqual([
        1n,
        2n,
        3n,
      ]);
    });

    // Ids, and behind them the time of each: three runs of ties, and a clock that once went back.
    const times = [50, 50, 50, 70, 70, 70, 70, 70, 70, 60, 60, 40, 40, 40, 40, 80];
    const byTime = (ascending: boolean) =>
      upTo(times.length).sort((a, b) => {
        const [timeA = 0, timeB = 0] = [times[a - 1], times[b - 1]];
        return ascending ? timeA - timeB || a - b : timeB - timeA || b - a;
      });
    for (const field of [CREATE_TIME, LAST_UPDATE_TIME]) {
      for (const isAsc of [true, false]) {
        test(`${name}: ordered by ${Field[field]} ${isAsc ? "ascending" : "descending"}, ties by id`, async (subject) => {
          await fill(subject, kind, times.length, (id) => 1_700_000_000_000 + (times[id - 1] ?? 0));
          for (const maxResultSize of [1, 2, 5, 100]) {
            const found = await pages(of(subject[kind]), { maxResultSize, orderByField: { field, isAsc } });
            expect(allIds(found)).toEqual(byTime(isAsc));
          }
        });
      }
    }

    test(`${name}: ordered by id descending, also when only the direction is given`, async (subject) => {
      await fill(subject, kind, 5);
      for (const orderByField of [{ isAsc: false }, { field: ID, isAsc: false }]) {
        const found = await pages(of(subject[kind]), { maxResultSize: 2, orderByField });
        expect(allIds(found)).toEqual([5, 4, 3, 2, 1]);
      }
      for (const orderByField of [{}, { field: ID }, { isAsc: true }]) {
        expect(allIds(await pages(of(subject[kind]), { maxResultSize: 2, orderByField }))).toEqual(upTo(5));
      }
    });

    test(`${name}: page sizes that are not positive, or int32 max, are refused`, async (subject) => {
      await fill(subject, kind, 1);
      for (const maxResultSize of [0, -1, -(2 ** 31), 2 ** 31 - 1]) {
        await refused(of(subject[kind])({ maxResultSize }), "INVALID_ARGUMENT", /page size/);
      }
    });

    test(`${name}: ordering by FIELD_UNSPECIFIED is refused`, async (subject) => {
      await fill(subject, kind, 1);
      const orderByField = { field: FIELD_UNSPECIFIED };
      await refused(of(subject[kind])({ orderByField }), "INVALID_ARGUMENT", /FIELD_UNSPECIFIED/);
    });

    test(`${name}: a wrong filter is refused`, async (subject) => {
      await fill(subject, kind, 1);
      await refused(of(subject[kind])({ filterQuery: "nonsense = " }), "INVALID_ARGUMENT");
    });
  }

  test("pages of more than 100 are served, those of more than 1000 have 1000", async (subject) => {
    await fill(subject, "artifact", 1005);
    const { list } = subject.artifact;
    const lengths = async (maxResultSize: number) =>
      (await pages(list, { maxResultSize })).map((page) => page.length);
    expect(await lengths(103)).toEqual([103, 103, 103, 103, 103, 103, 103, 103, 103, 78]);
    expect(await lengths(1000)).toEqual([1000, 5]);
    expect(await lengths(1001)).toEqual([1000, 5]);
    expect(await lengths(2 ** 31 - 2)).toEqual([1000, 5]);
  });

  test("an unknown order field on the wire is none", async (subject) => {
    await fill(subject, "artifact", 3);
    const options = { orderByField: { field: 99 as Field, isAsc: false } };
    const request = overWire(GetArtifactsRequestSchema, { options });
    expect(idsOf((await subject.rpc.getArtifacts(request)).artifacts)).toEqual([3n, 2n, 1n]);
  });

  test("by type: no token field where the type is unknown or has no nodes", async ({ artifact }) => {
    await artifact.putType({ name: "empty" });
    for (const name of ["empty", "unknown"]) {
      expect(await artifact.byType(name, { maxResultSize: 2 })).toEqual({
        nodes: [],
        nextPageToken: undefined,
      });
    }
  });

  test("by type: an empty token also where the filter leaves nothing", async (subject) => {
    await fill(subject, "artifact", 3);
    const found = await subject.artifact.byType("T", { filterQuery: "uri = 'none'" });
    expect(found).toEqual({ nodes: [], nextPageToken: "" });
  });

  test("options are checked also where there is nothing to list", async (subject) => {
    await subject.artifact.putType({ name: "empty" });
    const options = { maxResultSize: 0 };
    await refused(subject.artifact.list(options), "INVALID_ARGUMENT");
    for (const type of ["empty", "unknown"])
      await refused(subject.artifact.byType(type, options), "INVALID_ARGUMENT");
    for (const calls of [subject.artifact, subject.execution])
      await refused(calls.byContext(9n, options), "INVALID_ARGUMENT");
  });

  test("nodes that are updated while they are listed are not lost, and the list ends", async (subject) => {
    const { artifact } = subject;
    await fill(subject, "artifact", 10, () => 1_700_000_000_000);
    const options = { maxResultSize: 2, orderByField: { field: LAST_UPDATE_TIME, isAsc: true } };
    const seen: number[] = [];
    let clock = 1_700_000_000_001;
    let token: string | undefined = "";
    for (let page = 0; token !== undefined; page++) {
      const { nodes, nextPageToken } = await artifact.list({ ...options, nextPageToken: token });
      seen.push(...idsOf(nodes).map(Number));
      token = nextPageToken;
      setClock(clock++);
      if (page < 3) await artifact.put1({ id: BigInt(9 - page), uri: `page ${page}` });
    }
    expect(new Set(seen)).toEqual(new Set(upTo(10)));
    expect(seen.slice(-3)).toEqual([9, 8, 7]);
  });

  test("nodes created while they are listed by id come last", async (subject) => {
    const { artifact } = subject;
    await fill(subject, "artifact", 3);
    const { nextPageToken = "" } = await artifact.list({ maxResultSize: 2 });
    await artifact.put1({ typeId: 10n });
    expect(idsOf((await artifact.list({ maxResultSize: 2, nextPageToken })).nodes)).toEqual([3n, 4n]);
  });
});

type TokenInit = MessageInitShape<typeof ListOperationNextPageTokenSchema>;

function encode(token: TokenInit): string {
  const bytes = toBinary(ListOperationNextPageTokenSchema, create(ListOperationNextPageTokenSchema, token));
  return Buffer.from(bytes).toString("base64url");
}

conformance("page tokens", (test) => {
  const T = 1_700_000_000_123;

  test("the original's bytes: by id", async (subject) => {
    await fill(subject, "artifact", 3);
    const { list } = subject.artifact;
    const token = async (options: ListOptions) =>
      (await list({ maxResultSize: 2, ...options })).nextPageToken;
    expect(await token({ orderByField: { field: ID, isAsc: true } })).toBe("CAIQAhoICAISBAgDEAE");
    expect(await token({})).toBe("CAIQAhoCCAI");
  });

  test("the original's bytes: by create time", async (subject) => {
    await fill(subject, "artifact", 101, (id) => (id < 100 ? T - 1000 : T + id - 100));
    const orderByField = { field: CREATE_TIME, isAsc: false };
    const { nextPageToken } = await subject.artifact.list({ maxResultSize: 2, orderByField });
    expect(nextPageToken).toBe("CGQQ-9CV_7wxGggIAhIECAEQAA");
  });

  test("the original's bytes: by update time, with the ids that tie on the page, the last one first", async (subject) => {
    await fill(subject, "artifact", 8, (id) => (id === 5 || id === 6 ? T : T + (id < 5 ? -1 : 1)));
    const list = (isAsc: boolean, maxResultSize: number) =>
      subject.artifact.list({ maxResultSize, orderByField: { field: LAST_UPDATE_TIME, isAsc } });
    const setOptions = (isAsc: boolean, maxResultSize: number) => ({
      maxResultSize,
      orderByField: { field: LAST_UPDATE_TIME, isAsc },
    });
    // The golden token `EPvQlf-8MRoICAISBAgCEAAgBiAF` has this form: offset, options, ids 6 and 5.
    const golden = { fieldOffset: BigInt(T), setOptions: setOptions(false, 2), listedIds: [6n, 5n] };
    expect(encode(golden)).toBe("EPvQlf-8MRoICAISBAgCEAAgBiAF");
    const up = encode({ ...golden, setOptions: setOptions(true, 6) });
    expect((await list(true, 6)).nextPageToken).toBe(up);
    const down = encode({ ...golden, setOptions: setOptions(false, 4), listedIds: [5n, 6n] });
    expect((await list(false, 4)).nextPageToken).toBe(down);
    const one = encode({ ...golden, setOptions: setOptions(false, 3), listedIds: [6n] });
    expect((await list(false, 3)).nextPageToken).toBe(one);
  });

  test("the original's bytes: under a filter", async (subject) => {
    const { artifact } = subject;
    const { node } = await makeType(artifact);
    await artifact.put(upTo(30).map((id) => node({ name: `a${id}` })));
    const filterQuery = "name LIKE 'a%'";
    const golden = "CAcQBxoSCBQiDm5hbWUgTElLRSAnYSUn";
    expect(encode({ idOffset: 7n, fieldOffset: 7n, setOptions: { maxResultSize: 20, filterQuery } })).toBe(
      golden,
    );
    const { nodes, nextPageToken } = await artifact.list({
      maxResultSize: 20,
      filterQuery,
      nextPageToken: golden,
    });
    expect(idsOf(nodes).map(Number)).toEqual(upTo(27).slice(7));
    expect(nextPageToken).toBe(
      encode({ idOffset: 27n, fieldOffset: 27n, setOptions: { maxResultSize: 20, filterQuery } }),
    );
  });

  test("they hold the options as sent, presence included, without the token", async (subject) => {
    await fill(subject, "artifact", 50);
    const options = { orderByField: { isAsc: true }, filterQuery: "" };
    const { nextPageToken = "" } = await subject.artifact.list(options);
    expect(nextPageToken).toBe(encode({ idOffset: 20n, fieldOffset: 20n, setOptions: options }));
    const second = await subject.artifact.list({ ...options, nextPageToken });
    expect(second.nextPageToken).toBe(encode({ idOffset: 40n, fieldOffset: 40n, setOptions: options }));
    const larger = await subject.artifact.list({ ...options, maxResultSize: 5, nextPageToken });
    const setOptions = { ...options, maxResultSize: 5 };
    expect(larger.nextPageToken).toBe(encode({ idOffset: 25n, fieldOffset: 25n, setOptions }));
  });

  test("a token alone continues a list by ascending id, 20 at a time", async (subject) => {
    await fill(subject, "artifact", 30);
    const { nextPageToken = "" } = await subject.artifact.list({ maxResultSize: 5 });
    const { nodes } = await subject.artifact.list({ nextPageToken });
    expect(idsOf(nodes).map(Number)).toEqual(upTo(25).slice(5));
  });

  test("a token without options counts as made under the defaults; padding and white space do not matter", async (subject) => {
    await fill(subject, "artifact", 5);
    const bare = encode({ fieldOffset: 3n, idOffset: 3n });
    for (const nextPageToken of [
      bare,
      `${bare}==`,
      ` ${bare.slice(0, 2)}\n${bare.slice(2)} `,
      "CAIQAhoCCAI=",
    ]) {
      const { nodes } = await subject.artifact.list({ nextPageToken });
      expect(idsOf(nodes).at(-1)).toBe(5n);
    }
  });

  test("a token serves any list of the same order", async (subject) => {
    await fill(subject, "artifact", 5);
    const { nextPageToken = "" } = await subject.artifact.list({ maxResultSize: 2 });
    expect(idsOf((await subject.artifact.byType("T", { nextPageToken })).nodes)).toEqual([3n, 4n, 5n]);
    expect(idsOf((await subject.artifact.byContext(1n, { nextPageToken })).nodes)).toEqual([3n, 4n, 5n]);
  });

  const byId: ListOptions = { orderByField: { field: ID, isAsc: true } };
  const byCreateTime: ListOptions = { orderByField: { field: CREATE_TIME, isAsc: true } };
  const byUpdateTime: ListOptions = { orderByField: { field: LAST_UPDATE_TIME, isAsc: true } };
  const position = { idOffset: 1n, fieldOffset: 1n };
  const bad: [string, ListOptions, RegExp][] = [
    ["that is not base64", { nextPageToken: "!!!" }, /base64/],
    ["in the other alphabet", { nextPageToken: "CGQQ+9CV/7wxGggIAhIECAEQAA" }, /base64/],
    ["that is no message", { nextPageToken: "____" }, /decoded/],
    ["that ends in the middle", { nextPageToken: "CAIQAhoICAISBAgD" }, /decoded/],
    [
      "of another order field",
      { ...byCreateTime, nextPageToken: encode({ ...position, setOptions: byId as object }) },
      /order/,
    ],
    [
      "of another direction",
      { orderByField: { field: ID, isAsc: false }, nextPageToken: encode(position) },
      /order/,
    ],
    ["of another filter", { filterQuery: "id > 0", nextPageToken: encode(position) }, /filter/],
    [
      "by update time without ids",
      { ...byUpdateTime, nextPageToken: encode({ fieldOffset: 1n, setOptions: byUpdateTime as object }) },
      /lists no ids/,
    ],
  ];
  for (const [name, options, gist] of bad) {
    test(`a token ${name} is refused`, async (subject) => {
      await fill(subject, "artifact", 3);
      await refused(subject.artifact.list(options), "INVALID_ARGUMENT", gist);
      await refused(subject.artifact.byType("T", options), "INVALID_ARGUMENT", gist);
      await refused(subject.artifact.byContext(1n, options), "INVALID_ARGUMENT", gist);
    });
  }

  test("a position behind everything gives nothing", async (subject) => {
    await makeNodes(subject, { artifacts: 3 });
    const last = 2n ** 63n - 1n;
    const nextPageToken = encode({ idOffset: last, fieldOffset: last });
    expect(await subject.artifact.list({ nextPageToken })).toEqual({ nodes: [], nextPageToken: undefined });
  });
});
