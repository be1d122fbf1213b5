import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { type CallOptions, Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { encode } from "../contract/encode.ts";
import { type MetadataService, methods } from "../contract/service.ts";
import { invalidArgument, MlmdError } from "../errors.ts";
import { codeOf, decode, rawMethod } from "./wire.ts";

/** How to reach a server, as in the original's `MetadataStoreClientConfig`. */
export interface GrpcConfig {
  readonly host: string;
  readonly port: number;
  /** Given, even if empty, the connection is encrypted. All values are PEM text. */
  readonly ssl?: {
    readonly clientKey?: string;
    /** The client's own certificate chain: the name is the original's. */
    readonly serverCert?: string;
    /** The authorities to trust instead of the usual ones. */
    readonly customCa?: string;
  };
  readonly channelArguments?: {
    /** The largest answer to accept, in bytes; 4 MiB unless given. */
    readonly maxReceiveMessageLength?: number;
    readonly http2MaxPingStrikes?: number;
  };
  /** How long one attempt may take, in seconds; without limit unless given. */
  readonly clientTimeoutSec?: number;
}

/**
 * The operations of a server. Nothing is contacted before the first call; a server that is not there is
 * UNAVAILABLE. Idle connections are made again by the library.
 */
export function connectGrpc(config: GrpcConfig): MetadataService & { close(): Promise<void> } {
  const client = new Client(address(config), channelCredentials(config.ssl), channelOptions(config));
  const call = caller(client, config.clientTimeoutSec);
  const service = Object.fromEntries(
    [...methods].map(([name, method]) => [name, (request: Message) => call(method, request)]),
  ) as unknown as MetadataService;
  return { ...service, close: async () => client.close() };
}

function address({ host, port }: GrpcConfig): string {
  if (typeof host !== "string" || host === "") throw invalidArgument("The host of the server is missing");
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw invalidArgument(`The port of the server is ${port}; it must be a number from 1 to 65535`);
  }
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}

function channelCredentials(ssl: GrpcConfig["ssl"]) {
  if (ssl === undefined) return credentials.createInsecure();
  const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  return credentials.createSsl(bytes(ssl.customCa), bytes(ssl.clientKey), bytes(ssl.serverCert));
}

function channelOptions({ channelArguments = {} }: GrpcConfig) {
  const { maxReceiveMessageLength, http2MaxPingStrikes } = channelArguments;
  return {
    ...(maxReceiveMessageLength !== undefined && {
      "grpc.max_receive_message_length": maxReceiveMessageLength,
    }),
    ...(http2MaxPingStrikes !== undefined && { "grpc.http2.max_ping_strikes": http2MaxPingStrikes }),
  };
}

function caller(client: Client, timeoutSec: number | undefined) {
  return async (method: DescMethodUnary, request: Message): Promise<Message> => {
    const { path, requestSerialize, responseDeserialize } = rawMethod(method);
    const options: CallOptions = timeoutSec === undefined ? {} : { deadline: Date.now() + timeoutSec * 1000 };
    const bytes = encode(method.input, request);
    const answer = await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, options, (error, value) => {
        if (error !== null) reject(fromStatus(error));
        else resolve(value ?? Buffer.alloc(0));
      });
    });
    return decode(method.output, answer);
  };
}

function fromStatus(error: ServiceError): MlmdError {
  return new MlmdError(codeOf(error.code), error.details, { cause: error });
}
