import type { MetadataService } from "../contract/service.ts";
import { type CallOptions, Calls, routesTo } from "./calls.ts";
import { grpcServer } from "./grpc.ts";
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
  const { port, close } = await listen(
    options,
    grpcServer(routes, calls, limits),
    webHandler(routes, calls, limits, pages),
  );
  return { port, close: ({ graceMs = defaultGraceMs } = {}) => close(graceMs) };
}
