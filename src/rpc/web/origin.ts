import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * Why a request is refused that a page of another site may have made. A browser tells where it comes from: in
 * `Origin`, and in `Sec-Fetch-Site`. Programs that are no browsers send neither.
 *
 * A name that is made to point to this machine (DNS rebinding) would make another site's page look like ours, so a
 * connection that came in on a loopback address must have been asked for by a name of this machine.
 */
export function refusalOf(request: IncomingMessage): Refusal | undefined {
  const { host = "", origin, "sec-fetch-site": site } = request.headers;
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

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address);
}

function isNameOfThisMachine(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return isIP(name) !== 0 || name === "localhost" || name.endsWith(".localhost");
}
