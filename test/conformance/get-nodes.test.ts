import { fromBinary } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { GetArtifactsByURIRequestSchema } from "../../src/contract/messages.ts";
import {
  conformance,
  everyProperty,
  idsOf,
  int,
  kindNames,
  makeNodes,
  makeType,
  plain,
  refused,
  string,
  untimed,
} from "./support.ts";

conformance("reading nodes", (test) => {
  for (const kind of kindNames) {
    test(`${kind}s by id: ascending id, duplicates collapse, unknown ids are left out`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      await calls.put([node(), node(), node()]);
      expect(idsOf(await calls.byId([3n, 999n, 1n, 3n, 0n, -1n]))).toEqual([1n, 3n]);
      expect(await calls.byId([999n])).toEqual([]);
      expect(await calls.byId([])).toEqual([]);
    });

    test(`${kind}s by type: those of that very type`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const versioned = await calls.putType({ name: "T", version: "v1" });
      const other = await calls.putType({ name: "U" });
      await calls.put([
        node({ name: "a" }),
        { typeId: versioned, name: "b" },
        { typeId: other, name: "c" },
        node({ name: "d" }),
      ]);
      const names = async (name: string, version?: string) =>
        (await calls.byType(name, undefined, version)).nodes.map((found) => found.name);
      expect(await names("T")).toEqual(["a", "d"]);
      expect(await names("T", "")).toEqual(["a", "d"]);
      expect(await names("T", "v1")).toEqual(["b"]);
      expect(await names("U")).toEqual(["c"]);
    });

    test(`${kind}s by type: an unknown type, or one without nodes, has none`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      await calls.put([node()]);
      await calls.putType({ name: "empty" });
      const none = { nodes: [], nextPageToken: undefined };
      expect(await calls.byType("empty")).toEqual(none);
      expect(await calls.byType("unknown")).toEqual(none);
      expect(await calls.byType("T", undefined, "v2")).toEqual(none);
      expect(await calls.byType("")).toEqual(none);
    });

    test(`${kind}s by name: that one, or none`, async ({ traits, [kind]: calls }) => {
      const { node } = await makeType(calls);
      const versioned = await calls.putType({ name: "T", version: "v1" });
      await calls.put([node({ name: "n" }), { typeId: versioned, name: "n" }, node({ name: "%" })]);
      expect((await calls.byName("T", "n"))?.id).toBe(1n);
      expect((await calls.byName("T", "n", "v1"))?.id).toBe(2n);
      for (const name of [" n", "_", "", undefined]) expect(await calls.byName("T", name)).toBe(undefined);
      for (const name of ["N", "n "]) {
        expect((await calls.byName("T", name))?.id).toBe(traits.comparesExactly ? undefined : 1n);
      }
      expect(await calls.byName("T", "n", "v2")).toBe(undefined);
      expect(await calls.byName("unknown", "n")).toBe(undefined);
    });

    test(`${kind}s by external id: the hits, once each; none at all is NOT_FOUND`, async ({
      traits,
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      await calls.put([node({ externalId: "x" }), node(), node({ externalId: "y" })]);
      expect(idsOf(await calls.byExternalIds(["y", "none", "x", "y"]))).toEqual([1n, 3n]);
      expect(await calls.byExternalIds([])).toEqual([]);
      await refused(calls.byExternalIds(["none"]), "NOT_FOUND", /external id/);
      if (traits.comparesExactly) await refused(calls.byExternalIds(["X"]), "NOT_FOUND");
      await refused(calls.byExternalIds([""]), "INVALID_ARGUMENT", /empty/);
      await refused(calls.byExternalIds(["x", ""]), "INVALID_ARGUMENT", /empty/);
    });

    test(`${kind}s: every way of reading gives the same whole node`, async ({ rpc, [kind]: calls }) => {
      const { node } = await makeType(calls);
      const fields = node({
        name: "n",
        externalId: "x",
        properties: { i: int(1) },
        customProperties: { c: string("c") },
      });
      const whole = await calls.get(await calls.put1(fields));
      expect(untimed(whole)).toMatchObject({ ...fields, type: "T" });
      expect(await calls.byName("T", "n")).toEqual(whole);
      expect(await calls.byExternalIds(["x"])).toEqual([whole]);
      for (const options of [undefined, {}]) {
        expect((await calls.list(options)).nodes).toEqual([whole]);
        expect((await calls.byType("T", options)).nodes).toEqual([whole]);
      }
      if (kind === "context") return;
      await rpc.putContextType({ contextType: { name: "C" } });
      const [context] = (await rpc.putContexts({ contexts: [{ typeId: 11n, name: "c" }] })).contextIds;
      const membership = { contextId: context ?? 0n, artifactId: whole.id, executionId: whole.id };
      await rpc.putAttributionsAndAssociations(
        kind === "artifact" ? { attributions: [membership] } : { associations: [membership] },
      );
      expect((await calls.byContext(1n)).nodes).toEqual([whole]);
      expect((await calls.byContext(1n, {})).nodes).toEqual([whole]);
    });

    test(`${kind}s: thousands at once`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const count = 3000;
      const ids = await calls.put(
        Array.from({ length: count }, (_, at) => node({ name: `${at}`, externalId: `x${at}` })),
      );
      expect(await calls.byId([...ids].reverse())).toHaveLength(count);
      expect((await calls.list()).nodes).toHaveLength(count);
      expect(await calls.byExternalIds(ids.map((_, at) => `x${at}`))).toHaveLength(count);
    });
  }

  test("artifacts by URI: in the order of first mention, ascending id within one", async ({
    traits,
    rpc,
    artifact,
  }) => {
    const { node } = await makeType(artifact);
    await artifact.put(["b", "a", "b", undefined, ""].map((uri) => node(uri === undefined ? {} : { uri })));
    const ids = async (...uris: string[]) => idsOf((await rpc.getArtifactsByURI({ uris })).artifacts);
    expect(await ids("b", "none", "a", "b")).toEqual([1n, 3n, 2n]);
    expect(await ids("a", "b")).toEqual([2n, 1n, 3n]);
    expect(await ids("")).toEqual([4n, 5n]);
    expect(await ids("B")).toEqual(traits.comparesExactly ? [] : [1n, 3n]);
    expect(await ids()).toEqual([]);
  });

  test("artifacts by URI: the retired field `uri` is refused, whatever else is there", async ({ rpc }) => {
    const text = [0x0a, 1, 0x78];
    const number = [0x08, 5];
    const uris = [0x12, 1, 0x61];
    for (const bytes of [text, number, [...uris, ...text]]) {
      const request = fromBinary(GetArtifactsByURIRequestSchema, new Uint8Array(bytes));
      await refused(rpc.getArtifactsByURI(request), "INVALID_ARGUMENT", /uris/);
    }
  });

  test("artifacts by id with their types: one entry per type of what was found", async ({
    rpc,
    artifact,
  }) => {
    const first = await artifact.putType({ name: "first", properties: everyProperty });
    const second = await artifact.putType({ name: "second" });
    await artifact.putType({ name: "unused" });
    await artifact.put([{ typeId: second }, { typeId: first }, { typeId: second }]);
    const read = async (artifactIds: bigint[], populateArtifactTypes?: boolean) =>
      plain(
        await rpc.getArtifactsByID({
          artifactIds,
          ...(populateArtifactTypes === undefined ? {} : { populateArtifactTypes }),
        }),
      ) as { artifactTypes?: object[] };
    const types = [
      { id: first, name: "first", properties: everyProperty },
      { id: second, name: "second" },
    ];
    expect((await read([1n, 2n, 3n, 99n], true)).artifactTypes).toEqual(types);
    expect((await read([3n], true)).artifactTypes).toEqual([types[1]]);
    expect(await read([99n], true)).toEqual({});
    for (const flag of [false, undefined]) expect(await read([1n], flag)).not.toHaveProperty("artifactTypes");
  });

  test("transaction_options are accepted everywhere", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { artifacts: 1 });
    const transactionOptions = { tag: "t" };
    expect((await rpc.getArtifactsByID({ artifactIds: [1n], transactionOptions })).artifacts).toHaveLength(1);
    await rpc.putArtifacts({ artifacts: [{ id: 1n, uri: "new" }], transactionOptions });
    expect((await rpc.getArtifacts({ transactionOptions })).artifacts).toMatchObject([{ uri: "new" }]);
  });
});
