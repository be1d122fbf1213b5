import { byIds, eventsOf, type Kind, readNodes, readNodesHere, readTypes } from "../../by-hand.ts";
import type { Random } from "../../random.ts";
import { List } from "../../sides/minimum.ts";
import { type Call, call, message, type Operation, type Setup, type Workload } from "../../workload.ts";
import {
  artifactKind,
  contextKind,
  executionKind,
  type ToolKind,
  type ToolNode,
  toolKinds,
} from "./kinds.ts";
import { userTypes } from "./prefill.ts";

/*
 * The tool's workloads that read: ReadTypes, ReadNodesByProperties, ReadNodesViaContextEdges and ReadEvents. Where it
 * draws several ids, all of them are sent; the tool means to, and sends the last one only.
 */

const parameters = [1, 10] as const;

function read<T>(
  name: string,
  load: (setup: Setup) => Promise<readonly T[]>,
  draw: (items: readonly T[], random: Random) => Operation,
): Workload {
  return {
    ...{ name: `mlmd_bench: READ_${name}`, group: "mlmd_bench", changes: false },
    goal: { sqlite: 1, mysql: 2, postgres: 2 },
    async prepare(setup) {
      const items = await load(setup);
      if (items.length === 0) throw new Error("the store holds nothing to read");
      return () => draw(items, setup.random);
    },
  };
}

const nodesOf = (kind: ToolKind) => (setup: Setup) => kind.nodes(setup.service);
const some = <T>(items: readonly T[], random: Random): T[] =>
  Array.from({ length: random.integer(...parameters) }, () => random.pick(items));

export const toolReads: readonly Workload[] = [
  ...toolKinds.map((kind) =>
    read(
      `ALL_${kind.label}_TYPES`,
      ({ service }) => userTypes(kind, service),
      () => ({
        calls: [kind.allTypes()],
        minimum: (db) => db.transaction(() => readTypes(db, "t.type_kind = ?", [kind.typeKind])),
      }),
    ),
  ),
  ...toolKinds.map((kind) =>
    read(
      `${kind.label}_TYPES_BY_ID`,
      ({ service }) => userTypes(kind, service),
      (types, random) => {
        const list = new List(some(types, random).map(({ id }) => id));
        return {
          calls: [kind.typesById(list.values as number[])],
          minimum: (db) => db.transaction(() => readTypes(db, db.in("t.id", list), [list])),
        };
      },
    ),
  ),
  ...toolKinds.map((kind) =>
    read(
      `${kind.label}_TYPE_BY_NAME`,
      ({ service }) => userTypes(kind, service),
      (types, random) => {
        const { name } = random.pick(types);
        return {
          calls: [kind.typeByName(name)],
          minimum: (db) =>
            db.transaction(() => readTypes(db, "t.name = ? AND t.type_kind = ?", [name, kind.typeKind])),
        };
      },
    ),
  ),
  ...toolKinds.map((kind) =>
    read(`${kind.label}S_BY_ID`, nodesOf(kind), (nodes, random) => {
      const ids = some(nodes, random).map(({ id }) => id);
      return { calls: [kind.nodesById(ids)], minimum: (db) => byIds(db, kind.table, ids) };
    }),
  ),
  ...toolKinds.map((kind) =>
    read(`${kind.label}S_BY_TYPE`, nodesOf(kind), (nodes, random) => {
      const { type } = random.pick(nodes);
      return {
        calls: [kind.nodesByType(type.name)],
        minimum: (db) => byType(db, kind, type.name, "", []),
      };
    }),
  ),
  ...toolKinds.map((kind) =>
    read(`${kind.label}_BY_TYPE_AND_NAME`, nodesOf(kind), (nodes, random) => {
      const { type, name } = random.pick(nodes);
      return {
        calls: [kind.nodeByTypeAndName(type.name, name)],
        minimum: (db) => byType(db, kind, type.name, "AND n.name = ?", [name]),
      };
    }),
  ),
  read("ARTIFACTS_BY_URI", nodesOf(artifactKind), (nodes, random) => {
    const uris = new List(some(nodes, random).map(({ uri }) => uri));
    return {
      calls: [call("getArtifactsByURI", { uris: uris.values as string[] })],
      minimum: (db) => readNodes(db, "Artifact", `WHERE ${db.in("n.uri", uris)}`, [uris]),
    };
  }),
  viaEdges("CONTEXTS_BY_ARTIFACT", inContexts(artifactKind), {
    kind: "Context",
    ids: "SELECT context_id FROM Attribution WHERE artifact_id = ?",
    call: (id) => call("getContextsByArtifact", { artifactId: id }),
  }),
  viaEdges("CONTEXTS_BY_EXECUTION", inContexts(executionKind), {
    kind: "Context",
    ids: "SELECT context_id FROM Association WHERE execution_id = ?",
    call: (id) => call("getContextsByExecution", { executionId: id }),
  }),
  viaEdges("ARTIFACTS_BY_CONTEXT", nodesOf(contextKind), {
    kind: "Artifact",
    ids: "SELECT artifact_id FROM Attribution WHERE context_id = ?",
    call: (id) => call("getArtifactsByContext", { contextId: id }),
  }),
  viaEdges("EXECUTIONS_BY_CONTEXT", nodesOf(contextKind), {
    kind: "Execution",
    ids: "SELECT execution_id FROM Association WHERE context_id = ?",
    call: (id) => call("getExecutionsByContext", { contextId: id }),
  }),
  read("EVENTS_BY_ARTIFACT_ID", nodesOf(artifactKind), (nodes, random) => {
    const ids = some(nodes, random).map(({ id }) => id);
    return {
      calls: [call("getEventsByArtifactIDs", { artifactIds: ids.map(BigInt) })],
      minimum: (db) => eventsOf(db, "artifact_id", ids),
    };
  }),
  read("EVENTS_BY_EXECUTION_ID", nodesOf(executionKind), (nodes, random) => {
    const ids = some(nodes, random).map(({ id }) => id);
    return {
      calls: [call("getEventsByExecutionIDs", { executionIds: ids.map(BigInt) })],
      minimum: (db) => eventsOf(db, "execution_id", ids),
    };
  }),
];

interface EdgeRead {
  readonly kind: Kind;
  /** A query for the ids of the neighbours of a node. */
  readonly ids: string;
  call(id: bigint): Call;
}

function viaEdges(
  name: string,
  sources: (setup: Setup) => Promise<ToolNode[]>,
  { kind, ids, call: toCall }: EdgeRead,
): Workload {
  return read(name, sources, (nodes, random) => {
    const { id } = random.pick(nodes);
    return {
      calls: [toCall(BigInt(id))],
      minimum: (db) => readNodes(db, kind, `WHERE n.id IN (${ids})`, [id]),
    };
  });
}

/** Those that belong to a context: of others the original says NOT_FOUND. */
function inContexts(kind: ToolKind): (setup: Setup) => Promise<ToolNode[]> {
  return async ({ service }) => {
    const held = new Set<number>();
    for (const { id } of await contextKind.nodes(service)) {
      const contextId = BigInt(id);
      const nodes =
        kind === artifactKind
          ? (await service.getArtifactsByContext(message("getArtifactsByContext", { contextId }))).artifacts
          : (await service.getExecutionsByContext(message("getExecutionsByContext", { contextId })))
              .executions;
      for (const node of nodes) held.add(Number(node.id));
    }
    return (await kind.nodes(service)).filter(({ id }) => held.has(id));
  };
}

function byType(
  db: Parameters<Operation["minimum"]>[0],
  { table, typeKind }: ToolKind,
  type: string,
  condition: string,
  values: readonly string[],
): Promise<unknown> {
  return db.transaction(async () => {
    const [found] = await db.all("SELECT id FROM Type WHERE name = ? AND type_kind = ?", [type, typeKind]);
    return readNodesHere(db, table, `WHERE n.type_id = ? ${condition}`, [found?.id as number, ...values]);
  });
}
