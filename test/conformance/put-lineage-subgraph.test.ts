import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { Event_Type, type PutLineageSubgraphRequestSchema } from "../../src/contract/messages.ts";
import {
  conformance,
  idsOf,
  int,
  makeNodes,
  makeTypes,
  noValue,
  plain,
  refusals,
  refused,
  type Subject,
  setClock,
  string,
  untimed,
} from "./support.ts";

const { INPUT, OUTPUT } = Event_Type;

type RequestInit = MessageInitShape<typeof PutLineageSubgraphRequestSchema>;
const reuseBoth = { reuseContextIfAlreadyExist: true, reuseArtifactIfAlreadyExistByExternalId: true };

const eventsOf = async ({ rpc }: Subject, ...executionIds: bigint[]) =>
  (plain(await rpc.getEventsByExecutionIDs({ executionIds })) as { events?: object[] }).events ?? [];

conformance("PutLineageSubgraph", (test) => {
  test("two by two: every node is created, every edge stored, every node in every context", async (subject) => {
    const { rpc, artifact, execution } = subject;
    const { artifactType, executionType, contextType } = await makeTypes(subject);
    setClock(1000);
    const answer = await rpc.putLineageSubgraph({
      executions: [
        { typeId: executionType, name: "e1" },
        { typeId: executionType, name: "e2" },
      ],
      artifacts: [
        { typeId: artifactType, uri: "a1", properties: { i: int(1) } },
        { typeId: artifactType, uri: "a2" },
      ],
      contexts: [
        { typeId: contextType, name: "c1" },
        { typeId: contextType, name: "c2" },
      ],
      eventEdges: [
        { executionIndex: 0, artifactIndex: 0, event: { type: INPUT } },
        { executionIndex: 0, artifactIndex: 1, event: { type: OUTPUT } },
        { executionIndex: 1, artifactIndex: 1, event: { type: INPUT, millisecondsSinceEpoch: 5n } },
        { executionIndex: 1, artifactIndex: 0, event: { type: OUTPUT } },
      ],
    });
    expect(plain(answer)).toEqual({ executionIds: [1n, 2n], artifactIds: [1n, 2n], contextIds: [1n, 2n] });
    expect(await artifact.byId([1n, 2n])).toMatchObject([
      { uri: "a1", properties: { i: int(1) } },
      { uri: "a2" },
    ]);
    expect(await execution.byId([1n, 2n])).toMatchObject([{ name: "e1" }, { name: "e2" }]);
    const event = (
      executionId: bigint,
      artifactId: bigint,
      type: Event_Type,
      millisecondsSinceEpoch = 1000n,
    ) => ({
      executionId,
      artifactId,
      type,
      millisecondsSinceEpoch,
    });
    expect(await eventsOf(subject, 1n, 2n)).toEqual([
      event(1n, 1n, INPUT),
      event(1n, 2n, OUTPUT),
      event(2n, 2n, INPUT, 5n),
      event(2n, 1n, OUTPUT),
    ]);
    for (const contextId of [1n, 2n]) {
      expect(idsOf((await artifact.byContext(contextId)).nodes)).toEqual([1n, 2n]);
      expect(idsOf((await execution.byContext(contextId)).nodes)).toEqual([1n, 2n]);
    }
  });

  test("an empty request is fine, as is any one list alone", async (subject) => {
    const { rpc } = subject;
    const { artifactType, executionType, contextType } = await makeTypes(subject);
    expect(plain(await rpc.putLineageSubgraph())).toEqual({});
    const artifacts = await rpc.putLineageSubgraph({ artifacts: [{ typeId: artifactType }] });
    expect(plain(artifacts)).toEqual({ artifactIds: [1n] });
    const executions = await rpc.putLineageSubgraph({ executions: [{ typeId: executionType }] });
    expect(plain(executions)).toEqual({ executionIds: [1n] });
    const contexts = await rpc.putLineageSubgraph({ contexts: [{ typeId: contextType, name: "c" }] });
    expect(plain(contexts)).toEqual({ contextIds: [1n] });
  });

  test("stored nodes are updated whole, and edges may name them by index and id", async (subject) => {
    const { rpc, artifact, execution } = subject;
    const { artifactType, executionType } = await makeTypes(subject);
    await artifact.put1({ typeId: artifactType, name: "a", uri: "u", properties: { i: int(1) } });
    await execution.put1({ typeId: executionType, lastKnownState: 3 });
    const answer = await rpc.putLineageSubgraph({
      artifacts: [{ id: 1n, typeId: artifactType }],
      executions: [{ id: 1n, typeId: executionType }],
      eventEdges: [
        { executionIndex: 0, artifactIndex: 0, event: { artifactId: 1n, executionId: 1n, type: INPUT } },
      ],
    });
    expect(plain(answer)).toEqual({ artifactIds: [1n], executionIds: [1n] });
    expect(untimed(await artifact.get(1n))).toEqual({
      id: 1n,
      typeId: artifactType,
      type: "A",
      name: "a",
      uri: "",
    });
    expect(untimed(await execution.get(1n))).toEqual({ id: 1n, typeId: executionType, type: "E" });
    expect(await eventsOf(subject, 1n)).toHaveLength(1);
  });

  test("edges may name stored nodes by id alone; those nodes stay untouched and join no context", async (subject) => {
    const { rpc, artifact, execution } = subject;
    const { executionType, contextType } = await makeNodes(subject, { artifacts: 1, executions: 1 });
    const before = [await artifact.get(1n), await execution.get(1n)];
    await rpc.putLineageSubgraph({
      executions: [{ typeId: executionType }],
      contexts: [{ typeId: contextType, name: "c" }],
      eventEdges: [
        { executionIndex: 0, event: { artifactId: 1n, type: INPUT } },
        { event: { artifactId: 1n, executionId: 1n, type: OUTPUT } },
      ],
    });
    expect(await eventsOf(subject, 1n, 2n)).toMatchObject([
      { artifactId: 1n, executionId: 1n, type: OUTPUT },
      { artifactId: 1n, executionId: 2n, type: INPUT },
    ]);
    expect([await artifact.get(1n), await execution.get(1n)]).toEqual(before);
    expect(idsOf((await artifact.byContext(1n)).nodes)).toEqual([]);
    expect(idsOf((await execution.byContext(1n)).nodes)).toEqual([2n]);
  });

  test("a second identical request with nodes by id is refused for its events", async (subject) => {
    const { artifactType, executionType } = await makeNodes(subject, { artifacts: 1, executions: 1 });
    const request = {
      artifacts: [{ id: 1n, typeId: artifactType }],
      executions: [{ id: 1n, typeId: executionType }],
      eventEdges: [{ executionIndex: 0, artifactIndex: 0, event: { type: INPUT } }],
    };
    await subject.rpc.putLineageSubgraph(request);
    await refused(subject.rpc.putLineageSubgraph(request), "ALREADY_EXISTS", /event/i);
  });
});

conformance("PutLineageSubgraph: reuse", (test) => {
  test("a context is reused by type and name, untouched", async (subject) => {
    const { rpc, context } = subject;
    const { executionType, contextType } = await makeTypes(subject);
    await context.put1({ typeId: contextType, name: "c", properties: { i: int(1) } });
    const before = await context.get(1n);
    const request = {
      executions: [{ typeId: executionType }],
      contexts: [
        { typeId: contextType, name: "c", properties: { i: int(2) } },
        { typeId: contextType, name: "d" },
      ],
    };
    await refused(rpc.putLineageSubgraph(request), "ALREADY_EXISTS", /name/);
    const answer = await rpc.putLineageSubgraph({ ...request, options: reuseBoth });
    // What was refused may have used up ids.
    expect(answer.contextIds).toEqual([1n, expect.any(BigInt)]);
    expect(await context.get(1n)).toEqual(before);
    const again = await rpc.putLineageSubgraph({ ...request, options: reuseBoth });
    expect(again.contextIds).toEqual(answer.contextIds);
    expect(again.executionIds).not.toEqual(answer.executionIds);
  });

  test("a reused context is validated nevertheless", async (subject) => {
    const { contextType } = await makeNodes(subject, { contexts: 1 });
    const put = (fields: object) =>
      subject.rpc.putLineageSubgraph({
        contexts: [{ typeId: contextType, name: "c1", ...fields }],
        options: reuseBoth,
      });
    await refused(put({ properties: { nope: int(1) } }), "INVALID_ARGUMENT", /nope/);
    await refused(put({ properties: { i: string("s") } }), "INVALID_ARGUMENT", /unmatched.*i/);
  });

  test("an artifact is reused by external id: a whole update", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType } = await makeTypes(subject);
    const otherType = await artifact.putType({ name: "B" });
    await artifact.put1({ typeId: artifactType, externalId: "x", uri: "u", properties: { i: int(1) } });
    const put = (fields: object, options: object) =>
      rpc.putLineageSubgraph({ artifacts: [{ typeId: artifactType, externalId: "x", ...fields }], options });
    await refused(put({}, {}), "ALREADY_EXISTS", /external id/);
    expect((await put({ state: 2 }, reuseBoth)).artifactIds).toEqual([1n]);
    expect(untimed(await artifact.get(1n))).toEqual({
      id: 1n,
      typeId: artifactType,
      type: "A",
      externalId: "x",
      uri: "",
      state: 2,
    });
    await refused(put({ typeId: otherType }, reuseBoth), "INVALID_ARGUMENT", /type id/);
  });

  test("two new artifacts cannot share an external id; two mentions of a stored one can", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType } = await makeTypes(subject);
    const twice = ["one", "two"].map((uri) => ({ typeId: artifactType, externalId: "x", uri }));
    await refused(
      rpc.putLineageSubgraph({ artifacts: twice, options: reuseBoth }),
      "ALREADY_EXISTS",
      /external id/,
    );
    const id = await artifact.put1({ typeId: artifactType, externalId: "x" });
    expect((await rpc.putLineageSubgraph({ artifacts: twice, options: reuseBoth })).artifactIds).toEqual([
      id,
      id,
    ]);
    expect((await artifact.get(id)).uri).toBe("two");
  });

  test("an artifact may be reused and be the end of an edge", async (subject) => {
    const { rpc, artifact } = subject;
    const { artifactType, executionType } = await makeTypes(subject);
    await artifact.put1({ typeId: artifactType, externalId: "x" });
    const answer = await rpc.putLineageSubgraph({
      artifacts: [{ typeId: artifactType }, { typeId: artifactType, externalId: "x" }],
      executions: [{ typeId: executionType }],
      eventEdges: [{ executionIndex: 0, artifactIndex: 1, event: { type: INPUT } }],
      options: reuseBoth,
    });
    expect(answer.artifactIds).toEqual([2n, 1n]);
    expect(await eventsOf(subject, 1n)).toMatchObject([{ artifactId: 1n }]);
  });
});

const event = { type: INPUT };
const edge = (fields: object) => ({ eventEdges: [fields] });

/** Requests on top of one new and one stored node of each kind; types: artifact 10, execution 11, context 12. */
const bad = [
  ["an edge without event", edge({ executionIndex: 0, artifactIndex: 0 }), "INVALID_ARGUMENT", /event/],
  ["an edge without execution", edge({ artifactIndex: 0, event }), "INVALID_ARGUMENT", /execution/],
  ["an edge without artifact", edge({ executionIndex: 0, event }), "INVALID_ARGUMENT", /artifact/],
  [
    "an execution index too large",
    edge({ executionIndex: 2, artifactIndex: 0, event }),
    "OUT_OF_RANGE",
    /execution.*2/,
  ],
  [
    "an execution index below zero",
    edge({ executionIndex: -1, artifactIndex: 0, event }),
    "OUT_OF_RANGE",
    /execution.*-1/,
  ],
  [
    "an artifact index too large",
    edge({ executionIndex: 0, artifactIndex: 7, event }),
    "OUT_OF_RANGE",
    /artifact.*7/,
  ],
  [
    "an artifact index below zero",
    edge({ executionIndex: 0, artifactIndex: -2, event }),
    "OUT_OF_RANGE",
    /artifact.*-2/,
  ],
  [
    "an index of a new execution and an id",
    edge({ executionIndex: 0, artifactIndex: 0, event: { ...event, executionId: 1n } }),
    "INVALID_ARGUMENT",
    /execution.*id/,
  ],
  [
    "an index of a new artifact and an id",
    edge({ executionIndex: 0, artifactIndex: 0, event: { ...event, artifactId: 1n } }),
    "INVALID_ARGUMENT",
    /artifact.*id/,
  ],
  [
    "an execution index and another id",
    edge({ executionIndex: 1, artifactIndex: 0, event: { ...event, executionId: 2n } }),
    "INVALID_ARGUMENT",
    /execution id 2/,
  ],
  [
    "an artifact index and another id",
    edge({ executionIndex: 0, artifactIndex: 1, event: { ...event, artifactId: 2n } }),
    "INVALID_ARGUMENT",
    /artifact id 2/,
  ],
  [
    "an edge to an unknown execution id",
    edge({ artifactIndex: 0, event: { ...event, executionId: 99n } }),
    "INVALID_ARGUMENT",
    /execution.*99/,
  ],
  [
    "an edge to an unknown artifact id",
    edge({ executionIndex: 0, event: { ...event, artifactId: 99n } }),
    "INVALID_ARGUMENT",
    /artifact.*99/,
  ],
  [
    "an event without type",
    edge({ executionIndex: 0, artifactIndex: 0, event: {} }),
    "INVALID_ARGUMENT",
    /type/,
  ],
  [
    "an event of type UNKNOWN",
    edge({ executionIndex: 0, artifactIndex: 0, event: { type: 0 } }),
    "INVALID_ARGUMENT",
    /type/,
  ],
  [
    "an event twice",
    {
      eventEdges: [
        { executionIndex: 0, artifactIndex: 0, event },
        { executionIndex: 0, artifactIndex: 0, event },
      ],
    },
    "ALREADY_EXISTS",
    /event/i,
  ],
  [
    "the execution of an edge is checked before its artifact",
    edge({ executionIndex: 9, artifactIndex: 9, event }),
    "OUT_OF_RANGE",
    /execution/,
  ],
  ["edges are checked before nodes", { ...edge({}), artifacts: [{}] }, "INVALID_ARGUMENT", /event/],
  ["an artifact without type id", { artifacts: [{ uri: "u" }] }, "INVALID_ARGUMENT", /type id.*artifact/],
  ["an execution without type id", { executions: [{}] }, "INVALID_ARGUMENT", /type id.*execution/],
  ["a context without type id", { contexts: [{ name: "n" }] }, "INVALID_ARGUMENT", /type id.*context/],
  ["a stored artifact without type id", { artifacts: [{ id: 1n }] }, "INVALID_ARGUMENT", /type id/],
  ["a stored execution without type id", { executions: [{ id: 1n }] }, "INVALID_ARGUMENT", /type id/],
  ["a stored context without type id", { contexts: [{ id: 1n, name: "n" }] }, "INVALID_ARGUMENT", /type id/],
  ["an artifact of an unknown type", { artifacts: [{ typeId: 999n }] }, "NOT_FOUND", /type/],
  ["an artifact of another kind's type", { artifacts: [{ typeId: 11n }] }, "NOT_FOUND", /type/],
  ["an execution of an unknown type", { executions: [{ typeId: 999n }] }, "NOT_FOUND", /type/],
  ["a context of an unknown type", { contexts: [{ typeId: 999n, name: "n" }] }, "NOT_FOUND", /type/],
  ["a context without name", { contexts: [{ typeId: 12n }] }, "INVALID_ARGUMENT", /name/],
  ["a context with an empty name", { contexts: [{ typeId: 12n, name: "" }] }, "INVALID_ARGUMENT", /name/],
  ["an unknown artifact id", { artifacts: [{ id: 99n, typeId: 10n }] }, "INVALID_ARGUMENT", /99/],
  ["an unknown execution id", { executions: [{ id: 99n, typeId: 11n }] }, "INVALID_ARGUMENT", /99/],
  ["an unknown context id", { contexts: [{ id: 99n, typeId: 12n, name: "n" }] }, "INVALID_ARGUMENT", /99/],
  [
    "an undeclared artifact property",
    { artifacts: [{ typeId: 10n, properties: { nope: int(1) } }] },
    "INVALID_ARGUMENT",
    /nope/,
  ],
  [
    "an execution property of another kind",
    { executions: [{ typeId: 11n, properties: { i: string("s") } }] },
    "INVALID_ARGUMENT",
    /unmatched.*i/,
  ],
  [
    "a custom property without value",
    { artifacts: [{ typeId: 10n, customProperties: { c: noValue } }] },
    "INVALID_ARGUMENT",
    /unmatched.*c/,
  ],
  ["a context that exists", { contexts: [{ typeId: 12n, name: "c1" }] }, "ALREADY_EXISTS", /name/],
  [
    "a new context twice",
    {
      contexts: [
        { typeId: 12n, name: "n" },
        { typeId: 12n, name: "n" },
      ],
    },
    "ALREADY_EXISTS",
    /name/,
  ],
  [
    "an artifact name twice",
    {
      artifacts: [
        { typeId: 10n, name: "n" },
        { typeId: 10n, name: "n" },
      ],
    },
    "ALREADY_EXISTS",
    /name/,
  ],
  [
    "an execution name twice",
    {
      executions: [
        { typeId: 11n, name: "n" },
        { typeId: 11n, name: "n" },
      ],
    },
    "ALREADY_EXISTS",
    /name/,
  ],
] as const;

refusals(
  "PutLineageSubgraph: refused, and nothing stored",
  (subject) => makeNodes(subject, { artifacts: 2, executions: 2, contexts: 1 }),
  bad.map(([name, request, code, gist]) => ({
    name,
    call: ({ rpc }) => {
      const base = {
        artifacts: [{ typeId: 10n }, { id: 1n, typeId: 10n }],
        executions: [{ typeId: 11n }, { id: 1n, typeId: 11n }],
        contexts: [{ typeId: 12n, name: "new" }],
      };
      return rpc.putLineageSubgraph({ ...base, ...(request as RequestInit) });
    },
    code,
    gist,
  })),
);
