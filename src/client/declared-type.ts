import { invalidArgument, MlmdError, quote } from "../errors.ts";
import type { ArtifactBaseType, ExecutionBaseType } from "./enums.ts";
import type { NodeInputs, NodeKind, Nodes } from "./nodes.ts";
import {
  describe,
  howToWrite,
  type KindValues,
  kindOf,
  type PropertiesInput,
  type PropertyKind,
  type PropertyValue,
} from "./values.ts";

/** The properties of a type: name and kind. */
export type PropertyKinds = { readonly [name: string]: PropertyKind };

/** The properties of a node of a declared type as they are read. Each may be absent: no property is required. */
export type DeclaredProperties<D extends PropertyKinds> = { -readonly [N in keyof D]?: KindValues[D[N]] };

/** The properties of a node of a declared type as they are written; a safe integer number will do for an int. */
export type DeclaredPropertiesInput<D extends PropertyKinds> = {
  readonly [N in keyof D]?: (D[N] extends "int" ? bigint | number : KindValues[D[N]]) | undefined;
};

/** A node of a declared type as it is read. */
export type DeclaredNode<K extends NodeKind, D extends PropertyKinds> = Nodes<DeclaredProperties<D>>[K];

/** A node of a declared type as it is written. */
export type DeclaredNodeInput<K extends NodeKind, D extends PropertyKinds> = Omit<
  NodeInputs[K],
  "type" | "properties"
> & { type?: string | undefined; properties?: DeclaredPropertiesInput<D> | undefined };

/** What may be said about a type beyond its name and properties. */
export interface TypeOptions {
  /** Types of one name and different versions are different types. */
  version?: string | undefined;
  description?: string | undefined;
  /** Unique among all types. */
  externalId?: string | undefined;
}

/**
 * A type declared in code by `artifactType`, `executionType` or `contextType`. A store registers it when it first
 * writes a node of it. Properties that the stored type lacks are added to it, and those that it has besides are
 * left alone, so programs of different age can share a store; only a property that is stored with another kind is
 * an error (ALREADY_EXISTS).
 */
export class DeclaredType<K extends NodeKind = NodeKind, D extends PropertyKinds = PropertyKinds> {
  readonly kind: K;
  readonly name: string;
  readonly properties: D;
  readonly version: string | undefined;
  readonly description: string | undefined;
  readonly externalId: string | undefined;
  readonly baseType: (K extends "artifact" ? ArtifactBaseType : ExecutionBaseType) | undefined;

  constructor(
    kind: K,
    name: string,
    properties: D,
    options: TypeOptions & { baseType?: DeclaredType<K>["baseType"] },
  ) {
    this.kind = kind;
    this.name = name;
    this.properties = properties;
    this.version = options.version;
    this.description = options.description;
    this.externalId = options.externalId;
    this.baseType = options.baseType;
  }

  /**
   * A node of this type to be written, for the calls that take nodes of several types:
   * `store.putExecution({ execution: Trainer.of({ … }), … })`. The same as `{ ...node, type: Trainer }`, but the
   * compiler checks the properties.
   */
  of(node: DeclaredNodeInput<K, D>): NodeInputs[K] {
    return { ...node, type: this } as NodeInputs[K];
  }

  /**
   * Whether a node that was read, from a lineage graph for example, is of a type of this name and its properties
   * have the kinds declared here. Types of one name and different versions are not told apart.
   */
  is(node: Nodes[K] | Nodes<unknown>[K]): node is DeclaredNode<K, D> {
    return (
      node.type === this.name && wrongKind(this.properties, node.properties as PropertiesInput) === undefined
    );
  }
}

/**
 * Declares an artifact type: `artifactType("Dataset", { day: "int", split: "string" })`.
 * `baseType` is the system type that it extends, such as `"DATASET"`.
 */
export function artifactType<const D extends PropertyKinds>(
  name: string,
  properties: D,
  options: TypeOptions & { baseType?: ArtifactBaseType | undefined } = {},
): DeclaredType<"artifact", D> {
  return new DeclaredType("artifact", name, properties, options);
}

/**
 * Declares an execution type: `executionType("Trainer", { epochs: "int" })`.
 * `baseType` is the system type that it extends, such as `"TRAIN"`.
 */
export function executionType<const D extends PropertyKinds>(
  name: string,
  properties: D,
  options: TypeOptions & { baseType?: ExecutionBaseType | undefined } = {},
): DeclaredType<"execution", D> {
  return new DeclaredType("execution", name, properties, options);
}

/** Declares a context type: `contextType("Experiment", { note: "string" })`. */
export function contextType<const D extends PropertyKinds>(
  name: string,
  properties: D,
  options: TypeOptions = {},
): DeclaredType<"context", D> {
  return new DeclaredType("context", name, properties, options);
}

/** What messages and conversions need of a type, declared or stored. */
interface NamedProperties {
  readonly kind: NodeKind;
  readonly name: string;
  readonly properties: PropertyKinds;
}

/** Checks properties against their declaration and makes ints of numbers; `where` is the node: `artifacts[2]`. */
export function declaredValues(
  type: NamedProperties,
  properties: PropertiesInput | undefined,
  where: string,
): PropertiesInput {
  const entries = Object.entries(properties ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, declaredValue(type, name, value as PropertyValue, where)]),
  );
}

function declaredValue(
  type: NamedProperties,
  name: string,
  value: PropertyValue,
  where: string,
): PropertyValue {
  const kind = Object.hasOwn(type.properties, name) ? type.properties[name] : undefined;
  if (kind === undefined) {
    const known = Object.keys(type.properties).map(quote).join(", ") || "no properties";
    throw invalidArgument(
      `Property ${quote(name)} of ${where} is not declared by ${type.kind} type ${quote(type.name)}; ` +
        `declared are: ${known}`,
    );
  }
  if (kind === kindOf(value)) return value;
  if (kind === "int" && Number.isSafeInteger(value)) return BigInt(value as number);
  throw wrongKindError(type, name, kind, value, where);
}

/** Says what the type declares, what was given and what to write instead. */
export function wrongKindError(
  type: Omit<NamedProperties, "properties">,
  property: string,
  kind: PropertyKind,
  value: unknown,
  where: string,
  cause?: unknown,
): MlmdError {
  return new MlmdError(
    "INVALID_ARGUMENT",
    `Property ${quote(property)} of ${where} is declared ${kind} by ${type.kind} type ${quote(type.name)} ` +
      `and the value is ${describe(value)}; write ${howToWrite(kind, value)}`,
    cause === undefined ? {} : { cause },
  );
}

/** The first property whose value has another kind than the declaration says. */
export function wrongKind(
  declared: PropertyKinds,
  properties: PropertiesInput,
): { name: string; kind: PropertyKind; value: PropertyValue } | undefined {
  for (const [name, kind] of Object.entries(declared)) {
    const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (value !== undefined && kindOf(value) !== kind) return { name, kind, value };
  }
  return undefined;
}
