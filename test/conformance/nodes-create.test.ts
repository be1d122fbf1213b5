import { expect } from "vitest";
import {
  Artifact_State,
  Execution_State,
  PutArtifactsRequestSchema,
  PutExecutionsRequestSchema,
} from "../../src/contract/messages.ts";
import {
  conformance,
  everyValue,
  idsOf,
  kindNames,
  makeType,
  overWire,
  refused,
  setClock,
  untimed,
} from "./support.ts";

conformance("nodes: create", (test) => {
  for (const kind of kindNames) {
    const own =
      kind === "artifact" ? { uri: "u", state: 2 } : kind === "execution" ? { lastKnownState: 3 } : {};
    const always = kind === "artifact" ? { uri: "" } : {};

    test(`${kind}s: every field is stored and read back`, async ({ [kind]: calls }) => {
      const { typeId, node } = await makeType(calls);
      const fields = node({
        name: "n",
        externalId: "x",
        properties: everyValue,
        customProperties: everyValue,
        ...own,
      });
      const id = await calls.put1(fields);
      expect(untimed(await calls.get(id))).toEqual({ ...fields, id, typeId, type: "T" });
    });

    test(`${kind}s: what is not given is not there`, async ({ [kind]: calls }) => {
      const { typeId, node } = await makeType(calls);
      const fields = node();
      const id = await calls.put1(fields);
      expect(untimed(await calls.get(id))).toEqual({ ...fields, ...always, id, typeId, type: "T" });
    });

    test(`${kind}s: both times are now, whatever the client says`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      setClock(1_700_000_000_123);
      const id = await calls.put1(node({ createTimeSinceEpoch: 1n, lastUpdateTimeSinceEpoch: 2n }));
      const now = 1_700_000_000_123n;
      expect(await calls.get(id)).toMatchObject({ createTimeSinceEpoch: now, lastUpdateTimeSinceEpoch: now });
    });

    test(`${kind}s: ids count up from 1 in request order`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      expect(await calls.put([node({ name: "b" }), node({ name: "a" })])).toEqual([1n, 2n]);
      expect(await calls.put([node({ name: "0" })])).toEqual([3n]);
      expect((await calls.list()).nodes.map(({ name }) => name)).toEqual(["b", "a", "0"]);
    });

    test(`${kind}s: 200 nodes in one call are in request order`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const names = Array.from({ length: 200 }, (_, index) => `${(index * 7919) % 200}`);
      const ids = await calls.put(names.map((name) => node({ name })));
      expect(ids).toEqual(names.map((_, index) => BigInt(index + 1)));
      expect((await calls.byId(ids)).map(({ name }) => name)).toEqual(names);
    });

    test(`${kind}s: an empty request is fine`, async ({ [kind]: calls }) => {
      expect(await calls.put([])).toEqual([]);
    });

    test(`${kind}s: the type id is needed; the type's name does not stand for it`, async ({
      [kind]: calls,
    }) => {
      await calls.putType({ name: "T" });
      await refused(calls.put1({ name: "n" }), "INVALID_ARGUMENT", /type id/);
      await refused(calls.put1({ name: "n", type: "T" }), "INVALID_ARGUMENT", /type id/);
    });

    test(`${kind}s: the type must exist, as one of this kind`, async (subject) => {
      const { [kind]: calls } = subject;
      const other = await subject[kind === "artifact" ? "context" : "artifact"].putType({ name: "T" });
      for (const typeId of [other, 0n, -1n, 999n, 2n ** 63n - 1n]) {
        await refused(calls.put1({ typeId, name: "n" }), "NOT_FOUND", /type/);
      }
    });

    test(`${kind}s: another type name in the request is ignored`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      expect((await calls.get(await calls.put1(node({ type: "other" })))).type).toBe("T");
    });

    test(`${kind}s: a name is unique within its type`, async ({ traits, [kind]: calls }) => {
      const { node } = await makeType(calls);
      const otherType = await calls.putType({ name: "U" });
      await calls.put1(node({ name: "n" }));
      await refused(calls.put1(node({ name: "n" })), "ALREADY_EXISTS", /name/);
      await refused(calls.put([node({ name: "m" }), node({ name: "m" })]), "ALREADY_EXISTS", /name/);
      await calls.put([node({ name: "m" }), { typeId: otherType, name: "n" }]);
      expect((await calls.list()).nodes).toHaveLength(3);
      if (traits.comparesExactly) await calls.put([node({ name: "N" }), node({ name: "n " })]);
      else await refused(calls.put1(node({ name: "N" })), "ALREADY_EXISTS", /name/);
    });

    test(`${kind}s: an external id is unique among all of the kind`, async (subject) => {
      const { [kind]: calls } = subject;
      const { node } = await makeType(calls);
      const other = await makeType(subject[kind === "context" ? "artifact" : "context"]);
      const otherType = await calls.putType({ name: "U" });
      await calls.put1(node({ externalId: "x" }));
      await refused(
        calls.put1({ typeId: otherType, name: "u", externalId: "x" }),
        "ALREADY_EXISTS",
        /external id/,
      );
      await refused(calls.put([node({ externalId: "y" }), node({ externalId: "y" })]), "ALREADY_EXISTS");
      await subject[kind === "context" ? "artifact" : "context"].put1(other.node({ externalId: "x" }));
    });

    test(`${kind}s: an empty external id is a value like others`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(node({ externalId: "" }));
      expect(await calls.get(id)).toMatchObject({ externalId: "" });
      await refused(calls.put1(node({ externalId: "" })), "ALREADY_EXISTS");
    });

    test(`${kind}s: an unknown id never creates`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      for (const id of [0n, -1n, 1n, 2n ** 40n, 2n ** 63n - 1n, -(2n ** 63n)]) {
        await refused(calls.put1(node({ id })), "INVALID_ARGUMENT", /id/);
      }
      expect((await calls.list()).nodes).toEqual([]);
    });

    test(`${kind}s: an id that the same request is about to give is known to what follows`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      const first = node({ name: "n" });
      expect(await calls.put([first, { ...first, id: 1n, externalId: "x" }])).toEqual([1n, 1n]);
      expect(await calls.get(1n)).toMatchObject({ name: "n", externalId: "x" });
    });

    test(`${kind}s: system metadata is accepted and not stored`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(node({ systemMetadata: { typeUrl: "t" } }));
      expect(await calls.get(id)).not.toHaveProperty("systemMetadata");
    });
  }

  for (const kind of ["artifact", "execution"] as const) {
    test(`${kind}s: many may go without a name, one per type has an empty one`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      await calls.put([node(), node(), node({ name: "" })]);
      expect((await calls.list()).nodes.map(({ name }) => name)).toEqual([undefined, undefined, ""]);
      await refused(calls.put1(node({ name: "" })), "ALREADY_EXISTS");
    });
  }

  test("contexts: the name is needed", async ({ context }) => {
    const { typeId } = await makeType(context);
    await refused(context.put1({ typeId }), "INVALID_ARGUMENT", /name/);
    await refused(context.put1({ typeId, name: "" }), "INVALID_ARGUMENT", /name/);
  });

  test("artifacts: every state is stored, UNKNOWN included", async ({ artifact }) => {
    const { node } = await makeType(artifact);
    const states = Object.values(Artifact_State).filter((state) => typeof state === "number");
    const ids = await artifact.put(states.map((state) => node({ state })));
    expect((await artifact.byId(ids)).map(({ state }) => state)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("executions: every state is stored, UNKNOWN included", async ({ execution }) => {
    const { node } = await makeType(execution);
    const states = Object.values(Execution_State).filter((state) => typeof state === "number");
    const ids = await execution.put(states.map((lastKnownState) => node({ lastKnownState })));
    expect((await execution.byId(ids)).map(({ lastKnownState }) => lastKnownState)).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
  });

  test("an unknown state number on the wire is no state", async ({ rpc, artifact, execution }) => {
    const [a, e] = [await makeType(artifact), await makeType(execution)];
    const [artifacts, executions] = [
      [{ typeId: a.typeId, state: 99 }],
      [{ typeId: e.typeId, lastKnownState: 99 }],
    ];
    await rpc.putArtifacts(overWire(PutArtifactsRequestSchema, { artifacts }));
    await rpc.putExecutions(overWire(PutExecutionsRequestSchema, { executions }));
    expect(await artifact.get(1n)).not.toHaveProperty("state");
    expect(await execution.get(1n)).not.toHaveProperty("lastKnownState");
  });

  test("the three kinds have ids of their own", async ({ artifact, execution, context }) => {
    for (const calls of [artifact, execution, context]) {
      const { node } = await makeType(calls);
      expect(await calls.put([node(), node()])).toEqual([1n, 2n]);
      expect(idsOf((await calls.list()).nodes)).toEqual([1n, 2n]);
    }
  });
});
