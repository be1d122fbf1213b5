import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import {
  type handleUnaryCall,
  logVerbosity,
  Server,
  type ServiceDefinition,
  type ServiceError,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { encode } from "../contract/encode.ts";
import { codeNumbers, invalidArgument, MlmdError } from "../errors.ts";
import type { Calls, Route } from "./calls.ts";
import { decode, rawMethod } from "./wire.ts";

export interface GrpcLimits {
  /** The largest request to accept, in bytes. */
  readonly maxReceiveBytes: number;
  /** The largest answer to send, in bytes. */
  readonly maxSendBytes: number;
}

// The library would print failures that are reported to the caller here anyway.
if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);

/** A gRPC server with these routes, which listens nowhere yet. */
export function grpcServer(routes: readonly Route[], calls: Calls, limits: GrpcLimits): Server {
  const server = new Server({
    "grpc.max_receive_message_length": limits.maxReceiveBytes,
    "grpc.max_send_message_length": -1,
  });
  server.addService(
    Object.fromEntries(
      routes.map(({ name, method }) => [name, rawMethod(method)]),
    ) as unknown as ServiceDefinition,
    Object.fromEntries(routes.map((route) => [route.name, handler(route, calls, limits.maxSendBytes)])),
  );
  return server;
}

function handler(
  { method, run }: Route,
  calls: Calls,
  maxSendBytes: number,
): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    calls
      .run(method.name, Number(call.getDeadline()), async () => {
        const answer = encode(method.output, await run(decodeRequest(method, call.request)));
        if (answer.length > maxSendBytes) throw tooLarge(answer.length, maxSendBytes);
        return answer;
      })
      .then(
        (bytes) => {
          if (!call.cancelled) callback(null, bytes);
        },
        (refusal: MlmdError) => callback(toStatus(refusal)),
      );
  };
}

function decodeRequest(method: DescMethodUnary, bytes: Buffer): Message {
  try {
    return decode(method.input, bytes);
  } catch {
    throw invalidArgument(`The request is not a ${method.input.typeName}`);
  }
}

function tooLarge(bytes: number, maxSendBytes: number): MlmdError {
  return new MlmdError(
    "RESOURCE_EXHAUSTED",
    `The answer has ${bytes} bytes, more than the ${maxSendBytes} allowed; ask for less, or page by page`,
  );
}

function toStatus({ code, message }: MlmdError): Partial<ServiceError> {
  return { code: codeNumbers[code], details: message };
}
