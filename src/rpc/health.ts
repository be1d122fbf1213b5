import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Int32ValueSchema, StringValueSchema } from "@bufbuild/protobuf/wkt";
import type { handleUnaryCall, Server } from "@grpc/grpc-js";
import { GetArtifactTypesByIDRequestSchema, MetadataStoreService } from "../contract/messages.ts";
import type { MetadataService } from "../contract/service.ts";
import { codeNumbers } from "../errors.ts";

const serving = 1;
const notServing = 2;

/**
 * `grpc.health.v1.Health/Check`, for load balancers and orchestrators: without a service's name it says that the
 * process is there, with the name of ours that the database answers too. `Watch` is UNIMPLEMENTED, as the protocol
 * allows.
 */
export function addHealth(server: Server, service: MetadataService): void {
  const check: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    const name = requestedService(call.request);
    if (name === "") return callback(null, answer(serving));
    if (name !== MetadataStoreService.typeName) {
      return callback({ code: codeNumbers.NOT_FOUND, details: "There is no such service" });
    }
    service.getArtifactTypesByID(create(GetArtifactTypesByIDRequestSchema, { typeIds: [1n] })).then(
      () => callback(null, answer(serving)),
      () => callback(null, answer(notServing)),
    );
  };
  const same = (bytes: Buffer) => bytes;
  const definition = {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  } as const;
  server.addService({ check: definition }, { check });
}

/** `HealthCheckRequest` is a string in the field 1, as `StringValue` is. */
function requestedService(bytes: Buffer): string {
  try {
    return fromBinary(StringValueSchema, bytes).value;
  } catch {
    return "?";
  }
}

/** `HealthCheckResponse` is an enum in the field 1, written as `Int32Value` is. */
function answer(status: number): Buffer {
  return Buffer.from(toBinary(Int32ValueSchema, create(Int32ValueSchema, { value: status })));
}
