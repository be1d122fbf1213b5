import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { Artifact, ListOperationOptions } from "../../src/contract/messages.ts";
import { type MethodName, methods } from "../../src/contract/service.ts";

/** One call, the same for both stores but for what only a store itself can know. */
export interface Operation {
  /** Numbers the operations of a sequence; it stays when others are left out. */
  readonly serial: number;
  readonly method: MethodName;
  readonly request: Message;
  /** The earlier list whose next page this one asks for, with the token that the store gave. */
  readonly continues?: number;
}

/** Stands in a request for the update time that the store holds of the artifact, which differs between stores. */
export const storedUpdateTime = -123_456_789n;

export function inputOf(method: MethodName): DescMessage {
  return descriptor(method).input;
}

export function outputOf(method: MethodName): DescMessage {
  return descriptor(method).output;
}

/** The method's name on the wire: `PutArtifacts`. */
export function wireName(method: MethodName): string {
  return descriptor(method).name;
}

function descriptor(method: MethodName) {
  const found = methods.get(method);
  if (found === undefined) throw new RangeError(`no method ${method}`);
  return found;
}

/** What a store must be asked before the operation can be sent to it: these artifacts' update times. */
export function artifactsToRead(operation: Operation): bigint[] {
  return artifactsOf(operation.request)
    .filter((artifact) => artifact.lastUpdateTimeSinceEpoch === storedUpdateTime)
    .map((artifact) => artifact.id);
}

/** The request as one store gets it. */
export function requestFor(
  operation: Operation,
  known: { readonly updateTimes: ReadonlyMap<bigint, bigint>; readonly token: string | undefined },
): Message {
  const schema = inputOf(operation.method);
  // Not `clone`, which refuses enum numbers outside the contract.
  const request = fromBinary(schema, toBinary(schema, operation.request));
  for (const artifact of artifactsOf(request)) {
    if (artifact.lastUpdateTimeSinceEpoch === storedUpdateTime) {
      artifact.lastUpdateTimeSinceEpoch = known.updateTimes.get(artifact.id) ?? 0n;
    }
  }
  const { options } = request as { options?: ListOperationOptions };
  if (operation.continues !== undefined && options !== undefined && known.token !== undefined) {
    options.nextPageToken = known.token;
  }
  return request;
}

function artifactsOf(request: Message): Artifact[] {
  return request.$typeName === "ml_metadata.PutArtifactsRequest"
    ? (request as Message & { artifacts: Artifact[] }).artifacts
    : [];
}

/** The operation as one would write it in a test. */
export function show(operation: Operation): string {
  const continues = operation.continues === undefined ? "" : `   // next page of ${operation.continues}`;
  return `${operation.serial}: ${operation.method}(${showValue(operation.request)})${continues}`;
}

/** A value as the source text of what `create` takes; unset fields and empty lists and maps are left out. */
function showValue(value: unknown): string {
  if (value === storedUpdateTime) return "storedUpdateTime";
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return `hex("${Buffer.from(value).toString("hex")}")`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(showValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value).filter(([key, entry]) => !key.startsWith("$") && !isUnset(entry));
  return entries.length === 0
    ? "{}"
    : `{ ${entries.map(([key, entry]) => `${showKey(key)}: ${showValue(entry)}`).join(", ")} }`;
}

function showKey(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
}

/** Whether a message's property is an empty list or map, or a oneof without a member. */
function isUnset(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  if ("$typeName" in value) return false;
  if ("case" in value) return value.case === undefined;
  return Object.keys(value).length === 0;
}
