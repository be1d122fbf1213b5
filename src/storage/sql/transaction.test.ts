import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ArtifactSchema,
  ArtifactTypeSchema,
  ContextSchema,
  Event_Type,
  EventSchema,
  ExecutionSchema,
  ExecutionTypeSchema,
  PropertyType,
} from "../../contract/messages.ts";
import { has } from "../../contract/presence.ts";
import { artifactKind, contextKind, executionKind } from "../../domain/kinds.ts";
import { type Storage, UniqueViolation, type WriteTransaction } from "../../domain/ports.ts";
import { openSqlite } from "../sqlite/open.ts";

let storage: Storage;

beforeEach(async () => {
  storage = await openSqlite({ memory: true });
});

afterEach(() => storage.close());

const times = { createTimeSinceEpoch: 1n, lastUpdateTimeSinceEpoch: 1n };
const artifact = (init: MessageInitShape<typeof ArtifactSchema>) =>
  create(ArtifactSchema, { typeId: 1n, ...times, ...init });
const context = (init: MessageInitShape<typeof ContextSchema>) =>
  create(ContextSchema, { typeId: 1n, ...times, ...init });
const type = (init: MessageInitShape<typeof ArtifactTypeSchema>) => create(ArtifactTypeSchema, init);

/** What clashes on a unique value is refused, and leaves nothing. */
async function expectUniqueViolation(work: (tx: WriteTransaction) => Promise<unknown>): Promise<void> {
  await expect(storage.write(work)).rejects.toBeInstanceOf(UniqueViolation);
}

describe("types", () => {
  test("are found by name and version; without version is a version too", async () => {
    await storage.write((tx) =>
      tx.insertTypes(artifactKind, [
        type({ name: "T" }),
        type({ name: "T", version: "1" }),
        type({ name: "T", version: "2" }),
        type({ name: "t" }),
        type({ name: "U", version: "1" }),
        type({ name: "T" }),
      ]),
    );
    const found = async (...keys: [string, string][]) => {
      const types = await storage.read((tx) =>
        tx.typesByKey(
          artifactKind,
          keys.map(([name, version]) => ({ name, version })),
        ),
      );
      return types.map(({ id }) => id);
    };
    expect(await found(["T", ""])).toEqual([10n]);
    expect(await found(["U", "1"], ["T", "2"], ["T", "2"])).toEqual([12n, 14n]);
    expect(await found(["t", ""])).toEqual([13n]);
    // The name of one key with the version of another is no match.
    expect(await found(["U", ""], ["T", "1"])).toEqual([11n]);
    expect(await found(["T", "3"], ["none", ""])).toEqual([]);
    expect(await found()).toEqual([]);
  });

  test("that were seen by a transaction without commit are not remembered", async () => {
    const key = { name: "T", version: "" };
    const none = new Map([[10n, ["p"]]]);
    const undone = storage.write(async (tx) => {
      await tx.insertTypes(artifactKind, [type(key)]);
      await tx.insertTypeProperties([{ typeId: 10n, name: "p", dataType: PropertyType.INT }]);
      expect(await tx.typeId(artifactKind, key)).toBe(10n);
      expect((await tx.typesDeclaring(artifactKind, none)).map(({ name }) => name)).toEqual(["T"]);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await storage.write((tx) => tx.insertTypes(artifactKind, [type({ name: "U" })]));
    await storage.read(async (tx) => {
      expect(await tx.typeId(artifactKind, key)).toBeUndefined();
      expect((await tx.typesDeclaring(artifactKind, none)).map(({ name }) => name)).toEqual(["U"]);
    });
  });

  test("are remembered, and looked at again for a property that they did not declare", async () => {
    await storage.write((tx) => tx.insertTypes(artifactKind, [type({ name: "T" })]));
    const declared = (...names: string[]) =>
      storage.read(async (tx) => {
        const [found] = await tx.typesDeclaring(artifactKind, new Map([[10n, names]]));
        return Object.keys(found?.properties ?? {});
      });
    expect(await declared()).toEqual([]);
    await storage.write((tx) =>
      tx.insertTypeProperties([{ typeId: 10n, name: "p", dataType: PropertyType.INT }]),
    );
    expect(await declared()).toEqual([]);
    expect(await declared("p")).toEqual(["p"]);
    expect(await declared()).toEqual(["p"]);
    expect(await declared("p", "q")).toEqual(["p"]);
  });

  test("belong to a kind", async () => {
    await storage.write((tx) =>
      tx.insertTypes(executionKind, [create(ExecutionTypeSchema, { name: "T", externalId: "x" })]),
    );
    await storage.read(async (tx) => {
      expect(await tx.typesByKey(artifactKind, [{ name: "T", version: "" }])).toEqual([]);
      expect(await tx.typesById(artifactKind, [10n])).toEqual([]);
      expect(await tx.typesByExternalId(artifactKind, ["x"])).toEqual([]);
      expect((await tx.typesByExternalId(executionKind, ["x", "y"])).map(({ id }) => id)).toEqual([10n]);
      expect((await tx.allTypes(executionKind)).map(({ id }) => id)).toEqual([5n, 6n, 7n, 8n, 9n, 10n]);
      expect(await tx.allTypes(contextKind)).toEqual([]);
    });
  });

  test("have properties and a base type", async () => {
    await storage.write(async (tx) => {
      const [id] = await tx.insertTypes(artifactKind, [type({ name: "T", version: "" })]);
      const typeId = id as bigint;
      await tx.insertTypeProperties([
        { typeId, name: "__proto__", dataType: 1 },
        { typeId, name: "b", dataType: 6 },
      ]);
      await tx.insertTypeParents([{ typeId, parentTypeId: 3n }]);
      await tx.updateTypeExternalIds([{ typeId, externalId: "x" }]);
    });
    const [read] = await storage.read((tx) => tx.typesById(artifactKind, [10n]));
    expect(Object.entries(read?.properties ?? {})).toEqual([
      ["__proto__", 1],
      ["b", 6],
    ]);
    expect([read?.baseType, read?.externalId]).toEqual([3, "x"]);
    expect(read && has(read, "version")).toBe(false);
    const [plain] = await storage.read((tx) => tx.typesById(artifactKind, [1n]));
    expect(plain && has(plain, "baseType")).toBe(false);
  });

  test("share one space of external ids", async () => {
    await storage.write((tx) => tx.insertTypes(artifactKind, [type({ name: "T", externalId: "x" })]));
    const other = create(ExecutionTypeSchema, { name: "U", externalId: "x" });
    await expectUniqueViolation((tx) => tx.insertTypes(executionKind, [other]));
    await expectUniqueViolation((tx) => tx.updateTypeExternalIds([{ typeId: 1n, externalId: "x" }]));
  });
});

describe("nodes", () => {
  test("are found by what they are known by, exactly", async () => {
    const names = ["a", "A", "a ", "", "a\0b", "\u{1f600}", `'"\\%_`];
    await storage.write((tx) =>
      tx.insertNodes(
        artifactKind,
        names.map((name) => artifact({ name, uri: `u${name}`, externalId: `x${name}` })),
      ),
    );
    await storage.read(async (tx) => {
      for (const [index, name] of names.entries()) {
        const id = BigInt(index + 1);
        expect(await tx.nodeIdsByName(artifactKind, [{ typeId: 1n, name }])).toEqual([
          { id, typeId: 1n, name },
        ]);
        expect(await tx.nodeIdsByExternalId(artifactKind, [`x${name}`])).toEqual([
          { id, externalId: `x${name}` },
        ]);
        const nodes = [
          await tx.nodeLikeName(artifactKind, { typeId: 1n, name }),
          ...(await tx.nodesByExternalId(artifactKind, [`x${name}`])),
          ...(await tx.artifactsByUri([`u${name}`])),
        ];
        expect(nodes.map((node) => node?.id)).toEqual([id, id, id]);
      }
      expect(await tx.nodeIdsByName(artifactKind, [{ typeId: 2n, name: "a" }])).toEqual([]);
      expect(await tx.nodeIdsByName(contextKind, [{ typeId: 1n, name: "a" }])).toEqual([]);
      const found = await tx.nodeIdsByName(
        artifactKind,
        names.map((name) => ({ typeId: 1n, name })),
      );
      expect(found.map(({ id }) => id)).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n]);
    });
  });

  test("come in the order of their ids, once, and only those that exist", async () => {
    await storage.write((tx) =>
      tx.insertNodes(
        executionKind,
        [1, 2, 3].map(() => create(ExecutionSchema, { typeId: 5n, ...times })),
      ),
    );
    const ids = [3n, 1n, 3n, 77n, -1n, 2n ** 63n - 1n];
    await storage.read(async (tx) => {
      expect((await tx.nodesById(executionKind, ids)).map(({ id }) => id)).toEqual([1n, 3n]);
      expect(await tx.existingIds(executionKind, ids)).toEqual(new Set([1n, 3n]));
      expect(await tx.nodesById(artifactKind, ids)).toEqual([]);
      expect(await tx.nodesById(executionKind, [])).toEqual([]);
    });
  });

  test("are rewritten but for name and creation time; a context's name may change", async () => {
    await storage.write((tx) =>
      tx.insertNodes(artifactKind, [artifact({ name: "a", uri: "u", state: 2, externalId: "x" })]),
    );
    await storage.write((tx) => tx.insertNodes(contextKind, [context({ name: "c" })]));
    const changed = { id: 1n, name: "new", createTimeSinceEpoch: 9n, lastUpdateTimeSinceEpoch: 9n };
    await storage.write((tx) => tx.updateNodes(artifactKind, [artifact({ ...changed, typeId: 2n })]));
    await storage.write((tx) => tx.updateNodes(contextKind, [context({ ...changed, externalId: "y" })]));
    await storage.read(async (tx) => {
      expect(await tx.nodesById(artifactKind, [1n])).toEqual([
        create(ArtifactSchema, {
          id: 1n,
          typeId: 2n,
          type: "mlmd.Model",
          uri: "",
          name: "a",
          createTimeSinceEpoch: 1n,
          lastUpdateTimeSinceEpoch: 9n,
        }),
      ]);
      expect(await tx.nodesById(contextKind, [1n])).toEqual([
        create(ContextSchema, {
          id: 1n,
          typeId: 1n,
          type: "mlmd.Dataset",
          name: "new",
          externalId: "y",
          createTimeSinceEpoch: 1n,
          lastUpdateTimeSinceEpoch: 9n,
        }),
      ]);
    });
  });

  test("clash by name within a type and by external id within a kind", async () => {
    await storage.write((tx) =>
      tx.insertNodes(artifactKind, [
        artifact({ name: "a", externalId: "x" }),
        artifact({ name: "a", typeId: 2n }),
        artifact({}),
        artifact({}),
      ]),
    );
    await storage.write((tx) => tx.insertNodes(contextKind, [context({ name: "a", externalId: "x" })]));
    await expectUniqueViolation((tx) =>
      tx.insertNodes(artifactKind, [artifact({}), artifact({ name: "a" })]),
    );
    await expectUniqueViolation((tx) => tx.insertNodes(artifactKind, [artifact({ externalId: "x" })]));
    await expectUniqueViolation((tx) =>
      tx.updateNodes(artifactKind, [artifact({ id: 2n, externalId: "x" })]),
    );
    expect(await storage.read((tx) => tx.existingIds(artifactKind, [5n]))).toEqual(new Set());
  });
});

describe("events", () => {
  const event = (artifactId: bigint, executionId: bigint, init: MessageInitShape<typeof EventSchema> = {}) =>
    create(EventSchema, {
      artifactId,
      executionId,
      type: Event_Type.INPUT,
      millisecondsSinceEpoch: 5n,
      ...init,
    });

  test("come by node, then in the order in which they were stored, with their paths", async () => {
    const steps = [
      { value: { case: "index", value: 2n } },
      { value: { case: undefined } },
      { value: { case: "key", value: "" } },
      { value: { case: "index", value: 0n } },
    ] as const;
    const stored = [
      event(2n, 1n, { path: { steps: [...steps] } }),
      event(1n, 2n),
      event(1n, 1n, { type: 4 }),
    ];
    await storage.write((tx) => tx.insertEvents(stored));
    const [, second, third] = stored;
    const kept = event(2n, 1n, { path: { steps: [steps[0], steps[2], steps[3]] } });
    await storage.read(async (tx) => {
      expect(await tx.eventsByNode(artifactKind, [2n, 1n, 9n])).toEqual([second, third, kept]);
      expect(await tx.eventsByNode(executionKind, [1n, 2n])).toEqual([kept, third, second]);
      expect(await tx.eventsById([3n, 1n])).toEqual([kept, third]);
      expect(await tx.eventEdges(executionKind, [1n])).toEqual([
        { eventId: 1n, artifactId: 2n, executionId: 1n, type: 3 },
        { eventId: 3n, artifactId: 1n, executionId: 1n, type: 4 },
      ]);
      expect(await tx.eventsByNode(artifactKind, [])).toEqual([]);
    });
    expect(second && has(second, "path")).toBe(false);
  });

  test("of the same ends and type clash", async () => {
    await storage.write((tx) => tx.insertEvents([event(1n, 1n), event(1n, 1n, { type: 4 })]));
    await expectUniqueViolation((tx) => tx.insertEvents([event(3n, 1n), event(1n, 1n)]));
    expect(await storage.read((tx) => tx.eventEdges(artifactKind, [3n]))).toEqual([]);
  });
});

describe("links", () => {
  test("between contexts and nodes are stored once", async () => {
    const links = [
      { contextId: 2n, nodeId: 1n },
      { contextId: 1n, nodeId: 2n },
      { contextId: 1n, nodeId: 1n },
      { contextId: 2n, nodeId: 1n },
    ];
    await storage.write((tx) => tx.insertMemberships(executionKind, links));
    await storage.write((tx) => tx.insertMemberships(executionKind, links));
    const [a, b, c] = links;
    await storage.read(async (tx) => {
      expect(await tx.membershipsByNode(executionKind, [2n, 1n])).toEqual([c, a, b]);
      expect(await tx.membershipsByNode(artifactKind, [1n, 2n])).toEqual([]);
    });
  });

  test("between contexts are found from both ends and all the way up, also around a cycle", async () => {
    const link = (childId: bigint, parentId: bigint) => ({ childId, parentId });
    const links = [link(1n, 2n), link(1n, 3n), link(2n, 4n), link(4n, 1n), link(8n, 9n)];
    await storage.write((tx) => tx.insertParentLinks(links));
    await storage.read(async (tx) => {
      expect(await tx.parentLinks("child", [1n, 2n])).toEqual(links.slice(0, 3));
      expect(await tx.parentLinks("parent", [3n, 9n])).toEqual([links[1], links[4]]);
      expect(await tx.ancestorLinks([2n])).toEqual(links.slice(0, 4));
      expect(await tx.ancestorLinks([3n])).toEqual([]);
    });
    await expectUniqueViolation((tx) => tx.insertParentLinks([link(8n, 9n)]));
  });
});
