import {
  create,
  type DescField,
  type DescMessage,
  type DescOneof,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import {
  beginDelimited,
  endDelimited,
  putBool,
  putBytes,
  putDelimitedBytes,
  putDouble,
  putInt32,
  putInt64,
  putString,
  putVarint,
  Unexpected,
  written,
} from "./wire-writer.ts";

/*
 * Encodes messages as the library's `toBinary` does, byte for byte, but faster (decision 16). What is rare is left to
 * the library: single fields, and the whole message where a value is not as expected, be it that the library can encode
 * it or has an error to tell.
 */

type Put = (value: unknown) => void;
/** How to write a value without its tag. */
interface Value {
  readonly put: Put;
  readonly wireType: number;
}
type Fields = { readonly [name: string]: unknown };
/** Writes a field of a message, or all fields. */
type Write = (message: Fields) => void;

/** A field outside of oneofs, or a oneof. */
interface Member {
  readonly name: string;
  readonly write: Write;
  /** Whether the message has it in any case, be it as an empty list. */
  readonly isAlways: boolean;
}

export function encode(schema: DescMessage, message: Message): Buffer {
  try {
    return written(() => writerOf(schema)(message as unknown as Fields));
  } catch {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

function putInt64Key(key: unknown): void {
  if (!/^-?\d+$/.test(key as string)) throw new Unexpected();
  putInt64(BigInt(key as string));
}

const varintType = 0;
const delimitedType = 2;
const scalars = new Map<ScalarType, Value>([
  [ScalarType.BOOL, { put: putBool, wireType: varintType }],
  [ScalarType.INT32, { put: putInt32, wireType: varintType }],
  [ScalarType.INT64, { put: putInt64, wireType: varintType }],
  [ScalarType.DOUBLE, { put: putDouble, wireType: 1 }],
  [ScalarType.STRING, { put: putString, wireType: delimitedType }],
  [ScalarType.BYTES, { put: putDelimitedBytes, wireType: delimitedType }],
]);

/** Map keys are property names, whatever type they have. */
const mapKeys = new Map<ScalarType, Value>([
  [ScalarType.STRING, { put: putString, wireType: delimitedType }],
  [ScalarType.INT64, { put: putInt64Key, wireType: varintType }],
]);

const writers = new WeakMap<DescMessage, Write>();

function writerOf(schema: DescMessage): Write {
  let write = writers.get(schema);
  if (write === undefined) {
    write = messageWriter(schema);
    writers.set(schema, write);
  }
  return write;
}

/** Looks at the fields when the first message comes: a message may hold others of its own type. */
function messageWriter(schema: DescMessage): Write {
  const { typeName } = schema;
  let writeMembers: Write | undefined;
  return (message) => {
    if (message.$typeName !== typeName) throw new Unexpected();
    writeMembers ??= membersWriter(membersOf(schema));
    writeMembers(message);
    const { $unknown } = message as unknown as Message;
    if ($unknown !== undefined) putUnknown($unknown);
  };
}

function putUnknown(fields: NonNullable<Message["$unknown"]>): void {
  for (const { no, wireType, data } of fields) {
    putVarint(tagOf(no, wireType));
    putBytes(data);
  }
}

/**
 * To ask for each member of a message takes longer than to write the few that are set. Messages that follow each other
 * mostly have the same ones, so that comparing names tells what has to be written.
 */
function membersWriter(members: readonly Member[]): Write {
  const [first] = members;
  if (members.length === 1 && first?.isAlways) return first.write;
  let names: readonly string[] | undefined;
  let writes: readonly Write[] = [];
  return (message) => {
    const own = Object.keys(message);
    if (names === undefined || !isSame(own, names)) {
      names = own;
      const set = members.filter(({ name, isAlways }) => isAlways || Object.hasOwn(message, name));
      writes = set.map(({ write }) => write);
    }
    // Within this message there may be others of its type, with other members.
    const now = writes;
    for (let index = 0; index < now.length; index++) (now[index] as Write)(message);
  };
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}

/** In the order of their numbers. */
function membersOf(schema: DescMessage): Member[] {
  const members: Member[] = [];
  let choice: { oneof: DescOneof; puts: Map<unknown, Put> } | undefined;
  for (const field of schema.fields.toSorted((a, b) => a.number - b.number)) {
    const { localName, oneof } = field;
    const put = putterOf(field);
    if (oneof === undefined) {
      choice = undefined;
      members.push(fieldMember(field, put));
    } else if (oneof === choice?.oneof) {
      choice.puts.set(localName, put);
    } else {
      choice = { oneof, puts: new Map([[localName, put]]) };
      members.push({ name: oneof.localName, write: choiceWriter(oneof, choice.puts), isAlways: true });
    }
  }
  return members;
}

/** Of a oneof, the fields whose numbers no other field comes between. */
function choiceWriter({ localName }: DescOneof, puts: ReadonlyMap<unknown, Put>): Write {
  return (message) => {
    const chosen = message[localName] as { case: unknown; value: unknown };
    if (chosen.case !== undefined) puts.get(chosen.case)?.(chosen.value);
  };
}

function fieldMember(field: DescField, put: Put): Member {
  const { fieldKind, localName: name } = field;
  if (fieldKind === "list" || fieldKind === "map") {
    return { name, write: (message) => put(message[name]), isAlways: true };
  }
  // The contract has no field that is required, or set where it is not the default.
  if (field.presence !== FeatureSet_FieldPresence.EXPLICIT)
    return { name, write: unexpected, isAlways: true };
  const write: Write = (message) => {
    const value = message[name];
    if (value !== undefined) put(value);
  };
  return { name, write, isAlways: false };
}

/** How a field is written with its tag. */
function putterOf(field: DescField): Put {
  const value = valueOfField(field);
  if (value === undefined) return byLibrary(field);
  const { put, wireType } = value;
  const tag = tagOf(field.number, wireType);
  if (field.fieldKind === "list") return field.packed ? packed(field.number, put) : repeated(tag, put);
  if (field.fieldKind === "map") return mapped(field, tagOf(2, wireType), put);
  return (single) => {
    putVarint(tag);
    put(single);
  };
}

function tagOf(number: number, wireType: number): number {
  return ((number << 3) | wireType) >>> 0;
}

/** How a value, item or map value of the field is written; undefined where the library has to. */
function valueOfField(field: DescField): Value | undefined {
  if (field.fieldKind === "map" && !mapKeys.has(field.mapKey)) return undefined;
  if (field.enum !== undefined) return scalars.get(ScalarType.INT32);
  if (field.message === undefined) return scalars.get(field.scalar as ScalarType);
  // The library's own types are rare, and some are not shaped like messages: structs are plain objects.
  if (field.message.typeName.startsWith("google.protobuf.") || field.delimitedEncoding) return undefined;
  return { put: delimited(writerOf(field.message) as Put), wireType: delimitedType };
}

function unexpected(): never {
  throw new Unexpected();
}

function delimited(put: Put): Put {
  let gap = 1;
  return (value) => {
    const before = gap;
    const start = beginDelimited(before);
    put(value);
    gap = endDelimited(start, before);
  };
}

function repeated(tag: number, put: Put): Put {
  return (items) => {
    if (!Array.isArray(items)) throw new Unexpected();
    for (let index = 0; index < items.length; index++) {
      putVarint(tag);
      put(items[index]);
    }
  };
}

function packed(number: number, put: Put): Put {
  const tag = tagOf(number, delimitedType);
  const putItems = delimited((items) => {
    for (const item of items as unknown[]) put(item);
  });
  return (items) => {
    if (!Array.isArray(items)) throw new Unexpected();
    if (items.length === 0) return;
    putVarint(tag);
    putItems(items);
  };
}

function mapped({ number, mapKey }: DescField & { fieldKind: "map" }, valueTag: number, put: Put): Put {
  const tag = tagOf(number, delimitedType);
  const key = mapKeys.get(mapKey) as Value;
  const keyTag = tagOf(1, key.wireType);
  let gap = 1;
  return (entries) => {
    for (const name of Object.keys(entries as Fields)) {
      putVarint(tag);
      const before = gap;
      const start = beginDelimited(before);
      putVarint(keyTag);
      key.put(name);
      putVarint(valueTag);
      put((entries as Fields)[name]);
      gap = endDelimited(start, before);
    }
  };
}

/** Writes the field with its tag, by a message that has nothing else. */
function byLibrary({ parent, localName, oneof }: DescField): Put {
  return (value) => {
    const alone = create(parent) as unknown as Record<string, unknown>;
    if (oneof === undefined) alone[localName] = value;
    else alone[oneof.localName] = { case: localName, value };
    putBytes(toBinary(parent, alone as unknown as Message));
  };
}
