import { Command } from "commander";
import type { NodeKind } from "../client/nodes.ts";
import type { ArtifactType, ContextType, ExecutionType } from "../client/types.ts";
import { kindNames, readerOf } from "./kinds.ts";
import { printJsonArray, printNdjson, typeJson } from "./output/json.ts";
import { type Column, printTable } from "./output/table.ts";
import { addReadingOptions, type ReadingOptions, withStore } from "./reading.ts";

interface Row {
  readonly kind: NodeKind;
  readonly type: ArtifactType | ExecutionType | ContextType;
}

export function typesCommand(): Command {
  return addReadingOptions(new Command("types").description("List the types and their properties.")).action(
    types,
  );
}

async function types(options: ReadingOptions, command: Command): Promise<void> {
  await withStore(options, command, async (store) => {
    const rows: Row[] = [];
    for (const kind of kindNames) {
      for (const type of await readerOf(kind).types(store)) rows.push({ kind, type });
    }
    const json = rows.map(({ kind, type }) => ({ [`${kind}Type`]: typeJson(type) }));
    if (options.ndjson) await printNdjson(json);
    else if (options.json) await printJsonArray(json);
    else await printTable(columns, rows, "no types");
  });
}

const columns: readonly Column<Row>[] = [
  { title: "KIND", value: ({ kind }) => kind },
  { title: "ID", value: ({ type }) => String(type.id), align: "right" },
  { title: "NAME", value: ({ type }) => type.name, cut: "end" },
  { title: "VERSION", value: ({ type }) => type.version ?? "", cut: "end", dropIfEmpty: true },
  { title: "BASE", value: ({ type }) => baseTypeOf(type), dropIfEmpty: true },
  { title: "PROPERTIES", value: ({ type }) => propertiesText(type), cut: "end", dropIfEmpty: true },
];

export function baseTypeOf(type: Row["type"]): string {
  return "baseType" in type ? (type.baseType ?? "") : "";
}

function propertiesText({ properties }: Row["type"]): string {
  return Object.entries(properties)
    .map(([name, kind]) => `${name}: ${kind}`)
    .join(", ");
}
