/* The three programs of a served measurement: our server, one that does nothing, and what puts load on them. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import { methods } from "../../src/contract/service.ts";
import { rawMethod } from "../../src/rpc/wire.ts";
import type { Call } from "../workload.ts";
import type { Load, LoadFigures } from "./driver.ts";

/** How this process was started: the others are to understand TypeScript as well. */
const execArgv = ["--experimental-transform-types", "--disable-warning=ExperimentalWarning"];

export class Driver {
  readonly #process: ChildProcess;
  readonly #folder: string;
  #files = 0;

  constructor(folder: string) {
    this.#folder = mkdtempSync(join(folder, "requests-"));
    this.#process = fork(join(import.meta.dirname, "driver.ts"), { execArgv });
  }

  /** Sends requests of one method, over and over, or each once. */
  async run(calls: readonly Call[], load: Omit<Load, "method" | "requests">): Promise<LoadFigures> {
    const [first] = calls;
    if (first === undefined) throw new Error("no calls to make");
    const requests = this.write(calls);
    try {
      return await this.runFile(first.method, requests, load);
    } finally {
      rmSync(requests);
    }
  }

  async runFile(
    method: Call["method"],
    requests: string,
    load: Omit<Load, "method" | "requests">,
  ): Promise<LoadFigures> {
    const answered = once(this.#process, "message");
    this.#process.send({ ...load, method, requests } satisfies Load);
    const [figures] = (await answered) as [LoadFigures];
    return figures;
  }

  /** A new file with the requests, in the driver's form. */
  write(calls: readonly Call[]): string {
    const path = join(this.#folder, String(++this.#files));
    writeFileSync(path, framed(calls));
    return path;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.send("stop");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function framed(calls: readonly Call[]): Buffer {
  return Buffer.concat(
    calls.flatMap(({ request }) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(request.length);
      return [head, request];
    }),
  );
}

export interface EmptyServer {
  readonly port: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** A server that gives the same answer to everything. */
export async function startEmptyServer(folder: string, answer: Uint8Array): Promise<EmptyServer> {
  const own = mkdtempSync(join(folder, "answer-"));
  const file = join(own, "answer");
  writeFileSync(file, answer);
  const child = fork(join(import.meta.dirname, "empty-server.ts"), [file], { execArgv });
  const [port] = (await once(child, "message")) as [number];
  return {
    port,
    process: child,
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
      rmSync(own, { recursive: true, force: true });
    },
  };
}

/** One call from here. */
export async function callServer(port: number, { method, request }: Call): Promise<Buffer> {
  const definition = methods.get(method);
  if (definition === undefined) throw new Error(`no method ${method}`);
  const { path, requestSerialize, responseDeserialize } = rawMethod(definition);
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        Buffer.from(request),
        (error, value) => {
          if (error) reject(error);
          else resolve(value ?? Buffer.alloc(0));
        },
      );
    });
  } finally {
    client.close();
  }
}
