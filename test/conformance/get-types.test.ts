import { expect } from "vitest";
import { PropertyType } from "../../src/contract/messages.ts";
import { conformance, kindNames, refused } from "./support.ts";

conformance("reading types", (test) => {
  for (const kind of kindNames) {
    test(`${kind} types by name: an unknown name or version is NOT_FOUND`, async ({ rpc, [kind]: calls }) => {
      await calls.putType({ name: "unversioned" });
      await calls.putType({ name: "versioned", version: "v1" });
      await refused(calls.getType("other"), "NOT_FOUND", /other/);
      await refused(calls.getType("unversioned", "v1"), "NOT_FOUND", /v1/);
      await refused(calls.getType("versioned"), "NOT_FOUND", /versioned/);
      await refused(calls.getType("versioned", "v2"), "NOT_FOUND", /v2/);
      await refused(calls.getType(""), "NOT_FOUND");
      const byName = {
        artifact: rpc.getArtifactType,
        execution: rpc.getExecutionType,
        context: rpc.getContextType,
      };
      await refused(byName[kind](), "NOT_FOUND");
    });

    test(`${kind} types by name: one that the database takes for the same`, async ({
      traits,
      [kind]: calls,
    }) => {
      const id = await calls.putType({ name: "t", version: "v" });
      const type = { id, name: "t", version: "v" };
      if (traits.comparesExactly) await refused(calls.getType("T", "V"), "NOT_FOUND");
      else expect(await calls.getType("T", "V")).toMatchObject(type);
      await calls.putType({ name: "u" });
      expect(await calls.getType("t", "v")).toMatchObject(type);
    });

    test(`${kind} types by name: a type of another kind is not found`, async (subject) => {
      const other = kind === "context" ? "artifact" : "context";
      await subject[other].putType({ name: "T" });
      await refused(subject[kind].getType("T"), "NOT_FOUND");
    });

    test(`${kind} types by id: request order, duplicates repeated, unknown ids left out`, async ({
      [kind]: calls,
    }) => {
      const ids = [await calls.putType({ name: "T" }), await calls.putType({ name: "U" })] as const;
      const found = await calls.typesById([ids[1], ids[0], 999n, -1n, 0n, ids[1]]);
      expect(found.map(({ name }) => name)).toEqual(["U", "T", "U"]);
      expect(await calls.typesById([])).toEqual([]);
    });

    test(`${kind} types by id: a type of another kind is not found`, async (subject) => {
      const other = kind === "context" ? "artifact" : "context";
      expect(await subject[kind].typesById([await subject[other].putType({ name: "T" })])).toEqual([]);
    });

    test(`${kind} types, all: ascending id`, async ({ [kind]: calls }) => {
      expect(await calls.types()).toEqual([]);
      for (const name of ["b", "a", "c"]) await calls.putType({ name });
      await calls.putType({ name: "a", version: "v1" });
      expect((await calls.types()).map(({ name, version }) => `${name}${version ?? ""}`)).toEqual([
        "b",
        "a",
        "c",
        "av1",
      ]);
    });

    test(`${kind} types by external id: the hits, once each; none at all is NOT_FOUND`, async ({
      [kind]: calls,
    }) => {
      const x = await calls.putType({ name: "T", externalId: "x" });
      const y = await calls.putType({ name: "U", externalId: "y" });
      const idsOf = async (externalIds: string[]) =>
        (await calls.typesByExternalIds(externalIds)).map(({ id }) => id);
      expect(await idsOf(["y", "x", "none", "y"])).toEqual([x, y]);
      expect(await idsOf([])).toEqual([]);
      await refused(idsOf(["none"]), "NOT_FOUND", /external id/);
      await refused(idsOf(["x", ""]), "INVALID_ARGUMENT", /external id.*empty/);
    });

    test(`${kind} types by external id: that of another kind is not found`, async (subject) => {
      const other = kind === "context" ? "artifact" : "context";
      await subject[other].putType({ name: "T", externalId: "x" });
      await refused(subject[kind].typesByExternalIds(["x"]), "NOT_FOUND");
    });

    test(`${kind} types: every way of reading gives the whole type`, async ({ rpc, [kind]: calls }) => {
      const type = {
        name: "T",
        version: "v",
        description: "d",
        externalId: "x",
        properties: { p: PropertyType.INT, q: PropertyType.STRUCT },
        ...(kind === "context" ? {} : { baseType: 2 }),
      };
      const whole = { id: await calls.putType(type), ...type };
      expect(await calls.getType("T", "v")).toEqual(whole);
      expect(await calls.typesById([whole.id])).toEqual([whole]);
      expect(await calls.types()).toEqual([whole]);
      expect(await calls.typesByExternalIds(["x"])).toEqual([whole]);
      if (kind !== "artifact") return;
      const artifactIds = await calls.put([{ typeId: whole.id }]);
      const answer = await rpc.getArtifactsByID({ artifactIds, populateArtifactTypes: true });
      expect(answer.artifactTypes).toMatchObject([whole]);
    });
  }
});
