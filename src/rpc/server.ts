import type { MetadataService } from "../contract/service.ts";
import { type CallOptions, Calls, routesTo } from "./calls.ts";
import { grpcServer } from "./grpc.ts";
import { addHealth } from "./health.ts";
import { listen } from "./port.ts";
import { loadPages } from "./web/pages.ts";
import { webHandler } from "./web/web.ts";

export type { CallLog } from "./calls.ts";

export interface ServerOptions extends CallOptions {
  readonly service: MetadataService;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The folder of the web page as it was built; there is none unless given. */
  readonly pages?: string | URL;
  /** Origins, as `https://host:port`, whose pages may call beside those of this server; `*` for all. None unless given. */
  readonly allowedOrigins?: readonly string[];
  /** The largest request to accept, in bytes; 4 MiB unless given, as is usual with gRPC. */
  readonly maxReceiveBytes?: number;
  /** The largest answer to send, in bytes; a larger one is RESOURCE_EXHAUSTED. Unlimited unless given. */
  readonly maxSendBytes?: number;
}

export interface RunningServer {
  readonly port: number;
  /** Takes no more calls, finishes those in flight, and ends the rest after `graceMs` milliseconds (10 s). */
  close(options?: { graceMs?: number }): Promise<void>;
}

const defaultReceiveBytes = 4 * 1024 * 1024;
const defaultGraceMs = 10_000;

/**
 * Serves gRPC, and on the same port gRPC-web, JSON and the web page over HTTP/1.1.
 *
 * @throws MlmdError UNAVAILABLE when the address cannot be listened on.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const routes = routesTo(options.service);
  const calls = new Calls(options);
  const limits = {
    maxReceiveBytes: options.maxReceiveBytes ?? defaultReceiveBytes,
    maxSendBytes: options.maxSendBytes ?? Number.POSITIVE_INFINITY,
  };
  const pages = await loadPages(options.pages);
  const grpc = grpcServer(routes, calls, limits);
  addHealth(grpc, options.service);
  const { port, close } = await listen(
    options,
    grpc,
    webHandler(routes, calls, limits, { pages, allowedOrigins: options.allowedOrigins ?? [] }),
  );
  return { port, close: ({ graceMs = defaultGraceMs } = {}) => close(graceMs) };
}
