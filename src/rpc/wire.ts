import { type DescMethodUnary, fromBinary, type Message } from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";
import { MetadataStoreService } from "../contract/messages.ts";
import { type Code, codeNumbers } from "../errors.ts";

/** What the network layer sends and receives: bytes, so that a message that cannot be read has a clear answer. */
export type RawMethod = MethodDefinition<Buffer, Buffer>;

export function rawMethod(method: DescMethodUnary): RawMethod {
  return {
    path: `/${MetadataStoreService.typeName}/${method.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes) => bytes,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: (bytes) => bytes,
    responseDeserialize: (bytes) => bytes,
    originalName: method.localName,
  };
}

export function decode(schema: DescMethodUnary["input"], bytes: Buffer): Message {
  return fromBinary(schema, bytes);
}

const codes = new Map<number, Code>(
  (Object.entries(codeNumbers) as [Code, number][]).map(([code, number]) => [number, code]),
);

export function codeOf(status: number): Code {
  return codes.get(status) ?? "UNKNOWN";
}
