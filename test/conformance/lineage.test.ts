import { create } from "@bufbuild/protobuf";
import { expect } from "vitest";
import {
  LineageSubgraphQueryOptions_Direction as Direction,
  Event_Type,
  LineageSubgraphQueryOptions_StartingNodesSchema,
} from "../../src/contract/messages.ts";
import { conformance, makeNodes, plain, type Subject } from "./support.ts";

const { INPUT, OUTPUT } = Event_Type;
const { UPSTREAM, DOWNSTREAM, BIDIRECTIONAL, DIRECTION_UNSPECIFIED } = Direction;

/** `a1>e1`: artifact 1 is an input of execution 1; `e1>a2`: artifact 2 is an output of it. */
async function graph(subject: Subject, edges: string): Promise<void> {
  const events = edges.split(" ").map((edge) => {
    const [from = "", to = ""] = edge.split(">");
    const [artifact, execution, type] = from.startsWith("a") ? [from, to, INPUT] : [to, from, OUTPUT];
    return { artifactId: BigInt(artifact.slice(1)), executionId: BigInt(execution.slice(1)), type };
  });
  const most = (ids: bigint[]) => Math.max(...ids.map(Number));
  await makeNodes(subject, {
    artifacts: most(events.map((event) => event.artifactId)),
    executions: most(events.map((event) => event.executionId)),
  });
  await subject.rpc.putEvents({ events });
}

interface Query {
  start: string;
  from?: "startingExecutions";
  hops?: number;
  direction?: Direction;
  endArtifacts?: [filter: string, isIncluded: boolean];
  endExecutions?: [filter: string, isIncluded: boolean];
  paths?: string[];
}

interface Found {
  artifacts?: { id: bigint }[];
  executions?: { id: bigint }[];
  contexts?: { id: bigint }[];
  events?: { artifactId: bigint; executionId: bigint; type: Event_Type }[];
  [field: string]: unknown;
}

async function subgraph({ rpc }: Subject, query: Query): Promise<Found> {
  const ending = (end?: [string, boolean]) =>
    end === undefined ? undefined : { filterQuery: end[0], includeEndingNodes: end[1] };
  const options = {
    startingNodes: {
      case: query.from ?? ("startingArtifacts" as const),
      value: create(LineageSubgraphQueryOptions_StartingNodesSchema, { filterQuery: query.start }),
    },
    ...(query.hops === undefined ? {} : { maxNumHops: BigInt(query.hops) }),
    ...(query.direction === undefined ? {} : { direction: query.direction }),
    ...(query.endArtifacts && { endingArtifacts: ending(query.endArtifacts) }),
    ...(query.endExecutions && { endingExecutions: ending(query.endExecutions) }),
  };
  const mask = query.paths === undefined ? {} : { readMask: { paths: query.paths } };
  const answer = await rpc.getLineageSubgraph({ lineageSubgraphQueryOptions: options, ...mask } as object);
  return (plain(answer) as { lineageSubgraph: Found }).lineageSubgraph;
}

/** `a1 a2 | e1 | a1>e1 e1>a2`, each part in ascending order. */
function shown({ artifacts = [], executions = [], events = [] }: Found): string {
  const edges = events.map(({ artifactId: a, executionId: e, type }) =>
    type === INPUT ? `a${a}>e${e}` : `e${e}>a${a}`,
  );
  const ids = (prefix: string, nodes: { id: bigint }[]) => nodes.map(({ id }) => `${prefix}${id}`);
  return [ids("a", artifacts), ids("e", executions), edges.sort()].map((part) => part.join(" ")).join(" | ");
}

const G = "a1>e1 e1>a2 a2>e2 a1>e2";
const H = "a1>e1 e1>a2 a2>e2 a1>e2 e2>a3 a3>e3 e3>a4 e2>a4";

const walks: [graph: string, Query, expected: string][] = [
  [G, { start: "id = 1", hops: 0 }, "a1 |  | "],
  [G, { start: "id = 1", hops: 1 }, "a1 | e1 e2 | a1>e1 a1>e2"],
  [G, { start: "id = 1", hops: 2 }, "a1 a2 | e1 e2 | a1>e1 a1>e2 a2>e2 e1>a2"],
  [G, { start: "id = 1", hops: 2, direction: BIDIRECTIONAL }, "a1 a2 | e1 e2 | a1>e1 a1>e2 a2>e2 e1>a2"],
  [
    G,
    { start: "id = 1", hops: 2, direction: DIRECTION_UNSPECIFIED },
    "a1 a2 | e1 e2 | a1>e1 a1>e2 a2>e2 e1>a2",
  ],
  [G, { start: "id = 1" }, "a1 a2 | e1 e2 | a1>e1 a1>e2 a2>e2 e1>a2"],
  [G, { start: "id = 1", hops: 1000 }, "a1 a2 | e1 e2 | a1>e1 a1>e2 a2>e2 e1>a2"],
  [G, { start: "id = 1", hops: 2, endExecutions: ["id = 1", true] }, "a1 a2 | e1 e2 | a1>e1 a1>e2 a2>e2"],
  [G, { start: "id = 1", hops: 2, endExecutions: ["id = 1", false] }, "a1 a2 | e2 | a1>e2 a2>e2"],
  [
    G,
    { start: "id = 1", hops: 3, endExecutions: ["id = 1", true] },
    "a1 a2 | e1 e2 | a1>e1 a1>e2 a2>e2 e1>a2",
  ],
  [
    G,
    { start: "id = 1", hops: 3, direction: DOWNSTREAM, endExecutions: ["id = 1", true] },
    "a1 | e1 e2 | a1>e1 a1>e2",
  ],
  [
    G,
    {
      start: "id = 1",
      hops: 3,
      direction: DOWNSTREAM,
      endArtifacts: ["id = 2", true],
      endExecutions: ["id = 2", false],
    },
    "a1 a2 | e1 | a1>e1 e1>a2",
  ],
  [
    G,
    {
      start: "id = 1",
      hops: 3,
      direction: DOWNSTREAM,
      endArtifacts: ["id = 2", false],
      endExecutions: ["id = 2", true],
    },
    "a1 | e1 e2 | a1>e1 a1>e2",
  ],
  [G, { start: "id = 1", from: "startingExecutions", hops: 0, endExecutions: ["id = 1", false] }, " |  | "],
  [G, { start: "id = 1", from: "startingExecutions", hops: 0, endExecutions: ["id = 1", true] }, " | e1 | "],
  [G, { start: "id = 1", hops: 5, endExecutions: ["", true] }, "a1 | e1 e2 | a1>e1 a1>e2"],
  [
    H,
    { start: "id = 2", from: "startingExecutions", hops: 1, direction: DOWNSTREAM },
    "a3 a4 | e2 | e2>a3 e2>a4",
  ],
  [
    H,
    { start: "id = 2", from: "startingExecutions", hops: 1, direction: UPSTREAM },
    "a1 a2 | e2 | a1>e2 a2>e2",
  ],
  [
    H,
    { start: "id = 2", from: "startingExecutions", hops: 2, direction: DOWNSTREAM },
    "a3 a4 | e2 e3 | a3>e3 e2>a3 e2>a4",
  ],
  [
    H,
    { start: "id = 2", from: "startingExecutions", hops: 2, direction: UPSTREAM },
    "a1 a2 | e1 e2 | a1>e2 a2>e2 e1>a2",
  ],
  [
    H,
    { start: "id = 2", from: "startingExecutions", direction: DOWNSTREAM },
    "a3 a4 | e2 e3 | a3>e3 e2>a3 e2>a4 e3>a4",
  ],
  [
    H,
    { start: "id IN (1, 2, 3)", from: "startingExecutions", hops: 1, direction: DOWNSTREAM },
    "a2 a3 a4 | e1 e2 e3 | e1>a2 e2>a3 e2>a4 e3>a4",
  ],
  [
    H,
    { start: "id IN (1, 2, 3)", from: "startingExecutions", hops: 100, direction: DOWNSTREAM },
    "a2 a3 a4 | e1 e2 e3 | a2>e2 a3>e3 e1>a2 e2>a3 e2>a4 e3>a4",
  ],
];

conformance("GetLineageSubgraph: walks", (test) => {
  for (const [edges, query, expected] of walks) {
    const { start, from, hops, direction, endArtifacts, endExecutions } = query;
    const words = [
      edges === G ? "G" : "H",
      `${from === undefined ? "artifacts" : "executions"} ${start}`,
      hops === undefined ? "all hops" : `${hops} hops`,
      ...(direction === undefined ? [] : [Direction[direction]]),
      ...(endArtifacts === undefined ? [] : [`end artifacts ${endArtifacts}`]),
      ...(endExecutions === undefined ? [] : [`end executions ${endExecutions}`]),
    ];
    test(words.join(", "), async (subject) => {
      await graph(subject, edges);
      expect(shown(await subgraph(subject, query))).toBe(expected);
    });
  }

  test("which event types each direction follows", async (subject) => {
    await makeNodes(subject, { artifacts: 8, executions: 1 });
    const types = [1, 2, 3, 4, 5, 6, 7];
    await subject.rpc.putEvents({
      events: types.map((type) => ({ artifactId: BigInt(type), executionId: 1n, type })),
    });
    const reached = async (direction: Direction) => {
      const found = await subgraph(subject, { start: "id = 1", from: "startingExecutions", direction });
      return (found.artifacts ?? []).map(({ id }) => Number(id));
    };
    expect(await reached(UPSTREAM)).toEqual([2, 3, 5]);
    expect(await reached(DOWNSTREAM)).toEqual([1, 4, 6, 7]);
    expect(await reached(BIDIRECTIONAL)).toEqual(types);
  });

  test("at most 101 starting nodes, those with the lowest ids", async (subject) => {
    await makeNodes(subject, { artifacts: 120 });
    const { artifacts = [] } = await subgraph(subject, { start: "id > 10" });
    expect(artifacts.map(({ id }) => Number(id))).toEqual(Array.from({ length: 101 }, (_, at) => at + 11));
  });
});

conformance("GetLineageSubgraph: what the answer holds", (test) => {
  async function small(subject: Subject): Promise<void> {
    await graph(subject, "a1>e1 e1>a2");
    await subject.context.put([1, 2, 3].map((n) => ({ typeId: 12n, name: `c${n}` })));
    await subject.rpc.putAttributionsAndAssociations({
      attributions: [
        { artifactId: 1n, contextId: 1n },
        { artifactId: 2n, contextId: 1n },
        { artifactId: 2n, contextId: 2n },
      ],
      associations: [{ executionId: 1n, contextId: 3n }],
    });
  }
  const fields = [
    "artifacts",
    "executions",
    "contexts",
    "events",
    "attributions",
    "associations",
    "artifact_types",
    "execution_types",
    "context_types",
  ];

  test("ids of nodes, their events, memberships and contexts, and all types of the store", async (subject) => {
    await small(subject);
    await subject.artifact.putType({ name: "unused" });
    const found = await subgraph(subject, { start: "id = 1" });
    expect(found).toMatchObject({
      artifacts: [{ id: 1n }, { id: 2n }],
      executions: [{ id: 1n }],
      contexts: [{ id: 1n }, { id: 2n }, { id: 3n }],
      attributions: [
        { artifactId: 1n, contextId: 1n },
        { artifactId: 2n, contextId: 1n },
        { artifactId: 2n, contextId: 2n },
      ],
      associations: [{ executionId: 1n, contextId: 3n }],
    });
    expect(found.artifacts?.[0]).toEqual({ id: 1n });
    expect(found.contexts?.[0]).toEqual({ id: 1n });
    const names = (types: unknown) => (types as { name: string }[]).map(({ name }) => name);
    expect(names(found.artifactTypes)).toEqual([
      "mlmd.Dataset",
      "mlmd.Model",
      "mlmd.Metrics",
      "mlmd.Statistics",
      "A",
      "unused",
    ]);
    expect(names(found.executionTypes)).toHaveLength(6);
    expect(names(found.contextTypes)).toEqual(["C"]);
    expect(Object.keys(found)).toHaveLength(9);
  });

  test("an edge comes with its path and time", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const path = {
      steps: [
        { value: { case: "key" as const, value: "k" } },
        { value: { case: "index" as const, value: 2n } },
      ],
    };
    const event = { artifactId: 1n, executionId: 1n, type: INPUT, path, millisecondsSinceEpoch: 5n };
    await subject.rpc.putEvents({ events: [event] });
    expect((await subgraph(subject, { start: "id = 1" })).events).toEqual([event]);
  });

  for (const path of fields) {
    test(`a mask of ${path} gives that and nothing else, from the same walk`, async (subject) => {
      await small(subject);
      const all = await subgraph(subject, { start: "id = 1" });
      const name = path.replace(/_t/, "T");
      expect(await subgraph(subject, { start: "id = 1", paths: [path] })).toEqual({ [name]: all[name] });
    });
  }

  test("a mask without paths is none; unknown paths are nothing", async (subject) => {
    await small(subject);
    expect(Object.keys(await subgraph(subject, { start: "id = 1", paths: [] }))).toHaveLength(9);
    const unknown = ["parent_contexts", "artifacts.id", "nonsense", "artifactTypes"];
    expect(await subgraph(subject, { start: "id = 1", paths: unknown })).toEqual({});
  });

  test("no hops from executions still gives their contexts", async (subject) => {
    await small(subject);
    const found = await subgraph(subject, { start: "id = 1", from: "startingExecutions", hops: 0 });
    expect(found).toMatchObject({
      executions: [{ id: 1n }],
      contexts: [{ id: 3n }],
      associations: [{ executionId: 1n, contextId: 3n }],
    });
    for (const absent of ["artifacts", "events", "attributions"]) expect(found).not.toHaveProperty(absent);
  });
});

conformance("GetLineageGraph", (test) => {
  const lineage = async (
    { rpc }: Subject,
    options: object,
    stopConditions?: object,
    maxNodeSize?: bigint,
  ) => {
    const answer = await rpc.getLineageGraph({
      options: {
        queryNodes: { case: "artifactsOptions", value: options },
        ...(stopConditions && { stopConditions }),
        ...(maxNodeSize === undefined ? {} : { maxNodeSize }),
      },
    });
    return (plain(answer) as { subgraph: Found }).subgraph;
  };

  test("whole nodes around the listed artifacts, both ways, and all types but the built-in ones", async (subject) => {
    await graph(subject, H);
    const found = await lineage(subject, { filterQuery: "id = 3" });
    expect(shown(found)).toBe("a1 a2 a3 a4 | e1 e2 e3 | a1>e1 a1>e2 a2>e2 a3>e3 e1>a2 e2>a3 e2>a4 e3>a4");
    expect(found.artifacts?.[0]).toEqual(await subject.artifact.get(1n));
    expect(found).toMatchObject({ artifactTypes: [{ name: "A" }], executionTypes: [{ name: "E" }] });
  });

  test("hops and the number of nodes are bounded", async (subject) => {
    await graph(subject, H);
    const start = { filterQuery: "id = 3" };
    expect(shown(await lineage(subject, start, { maxNumHops: 0n }))).toBe("a3 |  | ");
    expect(shown(await lineage(subject, start, { maxNumHops: 1n }))).toBe("a3 | e2 e3 | a3>e3 e2>a3");
    expect(shown(await lineage(subject, start, {}, 2n))).toBe("a3 | e2 | e2>a3");
    const { artifacts = [], executions = [] } = await lineage(subject, { maxResultSize: 4 }, {}, 5n);
    expect(artifacts.length + executions.length).toBe(5);
  });

  test("boundaries name what the walk may enter", async (subject) => {
    await graph(subject, H);
    const found = await lineage(subject, { filterQuery: "id = 3" }, { boundaryExecutions: "id != 2" });
    expect(shown(found)).toBe("a3 a4 | e3 | a3>e3 e3>a4");
  });
});
