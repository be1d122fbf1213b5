import { insertEvents, insertMemberships, insertNodes } from "../../by-hand.ts";
import type { Bare } from "../../sides/minimum.ts";
import { type Call, call, type Operation, type Setup } from "../../workload.ts";
import {
  artifactKind,
  contextKind,
  executionKind,
  type ToolKind,
  type ToolNode,
  type ToolType,
  toolKinds,
} from "./kinds.ts";

/*
 * What the store holds before the tool's workloads: the numbers are those of its unit tests. Only what is missing is
 * put, so that every workload can ask for it.
 */

const typesOfKind = 100;
const nodesOfKind = 500;
const edges = 1000;

/** All sides must have the types before the nodes are made, so this takes two steps. */
export async function prefillTypes({ service }: Setup): Promise<Operation[]> {
  const operations: Operation[] = [];
  for (const kind of toolKinds) {
    if ((await userTypes(kind, service)).length >= typesOfKind) continue;
    for (let index = 0; index < typesOfKind; index++) {
      operations.push(putType(kind, `pre_insert_${kind.label.toLowerCase()}_type-${index}`, ["property"]));
    }
  }
  return operations;
}

export async function prefillNodes(setup: Setup): Promise<Operation[]> {
  const operations: Operation[] = [];
  for (const kind of toolKinds) {
    if ((await kind.nodes(setup.service)).length < nodesOfKind) {
      operations.push(await putNodes(setup, kind, nodesOfKind, `pre_insert_${kind.label.toLowerCase()}`));
    }
  }
  return operations;
}

/** Nodes of all types in turn, in one call. */
export async function putNodes(
  { service }: Setup,
  kind: ToolKind,
  count: number,
  prefix: string,
): Promise<Operation> {
  const types = (await userTypes(kind, service)).filter(({ properties }) => properties.includes("property"));
  const nodes = Array.from({ length: count }, (_, index) => ({
    name: `${prefix}-${index}`,
    type: types[index % types.length] as ToolType,
    uri: `${prefix}-${index}_uri`,
    properties: new Map([["property", "foo"]]),
    customProperties: new Map([["custom-property", "bar"]]),
  }));
  return {
    calls: [kind.putNodes(nodes)],
    minimum: (db) => db.transaction(() => insertNodes(db, kind.table, nodes.map(byHand))),
  };
}

export async function prefillEdges({ service, random }: Setup): Promise<Operation[]> {
  const artifacts = await artifactKind.nodes(service);
  const executions = await executionKind.nodes(service);
  const contexts = await contextKind.nodes(service);
  const pairs = (to: readonly ToolNode[]) => {
    const drawn = new Map<string, [number, number]>();
    while (drawn.size < edges) {
      const pair: [number, number] = [random.pick(contexts).id, random.pick(to).id];
      drawn.set(String(pair), pair);
    }
    return [...drawn.values()];
  };
  const [attributions, associations] = [pairs(artifacts), pairs(executions)];
  const events = pairs(executions).map(([, execution], index) => ({
    ...{ execution, artifact: (artifacts[index % artifacts.length] as ToolNode).id, type: 3, key: "foo" },
  }));
  const different = [
    ...new Map(events.map((event) => [`${event.artifact} ${event.execution}`, event])).values(),
  ];
  return [
    putEdges("Artifact", attributions),
    putEdges("Execution", associations),
    { calls: [putEvents(different)], minimum: (db) => db.transaction(() => insertEvents(db, different)) },
  ];
}

export function putType(kind: ToolKind, name: string, properties: string[]): Operation {
  return {
    calls: [kind.putType({ name, properties })],
    minimum: (db) =>
      db.transaction(async () => {
        const [id] = (await db.insert("Type", ["name", "type_kind"], [[name, kind.typeKind]])) as [number];
        await insertTypeProperties(db, id, properties);
      }),
  };
}

/** In the transaction of the caller. All are strings. */
export async function insertTypeProperties(db: Bare, id: number, properties: readonly string[]) {
  await db.insert(
    "TypeProperty",
    ["type_id", "name", "data_type"],
    properties.map((name) => [id, name, 3]),
  );
}

export function putEdges(
  to: "Artifact" | "Execution",
  pairs: readonly (readonly [context: number, node: number])[],
): Operation {
  const edge = pairs.map(([context, node]) => [BigInt(context), BigInt(node)] as const);
  return {
    calls: [
      call(
        "putAttributionsAndAssociations",
        to === "Artifact"
          ? { attributions: edge.map(([contextId, artifactId]) => ({ contextId, artifactId })) }
          : { associations: edge.map(([contextId, executionId]) => ({ contextId, executionId })) },
      ),
    ],
    minimum: (db) => db.transaction(() => insertMemberships(db, to, pairs)),
  };
}

export function putEvents(
  events: readonly { artifact: number; execution: number; type: number; key: string }[],
): Call {
  return call("putEvents", {
    events: events.map(({ artifact, execution, type, key }) => ({
      artifactId: BigInt(artifact),
      executionId: BigInt(execution),
      type,
      path: { steps: [{ value: { case: "key" as const, value: key } }] },
    })),
  });
}

export function byHand({ name, type, uri, properties, customProperties }: Omit<ToolNode, "id">) {
  const list = (map: ReadonlyMap<string, string>, isCustom: boolean) =>
    [...map].map(([key, value]) => [key, isCustom, value] as const);
  return {
    ...{ type: type.id, name, uri, state: 0 },
    properties: [...list(properties, false), ...list(customProperties, true)],
  };
}

/** Without those that a store has from the beginning. */
export async function userTypes(kind: ToolKind, service: Setup["service"]): Promise<ToolType[]> {
  return (await kind.types(service)).filter(({ name }) => !name.startsWith("mlmd."));
}
