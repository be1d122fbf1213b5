import type { JsonValue } from "@bufbuild/protobuf";
import { PropertyType, type Value } from "../../../src/contract/messages.ts";
import type { NodeMessage } from "./kinds.ts";

/** A property's value by what it is. */
export type Shown =
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "double"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "struct"; readonly value: JsonValue }
  | { readonly kind: "proto"; readonly typeUrl: string; readonly value: Uint8Array }
  | { readonly kind: "unknown" };

export function shownValue({ value }: Value): Shown {
  switch (value.case) {
    case "intValue":
      return { kind: "int", value: value.value };
    case "doubleValue":
      return { kind: "double", value: value.value };
    case "stringValue":
      return { kind: "string", value: value.value };
    case "boolValue":
      return { kind: "bool", value: value.value };
    case "structValue":
      return { kind: "struct", value: value.value };
    case "protoValue":
      return { kind: "proto", typeUrl: value.value.typeUrl, value: value.value.value };
    default:
      return { kind: "unknown" };
  }
}

/** The value on one line. */
export function textOf(shown: Shown): string {
  switch (shown.kind) {
    case "string":
      return shown.value;
    case "double":
      return doubleText(shown.value);
    case "struct":
      return JSON.stringify(shown.value);
    case "proto":
      return `${shown.typeUrl} (${shown.value.length} bytes)`;
    case "unknown":
      return "a kind of value that this version does not know";
    default:
      return String(shown.value);
  }
}

/** A double that is a whole number keeps its point: it is not an integer. */
export function doubleText(value: number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** The number of a numeric value, rounded where it is a large integer; for differences and pictures. */
export function numberOf(shown: Shown | undefined): number | undefined {
  if (shown?.kind === "int") return Number(shown.value);
  return shown?.kind === "double" ? shown.value : undefined;
}

/** A property of a node by its place in a filter: `properties.name` or `custom_properties.name`. */
export function propertyOf(node: NodeMessage, column: string): Shown | undefined {
  const [, custom, name] = /^(custom_)?properties\.(.*)$/s.exec(column) ?? [];
  if (name === undefined) return undefined;
  const map = custom ? node.customProperties : node.properties;
  const value = Object.hasOwn(map, name) ? map[name] : undefined;
  return value && shownValue(value);
}

/** The places of all properties that the nodes have, those of the type first, each group by name. */
export function propertyColumns(nodes: Iterable<NodeMessage>): string[] {
  const declared = new Set<string>();
  const custom = new Set<string>();
  for (const node of nodes) {
    for (const name of Object.keys(node.properties)) declared.add(`properties.${name}`);
    for (const name of Object.keys(node.customProperties)) custom.add(`custom_properties.${name}`);
  }
  return [...[...declared].sort(), ...[...custom].sort()];
}

/** The name in `properties.name`, and whether it is a custom one. */
export function columnName(column: string): { name: string; isCustom: boolean } {
  const isCustom = column.startsWith("custom_properties.");
  return { name: column.slice(column.indexOf(".") + 1), isCustom };
}

const fields: Partial<Record<PropertyType, string>> = {
  [PropertyType.INT]: "int_value",
  [PropertyType.DOUBLE]: "double_value",
  [PropertyType.STRING]: "string_value",
  [PropertyType.STRUCT]: "string_value",
  [PropertyType.BOOLEAN]: "bool_value",
};

/** How a filter asks for a property of this declared type; undefined where it cannot. */
export function filterField(type: PropertyType): string | undefined {
  return fields[type];
}
