import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema, BytesValueSchema } from "@bufbuild/protobuf/wkt";

/*
 * A property may hold a message of any type, which the store keeps and does not understand. JSON would have to spell
 * it out by its fields, and the library refuses to write one that it does not know, and with it the whole answer.
 * Here it is written as its bytes: `{ "@type": "type.example/lab.Model", "value": "CAE=" }`.
 */

const descriptorsMax = 1000;
const descriptors = new Map<string, DescMessage>();

/** Knows every message type, as one with bytes in its field `value`; for messages that `packBytes` has been through. */
export const bytesRegistry: Registry = {
  kind: "registry",
  [Symbol.iterator]: () => [][Symbol.iterator](),
  get: () => undefined,
  getMessage(name) {
    let descriptor = descriptors.get(name);
    if (descriptor === undefined) {
      descriptor = Object.create(BytesValueSchema, { typeName: { value: name } }) as DescMessage;
      // Names come from users: they must not fill the memory.
      if (descriptors.size >= descriptorsMax) descriptors.clear();
      descriptors.set(name, descriptor);
    }
    return descriptor;
  },
  getEnum: () => undefined,
  getExtension: () => undefined,
  getExtensionFor: () => undefined,
  getService: () => undefined,
};

/** Makes every packed message within this one readable by `bytesRegistry`. Changes the message. */
export function packBytes(schema: DescMessage, message: Message): void {
  for (const packed of packedIn(reflect(schema, message))) {
    const { typeUrl, value } = packed;
    packed.value = toBinary(BytesValueSchema, create(BytesValueSchema, { value }));
    // A type without a name cannot be written at all.
    if (/(?:^|\/)$/.test(typeUrl) && typeUrl !== "") packed.typeUrl = `${typeUrl}unnamed`;
  }
}

function* packedIn(message: ReflectMessage): Generator<Any> {
  if (message.desc.typeName === AnySchema.typeName) {
    yield message.message as Any;
    return;
  }
  for (const field of message.desc.fields) {
    const inner = leadsToPacked(field) ? messagesIn(message, field) : [];
    for (const each of inner) yield* packedIn(each);
  }
}

function* messagesIn(message: ReflectMessage, field: DescField): Generator<ReflectMessage> {
  if (!message.isSet(field)) return;
  if (field.fieldKind === "message") yield message.get(field) as ReflectMessage;
  else if (field.fieldKind === "list") yield* message.get(field) as Iterable<ReflectMessage>;
  else if (field.fieldKind === "map") {
    for (const [, value] of message.get(field) as Iterable<[unknown, ReflectMessage]>) yield value;
  }
}

const known = new Map<DescMessage, boolean>();

/** Whether a packed message can be somewhere in the field: most of an answer need not be looked through. */
function leadsToPacked(field: DescField): boolean {
  const { message } = field;
  if (message === undefined) return false;
  if (message.typeName === AnySchema.typeName) return true;
  // Structs are plain objects here, and hold none.
  if (message.typeName.startsWith("google.protobuf.")) return false;
  let answer = known.get(message);
  if (answer === undefined) {
    // A message that holds itself is looked through, whatever is found.
    known.set(message, true);
    answer = message.fields.some(leadsToPacked);
    known.set(message, answer);
  }
  return answer;
}
