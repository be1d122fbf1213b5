import { Argument, Command } from "commander";
import type { Event } from "../client/edges.ts";
import { type Flow, flowOf } from "../client/flow.ts";
import type { Artifact, Context, Execution, Node, NodeKind } from "../client/nodes.ts";
import type { MetadataStore } from "../client/store.ts";
import type { ArtifactType, ContextType, ExecutionType } from "../client/types.ts";
import { kindOf, type Properties, type PropertyValue } from "../client/values.ts";
import { MlmdError, notFound, quote } from "../errors.ts";
import { kindNames, readerOf } from "./kinds.ts";
import { stateOf } from "./list.ts";
import { eventJson, nodeJson, printJson, printNdjson, typeJson } from "./output/json.ts";
import { Lines, oneLine, terminalWidth } from "./output/lines.ts";
import { type Column, layOut } from "./output/table.ts";
import { pad, shorten, visible, widthOf, wrapped } from "./output/text.ts";
import { countText, pathText, timeText, valueText } from "./output/values.ts";
import {
  addReadingOptions,
  addTypeOptions,
  findNode,
  kindOfText,
  type ReadingOptions,
  type TypeChoice,
  withStore,
} from "./reading.ts";
import { baseTypeOf } from "./types.ts";

interface Options extends ReadingOptions, TypeChoice {}

type AnyType = ArtifactType | ExecutionType | ContextType;

export function showCommand(): Command {
  const command = new Command("show")
    .description("Show an artifact, execution, context or type with what belongs to it.")
    .addArgument(
      new Argument("<kind>", "what it is")
        .choices([...kindNames, "type"])
        .argParser((text) => (text === "type" || text === "types" ? "type" : kindOfText(text))),
    )
    .argument("<id-or-name>", "its id, or its name; with --type always its name");
  return addReadingOptions(addTypeOptions(command, "the type of the node that is named"))
    .addHelpText(
      "after",
      "\nExamples:\n  mlmd show artifact 7 --sqlite ./mlmd.db\n  mlmd show context run-42 --type Run\n",
    )
    .action(show);
}

async function show(
  kind: NodeKind | "type",
  text: string,
  options: Options,
  command: Command,
): Promise<void> {
  await withStore(options, command, async (store) => {
    if (kind === "type") return showTypes(await typesNamed(store, text), options);
    const found = await around(store, kind, await findNode(store, kind, text, options));
    const json = aroundJson(found);
    if (options.ndjson) return printNdjson([json]);
    return options.json ? printJson(json) : printAround(found);
  });
}

/** A node with what stands around it. */
interface Around {
  readonly kind: NodeKind;
  readonly node: Node;
  readonly type: AnyType | undefined;
  /** Of an artifact or execution. */
  readonly events: readonly Event[];
  /** The nodes at the other ends of the events. */
  readonly ends: ReadonlyMap<bigint, Artifact | Execution>;
  /** The contexts of an artifact or execution. */
  readonly contexts: readonly Context[];
  /** Of a context. */
  readonly parents: readonly Context[];
  readonly children: readonly Context[];
}

async function around(store: MetadataStore, kind: NodeKind, node: Node): Promise<Around> {
  const [type] = await readerOf(kind).typesById(store, [node.typeId]);
  const nothing = { events: [], ends: new Map(), contexts: [], parents: [], children: [] };
  if (kind === "context") {
    const parents = await store.getParentContextsByContext(node.id);
    return {
      ...nothing,
      kind,
      node,
      type,
      parents,
      children: await store.getChildrenContextsByContext(node.id),
    };
  }
  const isArtifact = kind === "artifact";
  const events = await (isArtifact
    ? store.getEventsByArtifactIds([node.id])
    : store.getEventsByExecutionIds([node.id]));
  const contexts = await (isArtifact
    ? store.getContextsByArtifact(node.id)
    : store.getContextsByExecution(node.id)
  ).catch(noneWhereNotFound);
  const ids = [...new Set(events.map((event) => (isArtifact ? event.executionId : event.artifactId)))];
  const found = await readerOf(isArtifact ? "execution" : "artifact").byId(store, ids.slice(0, endsMax));
  return { ...nothing, kind, node, type, events, contexts, ends: new Map(found.map((end) => [end.id, end])) };
}

/** The contract has no empty answer to the question for the contexts of a node. */
function noneWhereNotFound(error: unknown): Context[] {
  if (error instanceof MlmdError && error.code === "NOT_FOUND") return [];
  throw error;
}

/** So many neighbours are shown whole; of more, their ids are. */
const endsMax = 1000;

function aroundJson({ kind, node, type, events, contexts, parents, children }: Around) {
  return {
    [kind]: nodeJson(node),
    ...(type && { [`${kind}Type`]: typeJson(type) }),
    ...(kind === "context"
      ? { parents: parents.map(nodeJson), children: children.map(nodeJson) }
      : { contexts: contexts.map(nodeJson), events: events.map(eventJson) }),
  };
}

async function printAround(found: Around): Promise<void> {
  const { kind, node, type } = found;
  const lines = new Lines();
  const name = node.name === undefined ? "" : `  ${node.name}`;
  await lines.add(oneLine(`${kind[0]?.toUpperCase()}${kind.slice(1)} ${node.id}  ${node.type ?? ""}${name}`));
  await section(lines, "", fieldColumns, fieldsOf(node, type));
  for (const line of propertyLines("Properties", node.properties)) await lines.add(line);
  for (const line of propertyLines("Custom properties", node.customProperties)) await lines.add(line);
  for (const [title, rows] of ends(found)) await section(lines, title, endColumns, rows);
  for (const group of ["contexts", "parents", "children"] as const) {
    const title = `${group[0]?.toUpperCase()}${group.slice(1)}`;
    await section(lines, title, contextColumns, found[group]);
  }
  if (kind === "context") await lines.add(`\n\`mlmd dag ${node.id}\` shows what belongs to it.`);
  await lines.flush();
}

async function section<Row>(
  lines: Lines,
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  if (title !== "") await lines.add(`\n${title}`);
  const layout = layOut(columns, rows, true, "  ");
  for (const row of rows) await lines.add(layout.line(row));
}

const fieldColumns: readonly Column<[string, string]>[] = [
  { title: "", value: ([name]) => name, cut: "end" },
  { title: "", value: ([, value]) => value, cut: "end" },
];

function fieldsOf(node: Node, type: AnyType | undefined): [string, string][] {
  const base = type && baseTypeOf(type);
  const version = type?.version === undefined ? "" : `, version ${type.version}`;
  const fields: [string, string][] = [
    ["type", `${type?.name ?? node.type ?? ""} (id ${node.typeId}${version}${base ? `, a ${base}` : ""})`],
    ["state", stateOf(node)],
    ["uri", (node as Artifact).uri ?? ""],
    ["external id", node.externalId ?? ""],
    ["created", timeText(node.createTimeSinceEpoch)],
    ["updated", timeText(node.lastUpdateTimeSinceEpoch)],
  ];
  return fields.filter(([, value]) => value !== "");
}

/** What a terminal shows of a value; one of more is for programs. */
const textMax = 1000;
const nameMax = 40;

function* propertyLines(title: string, properties: Properties): Generator<string> {
  const rows = Object.entries(properties).map(([name, value]) => ({
    ...{
      name: shorten(visible(name), Math.min(nameMax, Math.floor(terminalWidth() / 3))),
      kind: kindOf(value) ?? "",
    },
    lines: valueLines(value),
  }));
  if (rows.length === 0) return;
  yield `\n${title}`;
  const widths = {
    name: Math.max(...rows.map(({ name }) => widthOf(name))),
    kind: Math.max(...rows.map(({ kind }) => kind.length)),
  };
  const indent = 2 + widths.name + 2 + widths.kind + 2;
  for (const { name, kind, lines } of rows) {
    const pieces = lines.flatMap((line) => wrapped(visible(line), Math.max(20, terminalWidth() - indent)));
    yield `  ${pad(name, widths.name)}  ${kind.padEnd(widths.kind)}  ${pieces[0]}`.trimEnd();
    for (const piece of pieces.slice(1)) yield " ".repeat(indent) + piece;
  }
}

function valueLines(value: PropertyValue): string[] {
  const text = kindOf(value) === "struct" ? JSON.stringify(value, undefined, 2) : valueText(value);
  const kept = text.slice(0, textMax);
  const lines = kindOf(value) === "struct" ? kept.split("\n") : [kept];
  if (text.length <= textMax) return lines;
  return [...lines, `… (${countText(text.length, "character")}; --json shows all)`];
}

interface EndRow {
  readonly event: Event;
  readonly id: bigint;
  readonly node: Artifact | Execution | undefined;
}

/** What made an artifact and what read it; what an execution read and made. */
function ends({ kind, events, ends }: Around): [string, EndRow[]][] {
  const rows = (flow: Flow | undefined) =>
    events
      .filter(({ type }) => flowOf(type) === flow)
      .map((event) => {
        const id = kind === "artifact" ? event.executionId : event.artifactId;
        return { event, id, node: ends.get(id) };
      });
  return kind === "artifact"
    ? [
        ["Made by", rows("output")],
        ["Read by", rows("input")],
        ["Events", rows(undefined)],
      ]
    : [
        ["Read", rows("input")],
        ["Made", rows("output")],
        ["Events", rows(undefined)],
      ];
}

const endColumns: readonly Column<EndRow>[] = [
  { title: "", value: ({ id }) => String(id), align: "right" },
  { title: "", value: ({ node }) => node?.type ?? "", cut: "end" },
  { title: "", value: ({ node }) => node?.name ?? "", cut: "end", dropIfEmpty: true },
  { title: "", value: ({ event }) => event.type },
  { title: "", value: ({ event }) => pathText(event.path), cut: "end", dropIfEmpty: true },
  {
    title: "",
    value: ({ node }) => (node as Artifact | undefined)?.uri ?? "",
    cut: "start",
    dropIfEmpty: true,
  },
];

const contextColumns: readonly Column<Context>[] = [
  { title: "", value: ({ id }) => String(id), align: "right" },
  { title: "", value: ({ type = "" }) => type, cut: "end" },
  { title: "", value: ({ name }) => name, cut: "end" },
];

interface KindAndType {
  readonly kind: NodeKind;
  readonly type: AnyType;
}

/** Types of all kinds and versions with this name, or that with this id. */
async function typesNamed(store: MetadataStore, text: string): Promise<KindAndType[]> {
  const found: KindAndType[] = [];
  for (const kind of kindNames) {
    const reader = readerOf(kind);
    const types = /^\d{1,19}$/.test(text)
      ? await reader.typesById(store, [BigInt(text)])
      : (await reader.types(store)).filter(({ name }) => name === text);
    found.push(...types.map((type) => ({ kind, type })));
  }
  if (found.length === 0) throw notFound(`there is no type ${quote(text)}; \`mlmd types\` lists them`);
  return found;
}

async function showTypes(found: readonly KindAndType[], options: Options): Promise<void> {
  const json = found.map(({ kind, type }) => ({ [`${kind}Type`]: typeJson(type) }));
  if (options.ndjson) return printNdjson(json);
  if (options.json) return printJson(json);
  const lines = new Lines();
  for (const [index, { kind, type }] of found.entries()) {
    const version = type.version === undefined ? "" : `  version ${type.version}`;
    const start = index === 0 ? "" : "\n";
    await lines.add(`${start}${oneLine(`The ${kind} type ${type.id}  ${type.name}${version}`)}`);
    const fields: [string, string][] = [
      ["base type", baseTypeOf(type)],
      ["description", type.description ?? ""],
      ["external id", type.externalId ?? ""],
    ];
    await section(
      lines,
      "",
      fieldColumns,
      fields.filter(([, value]) => value !== ""),
    );
    await section(lines, "Properties", fieldColumns, Object.entries(type.properties));
  }
  await lines.flush();
}
