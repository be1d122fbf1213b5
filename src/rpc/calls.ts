import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { type MetadataService, type MethodName, methods } from "../contract/service.ts";
import { MlmdError } from "../errors.ts";

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

export interface CallOptions {
  /** How many calls may be worked on at a time; one more is RESOURCE_EXHAUSTED. 1000 unless given. */
  readonly callsMax?: number;
  readonly onCall?: (entry: CallLog) => void;
}

export type Operation = (request: Message) => Promise<Message>;

/** A method of the service with what answers it. */
export interface Route {
  readonly name: MethodName;
  readonly method: DescMethodUnary;
  readonly run: Operation;
}

/** The routes come from the service's descriptor; there is no list of methods. */
export function routesTo(service: MetadataService): Route[] {
  return [...methods].map(([name, method]) => {
    const operation = (service as unknown as Record<string, Operation>)[name];
    if (operation === undefined) throw new Error(`the service has no method ${name}`);
    return { name, method, run: operation.bind(service) };
  });
}

/** Counts, bounds and logs the calls of a server, whichever protocol they came by. */
export class Calls {
  readonly #options: CallOptions;
  #inFlight = 0;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  /**
   * The answer of `work`; it is not begun where the deadline (in milliseconds since 1970) has passed, or too many
   * are in flight.
   *
   * @throws MlmdError and nothing else
   */
  async run<T>(method: string, deadline: number, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    let refusal: MlmdError | undefined;
    try {
      return await this.#bounded(deadline, work);
    } catch (error) {
      refusal =
        error instanceof MlmdError ? error : new MlmdError("INTERNAL", "Internal error", { cause: error });
      throw refusal;
    } finally {
      this.#log(method, started, refusal);
    }
  }

  async #bounded<T>(deadline: number, work: () => Promise<T>): Promise<T> {
    if (deadline <= Date.now())
      throw new MlmdError("DEADLINE_EXCEEDED", "The deadline passed before the call began");
    const { callsMax = 1000 } = this.#options;
    if (this.#inFlight >= callsMax) {
      throw new MlmdError(
        "RESOURCE_EXHAUSTED",
        `The server is working on ${callsMax} calls already; try again later`,
      );
    }
    this.#inFlight++;
    try {
      return await work();
    } finally {
      this.#inFlight--;
    }
  }

  #log(method: string, started: number, refusal: MlmdError | undefined): void {
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    const cause = refusal?.code === "INTERNAL" ? { cause: refusal.cause ?? refusal } : {};
    this.#options.onCall?.({ method, code: refusal?.code ?? "OK", ms, ...cause });
  }
}
