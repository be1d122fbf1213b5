import {
  type DescField,
  type DescMessage,
  fromBinary,
  isFieldSet,
  type JsonObject,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import {
  ListOperationNextPageTokenSchema,
  ListOperationOptions_OrderByField_Field as orderFields,
} from "../../src/contract/messages.ts";

/** A message as plain data that compares by its text: fields by name in a fixed order, unset fields left out. */
export type Canonical = string | boolean | Canonical[] | { [field: string]: Canonical };
export type CanonicalMessage = { [field: string]: Canonical };

/** What stands for a point in time, so that the answers of two stores compare. */
export type NameTime = (milliseconds: bigint) => string;

const timeFields = new Set([
  "create_time_since_epoch",
  "last_update_time_since_epoch",
  "milliseconds_since_epoch",
]);

export const exactTime: NameTime = String;

export function canonical(schema: DescMessage, message: Message, nameTime = exactTime): CanonicalMessage {
  const result: CanonicalMessage = {};
  for (const field of schema.fields) {
    if (isFieldSet(message, field)) result[field.name] = canonicalField(field, message, nameTime);
  }
  // Neither store has reason to send what the contract does not know.
  if (message.$unknown !== undefined) result.$unknown = message.$unknown.map(({ no }) => String(no));
  return result;
}

export function sameCanonical(a: Canonical, b: Canonical): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function canonicalField(field: DescField, message: Message, nameTime: NameTime): Canonical {
  const holder = field.oneof === undefined ? message : memberOf(message, field.oneof.localName);
  const name = field.oneof === undefined ? field.localName : "value";
  const value = (holder as unknown as Record<string, unknown>)[name];
  if (field.name === "next_page_token") return canonicalToken(String(value), nameTime);
  if (timeFields.has(field.name)) return nameTime(value as bigint);
  switch (field.fieldKind) {
    case "list":
      return (value as unknown[]).map((item) => canonicalValue(field.message, item, nameTime));
    case "map": {
      const entries = Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1));
      // Not an object: keys such as `__proto__` and `1` would not stay where they are put.
      return entries.map(([key, item]) => [key, canonicalValue(field.message, item, nameTime)]);
    }
    default:
      return canonicalValue(field.message, value, nameTime);
  }
}

function memberOf(message: Message, oneof: string): unknown {
  return (message as unknown as Record<string, unknown>)[oneof];
}

function canonicalValue(schema: DescMessage | undefined, value: unknown, nameTime: NameTime): Canonical {
  if (schema?.typeName === "google.protobuf.Struct") return canonicalJson(value as JsonObject);
  if (schema !== undefined) return canonical(schema, value as Message, nameTime);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "boolean") return value;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A struct's fields in the order of their names; its scalars as JSON text, to tell `"1"` from `1`. */
function canonicalJson(value: JsonValue): Canonical {
  if (Array.isArray(value)) return value.map(canonicalJson);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { struct: entries.map(([key, item]) => [key, canonicalJson(item)]) };
}

/** A token holds times too; what it holds besides the contract's fields is its maker's affair. */
function canonicalToken(token: string, nameTime: NameTime): Canonical {
  if (token === "") return "";
  const decoded = fromBinary(ListOperationNextPageTokenSchema, base64Decode(token));
  const order = decoded.setOptions?.orderByField?.field ?? orderFields.ID;
  const result = canonical(ListOperationNextPageTokenSchema, decoded, nameTime);
  if (order !== orderFields.ID) result.field_offset = nameTime(decoded.fieldOffset);
  delete result.$unknown;
  return result;
}
