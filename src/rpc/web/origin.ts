import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { cors } from "@connectrpc/connect";

export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Origins whose pages may call, as `https://host:port`; `*` is all. */
export type AllowedOrigins = readonly string[];

/**
 * Why a request is refused that a page of another site may have made. A browser tells where it comes from: in
 * `Origin`, and in `Sec-Fetch-Site`. Programs that are no browsers send neither.
 *
 * A name that is made to point to this machine (DNS rebinding) would make another site's page look like ours, so a
 * connection that came in on a loopback address must have been asked for by a name of this machine.
 */
export function refusalOf(request: IncomingMessage, allowed: AllowedOrigins): Refusal | undefined {
  const { host = "", origin, "sec-fetch-site": site } = request.headers;
  if (isAllowed(origin, allowed)) return undefined;
  if (isLoopback(request.socket.localAddress) && !isNameOfThisMachine(host)) {
    return { status: 403, message: `${JSON.stringify(host)} is not a name of this machine` };
  }
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== host) {
    return { status: 403, message: "only pages of this server may call it" };
  }
  // Following a link from elsewhere is a navigation; nothing is read or changed by it.
  if (origin === undefined && request.method !== "GET" && (site === "cross-site" || site === "same-site")) {
    return { status: 403, message: "only pages of this server may call it" };
  }
  return undefined;
}

/** Tells the browser that an allowed page may read the answer. True where it only asked whether it may call. */
export function answerPreflight(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  allowed: AllowedOrigins,
): boolean {
  if (headers.origin === undefined || !isAllowed(headers.origin, allowed)) return false;
  response.setHeader("access-control-allow-origin", headers.origin);
  response.setHeader("access-control-expose-headers", cors.exposedHeaders.join(", "));
  response.setHeader("vary", "origin");
  if (method !== "OPTIONS") return false;
  response.writeHead(204, {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": cors.allowedHeaders.join(", "),
    "access-control-max-age": "7200",
  });
  response.end();
  return true;
}

function isAllowed(origin: string | undefined, allowed: AllowedOrigins): boolean {
  return origin !== undefined && (allowed.includes(origin) || allowed.includes("*"));
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address);
}

function isNameOfThisMachine(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return isIP(name) !== 0 || name === "localhost" || name.endsWith(".localhost");
}
