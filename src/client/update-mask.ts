import { invalidArgument, quote } from "../errors.ts";
import type { NodeKind } from "./nodes.ts";

const fields = {
  artifact: ["name", "externalId", "uri", "state", "properties", "customProperties"],
  execution: ["name", "externalId", "lastKnownState", "properties", "customProperties"],
  context: ["name", "externalId", "properties", "customProperties"],
} as const satisfies Record<NodeKind, readonly string[]>;

/**
 * A field of a node that an update changes: `"uri"`, `"properties"` for all properties, `"properties.day"` for one.
 * A field that is named and not given is cleared.
 */
export type FieldMaskPath<K extends NodeKind> =
  | (typeof fields)[K][number]
  | `properties.${string}`
  | `customProperties.${string}`;

/**
 * The mask as the server spells it (`custom_properties.day`), or undefined for none. A server passes over a path
 * that it does not know, so a slip of the pen would be an update that does not happen: it is an error here.
 */
export function toUpdateMask<K extends NodeKind>(
  kind: K,
  paths: Iterable<FieldMaskPath<K>> | undefined,
): { paths: string[] } | undefined {
  return paths && { paths: Array.from(paths, (path) => toPath(kind, path)) };
}

function toPath(kind: NodeKind, path: string): string {
  const known: readonly string[] = fields[kind];
  const dot = path.indexOf(".");
  const field = dot < 0 ? path : path.slice(0, dot);
  if (!known.includes(field) || (dot >= 0 && !field.toLowerCase().endsWith("properties"))) {
    throw invalidArgument(
      `${quote(path)} is no field of an update of ${kind}s; it may be ${known.join(", ")}, ` +
        'or one property, such as "properties.day"',
    );
  }
  return snakeCase(field) + path.slice(field.length);
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
