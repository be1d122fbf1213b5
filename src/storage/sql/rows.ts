import { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import {
  type ArtifactStructType,
  ArtifactStructTypeSchema,
  type Event,
  Event_Path_StepSchema,
  Event_PathSchema,
  EventSchema,
  type PropertyType,
  type Value,
  ValueSchema,
} from "../../contract/messages.ts";
import { get, setEntry } from "../../contract/presence.ts";
import type { Kind, KindFacts, KindName, NodeOf, TypeOf } from "../../domain/kinds.ts";
import type { Dialect } from "./dialect.ts";
import type { SqlValue } from "./fragment.ts";

/*
 * The one bridge between rows and messages. A column that is NULL leaves its field unset.
 */

export interface TypeRow {
  readonly id: bigint;
  readonly name: string;
  readonly version: string | null;
  readonly description: string | null;
  readonly input_type: string | null;
  readonly output_type: string | null;
  readonly external_id: string | null;
  /** The id and the name of the type's parent type. */
  readonly base_id: bigint | null;
  readonly base: string | null;
}

/** The fields of a type of some kind, for the code that is the same for all kinds. */
interface AnyType {
  id: bigint;
  name: string;
  properties: { [key: string]: PropertyType };
  version: string;
  description: string;
  baseType: number;
  externalId: string;
  inputType?: ArtifactStructType | undefined;
  outputType?: ArtifactStructType | undefined;
}

export function typeFromRow<K extends KindName>(kind: Kind<K>, row: TypeRow): TypeOf<K> {
  const message = create(kind.type) as TypeOf<K>;
  const type = message as unknown as AnyType;
  type.id = row.id;
  type.name = row.name;
  if (row.version !== null) type.version = row.version;
  if (row.description !== null) type.description = row.description;
  if (row.external_id !== null) type.externalId = row.external_id;
  if (row.input_type !== null) type.inputType = structTypeFromText(row.input_type);
  if (row.output_type !== null) type.outputType = structTypeFromText(row.output_type);
  const baseType = baseTypeNumber(kind, row.base);
  if (baseType !== undefined) type.baseType = baseType;
  return message;
}

/** `name`, `version`, `type_kind`, `description`, `input_type`, `output_type`, `external_id`. */
export function typeToRow<K extends KindName>(kind: Kind<K>, message: TypeOf<K>): SqlValue[] {
  const type = message as unknown as AnyType;
  return [
    type.name,
    get(type, "version") || null,
    BigInt(kind.typeKind),
    get(type, "description") ?? null,
    structTypeToText(type.inputType),
    structTypeToText(type.outputType),
    get(type, "externalId") ?? null,
  ];
}

function baseTypeNumber(kind: KindFacts, name: string | null): number | undefined {
  for (const [number, baseName] of kind.baseTypes) if (baseName === name) return number;
  return undefined;
}

/** A signature that cannot be read is left out: it must not make every read of its type fail. */
function structTypeFromText(text: string): ArtifactStructType | undefined {
  if (text === "") return undefined;
  try {
    return fromJson(ArtifactStructTypeSchema, JSON.parse(text), { ignoreUnknownFields: true });
  } catch {
    return undefined;
  }
}

function structTypeToText(type: ArtifactStructType | undefined): string | null {
  return type === undefined ? null : JSON.stringify(toJson(ArtifactStructTypeSchema, type));
}

export interface NodeRow {
  readonly id: bigint;
  readonly type_id: bigint;
  /** Artifacts only. */
  readonly uri?: string | null;
  /** Kinds with a state only. */
  readonly state?: bigint | null;
  readonly name: string | null;
  readonly external_id: string | null;
  readonly create_time: bigint;
  readonly last_update_time: bigint;
  /** The type's name; null where the type's row is gone. */
  readonly type: string | null;
}

/** The fields of a node of some kind, for the code that is the same for all kinds. */
interface AnyNode {
  id: bigint;
  typeId: bigint;
  uri: string;
  state: number;
  lastKnownState: number;
  name: string;
  type: string;
  externalId: string;
  createTimeSinceEpoch: bigint;
  lastUpdateTimeSinceEpoch: bigint;
  properties: { [key: string]: Value };
  customProperties: { [key: string]: Value };
}

export function nodeFromRow<K extends KindName>(kind: Kind<K>, row: NodeRow): NodeOf<K> {
  const message = create(kind.node) as NodeOf<K>;
  const node = message as unknown as AnyNode;
  node.id = row.id;
  node.typeId = row.type_id;
  if (kind.hasUri) node.uri = row.uri ?? "";
  if (kind.stateField && typeof row.state === "bigint") node[kind.stateField] = Number(row.state);
  if (row.name !== null) node.name = row.name;
  if (row.external_id !== null) node.externalId = row.external_id;
  node.createTimeSinceEpoch = row.create_time;
  node.lastUpdateTimeSinceEpoch = row.last_update_time;
  if (row.type !== null) node.type = row.type;
  return message;
}

/** `uri` (where there is one), the state (where there is one), `last_update_time_since_epoch`. */
export function nodeToRow<K extends KindName>(kind: Kind<K>, message: NodeOf<K>): SqlValue[] {
  const node = message as unknown as AnyNode;
  const row: SqlValue[] = [];
  if (kind.hasUri) row.push(get(node, "uri") ?? "");
  if (kind.stateField) {
    const state = get(node, kind.stateField);
    row.push(state === undefined ? null : BigInt(state));
  }
  row.push(node.lastUpdateTimeSinceEpoch);
  return row;
}

/** What must be unique, by itself or together: `type_id`, `external_id`, `name`. */
export function nodeKeyToRow<K extends KindName>(message: NodeOf<K>): SqlValue[] {
  const node = message as unknown as AnyNode;
  return [node.typeId, get(node, "externalId") ?? null, get(node, "name") ?? null];
}

export interface PropertyRow {
  readonly owner: bigint;
  readonly property: string;
  readonly is_custom_property: bigint | boolean;
  readonly int_value: bigint | null;
  readonly double_value: number | null;
  readonly string_value: string | null;
  readonly proto_value: string | Uint8Array | null;
  readonly bool_value: bigint | boolean | null;
}

/** Of properties there are many: a value is made by hand, in a third of the time that `create` takes. */
const valuePrototype: object = Object.getPrototypeOf(create(ValueSchema));

export function addProperty(dialect: Dialect, message: NodeOf<KindName>, row: PropertyRow): void {
  const kind = propertyKind(dialect, row);
  if (kind === undefined) return;
  const node = message as unknown as AnyNode;
  const value = Object.create(valuePrototype) as { -readonly [F in keyof Value]: Value[F] };
  value.$typeName = ValueSchema.typeName;
  value.value = kind;
  setEntry(row.is_custom_property ? node.customProperties : node.properties, row.property, value);
}

/**
 * The first column that is not NULL decides. Undefined where nothing can be read from the row: a migration
 * down and up again leaves rows without any value, and one bad row must not make every read of its node fail.
 */
function propertyKind(dialect: Dialect, row: PropertyRow): Value["value"] | undefined {
  if (row.int_value !== null) return { case: "intValue", value: row.int_value };
  if (row.double_value !== null) return { case: "doubleValue", value: row.double_value };
  if (row.string_value !== null) return stringKind(row.string_value);
  if (row.proto_value !== null) return protoKind(dialect, row.proto_value);
  if (row.bool_value !== null) return { case: "boolValue", value: Boolean(row.bool_value) };
  return undefined;
}

/** `int_value`, `double_value`, `string_value`, `proto_value`, `bool_value`. */
export function valueToRow(dialect: Dialect, value: Value): SqlValue[] {
  const kind = value.value;
  switch (kind.case) {
    case "intValue":
      return [kind.value, null, null, null, null];
    case "doubleValue":
      return [null, kind.value, null, null, null];
    case "stringValue":
      return [null, null, kind.value, null, null];
    case "structValue":
      return [null, null, structToText(value), null, null];
    case "protoValue":
      return [null, null, null, dialect.encodeProto(toBinary(AnySchema, kind.value)), null];
    case "boolValue":
      return [null, null, null, null, dialect.boolean(kind.value)];
    default:
      throw new Error("a property without a value reached the storage");
  }
}

const structPrefix = "mlmd-struct::";

/** The field number of `struct_value` in `Value`. */
const structField = 4;

/*
 * In the generated code a Struct is a plain object whenever it is a field, and there is no public way between
 * that and the Struct's own bytes that keeps every number (JSON has no NaN). The message around it has one.
 */

function structToText(value: Value): string {
  const reader = new BinaryReader(toBinary(ValueSchema, value, { writeUnknownFields: false }));
  reader.tag();
  return structPrefix + Buffer.from(reader.bytes()).toString("base64");
}

/** A string that only looks like a struct is a string. */
function stringKind(text: string): Value["value"] {
  const value = text.startsWith(structPrefix) ? structFromBase64(text.slice(structPrefix.length)) : undefined;
  return value ?? { case: "stringValue", value: text };
}

function structFromBase64(base64: string): Value["value"] | undefined {
  const bytes = Buffer.from(base64, "base64");
  // Decoding passes over what is no base64; as in the original, white space and padding do not matter.
  const digits = (text: string) => text.replace(/[\s=]/g, "");
  if (digits(bytes.toString("base64")) !== digits(base64)) return undefined;
  const writer = new BinaryWriter().tag(structField, WireType.LengthDelimited);
  try {
    return fromBinary(ValueSchema, writer.bytes(bytes).finish()).value;
  } catch {
    return undefined;
  }
}

function protoKind(dialect: Dialect, stored: string | Uint8Array): Value["value"] | undefined {
  try {
    return { case: "protoValue", value: fromBinary(AnySchema, dialect.decodeProto(stored)) };
  } catch {
    return undefined;
  }
}

export interface EventRow {
  readonly id: bigint;
  readonly artifact_id: bigint;
  readonly execution_id: bigint;
  readonly type: bigint;
  readonly milliseconds_since_epoch: bigint | null;
}

export interface EventPathRow {
  readonly event_id: bigint;
  readonly is_index_step: bigint | boolean;
  readonly step_index: bigint | null;
  readonly step_key: string | null;
  readonly step_position: bigint;
}

export function eventFromRow(row: EventRow): Event {
  const event = create(EventSchema);
  event.artifactId = row.artifact_id;
  event.executionId = row.execution_id;
  event.type = Number(row.type);
  if (row.milliseconds_since_epoch !== null) event.millisecondsSinceEpoch = row.milliseconds_since_epoch;
  return event;
}

export function addStep(event: Event, row: EventPathRow): void {
  const step = create(Event_Path_StepSchema);
  if (row.is_index_step) step.value = { case: "index", value: row.step_index ?? 0n };
  else step.value = { case: "key", value: row.step_key ?? "" };
  event.path ??= create(Event_PathSchema);
  event.path.steps.push(step);
}

/** `artifact_id`, `execution_id`, `type`, `milliseconds_since_epoch`. */
export function eventToRow(event: Event): SqlValue[] {
  return [event.artifactId, event.executionId, BigInt(event.type), event.millisecondsSinceEpoch];
}

/** `event_id`, `is_index_step`, `step_index`, `step_key`; a step with neither index nor key has no row. */
export function pathToRows(dialect: Dialect, eventId: bigint, event: Event): SqlValue[][] {
  const rows: SqlValue[][] = [];
  for (const { value } of event.path?.steps ?? []) {
    if (value.case === "index") rows.push([eventId, dialect.boolean(true), value.value, null]);
    else if (value.case === "key") rows.push([eventId, dialect.boolean(false), null, value.value]);
  }
  return rows;
}
