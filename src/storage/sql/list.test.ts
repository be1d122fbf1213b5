import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ArtifactSchema, ContextSchema } from "../../contract/messages.ts";
import { artifactKind, contextKind } from "../../domain/kinds.ts";
import type { NodeQuery, Storage } from "../../domain/ports.ts";
import { openSqlite } from "../sqlite/open.ts";

interface Node {
  readonly id: bigint;
  readonly typeId: bigint;
  readonly contextIds: readonly bigint[];
  readonly createTime: bigint;
  readonly lastUpdateTime: bigint;
}

/** Times repeat, are not in the order of the ids, and are negative too. */
const nodes: readonly Node[] = Array.from({ length: 120 }, (_, index) => ({
  id: BigInt(index + 1),
  typeId: index % 40 === 7 ? 3n : BigInt(1 + (index % 2)),
  contextIds: [1n, 2n, 3n].filter((id) => (BigInt(index) * id) % 4n === 0n),
  createTime: BigInt(((index * 7) % 10) - 3),
  lastUpdateTime: BigInt((index * 31) % 13),
}));

let storage: Storage;

beforeAll(async () => {
  storage = await openSqlite({ memory: true });
  await storage.write(async (tx) => {
    await tx.insertNodes(
      artifactKind,
      nodes.map(({ typeId, createTime, lastUpdateTime }) =>
        create(ArtifactSchema, {
          typeId,
          createTimeSinceEpoch: createTime,
          lastUpdateTimeSinceEpoch: lastUpdateTime,
        }),
      ),
    );
    await tx.insertMemberships(
      artifactKind,
      nodes.flatMap(({ id, contextIds }) => contextIds.map((contextId) => ({ contextId, nodeId: id }))),
    );
  });
});

afterAll(() => storage.close());

const list = (query: NodeQuery) => storage.read((tx) => tx.listNodeIds(artifactKind, query));

/** As `list`, with what it leaves out; whether every node is whole besides. */
const listWhole = (query: NodeQuery) =>
  storage.read(async (tx) => {
    const { nodes, hasMore } = await tx.listWholeNodes(artifactKind, query);
    const ids = nodes.map(({ id }) => id);
    const byId = new Map((await tx.nodesById(artifactKind, ids)).map((node) => [node.id, node]));
    expect(nodes).toEqual(ids.map((id) => byId.get(id)));
    return { ids, hasMore };
  });

/** The same answer from the definition. */
function expected({ typeId, contextId, ids, order, after, limit }: NodeQuery): Node[] {
  const sign = order.ascending ? 1n : -1n;
  type Place = Pick<Node, "id" | "createTime" | "lastUpdateTime">;
  const compare = (a: Place, b: Place) => sign * (a[order.field] - b[order.field] || a.id - b.id);
  const position = after && { ...after, createTime: after.value, lastUpdateTime: after.value };
  return nodes
    .filter((node) => typeId === undefined || node.typeId === typeId)
    .filter((node) => contextId === undefined || node.contextIds.includes(contextId))
    .filter((node) => ids === undefined || ids.includes(node.id))
    .filter((node) => position === undefined || compare(node, position) > 0n)
    .toSorted((a, b) => Number(compare(a, b)))
    .slice(0, limit);
}

const idsOf = (nodes: readonly Node[]) => nodes.map(({ id }) => id);

const order = fc.record({
  field: fc.constantFrom("id" as const, "createTime" as const, "lastUpdateTime" as const),
  ascending: fc.boolean(),
});
const position = fc.record({ value: fc.bigInt(-5n, 15n), id: fc.bigInt(-1n, 125n) });
const query = fc.record(
  {
    typeId: fc.bigInt(1n, 4n),
    contextId: fc.bigInt(1n, 4n),
    ids: fc.array(fc.bigInt(0n, 125n)),
    after: position,
    limit: fc.integer({ min: 0, max: 130 }),
    order,
  },
  { requiredKeys: ["order"] },
);

test("any query gives what its definition says", async () => {
  await fc.assert(
    fc.asyncProperty(query, async (each) => {
      // A position's value is that of the order's field.
      const { after } = each;
      const fitting =
        after && each.order.field === "id" ? { ...each, after: { ...after, value: after.id } } : each;
      const all = expected(fitting);
      expect(await list(fitting)).toEqual(idsOf(all));
      const { limit: _, ...unlimited } = fitting;
      expect(await listWhole(fitting)).toEqual({
        ids: idsOf(all),
        hasMore: expected(unlimited).length > all.length,
      });
    }),
    { numRuns: 500 },
  );
});

test("pages put together are the whole list", async () => {
  await fc.assert(
    fc.asyncProperty(order, fc.integer({ min: 1, max: 50 }), async (by, limit) => {
      const found: bigint[] = [];
      for (;;) {
        const last = nodes.find(({ id }) => id === found.at(-1));
        const after = last && { value: last[by.field], id: last.id };
        const page = await list({ order: by, limit, ...(after && { after }) });
        found.push(...page);
        if (page.length < limit) break;
      }
      expect(found).toEqual(idsOf(expected({ order: by })));
    }),
    { numRuns: 30 },
  );
});

test("kinds are apart; contexts are in no context", async () => {
  await storage.write((tx) =>
    tx.insertNodes(contextKind, [
      create(ContextSchema, {
        typeId: 1n,
        name: "c",
        createTimeSinceEpoch: 8n,
        lastUpdateTimeSinceEpoch: 9n,
      }),
    ]),
  );
  const byId = { field: "id", ascending: true } as const;
  expect(await storage.read((tx) => tx.listNodeIds(contextKind, { order: byId }))).toEqual([1n]);
  await expect(
    storage.read((tx) => tx.listNodeIds(contextKind, { contextId: 1n, order: byId })),
  ).rejects.toThrow();
});
