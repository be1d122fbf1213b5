import { expect } from "vitest";
import { type Artifact_State, PutArtifactsRequestSchema } from "../../src/contract/messages.ts";
import {
  conformance,
  everyValue,
  int,
  kindNames,
  makeType,
  type NodeInit,
  type NodeRead,
  overWire,
  refused,
  setClock,
  string,
  untimed,
} from "./support.ts";

conformance("nodes: update", (test) => {
  for (const kind of kindNames) {
    const own =
      kind === "artifact" ? { uri: "u", state: 2 } : kind === "execution" ? { lastKnownState: 3 } : {};
    const kept = { name: "n" };
    const full: NodeInit = {
      ...kept,
      externalId: "x",
      properties: everyValue,
      customProperties: everyValue,
      ...own,
    };

    test(`${kind}s: the request is the whole new state: what it leaves out is gone`, async ({
      [kind]: calls,
    }) => {
      const { typeId, node } = await makeType(calls);
      const id = await calls.put1(node(full));
      expect(await calls.put1({ id, typeId, ...(kind === "context" ? kept : {}) })).toBe(id);
      const left = { id, typeId, type: "T", ...kept, ...(kind === "artifact" ? { uri: "" } : {}) };
      expect(untimed(await calls.get(id))).toEqual(left);
    });

    test(`${kind}s: every field but the name of artifacts and executions is replaced`, async ({
      [kind]: calls,
    }) => {
      const { typeId, node } = await makeType(calls);
      const id = await calls.put1(node(full));
      const changed = {
        externalId: "y",
        properties: { i: int(8) },
        customProperties: { other: string("z") },
        ...(kind === "artifact" ? { uri: "v", state: 0 } : kind === "execution" ? { lastKnownState: 0 } : {}),
      };
      await calls.put1({ id, typeId, name: "m", ...changed });
      const name = kind === "context" ? "m" : "n";
      expect(untimed(await calls.get(id))).toEqual({ id, typeId, type: "T", name, ...changed });
    });

    test(`${kind}s: the type id may be left out, not changed`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const otherType = await calls.putType({ name: "U" });
      const id = await calls.put1(node(kept));
      expect(await calls.put1({ id, ...kept, externalId: "x" })).toBe(id);
      for (const typeId of [otherType, 999n, 0n]) {
        await refused(calls.put1({ id, typeId, ...kept }), "INVALID_ARGUMENT", /type id/);
        await refused(calls.put1({ id, typeId, ...kept }, ["external_id"]), "INVALID_ARGUMENT", /type id/);
      }
      expect(await calls.get(id)).toMatchObject({ type: "T", externalId: "x" });
    });

    test(`${kind}s: given twice in a request, the last one wins`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(node(kept));
      const twice = ["x", "y"].map((externalId) => ({
        id,
        ...kept,
        externalId,
        properties: { s: string(externalId) },
      }));
      expect(await calls.put(twice)).toEqual([id, id]);
      expect(await calls.get(id)).toMatchObject({ externalId: "y", properties: { s: string("y") } });
    });

    test(`${kind}s: creates and updates may be mixed`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(node(kept));
      const mixed = [node({ name: "a" }), { id, ...kept, externalId: "x" }, node({ name: "b" })];
      expect(await calls.put(mixed)).toEqual([2n, id, 3n]);
    });

    test(`${kind}s: a taken external id is refused`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const ids = await calls.put([
        node({ name: "a", externalId: "a" }),
        node({ name: "b", externalId: "b" }),
      ]);
      await refused(
        calls.put1({ id: ids[1] as bigint, name: "b", externalId: "a" }),
        "ALREADY_EXISTS",
        /external id/,
      );
      expect((await calls.byId(ids)).map(({ externalId }) => externalId)).toEqual(["a", "b"]);
    });

    test(`${kind}s: an external id that an earlier item gives up can be taken by a later one`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      const [a, b] = (await calls.put([node({ name: "a", externalId: "x" }), node({ name: "b" })])) as [
        bigint,
        bigint,
      ];
      await calls.put([
        { id: a, name: "a" },
        { id: b, name: "b", externalId: "x" },
      ]);
      expect((await calls.byExternalIds(["x"])).map(({ id }) => id)).toEqual([b]);
      await calls.put([{ id: b, name: "b" }, node({ name: "c", externalId: "x" })]);
      expect((await calls.byExternalIds(["x"])).map(({ id }) => id)).toEqual([3n]);
      const wrongOrder = [node({ name: "d", externalId: "x" }), { id: 3n, name: "c" }];
      await refused(calls.put(wrongOrder), "ALREADY_EXISTS", /external id/);
    });

    test(`${kind}s: the create time never changes`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      setClock(1000);
      const id = await calls.put1(node(kept));
      setClock(2000);
      await calls.put1({ id, ...kept, externalId: "x", createTimeSinceEpoch: 5n });
      expect(await calls.get(id)).toMatchObject({
        createTimeSinceEpoch: 1000n,
        lastUpdateTimeSinceEpoch: 2000n,
      });
      setClock(1500);
      await calls.put1({ id, ...kept, externalId: "y" });
      expect(await calls.get(id)).toMatchObject({
        createTimeSinceEpoch: 1000n,
        lastUpdateTimeSinceEpoch: 1500n,
      });
    });
  }

  test("contexts: a name that one gives up can go to a later one of the request", async ({ context }) => {
    const { typeId, node } = await makeType(context);
    const [one, two] = (await context.put([node({ name: "a" }), node({ name: "b" })])) as [bigint, bigint];
    expect(
      await context.put([
        { id: two, typeId, name: "c" },
        { id: one, typeId, name: "b" },
      ]),
    ).toEqual([two, one]);
    expect([(await context.get(one))?.name, (await context.get(two))?.name]).toEqual(["b", "c"]);
  });

  test("contexts: a new name renames; it must be free and not empty", async ({ context }) => {
    const { node } = await makeType(context);
    const [id] = (await context.put([node({ name: "a" }), node({ name: "b" })])) as [bigint];
    await context.put1({ id, name: "c" });
    expect(await context.byName("T", "a")).toBe(undefined);
    expect(await context.byName("T", "c")).toMatchObject({ id });
    await refused(context.put1({ id, name: "b" }), "ALREADY_EXISTS", /name/);
    await refused(context.put1({ id, name: "" }), "INVALID_ARGUMENT", /name/);
    await refused(context.put1({ id }), "INVALID_ARGUMENT", /name/);
    expect((await context.get(id)).name).toBe("c");
  });

  for (const kind of ["artifact", "execution"] as const) {
    test(`${kind}s: a new name is ignored, even one that is taken`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const [id] = (await calls.put([node({ name: "a" }), node({ name: "b" }), node()])) as [bigint];
      for (const name of ["b", "c", ""]) await calls.put1({ id, name });
      expect((await calls.get(id)).name).toBe("a");
      await calls.put1({ id: 3n, name: "late" });
      expect((await calls.get(3n)).name).toBe(undefined);
    });
  }
});

conformance("nodes: when the update time moves", (test) => {
  const cases: {
    name: string;
    change: (stored: NodeRead) => NodeInit;
    moves: boolean;
    only?: "artifact" | "named";
  }[] = [
    { name: "everything as read back", change: (n) => n, moves: false },
    { name: "without type_id", change: (n) => without(n, "typeId"), moves: false },
    {
      name: "with other times",
      change: (n) => ({ ...n, createTimeSinceEpoch: 1n, lastUpdateTimeSinceEpoch: 2n }),
      moves: false,
    },
    { name: "without type", change: (n) => without(n, "type"), moves: true },
    { name: "with another type name", change: (n) => ({ ...n, type: "U" }), moves: true },
    {
      name: "without uri where the stored one is empty",
      change: (n) => without(n, "uri"),
      moves: true,
      only: "artifact",
    },
    {
      name: "with system metadata",
      change: (n) => ({ ...n, systemMetadata: { typeUrl: "t" } }),
      moves: true,
    },
    { name: "with another name", change: (n) => ({ ...n, name: "other" }), moves: true },
    { name: "with another external id", change: (n) => ({ ...n, externalId: "other" }), moves: true },
    { name: "without external id", change: (n) => without(n, "externalId"), moves: true },
    {
      name: "with a state that was not set",
      change: (n) => ({ ...n, state: 0 }),
      moves: true,
      only: "artifact",
    },
    {
      name: "with another property value",
      change: (n) => ({ ...n, properties: { ...n.properties, i: int(1) } }),
      moves: true,
    },
    { name: "without properties", change: (n) => without(n, "properties"), moves: true },
    {
      name: "with one more custom property",
      change: (n) => ({ ...n, customProperties: { ...n.customProperties, z: int(1) } }),
      moves: true,
    },
    {
      name: "with another case of a custom property",
      change: (n) => ({ ...n, customProperties: { ...n.customProperties, i: string("-7") } }),
      moves: true,
    },
  ];
  for (const kind of kindNames) {
    for (const { name, change, moves, only } of cases) {
      if (only === "artifact" && kind !== "artifact") continue;
      test(`${kind}s: ${name}: ${moves ? "moves" : "stays"}`, async ({ [kind]: calls }) => {
        const { node } = await makeType(calls);
        setClock(1000);
        const id = await calls.put1(
          node({ name: "n", externalId: "x", properties: everyValue, customProperties: everyValue }),
        );
        setClock(2000);
        await calls.put1(change(await calls.get(id)));
        expect((await calls.get(id)).lastUpdateTimeSinceEpoch).toBe(moves ? 2000n : 1000n);
      });
    }
  }

  test("an unknown field in the node moves it", async ({ rpc, artifact }) => {
    const { node } = await makeType(artifact);
    setClock(1000);
    const id = await artifact.put1(node());
    setClock(2000);
    const rest = await artifact.get(id);
    await rpc.putArtifacts(
      overWire(PutArtifactsRequestSchema, { artifacts: [{ ...rest, state: 99 as Artifact_State }] }),
    );
    expect(await artifact.get(id)).toMatchObject({ lastUpdateTimeSinceEpoch: 2000n });
    expect(await artifact.get(id)).not.toHaveProperty("state");
  });
});

function without(node: NodeRead, field: keyof NodeRead): NodeInit {
  return Object.fromEntries(Object.entries(node).filter(([name]) => name !== field));
}

conformance("nodes: abort_if_latest_updated_time_changed", (test) => {
  test("an artifact that was updated since it was read is refused", async ({ artifact }) => {
    const { node } = await makeType(artifact);
    setClock(1000);
    const id = await artifact.put1(node({ uri: "one" }));
    const read = await artifact.get(id);
    setClock(2000);
    await artifact.put([{ ...read, uri: "two" }], { abort: true });
    await refused(artifact.put([{ ...read, uri: "three" }], { abort: true }), "FAILED_PRECONDITION", /2000/);
    const { lastUpdateTimeSinceEpoch: _, ...unset } = read;
    await refused(artifact.put([{ ...unset, uri: "three" }], { abort: true }), "FAILED_PRECONDITION");
    expect(await artifact.get(id)).toMatchObject({ uri: "two", lastUpdateTimeSinceEpoch: 2000n });
    await artifact.put([{ ...read, uri: "three" }], { abort: false });
    expect((await artifact.get(id)).uri).toBe("three");
  });

  test("an update within the same millisecond still gets a later time", async ({ artifact }) => {
    const { node } = await makeType(artifact);
    let read = await artifact.get(await artifact.put1(node()));
    for (let round = 0; round < 20; round++) {
      await artifact.put([{ ...read, uri: `${round}` }], { abort: true });
      const next = await artifact.get(read.id);
      expect(next.lastUpdateTimeSinceEpoch).toBeGreaterThan(read.lastUpdateTimeSinceEpoch);
      read = next;
    }
  });

  test("a request that changes nothing does not move the time; new artifacts are not concerned", async ({
    artifact,
  }) => {
    const { node } = await makeType(artifact);
    setClock(1000);
    const id = await artifact.put1(node());
    setClock(2000);
    await artifact.put([await artifact.get(id), node({ lastUpdateTimeSinceEpoch: 5n })], { abort: true });
    expect((await artifact.list()).nodes.map((read) => read.lastUpdateTimeSinceEpoch)).toEqual([
      1000n,
      2000n,
    ]);
  });

  test("it comes before the other checks; an unknown id is reported as always", async ({ artifact }) => {
    const { node } = await makeType(artifact);
    const id = await artifact.put1(node());
    await refused(artifact.put([{ id, typeId: 999n }], { abort: true }), "FAILED_PRECONDITION");
    await refused(artifact.put([{ id: 999n }], { abort: true }), "INVALID_ARGUMENT", /999/);
  });
});
