import { expect } from "vitest";
import {
  bool,
  conformance,
  double,
  int,
  type KindCalls,
  kindNames,
  makeType,
  type NodeInit,
  noValue,
  refused,
  setClock,
  string,
  untimed,
} from "./support.ts";

/** A stored node with something in every field, at time 1000; from then on it is 2000. */
async function stored(calls: KindCalls): Promise<{ id: bigint; before: NodeInit }> {
  const { node } = await makeType(calls);
  setClock(1000);
  const id = await calls.put1(
    node({
      name: "n",
      externalId: "x",
      properties: { i: int(1), s: string("one") },
      customProperties: { i: double(1), "a.b": string("dotted") },
      ...(calls.kind === "artifact" ? { uri: "u", state: 2 } : {}),
      ...(calls.kind === "execution" ? { lastKnownState: 3 } : {}),
    }),
  );
  setClock(2000);
  return { id, before: untimed(await calls.get(id)) };
}

conformance("update masks", (test) => {
  for (const kind of kindNames) {
    test(`${kind}s: a mask without paths is no mask`, async ({ [kind]: calls }) => {
      const { id } = await stored(calls);
      await calls.put1({ id, name: "n" }, []);
      expect(await calls.get(id)).not.toHaveProperty("externalId");
    });

    test(`${kind}s: a named field is taken from the request, the rest stays`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      await calls.put1({ id, externalId: "y", properties: { i: int(9) } }, ["external_id"]);
      expect(untimed(await calls.get(id))).toEqual({ ...before, externalId: "y" });
    });

    test(`${kind}s: a named field that the request leaves unset is cleared`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      await calls.put1({ id }, ["external_id", "uri", "state", "last_known_state"]);
      const { externalId: _, state: __, lastKnownState: ___, ...rest } = before;
      expect(untimed(await calls.get(id))).toEqual({ ...rest, ...(kind === "artifact" ? { uri: "" } : {}) });
    });

    test(`${kind}s: a whole map is replaced, whatever single keys are named`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      const properties = { i: int(2), b: bool(true) };
      await calls.put1({ id, properties }, ["properties", "properties.s"]);
      expect(untimed(await calls.get(id))).toEqual({ ...before, properties });
      await calls.put1({ id, customProperties: { z: int(0) } }, ["custom_properties.i", "custom_properties"]);
      expect(untimed(await calls.get(id))).toEqual({
        ...before,
        properties,
        customProperties: { z: int(0) },
      });
    });

    test(`${kind}s: single keys are upserted or deleted`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      await calls.put1(
        {
          id,
          properties: { i: int(2), b: bool(true), d: double(5) },
          customProperties: { i: string("i"), new: int(0) },
        },
        [
          "properties.i",
          "properties.s",
          "properties.b",
          "properties.st",
          "custom_properties.i",
          "custom_properties.new",
        ],
      );
      expect(untimed(await calls.get(id))).toEqual({
        ...before,
        properties: { i: int(2), b: bool(true) },
        customProperties: { ...before.customProperties, i: string("i"), new: int(0) },
      });
    });

    test(`${kind}s: a key is all that follows the first dot`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      await calls.put1({ id, customProperties: { "a.b": string("new"), a: int(1) } }, [
        "custom_properties.a.b",
      ]);
      expect(untimed(await calls.get(id))).toEqual({
        ...before,
        customProperties: { ...before.customProperties, "a.b": string("new") },
      });
      await calls.put1({ id }, ["custom_properties.a.b"]);
      expect((await calls.get(id)).customProperties).toEqual({ i: double(1) });
    });

    test(`${kind}s: an empty key can be named`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      await calls.put1({ id, customProperties: { "": int(4), i: int(5) } }, ["custom_properties."]);
      expect((await calls.get(id)).customProperties).toEqual({ ...before.customProperties, "": int(4) });
    });

    test(`${kind}s: only what the mask names is validated`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      const broken = {
        id,
        properties: { i: string("no int"), nonsense: int(1) },
        customProperties: { v: noValue },
      };
      await calls.put1({ ...broken, externalId: "y" }, ["external_id"]);
      expect(untimed(await calls.get(id))).toEqual({ ...before, externalId: "y" });
      await refused(calls.put1(broken, ["properties.i"]), "INVALID_ARGUMENT", /unmatched property type: i/);
      await refused(calls.put1(broken, ["properties.nonsense"]), "INVALID_ARGUMENT", /nonsense/);
      await refused(calls.put1(broken, ["properties"]), "INVALID_ARGUMENT");
      await refused(
        calls.put1(broken, ["custom_properties.v"]),
        "INVALID_ARGUMENT",
        /unmatched property type: v/,
      );
    });

    const unknown = [
      "",
      "nonsense",
      "uri.x",
      "URI",
      "externalId",
      "properties_",
      "propertiesX",
      "Properties.i",
      "properties.nope",
    ];
    test(`${kind}s: unknown paths are ignored, but the time moves`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      await calls.put1({ id, externalId: "y", properties: { i: int(5) } }, unknown);
      expect(untimed(await calls.get(id))).toEqual(before);
      expect((await calls.get(id)).lastUpdateTimeSinceEpoch).toBe(2000n);
      await calls.put1({ id, externalId: "z" }, [...unknown, "external_id"]);
      expect(untimed(await calls.get(id))).toEqual({ ...before, externalId: "z" });
    });

    const outputOnly = [
      "id",
      "type",
      "create_time_since_epoch",
      "last_update_time_since_epoch",
      "system_metadata",
    ];
    test(`${kind}s: fields that are not the client's to set are accepted without effect`, async ({
      [kind]: calls,
    }) => {
      const { id, before } = await stored(calls);
      const request = {
        id,
        type: "U",
        createTimeSinceEpoch: 5n,
        lastUpdateTimeSinceEpoch: 6n,
        systemMetadata: { typeUrl: "t" },
      };
      await calls.put1(request, [...outputOnly, "type_id"]);
      expect(untimed(await calls.get(id))).toEqual(before);
      expect(await calls.get(id)).toMatchObject({
        createTimeSinceEpoch: 1000n,
        lastUpdateTimeSinceEpoch: 2000n,
      });
    });

    test(`${kind}s: named fields that do not change still move the time when others are left out`, async ({
      [kind]: calls,
    }) => {
      const { id } = await stored(calls);
      await calls.put1({ id, externalId: "x" }, ["external_id"]);
      expect((await calls.get(id)).lastUpdateTimeSinceEpoch).toBe(2000n);
    });

    test(`${kind}s: a node sent back whole stays as it is under any mask`, async ({ [kind]: calls }) => {
      const { id } = await stored(calls);
      const before = await calls.get(id);
      await calls.put1(before, ["properties", "custom_properties.i", "external_id"]);
      expect(await calls.get(id)).toEqual(before);
    });

    test(`${kind}s: nodes without id are created as if there were no mask`, async ({ [kind]: calls }) => {
      const { id } = await stored(calls);
      const typeId = (await calls.get(id)).typeId;
      const fresh = {
        typeId,
        name: "fresh",
        externalId: "f",
        properties: { i: int(3) },
        customProperties: { c: int(4) },
      };
      const ids = await calls.put([fresh, { id, externalId: "y" }], { paths: ["external_id"] });
      expect(ids).toEqual([2n, id]);
      expect(await calls.get(2n)).toMatchObject(fresh);
      expect(await calls.get(id)).toMatchObject({ externalId: "y", properties: { i: int(1) } });
    });
  }

  test("artifacts: uri and state; every other field stays", async ({ artifact }) => {
    const { id, before } = await stored(artifact);
    await artifact.put1({ id, uri: "v", state: 0 }, ["uri", "state"]);
    expect(untimed(await artifact.get(id))).toEqual({ ...before, uri: "v", state: 0 });
  });

  test("executions: last_known_state; every other field stays", async ({ execution }) => {
    const { id, before } = await stored(execution);
    await execution.put1({ id, lastKnownState: 0 }, ["last_known_state"]);
    expect(untimed(await execution.get(id))).toEqual({ ...before, lastKnownState: 0 });
  });

  for (const kind of ["artifact", "execution"] as const) {
    test(`${kind}s: the name is accepted without effect`, async ({ [kind]: calls }) => {
      const { id, before } = await stored(calls);
      await calls.put1({ id, name: "m" }, ["name"]);
      expect(untimed(await calls.get(id))).toEqual(before);
    });
  }

  test("contexts: the name renames; a mask without it keeps the stored name", async ({ context }) => {
    const { id, before } = await stored(context);
    await context.put1({ id, name: "m" }, ["name"]);
    expect(untimed(await context.get(id))).toEqual({ ...before, name: "m" });
    await refused(context.put1({ id, name: "" }, ["name"]), "INVALID_ARGUMENT", /name/);
    await refused(context.put1({ id }, ["name"]), "INVALID_ARGUMENT", /name/);
    await context.put1({ id, name: "ignored" }, ["external_id"]);
    expect((await context.get(id)).name).toBe("m");
  });

  test("artifacts: a mask and the check of the update time go together", async ({ artifact }) => {
    const { id, before } = await stored(artifact);
    const request = { id, uri: "v", lastUpdateTimeSinceEpoch: 1000n };
    await artifact.put([request], { paths: ["uri"], abort: true });
    expect(untimed(await artifact.get(id))).toEqual({ ...before, uri: "v" });
    await refused(artifact.put([request], { paths: ["uri"], abort: true }), "FAILED_PRECONDITION");
  });
});
