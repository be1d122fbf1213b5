import { expect } from "vitest";
import { type Calls, conformance, idsOf, makeNodes, plain, refused } from "./support.ts";

/** `[child, parent]` pairs. */
const link = ({ putParentContexts }: Calls, ...pairs: [bigint, bigint][]) =>
  putParentContexts({ parentContexts: pairs.map(([childId, parentId]) => ({ childId, parentId })) });

const parentsOf = async ({ getParentContextsByContext }: Calls, contextId: bigint) =>
  idsOf((await getParentContextsByContext({ contextId })).contexts);
const childrenOf = async ({ getChildrenContextsByContext }: Calls, contextId: bigint) =>
  idsOf((await getChildrenContextsByContext({ contextId })).contexts);

conformance("parent contexts", (test) => {
  test("one step up and one step down, in ascending id", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { contexts: 5 });
    expect(plain(await link(rpc, [3n, 2n], [3n, 1n], [5n, 1n], [4n, 1n], [2n, 4n]))).toEqual({});
    expect(await parentsOf(rpc, 3n)).toEqual([1n, 2n]);
    expect(await childrenOf(rpc, 1n)).toEqual([3n, 4n, 5n]);
    expect(await parentsOf(rpc, 2n)).toEqual([4n]);
    expect(await parentsOf(rpc, 1n)).toEqual([]);
    expect(await childrenOf(rpc, 5n)).toEqual([]);
  });

  test("whole contexts come back", async (subject) => {
    const { rpc, context } = subject;
    await makeNodes(subject, { contexts: 2 });
    await link(rpc, [1n, 2n]);
    expect(plain(await rpc.getParentContextsByContext({ contextId: 1n }))).toEqual({
      contexts: [await context.get(2n)],
    });
    expect(plain(await rpc.getChildrenContextsByContext({ contextId: 2n }))).toEqual({
      contexts: [await context.get(1n)],
    });
  });

  test("an unknown context, or none given, has neither parents nor children", async ({ rpc }) => {
    expect(await parentsOf(rpc, 99n)).toEqual([]);
    expect(await childrenOf(rpc, 99n)).toEqual([]);
    expect(plain(await rpc.getParentContextsByContext())).toEqual({});
    expect(plain(await rpc.getChildrenContextsByContext())).toEqual({});
  });

  test("system metadata is accepted; an empty request is fine", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { contexts: 2 });
    const systemMetadata = { typeUrl: "t" };
    await rpc.putParentContexts({ parentContexts: [{ childId: 1n, parentId: 2n, systemMetadata }] });
    await rpc.putParentContexts();
    expect(await parentsOf(rpc, 1n)).toEqual([2n]);
  });

  test("a link that exists, or is twice in the request, is refused", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { contexts: 3 });
    await link(rpc, [1n, 2n]);
    await refused(link(rpc, [1n, 3n], [1n, 2n]), "ALREADY_EXISTS", /link/);
    await refused(link(rpc, [1n, 3n], [1n, 3n]), "ALREADY_EXISTS", /link/);
    expect(await parentsOf(rpc, 1n)).toEqual([2n]);
  });

  test("cycles of any length are refused, over stored links and those of the request", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { contexts: 5 });
    await link(rpc, [1n, 2n], [2n, 3n], [3n, 4n]);
    await refused(link(rpc, [2n, 1n]), "INVALID_ARGUMENT", /cycle/);
    await refused(link(rpc, [4n, 1n]), "INVALID_ARGUMENT", /cycle/);
    await refused(link(rpc, [4n, 5n], [5n, 1n]), "INVALID_ARGUMENT", /cycle/);
    await refused(link(rpc, [5n, 1n], [4n, 5n]), "INVALID_ARGUMENT", /cycle/);
    expect(await parentsOf(rpc, 4n)).toEqual([]);
    await link(rpc, [1n, 4n], [1n, 3n]);
    expect(await parentsOf(rpc, 1n)).toEqual([2n, 3n, 4n]);
  });

  const bad = [
    ["no child id", { parentId: 1n }, /child/],
    ["no parent id", { childId: 1n }, /parent/],
    ["neither id", {}, /child/],
    ["an unknown child", { childId: 99n, parentId: 1n }, /99/],
    ["an unknown parent", { childId: 1n, parentId: 99n }, /99/],
    ["a context as its own parent, reported as not found", { childId: 1n, parentId: 1n }, /no two contexts/],
  ] as const;
  for (const [name, parentContext, gist] of bad) {
    test(`${name} -> INVALID_ARGUMENT, and nothing of the request is stored`, async (subject) => {
      const { rpc } = subject;
      await makeNodes(subject, { contexts: 3 });
      const parentContexts = [{ childId: 2n, parentId: 3n }, parentContext];
      await refused(rpc.putParentContexts({ parentContexts }), "INVALID_ARGUMENT", gist);
      expect(await parentsOf(rpc, 2n)).toEqual([]);
    });
  }
});

conformance("context graph: the batch reads", (test) => {
  test("maps from the asked contexts; those without links are absent", async (subject) => {
    const { rpc, context } = subject;
    await makeNodes(subject, { contexts: 5 });
    await link(rpc, [1n, 3n], [1n, 2n], [4n, 3n]);
    const [two, three] = [await context.get(2n), await context.get(3n)];
    const up = await rpc.getParentContextsByContexts({ contextIds: [4n, 1n, 3n, 99n, 1n] });
    expect(plain(up)).toEqual({
      contexts: { 1: { parentContexts: [two, three] }, 4: { parentContexts: [three] } },
    });
    const [one, four] = [await context.get(1n), await context.get(4n)];
    const down = await rpc.getChildrenContextsByContexts({ contextIds: [3n, 2n, 1n, -1n] });
    expect(plain(down)).toEqual({
      contexts: { 2: { childrenContexts: [one] }, 3: { childrenContexts: [one, four] } },
    });
  });

  test("contexts without any links give an empty map", async (subject) => {
    await makeNodes(subject, { contexts: 1 });
    expect(plain(await subject.rpc.getParentContextsByContexts({ contextIds: [1n] }))).toEqual({});
    expect(plain(await subject.rpc.getChildrenContextsByContexts({ contextIds: [99n] }))).toEqual({});
  });

  test("an empty list of ids is refused", async ({ rpc }) => {
    await refused(rpc.getParentContextsByContexts(), "INVALID_ARGUMENT", /context ids/);
    await refused(rpc.getChildrenContextsByContexts({ contextIds: [] }), "INVALID_ARGUMENT", /context ids/);
  });
});
