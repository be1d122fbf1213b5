import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { describe, expect, test, vi } from "vitest";
import { MetadataStoreService } from "../contract/messages.ts";
import { type MetadataService, type MethodName, methods, type RequestOf } from "../contract/service.ts";
import { MlmdError } from "../errors.ts";
import { artifactType, contextType, executionType } from "./declared-type.ts";
import { MetadataStore } from "./store.ts";

type Answers = { [M in MethodName]?: (request: RequestOf<M>) => object };

/** A store on a service that records its requests, as JSON, and answers as told, or else with an empty message. */
function recorded(answers: Answers = {}) {
  const requests: [method: string, request: unknown][] = [];
  const call = async (method: MethodName, request: never) => {
    const { input, output } = MetadataStoreService.method[method];
    requests.push([method, toJson(input, request)]);
    return create(output, (answers[method]?.(request) ?? {}) as MessageInitShape<typeof output>);
  };
  const service = Object.fromEntries(
    [...methods.keys()].map((method) => [method, (request: never) => call(method, request)]),
  ) as unknown as MetadataService;
  const close = vi.fn<() => Promise<void>>(async () => {});
  return { store: new MetadataStore(service, close), requests, service, close };
}

const node = { typeId: 7n, properties: { day: 1n }, customProperties: { note: "x" } };
const nodeJson = {
  typeId: "7",
  properties: { day: { intValue: "1" } },
  customProperties: { note: { stringValue: "x" } },
};
const page = { maxResultSize: 100, orderByField: { isAsc: true } };
const typeFlags = { canAddFields: false, canOmitFields: false };

type Row = [method: MethodName, call: (store: MetadataStore) => unknown, request: object];

const rows: Row[] = [
  [
    "putTypes",
    (s) => s.putTypes({ contextTypes: [{ name: "C" }] }),
    { contextTypes: [{ name: "C" }], ...typeFlags },
  ],
  [
    "putExecution",
    (s) =>
      s.putExecution(
        {
          execution: { ...node, lastKnownState: "COMPLETE" },
          artifactAndEvents: [
            { event: { artifactId: 3n, type: "INPUT" } },
            { artifact: { ...node, uri: "u" }, event: { type: "OUTPUT", path: ["model", 0] } },
            {},
          ],
          contexts: [{ ...node, name: "c" }],
        },
        { reuseContextIfAlreadyExist: true, forceReuseContext: undefined },
      ),
    {
      execution: { ...nodeJson, lastKnownState: "COMPLETE" },
      artifactEventPairs: [
        { event: { artifactId: "3", type: "INPUT" } },
        {
          artifact: { ...nodeJson, uri: "u" },
          event: { type: "OUTPUT", path: { steps: [{ key: "model" }, { index: "0" }] } },
        },
        {},
      ],
      contexts: [{ ...nodeJson, name: "c" }],
      options: { reuseContextIfAlreadyExist: true },
    },
  ],
  [
    "putLineageSubgraph",
    (s) =>
      s.putLineageSubgraph({
        artifacts: [node],
        executions: [node],
        contexts: [{ ...node, name: "c" }],
        eventEdges: [
          { executionIndex: 0, artifactIndex: 0, event: { type: "INPUT", millisecondsSinceEpoch: 5n } },
        ],
      }),
    {
      artifacts: [nodeJson],
      executions: [nodeJson],
      contexts: [{ ...nodeJson, name: "c" }],
      eventEdges: [
        { executionIndex: 0, artifactIndex: 0, event: { type: "INPUT", millisecondsSinceEpoch: "5" } },
      ],
      options: {},
    },
  ],
  [
    "putEvents",
    (s) => s.putEvents([{ artifactId: 1n, executionId: 2n, type: "DECLARED_INPUT" }]),
    { events: [{ artifactId: "1", executionId: "2", type: "DECLARED_INPUT" }] },
  ],
  [
    "putAttributionsAndAssociations",
    (s) =>
      s.putAttributionsAndAssociations(
        [{ artifactId: 1n, contextId: 2n }],
        [{ executionId: 3n, contextId: 4n }],
      ),
    {
      attributions: [{ artifactId: "1", contextId: "2" }],
      associations: [{ executionId: "3", contextId: "4" }],
    },
  ],
  [
    "putParentContexts",
    (s) => s.putParentContexts([{ childId: 1n, parentId: 2n }]),
    { parentContexts: [{ childId: "1", parentId: "2" }] },
  ],
  ["getArtifactsByURI", (s) => s.getArtifactsByUri("u"), { uris: ["u"] }],
  ["getArtifactsByURI", (s) => s.getArtifactsByUri(["u", ""]), { uris: ["u", ""] }],
  [
    "getArtifactsByID",
    (s) => s.getArtifactsAndTypesByArtifactIds([1n]),
    { artifactIds: ["1"], populateArtifactTypes: true },
  ],
  ["getEventsByArtifactIDs", (s) => s.getEventsByArtifactIds(new Set([1n])), { artifactIds: ["1"] }],
  ["getEventsByExecutionIDs", (s) => s.getEventsByExecutionIds([1n]), { executionIds: ["1"] }],
  ["getContextsByArtifact", (s) => s.getContextsByArtifact(1n), { artifactId: "1" }],
  ["getContextsByExecution", (s) => s.getContextsByExecution(1n), { executionId: "1" }],
  ["getArtifactsByContext", (s) => s.getArtifactsByContext(1n), { contextId: "1", options: page }],
  [
    "getExecutionsByContext",
    (s) => s.getExecutionsByContext(1n),
    { contextId: "1", options: { maxResultSize: 100, orderByField: { field: "CREATE_TIME", isAsc: false } } },
  ],
  ["getParentContextsByContext", (s) => s.getParentContextsByContext(1n), { contextId: "1" }],
  ["getChildrenContextsByContext", (s) => s.getChildrenContextsByContext(1n), { contextId: "1" }],
  ["getParentContextsByContexts", (s) => s.getParentContextsByContexts([1n]), { contextIds: ["1"] }],
  ["getChildrenContextsByContexts", (s) => s.getChildrenContextsByContexts([1n]), { contextIds: ["1"] }],
  [
    "getLineageSubgraph",
    (s) =>
      s.getLineageSubgraph({
        startingArtifacts: { filterQuery: "id = 1" },
        maxNumHops: 0,
        direction: "UPSTREAM",
        endingExecutions: { filterQuery: "id = 2", includeEndingNodes: true },
      }),
    {
      lineageSubgraphQueryOptions: {
        startingArtifacts: { filterQuery: "id = 1" },
        maxNumHops: "0",
        direction: "UPSTREAM",
        endingExecutions: { filterQuery: "id = 2", includeEndingNodes: true },
      },
      readMask: "artifacts,executions,contexts,events,attributions,associations",
    },
  ],
  [
    "getLineageGraph",
    (s) =>
      s.getLineageGraph({ filterQuery: "id = 1", limit: 5, boundaryArtifacts: "id = 2", maxNodeSize: 9 }),
    {
      options: {
        artifactsOptions: { filterQuery: "id = 1", maxResultSize: 5 },
        stopConditions: { boundaryArtifacts: "id = 2" },
        maxNodeSize: "9",
      },
    },
  ],
  ...kindRows("Artifact", "artifact", (s, ...a: [never]) => s.putArtifacts(...a), {
    uri: "u",
    state: "LIVE",
  }),
  ...kindRows("Execution", "execution", (s, ...a: [never]) => s.putExecutions(...a), {
    lastKnownState: "NEW",
  }),
  ...kindRows("Context", "context", (s, ...a: [never]) => s.putContexts(...a), {}),
];

/** The methods that each kind has; they differ in names only, so they are called by name. */
function kindRows(
  Kind: "Artifact" | "Execution" | "Context",
  kind: "artifact" | "execution" | "context",
  put: (store: MetadataStore, nodes: never, options?: never) => unknown,
  fields: object,
): Row[] {
  const call =
    (name: string, ...input: unknown[]) =>
    (store: MetadataStore) =>
      (store[name as keyof MetadataStore] as unknown as (...input: unknown[]) => unknown).apply(store, input);
  const type = { name: "T", version: "1", properties: { day: "int" }, description: "d", externalId: "e" };
  return [
    [
      `put${Kind}Type`,
      call(`put${Kind}Type`, type, { canAddFields: true }),
      { [`${kind}Type`]: { ...type, properties: { day: "INT" } }, ...typeFlags, canAddFields: true },
    ],
    [`get${Kind}Type`, call(`get${Kind}Type`, "T", "1"), { typeName: "T", typeVersion: "1" }],
    [`get${Kind}Types`, call(`get${Kind}Types`), {}],
    [`get${Kind}TypesByID`, call(`get${Kind}TypesById`, [1n]), { typeIds: ["1"] }],
    [`get${Kind}TypesByExternalIds`, call(`get${Kind}TypesByExternalIds`, ["e"]), { externalIds: ["e"] }],
    [
      `put${Kind}s`,
      (store) => put(store, [{ ...node, ...fields, id: 1n, name: "" }] as never),
      { [`${kind}s`]: [{ ...nodeJson, ...fields, id: "1", name: "" }] },
    ],
    [
      `put${Kind}s`,
      (store) =>
        put(store, [node] as never, { fieldMaskPaths: ["customProperties.a", "externalId"] } as never),
      // A mask as JSON is in camel case; property names with capitals could not be written so.
      { [`${kind}s`]: [nodeJson], updateMask: "customProperties.a,externalId" },
    ],
    [`get${Kind}s`, call(`get${Kind}s`, { limit: 2 }), { options: { ...page, maxResultSize: 2 } }],
    [`get${Kind}sByID`, call(`get${Kind}sById`, [1n, 2n]), { [`${kind}Ids`]: ["1", "2"] }],
    [
      `get${Kind}sByType`,
      call(`get${Kind}sByType`, "T", "1", { filterQuery: "id = 1" }),
      { typeName: "T", typeVersion: "1", options: { ...page, filterQuery: "id = 1" } },
    ],
    [
      `get${Kind}ByTypeAndName`,
      call(`get${Kind}ByTypeAndName`, "T", "n"),
      { typeName: "T", [`${kind}Name`]: "n" },
    ],
    [`get${Kind}sByExternalIds`, call(`get${Kind}sByExternalIds`, ["e"]), { externalIds: ["e"] }],
  ];
}

describe("requests", () => {
  const stub = (method: MethodName): Answers => {
    const type = /^get(Artifact|Execution|Context)Type$/.exec(method)?.[1];
    return type === undefined ? {} : { [method]: () => ({ [`${type.toLowerCase()}Type`]: { name: "T" } }) };
  };

  test.each(rows)("%s", async (method, call, request) => {
    const { store, requests } = recorded(stub(method));
    await call(store);
    expect(requests).toEqual([[method, request]]);
  });

  test("every operation of the contract has a method", () => {
    expect(new Set(rows.map(([method]) => method))).toEqual(new Set(methods.keys()));
  });
});

describe("closing", () => {
  test("happens once, and calls fail after it", async () => {
    const { store, close, requests } = recorded();
    await Promise.all([store.close(), store.close()]);
    expect(close).toHaveBeenCalledTimes(1);
    await expect(store.getArtifacts()).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(requests).toEqual([]);
  });

  test("is done at the end of an `await using` block", async () => {
    const { store, close } = recorded();
    {
      await using used = store;
      await used.getArtifacts();
      expect(close).not.toHaveBeenCalled();
    }
    expect(close).toHaveBeenCalledTimes(1);
  });

  test("hands on the error of closing, also the second time", async () => {
    const { store, close } = recorded();
    close.mockRejectedValue(new Error("disk"));
    await expect(store.close()).rejects.toThrow("disk");
    await expect(store.close()).rejects.toThrow("disk");
  });
});

describe("declared types", () => {
  const Dataset = artifactType("Dataset", { day: "int" });
  const Trainer = executionType("Trainer", {});
  const Run = contextType("Run", {});
  const putTypes = () => ({ artifactTypeIds: [11n], executionTypeIds: [12n], contextTypeIds: [13n] });

  test("are registered together, before the nodes", async () => {
    const { store, requests } = recorded({ putTypes });
    await store.putExecution({
      execution: Trainer.of({}),
      artifactAndEvents: [{ artifact: Dataset.of({ properties: { day: 1 } }) }, { artifact: Dataset.of({}) }],
      contexts: [Run.of({ name: "r" })],
    });
    expect(requests).toEqual([
      [
        "putTypes",
        {
          artifactTypes: [{ name: "Dataset", properties: { day: "INT" } }],
          executionTypes: [{ name: "Trainer" }],
          contextTypes: [{ name: "Run" }],
          canAddFields: true,
          canOmitFields: true,
        },
      ],
      [
        "putExecution",
        {
          execution: { typeId: "12", type: "Trainer" },
          artifactEventPairs: [
            { artifact: { typeId: "11", type: "Dataset", properties: { day: { intValue: "1" } } } },
            { artifact: { typeId: "11", type: "Dataset" } },
          ],
          contexts: [{ typeId: "13", type: "Run", name: "r" }],
          options: {},
        },
      ],
    ]);
  });

  test("are registered once, also by calls at the same time", async () => {
    const { store, requests } = recorded({ putTypes });
    await Promise.all([store.putArtifacts([Dataset.of({})]), store.putArtifacts([Dataset.of({})])]);
    await store.putArtifacts([Dataset.of({})]);
    expect(requests.map(([method]) => method)).toEqual(["putTypes", ...Array(3).fill("putArtifacts")]);
  });

  test("are registered again after a failure", async () => {
    const answer = vi.fn(putTypes).mockImplementationOnce(() => {
      throw new MlmdError("UNAVAILABLE", "no server");
    });
    const { store } = recorded({ putTypes: answer });
    await expect(store.putArtifacts([Dataset.of({})])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await store.putArtifacts([Dataset.of({})]);
    expect(answer).toHaveBeenCalledTimes(2);
  });

  test("are not registered by reading", async () => {
    const { store, requests } = recorded();
    await store.list(Dataset);
    await store.get(Dataset, { name: "n" });
    expect(requests.map(([method]) => method)).toEqual(["getArtifactsByType", "getArtifactByTypeAndName"]);
  });

  test("a wrong value stops the call before anything is written", async () => {
    const { store, requests } = recorded({ putTypes });
    const bad = Dataset.of({ properties: { day: "x" as never } });
    await expect(store.putArtifacts([Dataset.of({}), bad])).rejects.toThrow('Property "day" of artifacts[1]');
    expect(requests.map(([method]) => method)).not.toContain("putArtifacts");
  });
});

describe("errors", () => {
  test("an aborted call is tried again", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const answer = vi
      .fn(() => ({ artifactIds: [1n] }))
      .mockImplementationOnce(() => {
        throw new MlmdError("ABORTED", "another writer");
      });
    const { store } = recorded({ putArtifacts: answer });
    expect(await store.putArtifacts([node])).toEqual([1n]);
    vi.restoreAllMocks();
  });

  test("bad input rejects, it does not throw", async () => {
    const { store } = recorded();
    const nothing = null as unknown as [];
    const calls = [
      store.putArtifacts([], { fieldMaskPaths: ["urn" as "uri"] }),
      store.putContexts(nothing),
      store.putLineageSubgraph(nothing as never),
      store.putExecution(nothing as never),
      store.getArtifacts(nothing as never),
      store.getLineageSubgraph(nothing as never),
    ];
    const results = await Promise.allSettled(calls);
    expect(results.map(({ status }) => status)).toEqual(calls.map(() => "rejected"));
  });

  test("a failed look-up of types does not hide the error that it should explain", async () => {
    const { store } = recorded({
      putArtifacts: () => {
        throw new MlmdError("INVALID_ARGUMENT", "refused");
      },
      getArtifactTypesByID: () => {
        throw new MlmdError("UNAVAILABLE", "no server");
      },
    });
    await expect(store.putArtifacts([node])).rejects.toThrow("refused");
  });

  test.each([
    ["getArtifactsById", /An artifact id is 5/],
    ["getContextTypesById", /A type id is 5/],
    ["getChildrenContextsByContexts", /A context id is 5/],
  ] as const)("%s refuses an id that is no bigint", async (method, message) => {
    const { store } = recorded();
    await expect(store[method]([5 as unknown as bigint])).rejects.toThrow(message);
  });
});

describe("lineage", () => {
  const answers: Answers = {
    getLineageSubgraph: ({ readMask }) => ({
      lineageSubgraph: {
        artifacts: readMask?.paths.includes("artifacts") ? [{ id: 1n }, { id: 2n }] : [],
        executions: readMask?.paths.includes("executions") ? [{ id: 3n }] : [],
        events: [{ artifactId: 1n, executionId: 3n, type: 3 }],
      },
    }),
    getArtifactsByID: ({ artifactIds }) => ({
      artifacts: artifactIds.map((id) => ({ id, typeId: 7n, uri: "u" })),
    }),
    getExecutionsByID: ({ executionIds }) => ({ executions: executionIds.map((id) => ({ id, typeId: 8n })) }),
    getArtifactTypesByID: ({ typeIds }) => ({ artifactTypes: typeIds.map((id) => ({ id, name: "A" })) }),
    getExecutionTypesByID: ({ typeIds }) => ({ executionTypes: typeIds.map((id) => ({ id, name: "E" })) }),
  };
  const query = { startingArtifacts: { filterQuery: "id = 1" } };

  test("nodes are whole and types are those of the nodes", async () => {
    const { store, requests } = recorded(answers);
    const graph = await store.getLineageSubgraph(query);
    expect(graph).toMatchObject({
      artifacts: [
        { id: 1n, uri: "u" },
        { id: 2n, uri: "u" },
      ],
      executions: [{ id: 3n }],
      artifactTypes: [{ id: 7n, name: "A" }],
      executionTypes: [{ id: 8n, name: "E" }],
      contextTypes: [],
      events: [{ artifactId: 1n, executionId: 3n, type: "INPUT" }],
    });
    expect(requests).toHaveLength(5);
  });

  test("types alone can be asked for, with events", async () => {
    const { store } = recorded(answers);
    const graph = await store.getLineageSubgraph(query, { fieldMaskPaths: ["artifactTypes", "events"] });
    expect(graph).toMatchObject({
      artifactTypes: [{ id: 7n }],
      artifacts: [],
      executions: [],
      executionTypes: [],
    });
    expect(graph.events).toHaveLength(1);
  });

  test("what is not asked for is not read", async () => {
    const { store, requests } = recorded(answers);
    await store.getLineageSubgraph(query, { fieldMaskPaths: ["events"] });
    expect(requests.map(([method]) => method)).toEqual(["getLineageSubgraph"]);
  });

  test("many nodes are read a thousand at a time", async () => {
    const ids = Array.from({ length: 2001 }, (_, index) => BigInt(index + 1));
    const { store, requests } = recorded({
      ...answers,
      getLineageSubgraph: () => ({ lineageSubgraph: { artifacts: ids.map((id) => ({ id })) } }),
    });
    const graph = await store.getLineageSubgraph(query, { fieldMaskPaths: ["artifacts"] });
    expect(graph.artifacts.map(({ id }) => id)).toEqual(ids);
    expect(requests.map(([method]) => method)).toEqual([
      "getLineageSubgraph",
      ...Array(3).fill("getArtifactsByID"),
    ]);
  });
});
