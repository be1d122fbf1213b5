/**
 * Puts load on a server: a process of its own, so that the server has its processor for itself. Its parent sends a
 * `Load`, and gets a `LoadFigures` for it, as often as it likes.
 */
import { readFileSync } from "node:fs";
import { Client, credentials } from "@grpc/grpc-js";
import type { MethodName } from "../../src/contract/service.ts";
import { methods } from "../../src/contract/service.ts";
import { rawMethod } from "../../src/rpc/wire.ts";
import { quantile } from "../statistics.ts";

export interface Load {
  readonly port: number;
  readonly method: MethodName;
  /** A file that holds the requests one after the other, each behind its length: 32 bits, little endian. */
  readonly requests: string;
  /** Each request is sent once: the load ends with the last, at the latest. */
  readonly once: boolean;
  readonly inFlight: number;
  readonly durationMs: number;
}

export interface LoadFigures {
  readonly calls: number;
  readonly durationMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Calls that were not answered OK, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

const idle = { calls: 0, durationMs: 0, p50Ms: 0, p99Ms: 0, refused: {} };

let client: Client | undefined;
let connected = 0;
let requests: Buffer[] = [];
let file = "";
let next = 0;

process.on("message", (message: Load | "stop") => {
  if (message === "stop") {
    client?.close();
    process.disconnect();
    return;
  }
  run(message).then(
    (figures) => process.send?.(figures),
    (error: unknown) => process.send?.({ ...idle, refused: { [String(error)]: 1 } } satisfies LoadFigures),
  );
});

async function run(load: Load): Promise<LoadFigures> {
  if (connected !== load.port) {
    client?.close();
    client = new Client(`127.0.0.1:${load.port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    });
    connected = load.port;
  }
  if (file !== load.requests) {
    file = load.requests;
    requests = readRequests(file);
    next = 0;
  }
  return forTime(load);
}

function readRequests(path: string): Buffer[] {
  const bytes = readFileSync(path);
  const list: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    list.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return list;
}

/** Keeps as many calls in flight as wanted; a call's time is counted in full, also if it ends after the last. */
async function forTime({ method, once, inFlight, durationMs }: Load): Promise<LoadFigures> {
  const definition = methods.get(method);
  if (definition === undefined || client === undefined) throw new Error(`no method ${method}`);
  const { path, requestSerialize, responseDeserialize } = rawMethod(definition);
  const channel = client;
  const latencies: number[] = [];
  const refused: Record<string, number> = {};
  const start = performance.now();
  const end = start + durationMs;
  const one = async () => {
    while (performance.now() < end && !(once && next >= requests.length)) {
      const request = requests[next++ % requests.length] as Buffer;
      const sent = performance.now();
      const code = await new Promise<number>((resolve) => {
        channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error) => {
          resolve(error?.code ?? 0);
        });
      });
      latencies.push(performance.now() - sent);
      if (code !== 0) refused[code] = (refused[code] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const taken = performance.now() - start;
  latencies.sort((a, b) => a - b);
  return {
    calls: latencies.length,
    durationMs: taken,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    refused,
  };
}
