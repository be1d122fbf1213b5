import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import {
  type handleUnaryCall,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { type MetadataService, methods } from "../contract/service.ts";
import { codeNumbers, invalidArgument, MlmdError } from "../errors.ts";
import { decode, encode, rawMethod } from "./wire.ts";

/** One line for each call, without anything of what it carries. */
export interface CallLog {
  readonly method: string;
  /** `OK` or the error's code. */
  readonly code: string;
  /** How long the call took, in milliseconds. */
  readonly ms: number;
  /** What led to an INTERNAL error. */
  readonly cause?: unknown;
}

export interface ServerOptions {
  readonly service: MetadataService;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The largest request to accept, in bytes; 4 MiB unless given, as is usual with gRPC. */
  readonly maxReceiveBytes?: number;
  /** The largest answer to send, in bytes; a larger one is RESOURCE_EXHAUSTED. Unlimited unless given. */
  readonly maxSendBytes?: number;
  /** How many calls may be worked on at a time; one more is RESOURCE_EXHAUSTED. 1000 unless given. */
  readonly callsMax?: number;
  readonly onCall?: (entry: CallLog) => void;
}

export interface RunningServer {
  readonly port: number;
  /** Takes no more calls, finishes those in flight, and ends the rest after `graceMs` milliseconds (10 s). */
  close(options?: { graceMs?: number }): Promise<void>;
}

// The library would print failures that are reported to the caller here anyway.
if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);

const defaultReceiveBytes = 4 * 1024 * 1024;
const defaultGraceMs = 10_000;

/** @throws MlmdError UNAVAILABLE when the address cannot be listened on. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = new Server({
    "grpc.max_receive_message_length": options.maxReceiveBytes ?? defaultReceiveBytes,
    "grpc.max_send_message_length": -1,
    "grpc.so_reuseport": 0,
  });
  const handlers = new Handlers(options);
  const definition = Object.fromEntries([...methods].map(([name, method]) => [name, rawMethod(method)]));
  server.addService(
    definition as ServiceDefinition,
    Object.fromEntries([...methods].map(([name, method]) => [name, handlers.of(name, method)])),
  );
  const port = await listen(server, options.host, options.port);
  return { port, close: ({ graceMs = defaultGraceMs } = {}) => shutDown(server, graceMs) };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (cause, boundPort) => {
      if (cause === null) return resolve(boundPort);
      const reason = cause.message.includes("EADDRINUSE") ? "the port is in use" : cause.message;
      reject(new MlmdError("UNAVAILABLE", `Cannot listen on ${address}: ${reason}`, { cause }));
    });
  });
}

function shutDown(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

class Handlers {
  private inFlight = 0;

  constructor(private readonly options: ServerOptions) {}

  of(name: string, method: DescMethodUnary): handleUnaryCall<Buffer, Buffer> {
    const operation = (this.options.service as unknown as Record<string, Operation>)[name];
    if (operation === undefined) throw new Error(`the service has no method ${name}`);
    const run = operation.bind(this.options.service);
    return (call, callback) => {
      const started = performance.now();
      this.answer(method, run, call.request, call.getDeadline())
        .then(
          (bytes) => {
            if (!call.cancelled) callback(null, bytes);
            return undefined;
          },
          (error: unknown) => {
            const refusal =
              error instanceof MlmdError
                ? error
                : new MlmdError("INTERNAL", "Internal error", { cause: error });
            callback(toStatus(refusal));
            return refusal;
          },
        )
        .then((refusal) => this.log(method.name, started, refusal));
    };
  }

  private async answer(
    method: DescMethodUnary,
    run: Operation,
    request: Buffer,
    deadline: number | Date,
  ): Promise<Buffer> {
    if (Number(deadline) <= Date.now())
      throw new MlmdError("DEADLINE_EXCEEDED", "The deadline passed before the call began");
    const { callsMax = 1000, maxSendBytes = Number.POSITIVE_INFINITY } = this.options;
    if (this.inFlight >= callsMax) {
      throw new MlmdError(
        "RESOURCE_EXHAUSTED",
        `The server is working on ${callsMax} calls already; try again later`,
      );
    }
    this.inFlight++;
    try {
      const bytes = encode(method.output, await run(decodeRequest(method, request)));
      if (bytes.length <= maxSendBytes) return bytes;
      throw new MlmdError(
        "RESOURCE_EXHAUSTED",
        `The answer has ${bytes.length} bytes, more than the ${maxSendBytes} allowed; ask for less, or page by page`,
      );
    } finally {
      this.inFlight--;
    }
  }

  private log(method: string, started: number, refusal: MlmdError | undefined): void {
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    const cause = refusal?.code === "INTERNAL" ? { cause: refusal.cause ?? refusal } : {};
    this.options.onCall?.({ method, code: refusal?.code ?? "OK", ms, ...cause });
  }
}

type Operation = (request: Message) => Promise<Message>;

function decodeRequest(method: DescMethodUnary, bytes: Buffer): Message {
  try {
    return decode(method.input, bytes);
  } catch {
    throw invalidArgument(`The request is not a ${method.input.typeName}`);
  }
}

function toStatus({ code, message }: MlmdError): Partial<ServiceError> {
  return { code: codeNumbers[code], details: message };
}
