import { create, equals } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  artifactType,
  contextType,
  executionType,
  type MetadataStore,
  messages,
  protoValue,
  toMessage,
} from "../../src/index.ts";
import { type OpenTarget, targets } from "../support/targets.ts";

const Dataset = artifactType("Dataset", { day: "int", split: "string", stats: "struct" });
const Trainer = executionType("Trainer", { rate: "double" }, { baseType: "TRAIN" });
const Run = contextType("Run", { note: "string" });

describe.each(targets)("$name", ({ missing, open }) => {
  let target: OpenTarget | undefined;
  let store: MetadataStore;

  beforeEach(async (context) => {
    if (missing !== undefined) context.skip(missing);
    target = await open();
    store = target.store;
  });
  afterEach(() => target?.close());

  const everyKind = {
    int: -(2n ** 31n),
    double: 0.1 + 0.2,
    string: "",
    boolean: false,
    struct: { list: [1, "two", null, { deep: true }], empty: {} },
    proto: protoValue(DurationSchema, create(DurationSchema, { seconds: 5n })),
  };

  async function putEveryKind() {
    const kinds = {
      int: "int",
      double: "double",
      string: "string",
      boolean: "boolean",
      struct: "struct",
      proto: "proto",
    } as const;
    const typeId = await store.putArtifactType({ name: "T", version: "1", properties: kinds });
    const [id] = await store.putArtifacts([
      {
        typeId,
        name: "",
        externalId: "",
        uri: "u",
        state: "UNKNOWN",
        properties: everyKind,
        customProperties: everyKind,
      },
    ]);
    const [artifact] = await store.getArtifactsById([id as bigint]);
    if (artifact === undefined) throw new Error("not stored");
    return artifact;
  }

  test("an artifact is read as it was written", async () => {
    const artifact = await putEveryKind();
    expect(artifact).toStrictEqual({
      id: 1n,
      typeId: artifact.typeId,
      type: "T",
      name: "",
      externalId: "",
      uri: "u",
      state: "UNKNOWN",
      properties: everyKind,
      customProperties: everyKind,
      createTimeSinceEpoch: expect.any(BigInt),
      lastUpdateTimeSinceEpoch: artifact.createTimeSinceEpoch,
    });
  });

  test("writing back what was read changes nothing, not even the time", async () => {
    const artifact = await putEveryKind();
    const [execution] = await store.put(Trainer, [{ lastKnownState: "RUNNING", properties: { rate: 0.1 } }]);
    const [context] = await store.put(Run, [{ name: "r", properties: { note: "" } }]);
    const { artifacts: plain } = { artifacts: [(await store.put(Dataset, [{ properties: { day: 1 } }]))[0]] };
    await new Promise((resolve) => setTimeout(resolve, 5));
    const read = async () => [
      ...(await store.getArtifacts()),
      ...(await store.getExecutions()),
      ...(await store.getContexts()),
    ];
    const before = await read();
    await store.putArtifacts([artifact, ...plain.flatMap((node) => node ?? [])]);
    await store.putExecutions(await store.getExecutions());
    await store.putContexts(await store.getContexts());
    await store.put(Trainer, execution ? [execution] : []);
    await store.put(Run, context ? [context] : []);
    expect(await read()).toStrictEqual(before);
  });

  test("the raw message of an artifact is what the raw call gives", async () => {
    const artifact = await putEveryKind();
    const request = create(messages.GetArtifactsByIDRequestSchema, { artifactIds: [artifact.id] });
    const { artifacts } = await store.rpc.getArtifactsByID(request);
    const raw = artifacts[0] as messages.Artifact;
    expect(equals(messages.ArtifactSchema, toMessage("artifact", artifact), raw)).toBe(true);
  });

  test("a mask changes what it names and nothing else", async () => {
    const { id, ...before } = await putEveryKind();
    await store.putArtifacts([{ id, properties: { int: 5n }, customProperties: {} }], {
      fieldMaskPaths: ["properties.int", "customProperties.proto", "externalId"],
    });
    const [after] = await store.getArtifactsById([id]);
    const { proto: _, ...customProperties } = before.customProperties;
    const { externalId: __, ...kept } = before;
    expect(after).toStrictEqual({
      ...kept,
      id,
      properties: { ...before.properties, int: 5n },
      customProperties,
      lastUpdateTimeSinceEpoch: after?.lastUpdateTimeSinceEpoch,
    });
  });

  test("an update of what changed meanwhile can be refused", async () => {
    const [dataset] = await store.put(Dataset, [{ uri: "1" }]);
    if (dataset === undefined) throw new Error("not stored");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.put(Dataset, [{ ...dataset, uri: "2" }]);
    const late = store.putArtifacts([{ ...dataset, uri: "3" }], { abortIfLatestUpdatedTimeChanged: true });
    await expect(late).rejects.toMatchObject({ name: "MlmdError", code: "FAILED_PRECONDITION" });
  });

  test("a value of the wrong kind is explained, with and without a declared type", async () => {
    const [dataset] = await store.put(Dataset, [{}]);
    const untyped = store.putArtifacts([
      { typeId: dataset?.typeId },
      { typeId: dataset?.typeId, properties: { day: 100 } },
    ]);
    await expect(untyped).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message:
        'Property "day" of artifacts[1] is declared int by artifact type "Dataset" ' +
        "and the value is the number 100; write 100n",
      cause: { code: "INVALID_ARGUMENT" },
    });
    const executionTypeId = await store.putExecutionType({ name: "E", properties: { name: "string" } });
    const execution = store.putExecution({
      execution: { typeId: executionTypeId, properties: { name: 7n } },
    });
    await expect(execution).rejects.toThrow(
      'Property "name" of the execution is declared string by execution type "E" and the value is the bigint 7n; write "7"',
    );
    const unknown = store.putArtifacts([{ typeId: dataset?.typeId, properties: { days: 1n } }]);
    await expect(unknown).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("days"),
    });
    expect(await store.getArtifacts()).toHaveLength(1);
  });

  test("nodes of declared types are made, found, listed and updated", async () => {
    const [one, two] = await store.put(Dataset, [
      { name: "one", externalId: "x", properties: { day: 1, stats: { rows: 5 } } },
      { name: "two", properties: { split: "test" } },
    ]);
    expect(one).toMatchObject({ type: "Dataset", name: "one", properties: { day: 1n, stats: { rows: 5 } } });
    expect(await store.get(Dataset, { name: "one" })).toStrictEqual(one);
    expect(await store.get(Dataset, { id: 2n })).toStrictEqual(two);
    expect(await store.get(Dataset, { externalId: "x" })).toStrictEqual(one);
    expect(await store.list(Dataset)).toStrictEqual([one, two]);
    expect(await store.list(Dataset, { isAsc: false, limit: 1 })).toStrictEqual([two]);
    const [updated] = await store.put(Dataset, [{ id: 2n, properties: { day: 2 } }]);
    expect(updated).toMatchObject({ id: 2n, name: "two", properties: { day: 2n } });
    expect(updated?.properties).not.toHaveProperty("split");
  });

  test("what is not there is undefined", async () => {
    await store.put(artifactType("Model", {}), [{ name: "m", externalId: "m" }]);
    for (const key of [{ name: "m" }, { id: 1n }, { id: 9n }, { externalId: "m" }, { externalId: "n" }]) {
      expect(await store.get(Dataset, key as { name: string })).toBeUndefined();
    }
    expect(await store.list(Dataset)).toEqual([]);
    expect(await store.getArtifactByTypeAndName("Dataset", "m")).toBeUndefined();
    await expect(store.getArtifactType("Dataset")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("versions of a type are different types", async () => {
    const Second = artifactType("Dataset", { day: "string" }, { version: "2" });
    const [first] = await store.put(Dataset, [{ name: "n", properties: { day: 1 } }]);
    const [second] = await store.put(Second, [{ name: "n", properties: { day: "monday" } }]);
    expect(await store.list(Dataset)).toStrictEqual([first]);
    expect(await store.list(Second)).toStrictEqual([second]);
    expect(await store.get(Second, { id: first?.id as bigint })).toBeUndefined();
  });

  test("programs of different age share a type", async () => {
    const Old = artifactType("Dataset", { day: "int" });
    const [old] = await store.put(Old, [{ properties: { day: 1 } }]);
    await store.put(Dataset, [{ properties: { split: "train" } }]);
    expect((await store.getArtifactType("Dataset")).properties).toEqual({
      day: "int",
      split: "string",
      stats: "struct",
    });
    const OldAgain = artifactType("Dataset", { day: "int" });
    expect(await store.put(OldAgain, [{ ...old, properties: { day: 2 } }])).toHaveLength(1);
    const Changed = artifactType("Dataset", { day: "string" });
    await expect(store.put(Changed, [{}])).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await expect(store.list(Changed)).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringContaining('Property "day" of the artifact 1 is the bigint 2n'),
    });
  });

  test("types are read as they were written", async () => {
    const type = {
      name: "Trainer",
      version: "v",
      description: "trains",
      externalId: "trainer",
      properties: { rate: "double", proto: "proto", flag: "boolean" },
      baseType: "TRAIN",
    } as const;
    const id = await store.putExecutionType(type);
    expect(await store.getExecutionType("Trainer", "v")).toStrictEqual({ id, ...type });
    expect(await store.getExecutionTypesById([id, 999n])).toStrictEqual([{ id, ...type }]);
    expect((await store.getExecutionTypes()).map(({ name }) => name)).toEqual(["Trainer"]);
    const { baseType: _, ...withoutBase } = type;
    expect(await store.getExecutionTypesByExternalIds(["trainer"])).toMatchObject([{ id, ...withoutBase }]);
    await expect(store.putExecutionType({ ...type, properties: {} })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(await store.putExecutionType({ ...type, properties: {} }, { canOmitFields: true })).toBe(id);
    const ids = await store.putTypes({
      artifactTypes: [{ name: "A" }],
      contextTypes: [{ name: "C" }, { name: "C" }],
    });
    expect(ids).toMatchObject({
      artifactTypeIds: [id + 1n],
      executionTypeIds: [],
      contextTypeIds: [id + 2n, id + 2n],
    });
  });

  test("lists go over many pages, and stop at the limit", async () => {
    await store.put(
      Dataset,
      Array.from({ length: 205 }, (_, index) => ({ name: `n${index}`, properties: { day: index % 2 } })),
    );
    await store.put(artifactType("Other", {}), [{}]);
    const days = (await store.list(Dataset)).map(({ name }) => name);
    expect(days).toEqual(Array.from({ length: 205 }, (_, index) => `n${index}`));
    expect(await store.getArtifacts()).toHaveLength(206);
    expect(await store.getArtifacts({ limit: 103 })).toHaveLength(103);
    expect(
      await store.getArtifactsByType("Dataset", undefined, { orderBy: "CREATE_TIME", isAsc: false }),
    ).toHaveLength(205);
    const filtered = await store.getArtifacts({ filterQuery: "properties.day.int_value = 1", isAsc: false });
    expect(filtered.map(({ id }) => id)).toEqual(
      Array.from({ length: 102 }, (_, index) => BigInt(204 - 2 * index)),
    );
    let count = 0;
    for await (const artifact of store.iterateArtifacts({ orderBy: "LAST_UPDATE_TIME" })) {
      expect(artifact.id).toBeTypeOf("bigint");
      if (++count === 150) break;
    }
    expect(count).toBe(150);
  });

  test("an execution is recorded whole, and its context leads back to all of it", async () => {
    const [input] = await store.put(Dataset, [{ uri: "in" }]);
    const record = () =>
      store.putExecution(
        {
          execution: Trainer.of({ lastKnownState: "COMPLETE", properties: { rate: 0.1 } }),
          artifactAndEvents: [
            { event: { artifactId: input?.id, type: "INPUT", path: ["examples", 0] } },
            { artifact: Dataset.of({ uri: "out", externalId: "out" }), event: { type: "OUTPUT" } },
          ],
          contexts: [Run.of({ name: "run", properties: { note: "first" } })],
        },
        { reuseContextIfAlreadyExist: true, reuseArtifactIfAlreadyExistByExternalId: true },
      );
    expect(await record()).toEqual({ executionId: 1n, artifactIds: [1n, 2n], contextIds: [1n] });
    expect(await record()).toEqual({ executionId: 2n, artifactIds: [1n, 2n], contextIds: [1n] });
    expect((await store.getArtifactsByContext(1n)).map(({ uri }) => uri)).toEqual(["in", "out"]);
    expect((await store.getExecutionsByContext(1n)).map(({ id }) => id)).toEqual([2n, 1n]);
    expect((await store.getContextsByArtifact(2n)).map(({ name }) => name)).toEqual(["run"]);
    expect((await store.getContextsByExecution(1n)).map(({ name }) => name)).toEqual(["run"]);
    expect(await store.getEventsByExecutionIds([1n])).toMatchObject([
      { artifactId: 1n, executionId: 1n, type: "INPUT", path: ["examples", 0n] },
      { artifactId: 2n, executionId: 1n, type: "OUTPUT" },
    ]);
    expect(await store.getEventsByArtifactIds([2n])).toHaveLength(2);
  });

  test("a subgraph is written by places and read whole", async () => {
    const written = await store.putLineageSubgraph({
      executions: [Trainer.of({ name: "t" })],
      artifacts: [Dataset.of({ uri: "in" }), Dataset.of({ uri: "out" })],
      contexts: [Run.of({ name: "run" })],
      eventEdges: [
        { executionIndex: 0, artifactIndex: 0, event: { type: "INPUT" } },
        { executionIndex: 0, artifactIndex: 1, event: { type: "OUTPUT" } },
      ],
    });
    expect(written).toEqual({ executionIds: [1n], artifactIds: [1n, 2n], contextIds: [1n] });
    const query = { startingArtifacts: { filterQuery: "uri = 'out'" }, direction: "UPSTREAM" } as const;
    const graph = await store.getLineageSubgraph(query);
    expect(graph).toMatchObject({
      artifacts: [{ uri: "in" }, { uri: "out" }],
      executions: [{ name: "t" }],
      contexts: [{ name: "run" }],
      artifactTypes: [{ name: "Dataset" }],
      executionTypes: [{ name: "Trainer", baseType: "TRAIN" }],
      contextTypes: [{ name: "Run" }],
      associations: [{ executionId: 1n, contextId: 1n }],
      attributions: [
        { artifactId: 1n, contextId: 1n },
        { artifactId: 2n, contextId: 1n },
      ],
    });
    expect(graph.events.map(({ artifactId, type }) => [artifactId, type])).toEqual(
      expect.arrayContaining([
        [1n, "INPUT"],
        [2n, "OUTPUT"],
      ]),
    );
    expect((await store.getLineageSubgraph({ ...query, maxNumHops: 0 })).executions).toEqual([]);
    const nothing = store.getLineageSubgraph({ startingExecutions: { filterQuery: "id = 99" } });
    await expect(nothing).rejects.toMatchObject({ code: "NOT_FOUND" });
    const around = await store.getLineageGraph({ filterQuery: "uri = 'in'" });
    expect(around.artifacts.map(({ uri }) => uri)).toEqual(["in", "out"]);
  });

  test("events, memberships and parents can be put by themselves", async () => {
    await store.put(Dataset, [{ uri: "u" }]);
    await store.put(Trainer, [{}]);
    await store.put(Run, [{ name: "parent" }, { name: "child" }, { name: "other" }]);
    await store.putEvents([
      { artifactId: 1n, executionId: 1n, type: "DECLARED_INPUT", millisecondsSinceEpoch: 0n },
    ]);
    expect(await store.getEventsByArtifactIds([1n])).toStrictEqual([
      { artifactId: 1n, executionId: 1n, type: "DECLARED_INPUT", millisecondsSinceEpoch: 0n },
    ]);
    await store.putAttributionsAndAssociations(
      [{ artifactId: 1n, contextId: 1n }],
      [{ executionId: 1n, contextId: 2n }],
    );
    expect((await store.getContextsByArtifact(1n)).map(({ name }) => name)).toEqual(["parent"]);
    expect((await store.getContextsByExecution(1n)).map(({ name }) => name)).toEqual(["child"]);
    await store.putParentContexts([
      { childId: 2n, parentId: 1n },
      { childId: 3n, parentId: 1n },
    ]);
    const names = (contexts: readonly { name: string }[] | undefined) => contexts?.map(({ name }) => name);
    expect(names(await store.getParentContextsByContext(2n))).toEqual(["parent"]);
    expect(names(await store.getChildrenContextsByContext(1n))).toEqual(["child", "other"]);
    const parents = await store.getParentContextsByContexts([1n, 2n, 3n]);
    expect([...parents].map(([id, contexts]) => [id, names(contexts)])).toEqual([
      [2n, ["parent"]],
      [3n, ["parent"]],
    ]);
    expect(names((await store.getChildrenContextsByContexts([1n])).get(1n))).toEqual(["child", "other"]);
    expect((await store.getArtifactsByUri(["u", "x"])).map(({ id }) => id)).toEqual([1n]);
    const { artifacts, artifactTypes } = await store.getArtifactsAndTypesByArtifactIds([1n]);
    expect([artifacts[0]?.uri, artifactTypes[0]?.name]).toEqual(["u", "Dataset"]);
  });

  test("closing twice is no error, and a closed store says so", async () => {
    await store.close();
    await store.close();
    await expect(store.getArtifacts()).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });
});
