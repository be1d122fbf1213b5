import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import {
  type ConnectionConfig,
  GetArtifactsByIDRequestSchema,
  type GetArtifactsByIDResponse,
} from "../../src/contract/messages.ts";
import type { MethodName } from "../../src/contract/service.ts";
import { codeNumbers, MlmdError } from "../../src/errors.ts";
import { type OpenService, openService, type StoreConfig } from "../../src/open.ts";
import type { Original } from "../support/original.ts";
import { artifactsToRead, inputOf, type Operation, outputOf, requestFor, wireName } from "./operation.ts";

/** What a call came to: `code` is 0 for OK, and then there is a response. */
export interface Reply {
  readonly code: number;
  readonly message: string;
  readonly response?: Message;
}

/** One of the two stores that run in lock step, always empty at first. */
export abstract class Side {
  readonly #tokens = new Map<number, string>();

  async perform(operation: Operation): Promise<Reply> {
    const updateTimes = await this.#updateTimes(artifactsToRead(operation));
    const token = operation.continues === undefined ? undefined : this.#tokens.get(operation.continues);
    const request = requestFor(operation, { updateTimes, token });
    const reply = await this.call(operation.method, toBinary(inputOf(operation.method), request));
    const { nextPageToken } = (reply.response ?? {}) as { nextPageToken?: string };
    if (nextPageToken) this.#tokens.set(operation.serial, nextPageToken);
    return reply;
  }

  async #updateTimes(artifactIds: bigint[]): Promise<Map<bigint, bigint>> {
    if (artifactIds.length === 0) return new Map();
    const request = create(GetArtifactsByIDRequestSchema, { artifactIds });
    const { response } = await this.call(
      "getArtifactsByID",
      toBinary(GetArtifactsByIDRequestSchema, request),
    );
    const artifacts = (response as GetArtifactsByIDResponse | undefined)?.artifacts ?? [];
    return new Map(artifacts.map((artifact) => [artifact.id, artifact.lastUpdateTimeSinceEpoch]));
  }

  protected abstract call(method: MethodName, request: Uint8Array): Promise<Reply>;
  abstract close(): Promise<void>;
}

/** The original, in a process that several of these use after one another. */
export class OriginalSide extends Side {
  readonly #original: Original;

  private constructor(original: Original) {
    super();
    this.#original = original;
  }

  static async open(original: Original, config: ConnectionConfig): Promise<OriginalSide> {
    await original.open(config);
    return new OriginalSide(original);
  }

  protected async call(method: MethodName, request: Uint8Array): Promise<Reply> {
    const { code, message, response } = await this.#original.call(wireName(method), request);
    return code === 0
      ? { code, message, response: fromBinary(outputOf(method), response) }
      : { code, message };
  }

  async close(): Promise<void> {}
}

/** Ours, in this process. Messages go through their serialized form, as they would over a network. */
export class OurSide extends Side {
  readonly #open: OpenService;

  private constructor(open: OpenService) {
    super();
    this.#open = open;
  }

  static async open(config: StoreConfig): Promise<OurSide> {
    return new OurSide(await openService(config));
  }

  protected async call(method: MethodName, request: Uint8Array): Promise<Reply> {
    const operation = this.#open.service[method] as (request: Message) => Promise<Message>;
    try {
      const response = await operation.call(this.#open.service, fromBinary(inputOf(method), request));
      const bytes = toBinary(outputOf(method), response);
      return { code: 0, message: "", response: fromBinary(outputOf(method), bytes) };
    } catch (error) {
      if (error instanceof MlmdError) return { code: codeNumbers[error.code], message: detail(error) };
      return {
        code: codeNumbers.UNKNOWN,
        message: error instanceof Error ? String(error.stack) : String(error),
      };
    }
  }

  close(): Promise<void> {
    return this.#open.close();
  }
}

function detail(error: MlmdError): string {
  return error.cause === undefined ? error.message : `${error.message} (cause: ${error.cause})`;
}
