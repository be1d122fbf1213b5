import { byIds, eventsOf, readEventsHere, readNodes, readNodesHere } from "../by-hand.ts";
import { type Data, executionType, fingerprint, runName, runType, typeName } from "../data.ts";
import type { Bare } from "../sides/minimum.ts";
import { type Call, call, message, type Operation, type Workload } from "../workload.ts";

/* What programs that run pipelines ask for, as they do it: several calls for one step. */

const group = "callers";
const servers = { mysql: 2, postgres: 2 };

export const cacheAndDriver: readonly Workload[] = [
  {
    ...{ name: "cache look-up: execution by fingerprint, its events and artifacts", group, changes: false },
    goal: { sqlite: 1, ...servers },
    prepare:
      async ({ data, random }) =>
      () =>
        cacheLookUp(data, random.integer(1, data.executions)),
  },
  {
    ...{ name: "Kubeflow driver: 100 small reads", group, changes: false },
    goal: { sqlite: 1, ...servers },
    prepare:
      async ({ data, random }) =>
      () =>
        driverReads(random.integers(20, 1, data.runs), data),
  },
];

export const paging: readonly Workload[] = [
  {
    ...{ name: "all artifacts, in pages of 100", group, changes: false, operationsMax: 1 },
    goal: { sqlite: 1, ...servers },
    /** The tokens are the same for every side, so the requests are made once, by asking ours. */
    async prepare({ service, data }) {
      const calls: Call[] = [];
      for (let nextPageToken = ""; ; ) {
        const request = { options: { maxResultSize: 100, ...(nextPageToken !== "" && { nextPageToken }) } };
        calls.push(call("getArtifacts", request));
        ({ nextPageToken } = await service.getArtifacts(message("getArtifacts", request)));
        if (nextPageToken === "") break;
      }
      return () => ({
        calls,
        async minimum(db) {
          for (let last = 0; last < data.artifacts; last += 100) {
            await readNodes(db, "Artifact", "WHERE n.id > ? ORDER BY n.id LIMIT 100", [last]);
          }
        },
      });
    },
  },
];

function cacheLookUp(data: Data, execution: number): Operation {
  const artifacts = [0, 1, 2, 3].map((index) => data.firstOutput(execution) + index);
  const key = fingerprint(execution);
  return {
    calls: [
      call("getExecutionsByType", {
        typeName: typeName(executionType),
        options: {
          maxResultSize: 1,
          filterQuery: `custom_properties.fingerprint.string_value = '${key}' AND last_known_state = COMPLETE`,
          orderByField: { field: 1, isAsc: false },
        },
      }),
      call("getEventsByExecutionIDs", { executionIds: [BigInt(execution)] }),
      call("getArtifactsByID", { artifactIds: artifacts.map(BigInt) }),
    ],
    async minimum(db) {
      await db.transaction(async () => {
        const [type] = await db.all("SELECT id FROM Type WHERE name = ? AND type_kind = 0", [
          typeName(executionType),
        ]);
        await readNodesHere(
          db,
          "Execution",
          `WHERE n.id IN (SELECT execution_id FROM ExecutionProperty
             WHERE name = 'fingerprint' AND is_custom_property = ${db.flag(true)} AND string_value = ?)
           AND n.type_id = ? AND n.last_known_state = 3
           ORDER BY n.create_time_since_epoch DESC, n.id DESC LIMIT 2`,
          [key, type?.id as number],
        );
      });
      await eventsOf(db, "execution_id", [execution]);
      await byIds(db, "Artifact", artifacts);
    },
  };
}

/** What the driver of a pipeline looks up before a step, for one run: its context, and what ran before in it. */
function driverReads(runs: readonly number[], data: Data): Operation {
  return {
    calls: runs.flatMap((run) => {
      const execution = data.firstExecution(run);
      return [
        call("getContextByTypeAndName", { typeName: typeName(runType), contextName: runName(run) }),
        call("getParentContextsByContext", { contextId: BigInt(run) }),
        call("getExecutionsByID", { executionIds: [BigInt(execution)] }),
        call("getEventsByExecutionIDs", { executionIds: [BigInt(execution)] }),
        call("getArtifactsByID", { artifactIds: [BigInt(data.firstOutput(execution))] }),
      ];
    }),
    async minimum(db) {
      for (const run of runs) await driverReadsByHand(db, run, data);
    },
  };
}

async function driverReadsByHand(db: Bare, run: number, data: Data): Promise<void> {
  const execution = data.firstExecution(run);
  await db.transaction(async () => {
    const [type] = await db.all("SELECT id FROM Type WHERE name = ? AND type_kind = 2", [typeName(runType)]);
    await readNodesHere(db, "Context", "WHERE n.type_id = ? AND n.name = ?", [
      type?.id as number,
      runName(run),
    ]);
  });
  await readNodes(
    db,
    "Context",
    "WHERE n.id IN (SELECT parent_context_id FROM ParentContext WHERE context_id = ?)",
    [run],
  );
  await byIds(db, "Execution", [execution]);
  await db.transaction(() => readEventsHere(db, "execution_id = ?", [execution]));
  await byIds(db, "Artifact", [data.firstOutput(execution)]);
}
