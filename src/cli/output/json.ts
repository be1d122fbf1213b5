import type { Event } from "../../client/edges.ts";
import type { Node } from "../../client/nodes.ts";
import type { ArtifactType, ContextType, ExecutionType } from "../../client/types.ts";
import { kindOf, type Properties, type PropertyValue, ProtoValue } from "../../client/values.ts";
import { setEntry } from "../../contract/presence.ts";
import { Lines } from "./lines.ts";
import { visibleJson } from "./text.ts";

/*
 * The JSON of the contract's messages, as protobuf defines it: integers of 64 bits are strings, bytes are base64, what is
 * not set is absent. One thing differs: the value of a proto property stays as it is stored, `typeUrl` and `value`, since
 * its message type need not be known here.
 */

type Json = unknown;

export function nodeJson(node: Node): Json {
  const { properties, customProperties, ...fields } = node;
  return {
    ...fieldsJson(fields),
    ...(Object.keys(properties).length > 0 && { properties: propertiesJson(properties) }),
    ...(Object.keys(customProperties).length > 0 && { customProperties: propertiesJson(customProperties) }),
  };
}

export function eventJson({ path, ...fields }: Event): Json {
  const steps = path?.map((step) => (typeof step === "bigint" ? { index: String(step) } : { key: step }));
  return { ...fieldsJson(fields), ...(steps && { path: { steps } }) };
}

export function typeJson({ properties, ...fields }: ArtifactType | ExecutionType | ContextType): Json {
  const kinds = {};
  for (const [name, kind] of Object.entries(properties)) setEntry(kinds, name, kind.toUpperCase());
  return { ...fieldsJson(fields), ...(Object.keys(properties).length > 0 && { properties: kinds }) };
}

function fieldsJson(fields: object): { [name: string]: Json } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, scalarJson(value)]));
}

function propertiesJson(properties: Properties): Json {
  const json = {};
  for (const [name, value] of Object.entries(properties)) setEntry(json, name, valueJson(value));
  return json;
}

const fieldOf = {
  int: "intValue",
  double: "doubleValue",
  string: "stringValue",
  boolean: "boolValue",
  struct: "structValue",
  proto: "protoValue",
} as const;

export function valueJson(value: PropertyValue): Json {
  const kind = kindOf(value);
  if (kind === undefined) throw new TypeError("a stored property has a kind");
  return { [fieldOf[kind]]: scalarJson(value) };
}

function scalarJson(value: unknown): Json {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return numberJson(value);
  if (!ProtoValue.is(value)) return value;
  return { typeUrl: value.typeUrl, value: Buffer.from(value.value).toString("base64") };
}

/** JSON has no name for these; protobuf writes them as texts. */
function numberJson(value: number): Json {
  return Number.isFinite(value) ? value : String(value);
}

/** One value, for people and programs. */
export async function printJson(value: Json): Promise<void> {
  const lines = new Lines();
  await lines.add(visibleJson(JSON.stringify(value, undefined, 2)));
  await lines.flush();
}

/** One value a line. */
export async function printNdjson(values: AsyncIterable<Json> | Iterable<Json>): Promise<void> {
  const lines = new Lines();
  for await (const value of values) await lines.add(visibleJson(JSON.stringify(value)));
  await lines.flush();
}

/** An array, written as its items come. */
export async function printJsonArray(values: AsyncIterable<Json> | Iterable<Json>): Promise<void> {
  const lines = new Lines();
  let last: string | undefined;
  for await (const value of values) {
    await lines.add(last === undefined ? "[" : `  ${last},`);
    last = visibleJson(JSON.stringify(value));
  }
  if (last === undefined) await lines.add("[]");
  else {
    await lines.add(`  ${last}`);
    await lines.add("]");
  }
  await lines.flush();
}
