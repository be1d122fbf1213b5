import { byIds, eventsOf, readNodes, readNodesHere, readTypes } from "../by-hand.ts";
import {
  artifactExternalId,
  artifactName,
  artifactTypes,
  artifactUri,
  type Data,
  executionName,
  executionType,
  runName,
  runType,
  typeName,
} from "../data.ts";
import type { Random } from "../random.ts";
import { call, type Operation, type OriginalGoal, type Workload } from "../workload.ts";

const servers = { mysql: 2, postgres: 2 };
const pointGoal: OriginalGoal = { sqlite: 1, ...servers };
const setGoal: OriginalGoal = { sqlite: 2, ...servers };

/** What one id, name, URI or page of a list costs must not depend on how much there is. */
function read(name: string, goal: OriginalGoal, draw: (data: Data, random: Random) => Operation): Workload {
  return {
    ...{ name, group: "reads", goal, changes: false, isFlat: true },
    prepare:
      async ({ data, random }) =>
      () =>
        draw(data, random),
  };
}

export const reads: readonly Workload[] = [
  read("artifact by id", pointGoal, (data, random) => artifactsById(random.integers(1, 1, data.artifacts))),
  read("artifact by type and name", pointGoal, (data, random) => {
    const artifact = random.integer(1, data.artifacts);
    const type = data.typeOf(artifact);
    return {
      calls: [
        call("getArtifactByTypeAndName", { typeName: typeName(type), artifactName: artifactName(artifact) }),
      ],
      minimum: (db) =>
        db.transaction(async () => {
          const [found] = await db.all("SELECT id FROM Type WHERE name = ? AND type_kind = 1", [
            typeName(type),
          ]);
          return readNodesHere(db, "Artifact", "WHERE n.type_id = ? AND n.name = ?", [
            found?.id as number,
            artifactName(artifact),
          ]);
        }),
    };
  }),
  read("artifact by URI", pointGoal, (data, random) => {
    const uri = artifactUri(random.integer(1, data.artifacts));
    return {
      calls: [call("getArtifactsByURI", { uris: [uri] })],
      minimum: (db) => readNodes(db, "Artifact", "WHERE n.uri = ?", [uri]),
    };
  }),
  read("artifact by external id", pointGoal, (data, random) => {
    const externalId = artifactExternalId(random.integer(1, data.artifacts));
    return {
      calls: [call("getArtifactsByExternalIds", { externalIds: [externalId] })],
      minimum: (db) => readNodes(db, "Artifact", "WHERE n.external_id = ?", [externalId]),
    };
  }),
  read("execution by type and name", pointGoal, (data, random) => {
    const name = executionName(random.integer(1, data.executions));
    return {
      calls: [call("getExecutionByTypeAndName", { typeName: typeName(executionType), executionName: name })],
      minimum: (db) =>
        db.transaction(async () => {
          const [found] = await db.all("SELECT id FROM Type WHERE name = ? AND type_kind = 0", [
            typeName(executionType),
          ]);
          return readNodesHere(db, "Execution", "WHERE n.type_id = ? AND n.name = ?", [
            found?.id as number,
            name,
          ]);
        }),
    };
  }),
  read("events of one execution", pointGoal, (data, random) =>
    eventsByExecution([random.integer(1, data.executions)]),
  ),
  read("artifact type by name", pointGoal, (_, random) => {
    const name = typeName(random.pick(artifactTypes));
    return {
      calls: [call("getArtifactType", { typeName: name })],
      minimum: (db) => db.transaction(() => readTypes(db, "t.name = ? AND t.type_kind = 1", [name])),
    };
  }),
  read("100 artifacts by id", setGoal, (data, random) =>
    artifactsById(random.integers(100, 1, data.artifacts)),
  ),
  read("100 newest artifacts of a type", setGoal, (_, random) => {
    const type = random.pick(artifactTypes);
    return {
      calls: [
        call("getArtifactsByType", {
          typeName: typeName(type),
          options: { maxResultSize: 100, orderByField: { field: 1, isAsc: false } },
        }),
      ],
      minimum: (db) =>
        db.transaction(async () => {
          const [found] = await db.all("SELECT id FROM Type WHERE name = ? AND type_kind = 1", [
            typeName(type),
          ]);
          return readNodesHere(
            db,
            "Artifact",
            // The sign keeps the engine from sorting all of the type: the newest are found by the index of times.
            "WHERE +n.type_id = ? ORDER BY n.create_time_since_epoch DESC, n.id DESC LIMIT 101",
            [found?.id as number],
          );
        }),
    };
  }),
  read("100 newest artifacts", setGoal, () => ({
    calls: [
      call("getArtifacts", { options: { maxResultSize: 100, orderByField: { field: 1, isAsc: false } } }),
    ],
    minimum: (db) =>
      readNodes(db, "Artifact", "ORDER BY n.create_time_since_epoch DESC, n.id DESC LIMIT 101", []),
  })),
  read("100 artifacts of a context", setGoal, (data, random) => {
    const run = random.integer(1, data.runs);
    return {
      calls: [call("getArtifactsByContext", { contextId: BigInt(run) })],
      minimum: (db) =>
        readNodes(
          db,
          "Artifact",
          "WHERE n.id IN (SELECT artifact_id FROM Attribution WHERE context_id = ?)",
          [run],
        ),
    };
  }),
  read("25 executions of a context", setGoal, (data, random) => {
    const run = random.integer(1, data.runs);
    return {
      calls: [call("getExecutionsByContext", { contextId: BigInt(run) })],
      minimum: (db) =>
        readNodes(
          db,
          "Execution",
          "WHERE n.id IN (SELECT execution_id FROM Association WHERE context_id = ?)",
          [run],
        ),
    };
  }),
  read("contexts of an artifact", pointGoal, (data, random) => {
    const artifact = random.integer(1, data.artifacts);
    return {
      calls: [call("getContextsByArtifact", { artifactId: BigInt(artifact) })],
      minimum: (db) =>
        readNodes(db, "Context", "WHERE n.id IN (SELECT context_id FROM Attribution WHERE artifact_id = ?)", [
          artifact,
        ]),
    };
  }),
  read("context by type and name", pointGoal, (data, random) => {
    const name = runName(random.integer(1, data.runs));
    return {
      calls: [call("getContextByTypeAndName", { typeName: typeName(runType), contextName: name })],
      minimum: (db) =>
        db.transaction(async () => {
          const [found] = await db.all("SELECT id FROM Type WHERE name = ? AND type_kind = 2", [
            typeName(runType),
          ]);
          return readNodesHere(db, "Context", "WHERE n.type_id = ? AND n.name = ?", [
            found?.id as number,
            name,
          ]);
        }),
    };
  }),
];

function artifactsById(ids: readonly number[]): Operation {
  return {
    calls: [call("getArtifactsByID", { artifactIds: ids.map(BigInt) })],
    minimum: (db) => byIds(db, "Artifact", ids),
  };
}

function eventsByExecution(ids: readonly number[]): Operation {
  return {
    calls: [call("getEventsByExecutionIDs", { executionIds: ids.map(BigInt) })],
    minimum: (db) => eventsOf(db, "execution_id", ids),
  };
}
