import { Argument, Command, Option } from "commander";
import type { OrderBy } from "../client/enums.ts";
import type { Artifact, Execution, Node, NodeKind } from "../client/nodes.ts";
import type { PropertyKind } from "../client/values.ts";
import { invalidArgument, quote } from "../errors.ts";
import { readerOf } from "./kinds.ts";
import { nodeJson, printJsonArray, printNdjson } from "./output/json.ts";
import { type Column, printTable } from "./output/table.ts";
import { timeText, valueText } from "./output/values.ts";
import {
  addReadingOptions,
  addTypeOptions,
  findType,
  kindOfText,
  positiveNumber,
  type ReadingOptions,
  type TypeChoice,
  withStore,
} from "./reading.ts";

interface Options extends ReadingOptions, TypeChoice {
  readonly filter?: string;
  readonly order: keyof typeof orders;
  readonly desc?: true;
  readonly limit?: number;
  readonly columns?: string;
}

const orders = { id: "ID", created: "CREATE_TIME", updated: "LAST_UPDATE_TIME" } as const satisfies {
  [name: string]: OrderBy;
};

export function listCommand(): Command {
  const command = new Command("list")
    .description("List artifacts, executions or contexts.")
    .addArgument(
      new Argument("<kind>", "what to list")
        .choices(["artifacts", "executions", "contexts"])
        .argParser(kindOfText),
    );
  addTypeOptions(command, "only those of this type, with its properties as columns")
    .option("--filter <query>", "only those that fulfil this condition, in the filter language")
    .addOption(new Option("--order <field>", "what to sort by").choices(Object.keys(orders)).default("id"))
    .option("--desc", "largest or newest first")
    .option("--limit <count>", "at most so many", positiveNumber)
    .option("--columns <names>", "the columns of the table, such as id,name,properties.accuracy");
  return addReadingOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  mlmd list artifacts --type Model --filter "properties.accuracy.double_value > 0.9" --sqlite ./mlmd.db
  mlmd list executions --order created --desc --limit 10 --grpc localhost:8080
`,
    )
    .action(list);
}

async function list(kind: NodeKind, options: Options, command: Command): Promise<void> {
  await withStore(options, command, async (store) => {
    const { filter, order, desc, limit } = options;
    const reader = readerOf(kind);
    const how = { filterQuery: filter, orderBy: orders[order], isAsc: desc !== true, limit };
    const type =
      options.type === undefined ? undefined : await findType(store, kind, options.type, options.typeVersion);
    const nodes =
      type === undefined ? reader.list(store, how) : reader.listOfType(store, type.name, type.version, how);
    if (options.ndjson) return printNdjson(map(nodes, nodeJson));
    if (options.json) return printJsonArray(map(nodes, nodeJson));
    const columns =
      options.columns === undefined
        ? usualColumns(kind, type?.properties ?? {}, type === undefined)
        : options.columns.split(",").map((name) => columnNamed(kind, name.trim()));
    await printTable(columns, nodes, `no ${kind}s`);
  });
}

async function* map<T, R>(items: AsyncIterable<T>, change: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield change(item);
}

type NodeColumn = Column<Node>;

const fields: { readonly [name: string]: NodeColumn & { readonly kinds?: readonly NodeKind[] } } = {
  id: { title: "ID", value: ({ id }) => String(id), align: "right" },
  type: { title: "TYPE", value: ({ type, typeId }) => type ?? `type ${typeId}`, cut: "end" },
  type_id: { title: "TYPE_ID", value: ({ typeId }) => String(typeId), align: "right" },
  name: { title: "NAME", value: ({ name = "" }) => name, cut: "end" },
  external_id: { title: "EXTERNAL_ID", value: ({ externalId = "" }) => externalId, cut: "end" },
  state: { title: "STATE", value: stateOf, kinds: ["artifact", "execution"] },
  uri: { title: "URI", value: (node) => (node as Artifact).uri ?? "", cut: "start", kinds: ["artifact"] },
  created: { title: "CREATED", value: ({ createTimeSinceEpoch }) => timeText(createTimeSinceEpoch) },
  updated: { title: "UPDATED", value: ({ lastUpdateTimeSinceEpoch }) => timeText(lastUpdateTimeSinceEpoch) },
};

export function stateOf(node: Node): string {
  return (node as Artifact).state ?? (node as Execution).lastKnownState ?? "";
}

/** Of the type's properties those that are short, and as many as there is room for. */
export function usualColumns(
  kind: NodeKind,
  properties: { readonly [name: string]: PropertyKind },
  withType: boolean,
): NodeColumn[] {
  const names = ["id", ...(withType ? ["type"] : []), "name", "state", "uri", "created"];
  const columns = names
    .filter((name) => fields[name]?.kinds?.includes(kind) ?? true)
    .map((name) => ({
      ...(fields[name] as NodeColumn),
      ...{ dropIfEmpty: name !== "id", isOptional: name === "created" },
    }));
  const own = Object.entries(properties)
    .filter(([, kind]) => kind !== "struct" && kind !== "proto")
    .map(([name, kind]) => ({
      ...propertyColumn(name, false),
      ...(kind !== "string" && { align: "right" as const }),
      ...{ isOptional: true, dropIfEmpty: true },
    }));
  const at = columns.findIndex(({ title }) => title === "URI" || title === "CREATED");
  return [...columns.slice(0, at), ...own, ...columns.slice(at)];
}

function columnNamed(kind: NodeKind, name: string): NodeColumn {
  const [, place, property] = /^(properties|custom_properties)\.(.+)$/su.exec(name) ?? [];
  if (property !== undefined) return propertyColumn(property, place === "custom_properties");
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field !== undefined && (field.kinds?.includes(kind) ?? true)) return field;
  throw invalidArgument(
    `there is no column ${quote(name)} of ${kind}s; there are ${Object.keys(fields).join(", ")}, ` +
      "properties.NAME and custom_properties.NAME",
  );
}

function propertyColumn(name: string, isCustom: boolean): NodeColumn {
  return {
    title: name,
    value: ({ properties, customProperties }) => {
      const from = isCustom ? customProperties : properties;
      return valueText(Object.hasOwn(from, name) ? from[name] : undefined);
    },
    cut: "end",
  };
}
