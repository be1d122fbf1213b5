import type { RequestListener, ServerResponse } from "node:http";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { MetadataStoreService } from "../../contract/messages.ts";
import { codeNumbers, MlmdError } from "../../errors.ts";
import type { Calls, Route } from "../calls.ts";
import type { GrpcLimits } from "../grpc.ts";
import { type AllowedOrigins, answerPreflight, type Refusal, refusalOf } from "./origin.ts";
import { bytesRegistry, packBytes } from "./packed.ts";
import { type Pages, servePage } from "./pages.ts";

/** The largest timeout that a timer takes, in milliseconds. */
const timeoutMaxMs = 2 ** 31 - 1;

export interface WebOptions {
  /** There is no web page unless it is given. */
  readonly pages: Pages | undefined;
  /** Pages elsewhere that may call; those of this server always may. */
  readonly allowedOrigins: AllowedOrigins;
}

/** Answers HTTP/1.1: calls by gRPC-web and by the Connect protocol (JSON or binary), and the web page. */
export function webHandler(
  routes: readonly Route[],
  calls: Calls,
  limits: GrpcLimits,
  { pages, allowedOrigins }: WebOptions,
): RequestListener {
  const rpc = connectNodeAdapter({
    routes: (router) => {
      for (const route of routes) router.rpc(route.method, implementation(route, calls));
    },
    grpc: false,
    readMaxBytes: limits.maxReceiveBytes,
    writeMaxBytes: Math.min(limits.maxSendBytes, 0xffffffff),
    maxTimeoutMs: timeoutMaxMs,
    jsonOptions: { registry: bytesRegistry },
  });
  const prefix = `/${MetadataStoreService.typeName}/`;
  return (request, response) => {
    const refusal = refusalOf(request, allowedOrigins);
    if (refusal !== undefined) return refuse(response, refusal);
    if (answerPreflight(request, response, allowedOrigins)) return;
    if (request.url?.startsWith(prefix)) return rpc(request, response);
    if (pages === undefined) return refuse(response, { status: 404, message: "there is no web page here" });
    servePage(pages, request, response);
  };
}

function implementation({ method, run }: Route, calls: Calls) {
  return async (request: Parameters<typeof run>[0], context: HandlerContext) => {
    const deadline = Date.now() + (context.timeoutMs() ?? Number.POSITIVE_INFINITY);
    try {
      const answer = await beforeAbort(
        calls.run(method.name, deadline, () => run(request)),
        context.signal,
      );
      if (/json/.test(context.requestHeader.get("content-type") ?? "")) packBytes(method.output, answer);
      return answer;
    } catch (error) {
      throw toConnectError(error as MlmdError);
    }
  };
}

/** The caller is answered when the deadline passes or the connection is gone; the operation itself goes on, and counts. */
function beforeAbort<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      const isLate = signal.reason instanceof ConnectError && signal.reason.code === Code.DeadlineExceeded;
      reject(
        isLate
          ? new MlmdError("DEADLINE_EXCEEDED", "The deadline passed before the answer was there")
          : new MlmdError("CANCELLED", "The caller has gone"),
      );
    };
    signal.addEventListener("abort", stop);
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** The numbers of the codes are those of gRPC. */
function toConnectError({ code, message }: MlmdError): ConnectError {
  return new ConnectError(message, codeNumbers[code] as Code);
}

function refuse(response: ServerResponse, { status, message }: Refusal): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${message}\n`);
}
