import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { type ConnectionConfig, ConnectionConfigSchema } from "../../src/contract/messages.ts";
import { codeNumbers } from "../../src/errors.ts";

const worker = join(import.meta.dirname, "original_worker.py");
const logLengthMax = 4000;

/** What a call came to: `code` is 0 for OK, else a canonical code's number with the message. */
export interface Answer {
  readonly code: number;
  readonly message: string;
  readonly response: Uint8Array;
}

/**
 * The original, in a process of its own, since some requests end it. Calls are answered in order and may be
 * sent ahead. A call that ends the process is answered UNAVAILABLE, as a client of the original's server would
 * see it, and so is every later one until `open` starts another.
 */
export class Original {
  readonly #python: string;
  #process: WorkerProcess | undefined;

  private constructor(python: string) {
    this.#python = python;
  }

  /** Starts the worker on a store. An empty in-memory one is `{ config: { case: "fakeDatabase", value: {} } }`. */
  static async start(python: string, config: ConnectionConfig): Promise<Original> {
    const original = new Original(python);
    await original.open(config);
    return original;
  }

  get crashed(): boolean {
    return this.#process?.ended ?? true;
  }

  /** Opens a store in place of the one that was open, in a new process if the last one is gone. */
  async open(config: ConnectionConfig): Promise<void> {
    if (this.#process === undefined || this.#process.ended) this.#process = new WorkerProcess(this.#python);
    const answer = await this.#process.call("open", toBinary(ConnectionConfigSchema, config));
    if (answer.code !== 0) throw new Error(`the original does not open: ${answer.message}`);
  }

  /** Calls a method by its name in the service, such as `PutArtifacts`, with a serialized request. */
  async call(method: string, request: Uint8Array): Promise<Answer> {
    return (this.#process as WorkerProcess).call(method, request);
  }

  /**
   * Makes the calls one after the other and times them where they are made, so that neither this process nor the
   * pipe between is counted. Throws if one of them fails.
   */
  async batch(
    calls: readonly { readonly method: string; readonly request: Uint8Array }[],
  ): Promise<{ nanoseconds: number; cpuNanoseconds: number }> {
    const bytes = Buffer.concat(calls.flatMap(({ method, request }) => framed(method, request)));
    const { code, message, response } = await this.call("batch", bytes);
    if (code !== 0) throw new Error(`a call of a batch failed with code ${code}: ${message}`);
    const times = new DataView(response.buffer, response.byteOffset);
    return {
      nanoseconds: Number(times.getBigUint64(0, true)),
      cpuNanoseconds: Number(times.getBigUint64(8, true)),
    };
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }
}

/** The original's in-memory database. */
export function inMemory(): ConnectionConfig {
  return create(ConnectionConfigSchema, { config: { case: "fakeDatabase", value: {} } });
}

/** A file, made where there is none. */
export function sqliteFile(path: string): ConnectionConfig {
  return create(ConnectionConfigSchema, {
    config: { case: "sqlite", value: { filenameUri: path, connectionMode: 3 } },
  });
}

class WorkerProcess {
  ended = false;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #received: Buffer = Buffer.alloc(0);
  #log = "";

  constructor(python: string) {
    this.#child = spawn(python, ["-u", worker], { env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
    this.#child.stdout.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-logLengthMax);
    });
    // Writing to a process that has died is answered by its end, below.
    this.#child.stdin.on("error", () => {});
    this.#child.on("close", () => this.#end());
    this.#child.on("error", (error) => {
      this.#log += error.message;
      this.#end();
    });
  }

  call(method: string, request: Uint8Array): Promise<Answer> {
    if (this.ended) return Promise.resolve(this.#unavailable());
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin.write(Buffer.concat(framed(method, request)));
    });
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (let answer = this.#takeAnswer(); answer !== undefined; answer = this.#takeAnswer()) {
      this.#waiting.shift()?.(answer);
    }
  }

  /** The first answer received, if the whole of it is there. */
  #takeAnswer(): Answer | undefined {
    const data = this.#received;
    if (data.length < 8) return undefined;
    const messageEnd = 8 + data.readUInt32LE(4);
    if (data.length < messageEnd + 4) return undefined;
    const end = messageEnd + 4 + data.readUInt32LE(messageEnd);
    if (data.length < end) return undefined;
    this.#received = data.subarray(end);
    return {
      code: data.readUInt32LE(0),
      message: data.toString("utf8", 8, messageEnd),
      response: data.subarray(messageEnd + 4, end),
    };
  }

  #end(): void {
    this.ended = true;
    for (const resolve of this.#waiting.splice(0)) resolve(this.#unavailable());
  }

  #unavailable(): Answer {
    const message = `the original's process has ended\n${this.#log}`;
    return { code: codeNumbers.UNAVAILABLE, message, response: new Uint8Array() };
  }
}

function framed(method: string, request: Uint8Array): Uint8Array[] {
  const name = Buffer.from(method);
  return [length(name), name, length(request), request];
}

function length(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.length);
  return head;
}
