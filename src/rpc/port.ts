import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { MlmdError } from "../errors.ts";

/** How every HTTP/2 connection begins; no HTTP/1.1 request can. */
const http2Preface = Buffer.from("PRI * HTTP/2.0");

/** How long a new connection may stay silent, in milliseconds. */
const firstBytesMs = 60_000;

interface Listening {
  readonly port: number;
  close(graceMs: number): Promise<void>;
}

/**
 * One port for both: the first bytes of a connection say whether it is HTTP/2, which is gRPC here, or HTTP/1.1.
 *
 * @throws MlmdError UNAVAILABLE when the address cannot be listened on.
 */
export async function listen(
  { host, port }: { host: string; port: number },
  grpc: GrpcServer,
  onRequest: RequestListener,
): Promise<Listening> {
  const http = createServer(onRequest);
  // The listener keeps track of HTTP/1.1 connections, with their timeouts, once it is given them.
  const [serveHttp] = http.listeners("connection") as [(socket: Socket) => void];
  http.removeAllListeners("connection");
  const { injectConnection } = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const undecided = new Set<Socket>();
  http.on("connection", (socket: Socket) => {
    sockets.add(socket);
    undecided.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      undecided.delete(socket);
    });
    onFirstBytes(socket, (isHttp2) => {
      undecided.delete(socket);
      if (isHttp2) {
        socket.allowHalfOpen = false;
        injectConnection(socket);
      } else {
        serveHttp.call(http, socket);
        socket.resume();
      }
    });
  });
  await bind(http, host, port);
  return {
    port: (http.address() as AddressInfo).port,
    close: (graceMs) => shutDown(http, grpc, { sockets, undecided }, graceMs),
  };
}

/** Decides as soon as the bytes differ from the preface, or are all of it; they are left in the socket. */
function onFirstBytes(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0);
  const giveUp = () => socket.destroy();
  const onData = (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, http2Preface.length);
    const isAlike = seen.subarray(0, length).equals(http2Preface.subarray(0, length));
    if (isAlike && length < http2Preface.length) return;
    socket.pause();
    socket.off("data", onData).off("error", giveUp).off("end", giveUp).off("timeout", giveUp);
    socket.setTimeout(0);
    socket.unshift(seen);
    decide(isAlike);
  };
  socket.on("data", onData).on("error", giveUp).on("end", giveUp).on("timeout", giveUp);
  socket.setTimeout(firstBytesMs);
}

function bind(http: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // Beyond the start it is a connection that could not be taken: no reason to end.
    http.on("error", (cause: NodeJS.ErrnoException) => {
      const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      const reason = cause.code === "EADDRINUSE" ? "the port is in use" : cause.message;
      reject(new MlmdError("UNAVAILABLE", `Cannot listen on ${address}: ${reason}`, { cause }));
    });
    http.listen(port, host, resolve);
  });
}

async function shutDown(
  http: HttpServer,
  grpc: GrpcServer,
  { sockets, undecided }: Readonly<Record<"sockets" | "undecided", ReadonlySet<Socket>>>,
  graceMs: number,
): Promise<void> {
  const timer = setTimeout(() => {
    grpc.forceShutdown();
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  // A connection that is kept alive has become idle once its answer is out.
  http.prependListener("request", (_request, response) => {
    response.shouldKeepAlive = false;
  });
  const idle = setInterval(() => http.closeIdleConnections(), 50);
  for (const socket of undecided) socket.destroy();
  await Promise.all([
    new Promise<void>((resolve) => http.close(() => resolve())),
    new Promise<void>((resolve) => grpc.tryShutdown(() => resolve())),
  ]);
  clearInterval(idle);
  clearTimeout(timer);
}
