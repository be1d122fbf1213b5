import { expect } from "vitest";
import { Event_Type } from "../../src/contract/messages.ts";
import {
  conformance,
  idsOf,
  int,
  makeNodes,
  makeTypes,
  noValue,
  plain,
  refused,
  type Subject,
  setClock,
  string,
  untimed,
} from "./support.ts";

const { INPUT, OUTPUT } = Event_Type;

const eventsOf = async ({ rpc }: Subject, ...executionIds: bigint[]) =>
  (plain(await rpc.getEventsByExecutionIDs({ executionIds })) as { events?: object[] }).events ?? [];

/** The ids of a context's artifacts and executions. */
const membersOf = async ({ artifact, execution }: Subject, contextId: bigint) => [
  idsOf((await artifact.byContext(contextId)).nodes),
  idsOf((await execution.byContext(contextId)).nodes),
];

conformance("PutExecution", (test) => {
  test("creates artifacts, execution, events and contexts, and joins them", async (subject) => {
    const { rpc, artifact, execution, context } = subject;
    const { artifactType, executionType, contextType } = await makeTypes(subject);
    setClock(1000);
    const answer = await rpc.putExecution({
      execution: { typeId: executionType, name: "run", properties: { i: int(1) } },
      artifactEventPairs: [
        { artifact: { typeId: artifactType, uri: "in" }, event: { type: INPUT } },
        {
          artifact: { typeId: artifactType, uri: "out", customProperties: { c: int(2) } },
          event: { type: OUTPUT },
        },
      ],
      contexts: [
        { typeId: contextType, name: "pipeline" },
        { typeId: contextType, name: "run" },
      ],
    });
    expect(plain(answer)).toEqual({ executionId: 1n, artifactIds: [1n, 2n], contextIds: [1n, 2n] });
    expect(await execution.get(1n)).toMatchObject({ name: "run", properties: { i: int(1) } });
    expect(await artifact.byId([1n, 2n])).toMatchObject([
      { uri: "in" },
      { uri: "out", customProperties: { c: int(2) } },
    ]);
    expect(await context.byId([1n, 2n])).toMatchObject([{ name: "pipeline" }, { name: "run" }]);
    expect(await eventsOf(subject, 1n)).toEqual([
      { artifactId: 1n, executionId: 1n, type: INPUT, millisecondsSinceEpoch: 1000n },
      { artifactId: 2n, executionId: 1n, type: OUTPUT, millisecondsSinceEpoch: 1000n },
    ]);
    for (const contextId of [1n, 2n]) expect(await membersOf(subject, contextId)).toEqual([[1n, 2n], [1n]]);
  });

  test("an execution alone is enough, but it is needed", async (subject) => {
    const { executionType } = await makeTypes(subject);
    const answer = await subject.rpc.putExecution({ execution: { typeId: executionType } });
    expect(plain(answer)).toEqual({ executionId: 1n });
    await refused(subject.rpc.putExecution(), "INVALID_ARGUMENT", /execution/);
    await refused(subject.rpc.putExecution({ execution: { id: 99n } }), "INVALID_ARGUMENT", /99/);
  });

  test("stored nodes are updated whole: what the request leaves out is gone", async (subject) => {
    const { rpc, artifact, execution, context } = subject;
    const { artifactType, executionType, contextType } = await makeTypes(subject);
    await artifact.put1({
      typeId: artifactType,
      name: "a",
      uri: "u",
      state: 2,
      externalId: "x",
      properties: { i: int(1) },
    });
    await execution.put1({ typeId: executionType, name: "e", lastKnownState: 2, properties: { i: int(1) } });
    await context.put1({ typeId: contextType, name: "c", properties: { i: int(1) }, externalId: "x" });
    await rpc.putExecution({
      execution: { id: 1n },
      artifactEventPairs: [{ artifact: { id: 1n } }],
      contexts: [{ id: 1n, typeId: contextType, name: "renamed" }],
    });
    expect(untimed(await artifact.get(1n))).toEqual({
      id: 1n,
      typeId: artifactType,
      type: "A",
      name: "a",
      uri: "",
    });
    expect(untimed(await execution.get(1n))).toEqual({ id: 1n, typeId: executionType, type: "E", name: "e" });
    expect(untimed(await context.get(1n))).toEqual({
      id: 1n,
      typeId: contextType,
      type: "C",
      name: "renamed",
    });
    expect(await eventsOf(subject, 1n)).toEqual([]);
    expect(await membersOf(subject, 1n)).toEqual([[1n], [1n]]);
  });
});

conformance("PutExecution: pairs", (test) => {
  test("an artifact without event is put; an event without artifact needs only an id", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType, executionType, contextType } = await makeNodes(subject, { artifacts: 1 });
    const before = await artifact.get(1n);
    const answer = await rpc.putExecution({
      execution: { typeId: executionType },
      artifactEventPairs: [
        { artifact: { typeId: artifactType } },
        { event: { artifactId: 1n, type: INPUT, millisecondsSinceEpoch: 5n } },
      ],
      contexts: [{ typeId: contextType, name: "c" }],
    });
    expect(plain(answer)).toEqual({ executionId: 1n, artifactIds: [2n, 1n], contextIds: [1n] });
    expect(await eventsOf(subject, 1n)).toEqual([
      { artifactId: 1n, executionId: 1n, type: INPUT, millisecondsSinceEpoch: 5n },
    ]);
    expect(await artifact.get(1n)).toEqual(before);
    expect(await membersOf(subject, 1n)).toEqual([[1n, 2n], [1n]]);
  });

  test("an empty pair is answered with -1 and joins nothing", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType, executionType, contextType } = await makeTypes(subject);
    const answer = await rpc.putExecution({
      execution: { typeId: executionType },
      artifactEventPairs: [{}, { artifact: { typeId: artifactType } }, {}],
      contexts: [{ typeId: contextType, name: "c" }],
    });
    expect(answer.artifactIds).toEqual([-1n, 1n, -1n]);
    expect(await membersOf(subject, 1n)).toEqual([[1n], [1n]]);
    await refused(artifact.contextsOf(-1n), "NOT_FOUND");
  });

  test("an artifact may be given twice; the last one wins, its events must differ", async (subject) => {
    const { rpc, artifact } = subject;
    const { executionType } = await makeNodes(subject, { artifacts: 1 });
    const twice = (first: Event_Type, second: Event_Type) => ({
      execution: { typeId: executionType },
      artifactEventPairs: [
        { artifact: { id: 1n, uri: "one" }, event: { type: first } },
        { artifact: { id: 1n, uri: "two" }, event: { type: second } },
      ],
    });
    await refused(rpc.putExecution(twice(INPUT, INPUT)), "ALREADY_EXISTS", /event/i);
    expect((await artifact.get(1n)).uri).toBe("a1");
    expect((await rpc.putExecution(twice(INPUT, OUTPUT))).artifactIds).toEqual([1n, 1n]);
    expect((await artifact.get(1n)).uri).toBe("two");
    const stored = plain(await rpc.getEventsByArtifactIDs({ artifactIds: [1n] }));
    expect(stored).toMatchObject({ events: [{ type: INPUT }, { type: OUTPUT }] });
  });

  test("ids that agree with their neighbours may be given", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    await rpc.putExecution({
      execution: { id: 1n },
      artifactEventPairs: [{ artifact: { id: 1n }, event: { artifactId: 1n, executionId: 1n, type: INPUT } }],
    });
    expect(await eventsOf(subject, 1n)).toHaveLength(1);
  });

  test("an event's path is stored", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const path = {
      steps: [
        { value: { case: "key" as const, value: "model" } },
        { value: { case: "index" as const, value: 0n } },
      ],
    };
    await rpc.putExecution({
      execution: { id: 1n },
      artifactEventPairs: [{ event: { artifactId: 1n, type: INPUT, path } }],
    });
    expect(await eventsOf(subject, 1n)).toMatchObject([{ path }]);
  });

  const bad = [
    [
      "another execution id than the execution's",
      { event: { executionId: 2n, artifactId: 1n, type: INPUT } },
      /execution id 2/,
    ],
    [
      "another artifact id than the artifact's",
      { artifact: { id: 1n }, event: { artifactId: 2n, type: INPUT } },
      /artifact id 2/,
    ],
    ["neither artifact nor artifact id", { event: { type: INPUT } }, /artifact id/],
    ["no type", { event: { artifactId: 1n } }, /type/],
    ["type UNKNOWN", { event: { artifactId: 1n, type: Event_Type.UNKNOWN } }, /type/],
    ["an unknown artifact", { event: { artifactId: 99n, type: INPUT } }, /99/],
  ] as const;
  for (const [name, pair, gist] of bad) {
    test(`an event with ${name} -> INVALID_ARGUMENT, and nothing is stored`, async (subject) => {
      const { artifactType } = await makeNodes(subject, { artifacts: 2, executions: 2 });
      const artifactEventPairs = [{ artifact: { typeId: artifactType }, event: { type: OUTPUT } }, pair];
      await refused(
        subject.rpc.putExecution({ execution: { id: 1n }, artifactEventPairs }),
        "INVALID_ARGUMENT",
        gist,
      );
      expect(await eventsOf(subject, 1n, 2n)).toEqual([]);
      expect((await subject.artifact.list()).nodes).toHaveLength(2);
    });
  }

  test("an event of a new execution cannot name its id", async (subject) => {
    const { executionType } = await makeNodes(subject, { artifacts: 1 });
    const artifactEventPairs = [{ event: { executionId: 77n, artifactId: 1n, type: INPUT } }];
    const call = subject.rpc.putExecution({ execution: { typeId: executionType }, artifactEventPairs });
    await refused(call, "INVALID_ARGUMENT", /77/);
  });

  test("an event that exists is refused", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const request = {
      execution: { id: 1n },
      artifactEventPairs: [{ event: { artifactId: 1n, type: INPUT } }],
    };
    await subject.rpc.putExecution(request);
    await refused(subject.rpc.putExecution(request), "ALREADY_EXISTS", /event/i);
  });

  test("an artifact that cannot be put fails the call", async (subject) => {
    const { artifactType, executionType } = await makeNodes(subject, { artifacts: 1 });
    const put = (artifact: object) =>
      subject.rpc.putExecution({ execution: { typeId: executionType }, artifactEventPairs: [{ artifact }] });
    await refused(put({ uri: "no type" }), "INVALID_ARGUMENT", /type id/);
    await refused(put({ typeId: executionType }), "NOT_FOUND", /type/);
    await refused(put({ id: 99n }), "INVALID_ARGUMENT", /99/);
    await refused(
      put({ typeId: artifactType, properties: { i: string("s") } }),
      "INVALID_ARGUMENT",
      /unmatched.*i/,
    );
    await refused(
      put({ typeId: artifactType, customProperties: { c: noValue } }),
      "INVALID_ARGUMENT",
      /unmatched.*c/,
    );
    expect((await subject.execution.list()).nodes).toEqual([]);
  });
});

conformance("PutExecution: artifacts reused by external id", (test) => {
  const reuse = { reuseArtifactIfAlreadyExistByExternalId: true };

  test("a known external id is a whole update of that artifact", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType, executionType } = await makeTypes(subject);
    const id = await artifact.put1({
      typeId: artifactType,
      name: "a",
      externalId: "x",
      uri: "u",
      state: 2,
      properties: { i: int(1) },
    });
    const put = (fields: object, options: object) =>
      rpc.putExecution({
        execution: { typeId: executionType },
        artifactEventPairs: [{ artifact: { externalId: "x", ...fields }, event: { type: INPUT } }],
        options,
      });
    await refused(put({ typeId: artifactType }, {}), "ALREADY_EXISTS", /external id/);
    expect((await put({ typeId: artifactType, customProperties: { c: int(1) } }, reuse)).artifactIds).toEqual(
      [id],
    );
    expect(untimed(await artifact.get(id))).toEqual({
      id,
      typeId: artifactType,
      type: "A",
      name: "a",
      externalId: "x",
      uri: "",
      customProperties: { c: int(1) },
    });
    expect((await put({ uri: "without type id" }, reuse)).artifactIds).toEqual([id]);
    await refused(put({ typeId: 1n }, reuse), "INVALID_ARGUMENT", /type id/);
    expect((await artifact.get(id)).uri).toBe("without type id");
  });

  test("an unknown external id creates, and the next pair finds it", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType, executionType } = await makeTypes(subject);
    const answer = await rpc.putExecution({
      execution: { typeId: executionType },
      artifactEventPairs: [
        { artifact: { typeId: artifactType, externalId: "x", uri: "one" } },
        { artifact: { typeId: artifactType, externalId: "x", uri: "two" } },
        { artifact: { typeId: artifactType, uri: "no external id" } },
      ],
      options: reuse,
    });
    expect(answer.artifactIds).toEqual([1n, 1n, 2n]);
    expect(await artifact.get(1n)).toMatchObject({ externalId: "x", uri: "two" });
  });

  test("an id goes before the external id, which is then updated", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType, executionType } = await makeTypes(subject);
    await artifact.put([
      { typeId: artifactType, externalId: "x" },
      { typeId: artifactType, externalId: "y" },
    ]);
    const put = (externalId: string) =>
      rpc.putExecution({
        execution: { typeId: executionType },
        artifactEventPairs: [{ artifact: { id: 2n, externalId } }],
        options: reuse,
      });
    expect((await put("z")).artifactIds).toEqual([2n]);
    expect((await artifact.get(2n)).externalId).toBe("z");
    await refused(put("x"), "ALREADY_EXISTS", /external id/);
  });

  test("without external id, or with an empty one, the normal rules hold", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType, executionType } = await makeTypes(subject);
    await artifact.put([
      { typeId: artifactType, name: "a" },
      { typeId: artifactType, externalId: "" },
    ]);
    const put = (fields: object) =>
      rpc.putExecution({
        execution: { typeId: executionType },
        artifactEventPairs: [{ artifact: { typeId: artifactType, ...fields } }],
        options: reuse,
      });
    await refused(put({ name: "a" }), "ALREADY_EXISTS", /name/);
    await refused(put({ externalId: "" }), "ALREADY_EXISTS");
  });
});

conformance("PutExecution: contexts", (test) => {
  async function withContext(subject: Subject) {
    const { executionType, contextType } = await makeTypes(subject);
    await subject.context.put1({
      typeId: contextType,
      name: "c",
      externalId: "x",
      properties: { i: int(1) },
    });
    const put = (contexts: object[], options: object = {}) =>
      subject.rpc.putExecution({ execution: { typeId: executionType }, contexts, options });
    return { contextType, put, before: await subject.context.get(1n) };
  }

  test("a stored type and name: refused, or reused untouched", async (subject) => {
    const { contextType, put, before } = await withContext(subject);
    const context = { typeId: contextType, name: "c" };
    await refused(put([context]), "ALREADY_EXISTS", /name/);
    expect((await subject.execution.list()).nodes).toEqual([]);
    const broken = { ...context, externalId: "other", properties: { nope: int(1), i: noValue } };
    const answer = await put([broken, context], { reuseContextIfAlreadyExist: true });
    expect(answer.contextIds).toEqual([1n, 1n]);
    expect(await subject.context.get(1n)).toEqual(before);
    expect(await membersOf(subject, 1n)).toEqual([[], [answer.executionId]]);
  });

  test("reuse by name creates what is not there, once", async (subject) => {
    const { contextType, put } = await withContext(subject);
    const fresh = { typeId: contextType, name: "fresh", properties: { i: int(2) } };
    await refused(put([fresh, fresh]), "ALREADY_EXISTS", /name/);
    const answer = await put([fresh, fresh], { reuseContextIfAlreadyExist: true });
    const [id = 0n] = answer.contextIds;
    expect(answer.contextIds).toEqual([id, id]);
    expect(await subject.context.get(id)).toMatchObject(fresh);
    const again = await put([fresh], { reuseContextIfAlreadyExist: true });
    expect(again.contextIds).toEqual([id]);
    expect(await membersOf(subject, id)).toEqual([[], [answer.executionId, again.executionId]]);
  });

  test("a name under another type is another context", async (subject) => {
    const { put } = await withContext(subject);
    const typeId = await subject.context.putType({ name: "D" });
    expect((await put([{ typeId, name: "c" }], { reuseContextIfAlreadyExist: true })).contextIds).toEqual([
      2n,
    ]);
  });

  test("reuse by name goes by what the database takes for the same name", async (subject) => {
    const { contextType: typeId, put } = await withContext(subject);
    const { contextIds } = await put([{ typeId, name: "C" }], { reuseContextIfAlreadyExist: true });
    expect(contextIds).toEqual(subject.traits.comparesExactly ? [2n] : [1n]);
  });

  test("reuse by name does not excuse a taken external id", async (subject) => {
    const { contextType, put } = await withContext(subject);
    const clash = { typeId: contextType, name: "other", externalId: "x" };
    await refused(put([clash], { reuseContextIfAlreadyExist: true }), "ALREADY_EXISTS", /external id/);
    await refused(put([clash]), "ALREADY_EXISTS", /external id/);
  });

  test("force_reuse_context uses the id and nothing else", async (subject) => {
    const { put, before } = await withContext(subject);
    const answer = await put([{ id: 1n, properties: { nope: int(1) } }], { forceReuseContext: true });
    expect(answer.contextIds).toEqual([1n]);
    expect(await subject.context.get(1n)).toEqual(before);
    await refused(put([{ id: 99n }], { forceReuseContext: true }), "NOT_FOUND", /99/);
  });

  test("with both options the id decides; a context without id is reused by name", async (subject) => {
    const { contextType, put, before } = await withContext(subject);
    const both = { forceReuseContext: true, reuseContextIfAlreadyExist: true };
    const contexts = [
      { id: 1n, typeId: contextType, name: "other" },
      { typeId: contextType, name: "c" },
    ];
    expect((await put(contexts, both)).contextIds).toEqual([1n, 1n]);
    expect(await subject.context.get(1n)).toEqual(before);
  });

  test("force_reuse_context does not reuse by name", async (subject) => {
    const { contextType, put } = await withContext(subject);
    const call = put([{ typeId: contextType, name: "c" }], { forceReuseContext: true });
    await refused(call, "ALREADY_EXISTS", /name/);
  });

  test("an id without force_reuse_context is a whole update, which needs type id and name", async (subject) => {
    const { contextType, put } = await withContext(subject);
    await refused(put([{ id: 1n, name: "c" }]), "INVALID_ARGUMENT", /type id/);
    await refused(put([{ id: 1n, typeId: contextType }]), "INVALID_ARGUMENT", /name/);
    await refused(put([{ id: 99n, typeId: contextType, name: "d" }]), "INVALID_ARGUMENT", /99/);
    await put([{ id: 1n, typeId: contextType, name: "d" }]);
    expect(untimed(await subject.context.get(1n))).toEqual({
      id: 1n,
      typeId: contextType,
      type: "C",
      name: "d",
    });
  });

  test("a context without type id or name, or with an empty name, is refused", async (subject) => {
    const { contextType, put } = await withContext(subject);
    for (const options of [{}, { reuseContextIfAlreadyExist: true }, { forceReuseContext: true }]) {
      await refused(put([{ name: "d" }], options), "INVALID_ARGUMENT", /type id/);
      await refused(put([{ typeId: contextType }], options), "INVALID_ARGUMENT", /name/);
      await refused(put([{ typeId: contextType, name: "" }], options), "INVALID_ARGUMENT", /name/);
      await refused(put([{ typeId: 999n, name: "d" }], options), "NOT_FOUND", /type/);
    }
    expect((await subject.context.list()).nodes).toHaveLength(1);
  });

  test("a rename earlier in the request frees the old name and takes the new one", async (subject) => {
    const { contextType, put } = await withContext(subject);
    const renamed = [
      { id: 1n, typeId: contextType, name: "d" },
      { typeId: contextType, name: "c" },
      { typeId: contextType, name: "d" },
    ];
    const answer = await put(renamed, { reuseContextIfAlreadyExist: true });
    expect(answer.contextIds).toEqual([1n, 2n, 1n]);
  });

  test("the same contexts again keep their update time", async (subject) => {
    const { contextType, put } = await withContext(subject);
    const contexts = [
      { typeId: contextType, name: "pipeline" },
      { typeId: contextType, name: "run" },
    ];
    setClock(1000);
    await put(contexts, { reuseContextIfAlreadyExist: true });
    setClock(2000);
    await put(contexts, { reuseContextIfAlreadyExist: true });
    expect((await subject.context.byId([2n, 3n])).map((c) => c.lastUpdateTimeSinceEpoch)).toEqual([
      1000n,
      1000n,
    ]);
  });
});

conformance("PutExecution: force_update_time", (test) => {
  test("moves the time of the execution, and of nothing else, though nothing changed", async (subject) => {
    const { rpc, artifact, execution, context } = subject;
    const { artifactType, executionType, contextType } = await makeTypes(subject);
    setClock(1000);
    await artifact.put1({ typeId: artifactType });
    await execution.put1({ typeId: executionType });
    await context.put1({ typeId: contextType, name: "c" });
    const put = async (forceUpdateTime: boolean) =>
      rpc.putExecution({
        execution: await execution.get(1n),
        artifactEventPairs: [{ artifact: await artifact.get(1n) }],
        contexts: [await context.get(1n)],
        options: { forceUpdateTime },
      });
    const times = async () =>
      [await artifact.get(1n), await execution.get(1n), await context.get(1n)].map(
        (n) => n.lastUpdateTimeSinceEpoch,
      );
    setClock(2000);
    await put(false);
    expect(await times()).toEqual([1000n, 1000n, 1000n]);
    await put(true);
    expect(await times()).toEqual([1000n, 2000n, 1000n]);
    expect((await execution.get(1n)).createTimeSinceEpoch).toBe(1000n);
  });
});
