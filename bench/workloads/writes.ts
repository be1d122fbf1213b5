import { insertEvents, insertMemberships, insertNodes, type NodeToWrite } from "../by-hand.ts";
import {
  artifactTypes,
  type Data,
  executionType,
  pipelineName,
  pipelineType,
  runName,
  runType,
} from "../data.ts";
import { type Call, call, type Operation, type Workload } from "../workload.ts";

const group = "durable writes";
const event = { input: 3, output: 4 } as const;

export const writes: readonly Workload[] = [
  putArtifacts("PutArtifacts of 1", 1, { sqlite: 4, mysql: 1.5, postgres: 1.5 }),
  putArtifacts("PutArtifacts of 100, with 4 properties each", 100, { sqlite: 3, mysql: 10, postgres: 10 }),
  {
    name: "PutExecution: 3 inputs, 5 outputs, 2 contexts",
    group,
    changes: true,
    goal: { sqlite: 3, mysql: 3, postgres: 3 },
    async prepare({ data, random }) {
      let serial = 0;
      return () =>
        putExecution(random.integers(3, 1, data.artifacts), random.integer(1, data.runs), ++serial);
    },
  },
  {
    name: "PutLineageSubgraph of 100 nodes",
    group,
    changes: true,
    goal: { sqlite: 1, mysql: 1, postgres: 1 },
    async prepare() {
      let serial = 0;
      return () => putLineageSubgraph(++serial);
    },
  },
  {
    name: "1,500 attributions in one call",
    group,
    changes: true,
    goal: { sqlite: 6, mysql: 30, postgres: 30 },
    async prepare({ data }) {
      let serial = 0;
      return () => putAttributions(data, ++serial);
    },
  },
];

function putArtifacts(name: string, count: number, goal: NonNullable<Workload["goal"]>): Workload {
  return {
    name,
    group,
    changes: true,
    goal,
    async prepare() {
      let serial = 0;
      return () => {
        serial++;
        const nodes = Array.from({ length: count }, (_, index) => artifact(`${count}-${serial}-${index}`));
        return {
          calls: [call("putArtifacts", { artifacts: nodes.map(artifactMessage) })],
          minimum: (db) => db.transaction(() => insertNodes(db, "Artifact", nodes)),
        };
      };
    },
  };
}

function artifact(name: string): NodeToWrite & { uri: string } {
  return {
    type: artifactTypes[0] as number,
    name: `written-${name}`,
    uri: `s3://bucket/written/${name}`,
    state: 2,
    properties: [
      ["batch", false, "written"],
      ["rows", false, 1000],
      ["split", false, "train"],
      ["note", true, "a text of the user's own"],
    ],
  };
}

function artifactMessage({ type, name, uri, properties }: NodeToWrite & { uri: string }) {
  return { typeId: BigInt(type), name, uri, state: 2, ...propertyMaps(properties) };
}

function propertyMaps(properties: NodeToWrite["properties"]) {
  const map = (custom: boolean) =>
    Object.fromEntries(
      properties
        .filter(([, isCustom]) => isCustom === custom)
        .map(([name, , value]) => [
          name,
          typeof value === "string"
            ? { value: { case: "stringValue" as const, value } }
            : { value: { case: "intValue" as const, value: BigInt(value) } },
        ]),
    );
  return { properties: map(false), customProperties: map(true) };
}

function execution(name: string): NodeToWrite {
  return {
    type: executionType,
    name: `written-${name}`,
    state: 3,
    properties: [
      ["step", false, 1],
      ["fingerprint", true, `written-${name}`],
    ],
  };
}

function executionMessage({ type, name, properties }: NodeToWrite) {
  return { typeId: BigInt(type), name, lastKnownState: 3, ...propertyMaps(properties) };
}

const step = (key: string) => ({ steps: [{ value: { case: "key" as const, value: key } }] });

function putExecution(inputs: readonly number[], run: number, serial: number): Operation {
  const node = execution(`execution-${serial}`);
  const outputs = [0, 1, 2, 3, 4].map((index) => artifact(`output-${serial}-${index}`));
  const pipeline = Math.ceil(run / 10);
  const calls: Call[] = [
    call("putExecution", {
      execution: executionMessage(node),
      artifactEventPairs: [
        ...inputs.map((id) => ({
          event: { artifactId: BigInt(id), type: event.input, path: step("input") },
        })),
        ...outputs.map((output) => ({
          artifact: artifactMessage(output),
          event: { type: event.output, path: step("output") },
        })),
      ],
      contexts: [
        { typeId: BigInt(runType), name: runName(run) },
        { typeId: BigInt(pipelineType), name: pipelineName(pipeline) },
      ],
      options: { reuseContextIfAlreadyExist: true },
    }),
  ];
  return {
    calls,
    minimum: (db) =>
      db.transaction(async () => {
        const artifacts = await insertNodes(db, "Artifact", outputs);
        const [id] = (await insertNodes(db, "Execution", [node])) as [number];
        await insertEvents(db, [
          ...inputs.map((input) => ({ artifact: input, execution: id, type: event.input, key: "input" })),
          ...artifacts.map((output) => ({
            artifact: output,
            execution: id,
            type: event.output,
            key: "output",
          })),
        ]);
        const contexts = await db.all("SELECT id FROM Context WHERE (type_id, name) IN ((?, ?), (?, ?))", [
          ...[runType, runName(run)],
          ...[pipelineType, pipelineName(pipeline)],
        ]);
        const ids = contexts.map((row) => row.id as number);
        await insertMemberships(
          db,
          "Execution",
          ids.map((context) => [context, id]),
        );
        await insertMemberships(
          db,
          "Artifact",
          ids.flatMap((context) =>
            [...inputs, ...artifacts].map((each): [number, number] => [context, each]),
          ),
        );
      }),
  };
}

const subgraph = { executions: 20, artifacts: 78, contexts: 2 };

/** A chain of executions: each reads three artifacts of the one before and makes three or four. */
function putLineageSubgraph(serial: number): Operation {
  const executions = Array.from({ length: subgraph.executions }, (_, i) => execution(`graph-${serial}-${i}`));
  const artifacts = Array.from({ length: subgraph.artifacts }, (_, i) => artifact(`graph-${serial}-${i}`));
  const contexts: NodeToWrite[] = [0, 1].map((i) => ({
    type: runType,
    name: `written-graph-${serial}-${i}`,
    properties: [["note", false, "written"]],
  }));
  const edges = artifacts.flatMap((_, index) => {
    const maker = index % subgraph.executions;
    const made = { execution: maker, artifact: index, type: event.output, key: "output" };
    if (maker + 1 === subgraph.executions || index >= 3 * subgraph.executions) return [made];
    return [made, { execution: maker + 1, artifact: index, type: event.input, key: "input" }];
  });
  return {
    calls: [
      call("putLineageSubgraph", {
        executions: executions.map(executionMessage),
        artifacts: artifacts.map(artifactMessage),
        contexts: contexts.map(({ type, name, properties }) => ({
          typeId: BigInt(type),
          name,
          properties: propertyMaps(properties).properties,
        })),
        eventEdges: edges.map((edge) => ({
          executionIndex: edge.execution,
          artifactIndex: edge.artifact,
          event: { type: edge.type, path: step(edge.key) },
        })),
      }),
    ],
    minimum: (db) =>
      db.transaction(async () => {
        const contextIds = await insertNodes(db, "Context", contexts);
        const executionIds = await insertNodes(db, "Execution", executions);
        const artifactIds = await insertNodes(db, "Artifact", artifacts);
        await insertEvents(
          db,
          edges.map(({ execution: at, artifact: of, type, key }) => ({
            ...{ execution: executionIds[at] as number, artifact: artifactIds[of] as number },
            ...{ type, key },
          })),
        );
        const all = (ids: readonly number[]) =>
          contextIds.flatMap((context) => ids.map((id): [number, number] => [context, id]));
        await insertMemberships(db, "Execution", all(executionIds));
        await insertMemberships(db, "Artifact", all(artifactIds));
      }),
  };
}

/** All artifacts of fifteen runs become part of one other run, which takes in more of them each time. */
function putAttributions(data: Data, serial: number): Operation {
  const context = 1 + (serial % data.runs);
  const first = ((serial * 1511) % (data.artifacts - 1500)) + 1;
  const pairs = Array.from({ length: 1500 }, (_, index): [number, number] => [context, first + index]);
  return {
    calls: [
      call("putAttributionsAndAssociations", {
        attributions: pairs.map(([contextId, artifactId]) => ({
          contextId: BigInt(contextId),
          artifactId: BigInt(artifactId),
        })),
      }),
    ],
    minimum: (db) => db.transaction(() => insertMemberships(db, "Artifact", pairs)),
  };
}
