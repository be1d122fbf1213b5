import { Command } from "commander";
import { artifactStates, executionStates } from "../client/enums.ts";
import type { NodeKind } from "../client/nodes.ts";
import type { MetadataStore } from "../client/store.ts";
import { openInspector } from "../open.ts";
import { kindNames, readerOf } from "./kinds.ts";
import { stateOf } from "./list.ts";
import { printJson, printNdjson } from "./output/json.ts";
import { type Column, printTable } from "./output/table.ts";
import { timeText } from "./output/values.ts";
import { addReadingOptions, type ReadingOptions, withStore } from "./reading.ts";
import { inspectedConfig } from "./store-options.ts";

/** How many nodes of a type there are. */
interface TypeCount {
  readonly kind: NodeKind;
  readonly typeId: bigint;
  count: number;
  /** How many of them have which state. */
  readonly states: Map<string, number>;
  newest: bigint;
}

export function statsCommand(): Command {
  const command = new Command("stats").description("Count what is in the store, by type and state.");
  return addReadingOptions(command)
    .addHelpText(
      "after",
      "\nOver gRPC everything is read to be counted; a database counts by itself.\n\nExample:\n  mlmd stats --sqlite ./mlmd.db\n",
    )
    .action(stats);
}

async function stats(options: ReadingOptions, command: Command): Promise<void> {
  await withStore(options, command, async (store, isServer) => {
    const counts = isServer ? await countByReading(store) : await countInside(options, command);
    const rows = await withTypes(store, counts);
    if (options.ndjson) return printNdjson(rows.map(rowJson));
    if (options.json) return printJson(rows.map(rowJson));
    return printTable(columns, rows, "the store is empty");
  });
}

async function countInside(options: ReadingOptions, command: Command): Promise<TypeCount[]> {
  const inspector = await openInspector(await inspectedConfig(options, command));
  const statistics = await inspector.statistics();
  const counts = new Counts();
  for (const kind of kindNames) {
    for (const { typeId, state, count, newest } of statistics[kind]) {
      counts.add(kind, typeId, state === undefined ? "" : stateName(kind, state), count, newest);
    }
  }
  return counts.all();
}

function stateName(kind: NodeKind, state: number): string {
  const names = kind === "artifact" ? artifactStates : executionStates;
  return names.name(state as never) ?? String(state);
}

async function countByReading(store: MetadataStore): Promise<TypeCount[]> {
  const counts = new Counts();
  for (const kind of kindNames) {
    for await (const node of readerOf(kind).list(store, {})) {
      counts.add(kind, node.typeId, stateOf(node), 1, node.createTimeSinceEpoch);
    }
  }
  return counts.all();
}

class Counts {
  readonly #byType = new Map<string, TypeCount>();

  add(kind: NodeKind, typeId: bigint, state: string, count: number, newest: bigint): void {
    const key = `${kind} ${typeId}`;
    const entry = this.#byType.get(key) ?? { kind, typeId, count: 0, states: new Map(), newest };
    entry.count += count;
    if (state !== "") entry.states.set(state, (entry.states.get(state) ?? 0) + count);
    if (newest > entry.newest) entry.newest = newest;
    this.#byType.set(key, entry);
  }

  /** Kind by kind, the most frequent type first. */
  all(): TypeCount[] {
    const place = ({ kind }: TypeCount) => kindNames.indexOf(kind);
    return [...this.#byType.values()].sort(
      (one, other) =>
        place(one) - place(other) || other.count - one.count || Number(one.typeId - other.typeId),
    );
  }
}

interface Row extends TypeCount {
  readonly name: string;
  readonly version: string | undefined;
}

async function withTypes(store: MetadataStore, counts: readonly TypeCount[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of kindNames) {
    const ofKind = counts.filter((count) => count.kind === kind);
    const found = await readerOf(kind).typesById(
      store,
      ofKind.map(({ typeId }) => typeId),
    );
    const types = new Map(found.map((type) => [type.id, type]));
    for (const count of ofKind) {
      const type = types.get(count.typeId);
      rows.push({ ...count, name: type?.name ?? "", version: type?.version });
    }
  }
  return rows;
}

function rowJson({ kind, typeId, name, version, count, states, newest }: Row) {
  return {
    ...{ kind, typeId: String(typeId), type: name, ...(version !== undefined && { version }), count },
    ...{ states: Object.fromEntries(states), newestCreateTimeSinceEpoch: String(newest) },
  };
}

const columns: readonly Column<Row>[] = [
  { title: "KIND", value: ({ kind }) => kind },
  { title: "TYPE", value: ({ name, typeId }) => name || `type ${typeId}`, cut: "end" },
  { title: "VERSION", value: ({ version = "" }) => version, cut: "end", dropIfEmpty: true },
  { title: "COUNT", value: ({ count }) => count.toLocaleString("en-US"), align: "right" },
  { title: "STATES", value: ({ states }) => statesText(states), cut: "end", dropIfEmpty: true },
  { title: "NEWEST", value: ({ newest }) => timeText(newest) },
];

function statesText(states: ReadonlyMap<string, number>): string {
  return [...states]
    .sort(([, one], [, other]) => other - one)
    .map(([state, count]) => `${state} ${count.toLocaleString("en-US")}`)
    .join(", ");
}
