import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { type Any, AnySchema, anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { PropertyType, type Value, ValueSchema } from "../contract/messages.ts";
import { setEntry } from "../contract/presence.ts";
import { invalidArgument, MlmdError, quote } from "../errors.ts";

/** A value inside a struct property. Numbers in it are doubles. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | StructValue;

/** The value of a struct property: a plain object of JSON values (a `google.protobuf.Struct`). */
export type StructValue = { readonly [key: string]: JsonValue };

/** The value of a proto property: a serialized message and the URL of its type (a `google.protobuf.Any`). */
export class ProtoValue {
  /** For example `type.googleapis.com/my.package.Message`. */
  readonly typeUrl: string;
  /** The serialized message. */
  readonly value: Uint8Array;
  // Keeps a look-alike plain object, which would be stored as a struct, from passing as a proto value.
  readonly #isProto = true;

  constructor(typeUrl: string, value: Uint8Array) {
    this.typeUrl = typeUrl;
    // A copy, and never a Buffer, so that equal values compare equal.
    this.value = new Uint8Array(value);
  }

  /** The message, or undefined where the value holds a message of another type. */
  unpack<Desc extends DescMessage>(schema: Desc): MessageShape<Desc> | undefined {
    return anyUnpack(toAny(this), schema);
  }

  static is(value: unknown): value is ProtoValue {
    return typeof value === "object" && value !== null && #isProto in value;
  }
}

/** A proto property's value from a type URL and the serialized message. */
export function protoValue(typeUrl: string, value: Uint8Array): ProtoValue;
/** A proto property's value from a message of `@bufbuild/protobuf` and its schema. */
export function protoValue<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): ProtoValue;
export function protoValue(
  type: string | DescMessage,
  value: Uint8Array | MessageShape<DescMessage>,
): ProtoValue {
  if (typeof type === "string") return new ProtoValue(type, value as Uint8Array);
  return fromAny(anyPack(type, value as MessageShape<DescMessage>));
}

/** The kinds of property that a type can declare, and the type of a value that is read. */
export interface KindValues {
  /** A 64-bit integer. */
  int: bigint;
  double: number;
  string: string;
  struct: StructValue;
  proto: ProtoValue;
  boolean: boolean;
}

export type PropertyKind = keyof KindValues;

/**
 * A property's value. The kind that is stored follows from the JavaScript type: `bigint` is an int, `number` a
 * double, `string`, `boolean`, a plain object a struct, and what `protoValue()` makes a proto.
 */
export type PropertyValue = KindValues[PropertyKind];

/** A node's properties by name. */
export type Properties = { [name: string]: PropertyValue };

/** Properties as they are written: an undefined value means that the property is not set. */
export type PropertiesInput = { readonly [name: string]: PropertyValue | undefined };

/** A kind that the contract adds must be added here: the compiler misses it in the table. */
type ProtoKind = Exclude<keyof typeof PropertyType, "UNKNOWN">;

const kindNumbers = {
  int: PropertyType.INT,
  double: PropertyType.DOUBLE,
  string: PropertyType.STRING,
  struct: PropertyType.STRUCT,
  proto: PropertyType.PROTO,
  boolean: PropertyType.BOOLEAN,
} satisfies Record<PropertyKind | Lowercase<ProtoKind>, PropertyType>;

export function kindToNumber(kind: PropertyKind, where: string): PropertyType {
  if (Object.hasOwn(kindNumbers, kind)) return kindNumbers[kind];
  const kinds = Object.keys(kindNumbers).join(", ");
  throw invalidArgument(`${where} has the kind ${JSON.stringify(kind)}; known are ${kinds}`);
}

export function kindFromNumber(type: PropertyType, where: string): PropertyKind {
  const kind = (Object.keys(kindNumbers) as PropertyKind[]).find((name) => kindNumbers[name] === type);
  if (kind === undefined) throw unknownKind(where);
  return kind;
}

/** The kind of a property value, or undefined for what cannot be a property. */
export function kindOf(value: unknown): PropertyKind | undefined {
  switch (typeof value) {
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "object":
      if (ProtoValue.is(value)) return "proto";
      return isPlainObject(value) ? "struct" : undefined;
    default:
      return undefined;
  }
}

/** Converts the properties of a node to messages; `where` says in messages whose they are: `artifacts[2]`. */
export function toValues(
  properties: PropertiesInput | undefined,
  what: "Property" | "Custom property",
  where: string,
): { [name: string]: Value } {
  const values: { [name: string]: Value } = {};
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined) continue;
    setEntry(values, name, toValue(value, `${what} ${quote(name)} of ${where}`));
  }
  return values;
}

export function fromValues(values: { readonly [name: string]: Value }): Properties {
  const properties: Properties = {};
  for (const [name, value] of Object.entries(values)) setEntry(properties, name, fromValue(value, name));
  return properties;
}

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

function toValue(value: PropertyValue, where: string): Value {
  return create(ValueSchema, { value: toValueCase(value, where) });
}

function toValueCase(value: PropertyValue, where: string): Value["value"] {
  switch (typeof value) {
    case "bigint":
      if (value > int64Max || value < int64Min) throw invalidArgument(`${where} exceeds 64 bits: ${value}`);
      return { case: "intValue", value };
    case "number":
      return { case: "doubleValue", value: checkedNumber(value, where) };
    case "string":
      return { case: "stringValue", value: checkedString(value, where) };
    case "boolean":
      return { case: "boolValue", value };
    default:
      if (ProtoValue.is(value)) return { case: "protoValue", value: toAny(value) };
      if (isPlainObject(value))
        return { case: "structValue", value: toStruct(value, { property: where, path: [] }) };
      throw invalidArgument(`${where} is ${describe(value)}; ${propertyHint(value)}`);
  }
}

function propertyHint(value: unknown): string {
  if (value === null) return "leave the property out, or put the null into an object";
  if (Array.isArray(value)) return "put the list into an object, for example { values: […] }";
  if (value instanceof Date) return "write BigInt(date.getTime()) or date.toISOString()";
  if (typeof value === "object" && "$typeName" in value) return "write protoValue(schema, message)";
  if (value instanceof Uint8Array) return "write a string, or protoValue(typeUrl, bytes)";
  return "a property is a bigint, number, string, boolean, plain object or protoValue(…)";
}

function fromValue({ value }: Value, name: string): PropertyValue {
  if (value.case === undefined) throw unknownKind(`Property ${quote(name)}`);
  return value.case === "protoValue" ? fromAny(value.value) : value.value;
}

/** A later version of the contract may have more kinds; to drop such a property would lose it at the next update. */
function unknownKind(where: string): MlmdError {
  return new MlmdError(
    "UNIMPLEMENTED",
    `${where} has a kind that this version does not know; it can be read through store.rpc`,
  );
}

function toAny(value: ProtoValue): Any {
  return create(AnySchema, { typeUrl: value.typeUrl, value: value.value });
}

function fromAny(any: Any): ProtoValue {
  return new ProtoValue(any.typeUrl, any.value);
}

const depthMax = 100;

type Struct = Extract<Value["value"], { case: "structValue" }>["value"];

/** Where in a property the conversion is, for messages. */
interface Place {
  readonly property: string;
  readonly path: (string | number)[];
}

function toStruct(object: object, place: Place): Struct {
  const struct: Struct = {};
  for (const [key, value] of Object.entries(object)) setEntry(struct, key, toJson(value, key, place));
  return struct;
}

function toJson(value: unknown, key: string | number, place: Place): Struct[string] {
  place.path.push(key);
  const json = toJsonHere(value, place);
  place.path.pop();
  return json;
}

function toJsonHere(value: unknown, place: Place): Struct[string] {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string" && isUnicode(value)) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (place.path.length > depthMax) {
    throw invalidArgument(`${place.property} is nested deeper than ${depthMax} levels`);
  }
  if (Array.isArray(value)) return Array.from(value, (item, index) => toJson(item, index, place));
  if (isPlainObject(value)) return toStruct(value, place);
  const where = `${place.property} at ${place.path.map((step) => JSON.stringify(step)).join(" at ")}`;
  if (typeof value === "string") return checkedString(value, where);
  if (typeof value === "number") return checkedNumber(value, where);
  const hint =
    typeof value === "bigint" ? "write a number, or a string to keep every digit" : "write a JSON value";
  throw invalidArgument(`${where} is ${describe(value)}, which a struct cannot hold; ${hint}`);
}

function checkedNumber(value: number, where: string): number {
  if (Number.isFinite(value)) return value;
  throw invalidArgument(`${where} is ${value}; only finite numbers can be stored`);
}

const loneSurrogate = /\p{Surrogate}/u;

function checkedString(value: string, where: string): string {
  if (isUnicode(value)) return value;
  throw invalidArgument(`${where} is not valid Unicode: it has half of a surrogate pair`);
}

/** Half a surrogate pair has no UTF-8: it would be replaced on its way. */
function isUnicode(value: string): boolean {
  return !loneSurrogate.test(value);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A value as it is shown in a message. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return `the bigint ${value}n`;
    case "string":
      return `the string ${quote(value)}`;
    case "number":
    case "boolean":
      return `the ${typeof value} ${value}`;
    case "object":
      if (value === null) return "null";
      return isPlainObject(value) ? "a plain object" : `an instance of ${className(value)}`;
    default:
      return `of type ${typeof value}`;
  }
}

function className(value: object): string {
  return value.constructor?.name || "a class";
}

/** What to write to give a property of this kind, as near as possible to the value that was given. */
export function howToWrite(kind: PropertyKind, value: unknown): string {
  switch (kind) {
    case "int":
      return `${Number.isSafeInteger(value) ? value : 100}n`;
    case "double":
      return typeof value === "bigint" ? `${value}` : "a number, such as 0.5";
    case "string":
      return ["bigint", "number", "boolean"].includes(typeof value) ? `"${value}"` : "a string";
    case "boolean":
      return "true or false";
    case "struct":
      return 'a plain object, such as { key: "value" }';
    case "proto":
      return "protoValue(typeUrl, bytes)";
  }
}
