import { clone, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { kindOf, type NodeMessage } from "./kinds.ts";

/**
 * The node as JSON, as the server's JSON API would write it. Messages in properties whose types nobody here knows are
 * given as their bytes.
 */
export function rawJson(node: NodeMessage): JsonValue {
  const { schema } = kindOf(node);
  const copy = clone(schema, node) as NodeMessage;
  const packed: [string, string, JsonValue][] = [];
  for (const field of ["properties", "customProperties"] as const) {
    for (const [name, { value }] of Object.entries(copy[field])) {
      if (value.case !== "protoValue") continue;
      const { typeUrl, value: bytes } = value.value;
      packed.push([field, name, { protoValue: { "@type": typeUrl, value: base64Encode(bytes) } }]);
      delete copy[field][name];
    }
  }
  const json = toJson(schema, copy) as JsonObject;
  for (const [field, name, value] of packed) {
    json[field] = { ...(json[field] as JsonObject | undefined), [name]: value };
  }
  return json;
}
