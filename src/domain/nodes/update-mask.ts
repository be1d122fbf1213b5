import type { FieldMask } from "@bufbuild/protobuf/wkt";

/** Which of a node's two property maps. */
export type PropertyMap = "properties" | "customProperties";

/** Which part of a node an update replaces. Unknown paths name nothing and are not an error. */
export interface UpdateMask {
  /** `path` is the field's name in the .proto file. */
  hasField(path: string): boolean;
  /** The property names that are replaced, or `all`. */
  readonly properties: Record<PropertyMap, ReadonlySet<string> | "all">;
}

const everything: UpdateMask = {
  hasField: () => true,
  properties: { properties: "all", customProperties: "all" },
};

/** A mask that is unset or has no paths stands for the whole node. */
export function parseUpdateMask(mask: FieldMask | undefined): UpdateMask {
  if (mask === undefined || mask.paths.length === 0) return everything;
  const paths = new Set(mask.paths);
  return {
    hasField: (path) => paths.has(path),
    properties: {
      properties: maskedNames(paths, "properties"),
      customProperties: maskedNames(paths, "custom_properties"),
    },
  };
}

/** The name is all that follows the first dot, more dots included. */
function maskedNames(paths: ReadonlySet<string>, field: string): ReadonlySet<string> | "all" {
  if (paths.has(field)) return "all";
  const prefix = `${field}.`;
  return new Set(
    [...paths].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
  );
}
