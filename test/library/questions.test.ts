import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ancestors,
  artifactType,
  cacheKeyOf,
  compareArtifacts,
  compareExecutions,
  contextLineage,
  contextType,
  descendants,
  type ExecutionState,
  executionType,
  findCachedExecution,
  type MetadataService,
  MetadataStore,
  protoValue,
} from "../../src/index.ts";
import { type OpenTarget, targets } from "../support/targets.ts";

const Dataset = artifactType("Dataset", { day: "int", stats: "struct", schema: "proto" });
const Model = artifactType("Model", {});
const Step = executionType("Step", { epochs: "int", options: "struct" });
const Run = contextType("Run", {});

const idsOf = (nodes: readonly { id: bigint }[]) => nodes.map(({ id }) => id);

describe.each(targets)("$name", ({ missing, open }) => {
  let target: OpenTarget;
  let store: MetadataStore;
  let calls: string[];

  beforeEach(async (context) => {
    if (missing !== undefined) context.skip(missing);
    target = await open();
    calls = [];
    // The same store, but its calls are counted.
    const service = new Proxy(target.store.rpc, {
      get: (rpc, method: keyof MetadataService) => (request: never) => {
        calls.push(method);
        return rpc[method](request);
      },
    });
    store = new MetadataStore(service, () => {});
  });
  afterEach(() => target?.close());

  /** Records a step that reads and produces; outputs are new artifacts, whose ids it gives after its own. */
  async function step(
    inputs: readonly bigint[],
    outputs: readonly (typeof Dataset | typeof Model)[],
    { state = "COMPLETE" as ExecutionState, epochs = 1, contexts = [] as string[] } = {},
  ) {
    const { executionId, artifactIds } = await store.putExecution(
      {
        execution: Step.of({ lastKnownState: state, properties: { epochs, options: { b: 1, a: [2] } } }),
        artifactAndEvents: [
          ...inputs.map((artifactId) => ({ event: { artifactId, type: "INPUT" } as const })),
          ...outputs.map((type) => ({ artifact: { type }, event: { type: "OUTPUT" } as const })),
        ],
        contexts: contexts.map((name) => Run.of({ name })),
      },
      { reuseContextIfAlreadyExist: true },
    );
    return [executionId, ...artifactIds.slice(inputs.length)] as [bigint, bigint, ...bigint[]];
  }

  async function dataset(): Promise<bigint> {
    const [artifact] = await store.put(Dataset, [{}]);
    return artifact?.id as bigint;
  }

  describe("ancestors and descendants", () => {
    test("go both ways through branches, each node once", async () => {
      // one and two → a → (left, right); left and right → b → model; unrelated stays out
      const [one, two, unrelated] = [await dataset(), await dataset(), await dataset()];
      const [a, left = 0n, right = 0n] = await step([one, two], [Dataset, Dataset]);
      const [b, model] = await step([left, right], [Model]);
      const [c] = await step([unrelated], [Model]);

      const up = await ancestors(store, model);
      expect(idsOf(up.artifacts)).toEqual([one, two, left, right]);
      expect(idsOf(up.executions)).toEqual([a, b]);
      expect(up.events).toHaveLength(7);
      expect(up.artifacts[0]).toMatchObject({ type: "Dataset", uri: "" });

      const down = await descendants(store, one);
      expect(idsOf(down.artifacts)).toEqual([left, right, model]);
      expect(idsOf(down.executions)).toEqual([a, b]);
      expect(down.events.map(({ artifactId, executionId }) => [artifactId, executionId])).toEqual([
        [one, a],
        [left, a],
        [right, a],
        [left, b],
        [right, b],
        [model, b],
      ]);
      expect(idsOf((await descendants(store, unrelated)).executions)).toEqual([c]);
      expect(await ancestors(store, one)).toEqual({ artifacts: [], executions: [], events: [] });
    });

    test("descendants of one type, declared or by name", async () => {
      const start = await dataset();
      const [, middle] = await step([start], [Dataset]);
      const [, model] = await step([middle], [Model]);
      expect(idsOf((await descendants(store, start, { type: Model })).artifacts)).toEqual([model]);
      expect(idsOf((await descendants(store, start, { type: "Dataset" })).artifacts)).toEqual([middle]);
      expect((await descendants(store, start, { type: Model })).executions).toHaveLength(2);
    });

    test("go further than a subgraph query", async () => {
      let last = await dataset();
      const first = last;
      for (let depth = 0; depth < 60; depth++) [, last] = await step([last], [Dataset]);
      expect((await ancestors(store, last)).artifacts).toHaveLength(60);
      expect((await descendants(store, first)).executions).toHaveLength(60);
    });

    test("end in a cycle, and leave out events without a direction", async () => {
      const start = await dataset();
      const [loop, out] = await step([start], [Dataset]);
      await store.putEvents([
        { artifactId: out, executionId: loop, type: "DECLARED_INPUT" },
        { artifactId: start, executionId: loop, type: "PENDING_OUTPUT" },
      ]);
      const up = await ancestors(store, out);
      expect([idsOf(up.artifacts), idsOf(up.executions)]).toEqual([[start], [loop]]);
      expect(up.events).toHaveLength(4);
    });

    test("of an unknown artifact are NOT_FOUND", async () => {
      await expect(ancestors(store, 99n)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    test("take the same calls for a wide graph as for a narrow one", async () => {
      const count = async (id: bigint) => {
        calls = [];
        await descendants(store, id);
        return calls;
      };
      const [narrow, wide] = [await dataset(), await dataset()];
      await step([narrow], [Model]);
      for (let copy = 0; copy < 20; copy++) await step([wide], [Model, Model, Model]);
      expect(await count(wide)).toEqual(await count(narrow));
    });
  });

  test("the lineage of a context has what its executions read from elsewhere", async () => {
    const outside = await dataset();
    const [first, made] = await step([outside], [Dataset], { contexts: ["run"] });
    const [second] = await step([made], [Model], { contexts: ["run"] });
    await step([made], [Model], { contexts: ["another"] });
    await store.putAttributionsAndAssociations(
      [{ artifactId: (await dataset()) as bigint, contextId: 1n }],
      [],
    );
    const lineage = await contextLineage(store, 1n);
    expect(idsOf(lineage.executions)).toEqual([first, second]);
    expect(idsOf(lineage.artifacts)).toEqual([outside, made, 3n, 5n]);
    expect(lineage.events).toHaveLength(4);
    expect(await contextLineage(store, 99n)).toEqual({ artifacts: [], executions: [], events: [] });
  });

  test("two artifacts are compared by value", async () => {
    const common = {
      day: 1,
      stats: { rows: 1, list: [{ a: null }] },
      schema: protoValue("x", new Uint8Array([1])),
    };
    const [left, right, third] = await store.put(Dataset, [
      { uri: "a", name: "l", properties: common, customProperties: { owner: "ada", n: 1n } },
      {
        uri: "a",
        properties: { ...common, stats: { list: [{ a: null }], rows: 1 } },
        customProperties: { n: 1 },
      },
      { uri: "b", state: "LIVE", properties: { day: 2, schema: protoValue("x", new Uint8Array([2])) } },
    ]);
    if (!left || !right || !third) throw new Error("not stored");
    expect(compareArtifacts(left, right)).toStrictEqual({
      fields: { name: { left: "l", right: undefined } },
      properties: {},
      customProperties: { owner: { left: "ada", right: undefined }, n: { left: 1n, right: 1 } },
    });
    const { fields, properties } = compareArtifacts(left, third);
    expect(Object.keys(fields)).toEqual(["name", "uri", "state"]);
    expect(Object.keys(properties).sort()).toEqual(["day", "schema", "stats"]);
    expect(properties.day).toEqual({ left: 1n, right: 2n });
  });

  test("two executions are compared with what they read and produced, by path", async () => {
    const [shared, one, two] = [await dataset(), await dataset(), await dataset()];
    const run = (epochs: number, input: bigint, state: ExecutionState) =>
      store.putExecution({
        execution: Step.of({ lastKnownState: state, properties: { epochs } }),
        artifactAndEvents: [
          { event: { artifactId: shared, type: "INPUT", path: ["schema", 0] } },
          { event: { artifactId: input, type: "INPUT", path: ["examples", 0] } },
          { artifact: { type: Model }, event: { type: "OUTPUT", path: ["model", 0] } },
          ...(epochs > 1 ? [{ artifact: { type: Model }, event: { type: "OUTPUT" } as const }] : []),
        ],
      });
    const first = await run(1, one, "COMPLETE");
    const second = await run(2, two, "FAILED");
    const [left, right] = await store.getExecutionsById([first.executionId, second.executionId]);
    if (!left || !right) throw new Error("not stored");
    calls = [];
    const { inputs, outputs, ...own } = await compareExecutions(store, left, right);
    expect(calls).toEqual(["getEventsByExecutionIDs", "getArtifactsByID"]);
    expect(own).toStrictEqual({
      fields: { lastKnownState: { left: "COMPLETE", right: "FAILED" } },
      properties: { epochs: { left: 1n, right: 2n } },
      customProperties: {},
    });
    const ends = (differences: typeof inputs) =>
      differences.map(({ path, left, right }) => [path, idsOf(left), idsOf(right)]);
    expect(ends(inputs)).toEqual([[["examples", 0n], [one], [two]]]);
    expect(ends(outputs)).toEqual([
      [["model", 0n], [first.artifactIds[2]], [second.artifactIds[2]]],
      [[], [], [second.artifactIds[3]]],
    ]);
    expect(await compareExecutions(store, left, left)).toStrictEqual({
      ...{ fields: {}, properties: {}, customProperties: {} },
      ...{ inputs: [], outputs: [] },
    });
  });

  describe("findCachedExecution", () => {
    const key = (inputArtifactIds: bigint[], epochs = 1) => ({
      type: Step,
      properties: { epochs, options: { a: [2], b: 1 } },
      inputArtifactIds,
    });

    test("gives the newest execution that is the same, with its outputs", async () => {
      const [one, two] = [await dataset(), await dataset()];
      await step([one, two], [Model]);
      const [newest, ...outputs] = await step([two, one], [Model, Model]);
      await step([one], [Model]);
      await step([one, two, await dataset()], [Model]);
      await step([one, two], [Model], { epochs: 2 });
      await step([one, two], [Model], { state: "FAILED" });
      const found = await findCachedExecution(store, key([one, two]));
      expect(found?.execution).toMatchObject({ id: newest, properties: { epochs: 1n } });
      expect(idsOf(found?.outputs ?? [])).toEqual(outputs);
      expect(found?.events).toHaveLength(4);
    });

    test("gives nothing where nothing is the same", async () => {
      const one = await dataset();
      expect(await findCachedExecution(store, key([one]))).toBeUndefined();
      await step([one], [Model], { state: "CACHED" });
      expect(await findCachedExecution(store, key([one], 7))).toBeUndefined();
      expect(await findCachedExecution(store, key([one, 99n]))).toBeUndefined();
      expect(await findCachedExecution(store, key([]))).toBeUndefined();
      expect(await findCachedExecution(store, { type: "Step", inputArtifactIds: [one] })).toBeUndefined();
      expect(await findCachedExecution(store, { type: "None", inputArtifactIds: [one] })).toBeUndefined();
      expect(await findCachedExecution(store, key([one]))).toBeDefined();
    });

    test("passes over an execution whose output is deleted", async () => {
      const one = await dataset();
      const [intact] = await step([one], [Model]);
      const [, gone] = await step([one], [Model, Model]);
      await store.put(Model, [{ id: gone, state: "MARKED_FOR_DELETION" }]);
      expect((await findCachedExecution(store, key([one])))?.execution.id).toBe(intact);
    });

    test("custom properties matter where they are given", async () => {
      const one = await dataset();
      const [id] = await step([one], []);
      expect(await findCachedExecution(store, { ...key([one]), customProperties: { a: 1 } })).toBeUndefined();
      expect((await findCachedExecution(store, { ...key([one]), customProperties: {} }))?.execution.id).toBe(
        id,
      );
    });

    test("without inputs, looks at the executions that have none", async () => {
      const [id] = await step([], [Dataset]);
      await step([await dataset()], [Model]);
      expect((await findCachedExecution(store, key([])))?.execution.id).toBe(id);
    });

    test("from an execution that is stored, finds the one that it repeated", async () => {
      const [one, two] = [await dataset(), await dataset()];
      const [first] = await step([one, two], [Model]);
      const [second] = await step([two, one], [Model], { state: "RUNNING" });
      await step([one, two], [Model]);
      const [repeat, original] = await store
        .getExecutionsById([second, first])
        .then((found) => found.reverse());
      if (!repeat || !original) throw new Error("not stored");
      expect((await findCachedExecution(store, await cacheKeyOf(store, repeat)))?.execution.id).toBe(first);
      expect(await findCachedExecution(store, await cacheKeyOf(store, original))).toBeUndefined();
    });

    test("takes five calls, however many executions there are", async () => {
      const [one, two] = [await dataset(), await dataset()];
      for (let copy = 0; copy < 30; copy++) await step([one, two], [Model]);
      calls = [];
      expect(await findCachedExecution(store, key([one, two]))).toBeDefined();
      expect(calls).toEqual([
        "getExecutionType",
        "getEventsByArtifactIDs",
        "getExecutionsByID",
        "getEventsByExecutionIDs",
        "getArtifactsByID",
      ]);
    });

    test("explains a property of the wrong kind", async () => {
      await step([], []);
      const wrong = { type: "Step", properties: { epochs: "one" as never }, inputArtifactIds: [] };
      await expect(findCachedExecution(store, wrong)).rejects.toThrow(
        'Property "epochs" of the execution is declared int',
      );
    });
  });
});
