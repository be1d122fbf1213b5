import type { Event } from "../../../src/contract/messages.ts";
import { insertEvents, insertNodes } from "../../by-hand.ts";
import { message, type Operation, type Setup, type Workload } from "../../workload.ts";
import {
  artifactKind,
  contextKind,
  executionKind,
  type ToolKind,
  type ToolNode,
  toolKinds,
} from "./kinds.ts";
import { categorical, shuffled, zipf } from "./popularity.ts";
import {
  byHand,
  insertTypeProperties,
  putEdges,
  putEvents,
  putNodes,
  putType,
  userTypes,
} from "./prefill.ts";

/* The tool's workloads that write: FillTypes, FillNodes, FillContextEdges and FillEvents. */

const properties = [1, 10] as const;
const valueBytes = [1, 10] as const;
const edgesOfCall = 5;
const eventsOfCall = 3;
const event = { INPUT: 3, OUTPUT: 4 } as const;

/** So that there are enough artifacts that nothing has produced yet, and names say which operation made them. */
const operationsMax = 50;
const unproduced = 3000;

function fill(name: string, prepare: Workload["prepare"]): Workload {
  return {
    ...{ name: `mlmd_bench: FILL_${name}`, group: "mlmd_bench", changes: true, operationsMax, prepare },
    goal: { sqlite: 1, mysql: 1, postgres: 1 },
  };
}

export const fills: readonly Workload[] = [
  ...toolKinds.flatMap((kind) => [
    fill(`${kind.label}_TYPE`, (setup) => insertTypes(kind, setup)),
    fill(`${kind.label}_TYPE(UPDATE)`, (setup) => updateTypes(kind, setup)),
  ]),
  ...toolKinds.flatMap((kind) => [
    fill(kind.label, (setup) => insertNodesOf(kind, setup)),
    fill(`${kind.label}(UPDATE)`, (setup) => updateNodesOf(kind, setup)),
  ]),
  fill("ATTRIBUTION", (setup) => addEdges("Artifact", artifactKind, setup)),
  fill("ASSOCIATION", (setup) => addEdges("Execution", executionKind, setup)),
  fill("INPUT_EVENT", addInputs),
  {
    ...fill("OUTPUT_EVENT", addOutputs),
    setUp: async (setup) => [await putNodes(setup, artifactKind, unproduced, "unproduced")],
  },
];

async function insertTypes(kind: ToolKind, { random }: Setup) {
  let serial = 0;
  return () => putType(kind, `type_${++serial}`, named("p-", random.integer(...properties)));
}

/** All types in turn. Where it is a type's second time, the properties have other names, or nothing would change. */
async function updateTypes(kind: ToolKind, { random, service }: Setup) {
  const types = await userTypes(kind, service);
  let serial = 0;
  return (): Operation => {
    const type = types[serial % types.length];
    if (type === undefined) throw new Error("there are no types");
    const turn = Math.floor(serial++ / types.length);
    const added = named(turn === 0 ? "add_p-" : `add_p-${turn}-`, random.integer(...properties));
    type.properties.push(...added);
    return {
      calls: [kind.putType(type)],
      minimum: (db) => db.transaction(() => insertTypeProperties(db, type.id, added)),
    };
  };
}

async function insertNodesOf(kind: ToolKind, { random, service }: Setup) {
  const types = await userTypes(kind, service);
  let serial = 0;
  return (): Operation => {
    const type = random.pick(types);
    const name = `nodes_${++serial}_node_0`;
    const node = { name, type, uri: `${name}_uri`, properties: new Map(), customProperties: new Map() };
    addProperties(node, random.integer(...properties), "*".repeat(random.integer(...valueBytes)));
    return {
      calls: [kind.putNodes([node])],
      minimum: (db) => db.transaction(() => insertNodes(db, kind.table, [byHand(node)])),
    };
  };
}

/** Declared properties first, then custom ones. */
function addProperties(node: Omit<ToolNode, "id">, count: number, value: string): [string, boolean][] {
  const declared = node.type.properties.slice(0, count);
  for (const name of declared) node.properties.set(name, value);
  const custom = named("custom_p-", count - declared.length);
  for (const name of custom) node.customProperties.set(name, value);
  return [
    ...declared.map((name): [string, boolean] => [name, false]),
    ...custom.map((name): [string, boolean] => [name, true]),
  ];
}

/** Each node in turn; what the tool would insert for want of nodes is another turn here. */
async function updateNodesOf(kind: ToolKind, { random, service }: Setup) {
  const nodes = shuffled(await kind.nodes(service), random);
  let serial = 0;
  return (): Operation => {
    const stored = nodes[serial % nodes.length];
    if (stored === undefined) throw new Error("there are no nodes");
    serial++;
    const node = { ...stored, uri: `nodes_update_${serial}_uri` };
    const count = random.integer(...properties);
    const removed = [...node.customProperties.keys()].slice(0, count);
    for (const name of removed) node.customProperties.delete(name);
    const value = "*".repeat(random.integer(...valueBytes));
    const put = addProperties(node, count - removed.length, value);
    const gone = removed.filter((name) => !node.customProperties.has(name));
    return {
      calls: [kind.putNodes([node])],
      minimum: (db) => db.transaction(() => updateByHand(db, kind, node, gone, put)),
    };
  };
}

async function updateByHand(
  db: Parameters<Operation["minimum"]>[0],
  { table }: ToolKind,
  { id, uri, properties: declared, customProperties }: ToolNode,
  removed: readonly string[],
  put: readonly [string, boolean][],
): Promise<void> {
  const time = "last_update_time_since_epoch = ?";
  const own = {
    Artifact: `uri = ?, state = 0, ${time}`,
    Execution: `last_known_state = 0, ${time}`,
    Context: time,
  };
  await db.run(`UPDATE ${table} SET ${own[table]} WHERE id = ?`, [
    [...(table === "Artifact" ? [uri] : []), Date.now(), id],
  ]);
  const owner = `${table.toLowerCase()}_id`;
  await db.run(
    `DELETE FROM ${table}Property WHERE ${owner} = ? AND name = ? AND is_custom_property = ${db.flag(true)}`,
    removed.map((name) => [id, name]),
  );
  if (put.length === 0) return;
  await db.insert(
    `${table}Property`,
    [owner, "name", "is_custom_property", "string_value"],
    put.map(([name, isCustom]) => [
      ...[id, name, db.flag(isCustom)],
      (isCustom ? customProperties : declared).get(name) as string,
    ]),
    { replace: 3 },
  );
}

async function addEdges(to: "Artifact" | "Execution", kind: ToolKind, { random, service }: Setup) {
  const nodes = categorical(await kind.nodes(service), random);
  const contexts = categorical(await contextKind.nodes(service), random);
  const drawn = new Set<string>();
  return () => {
    const pairs: [number, number][] = [];
    while (pairs.length < edgesOfCall) {
      const pair: [number, number] = [contexts.draw(random).id, nodes.draw(random).id];
      if (drawn.has(String(pair))) continue;
      drawn.add(String(pair));
      pairs.push(pair);
    }
    return putEdges(to, pairs);
  };
}

async function addInputs(setup: Setup) {
  const { random, service } = setup;
  const artifacts = zipf(await artifactKind.nodes(service), random);
  const executions = categorical(await executionKind.nodes(service), random);
  const stored = await storedEvents(setup);
  const taken = new Set(stored.map(({ artifactId, executionId }) => `${artifactId} ${executionId}`));
  return () =>
    eventsOperation(event.INPUT, () => {
      for (;;) {
        const [artifact, execution] = [artifacts.draw(random).id, executions.draw(random).id];
        const pair = `${artifact} ${execution}`;
        if (taken.has(pair)) continue;
        taken.add(pair);
        return { artifact, execution };
      }
    });
}

async function addOutputs(setup: Setup) {
  const { random, service } = setup;
  const stored = await storedEvents(setup);
  const produced = new Set(
    stored.filter(({ type }) => type === event.OUTPUT).map(({ artifactId }) => artifactId),
  );
  const free = (await artifactKind.nodes(service)).filter(({ id }) => !produced.has(BigInt(id)));
  // Each artifact once: drawn by popularity and without putting back, which is an order.
  const order = shuffled(free, random).map(({ id }) => id);
  const executions = categorical(await executionKind.nodes(service), random);
  return () =>
    eventsOperation(event.OUTPUT, () => {
      const artifact = order.pop();
      if (artifact === undefined) throw new Error("every artifact has been produced");
      return { artifact, execution: executions.draw(random).id };
    });
}

function eventsOperation(type: number, draw: () => { artifact: number; execution: number }): Operation {
  const events = Array.from({ length: eventsOfCall }, () => ({ ...draw(), type, key: "foo" }));
  return {
    calls: [putEvents(events)],
    minimum: (db) => db.transaction(() => insertEvents(db, events)),
  };
}

async function storedEvents({ service }: Setup): Promise<Event[]> {
  const executionIds = (await executionKind.nodes(service)).map(({ id }) => BigInt(id));
  return (await service.getEventsByExecutionIDs(message("getEventsByExecutionIDs", { executionIds }))).events;
}

function named(prefix: string, count: number): string[] {
  return Array.from({ length: Math.max(0, count) }, (_, index) => `${prefix}${index}`);
}
