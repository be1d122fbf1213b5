import { readFileSync } from "node:fs";
import { join } from "node:path";
import { create, fromBinary, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import {
  GetArtifactsRequestSchema,
  GetArtifactsResponseSchema,
  GetContextsRequestSchema,
  GetContextsResponseSchema,
  GetExecutionsRequestSchema,
  GetExecutionsResponseSchema,
} from "../../src/contract/messages.ts";
import { type MethodName, methods } from "../../src/contract/service.ts";
import { type Code, codeNumbers } from "../../src/errors.ts";
import type { Answer, Case } from "./cases.ts";

/** A store under the cases: serialized request in, code (0 for OK) and serialized response out. */
export type Call = (
  method: MethodName,
  request: Uint8Array,
) => Promise<{ readonly code: number; readonly response: Uint8Array; readonly message: string }>;

interface Step {
  readonly method: string;
  readonly request: JsonValue;
}

/** Fills an empty store with the data of the cases: the requests of `dataset.json`, in order. */
export async function load(call: Call): Promise<void> {
  const steps = JSON.parse(readFileSync(join(import.meta.dirname, "dataset.json"), "utf8")) as Step[];
  for (const { method, request } of steps) {
    const name = `${method[0]?.toLowerCase()}${method.slice(1)}` as MethodName;
    const input = methods.get(name)?.input;
    if (input === undefined) throw new RangeError(`no method ${method}`);
    const { code, message } = await call(name, toBinary(input, fromJson(input, request)));
    if (code !== 0) throw new Error(`${method}: ${message}`);
  }
}

const lists = {
  artifact: {
    method: "getArtifacts",
    request: GetArtifactsRequestSchema,
    ids: (bytes: Uint8Array) => fromBinary(GetArtifactsResponseSchema, bytes).artifacts.map(({ id }) => id),
  },
  execution: {
    method: "getExecutions",
    request: GetExecutionsRequestSchema,
    ids: (bytes: Uint8Array) => fromBinary(GetExecutionsResponseSchema, bytes).executions.map(({ id }) => id),
  },
  context: {
    method: "getContexts",
    request: GetContextsRequestSchema,
    ids: (bytes: Uint8Array) => fromBinary(GetContextsResponseSchema, bytes).contexts.map(({ id }) => id),
  },
} as const;

const codes = new Map(Object.entries(codeNumbers).map(([code, number]) => [number as number, code as Code]));

/** What the store answers to a list of the kind with the filter. */
export async function ask(call: Call, { kind, filter }: Pick<Case, "kind" | "filter">): Promise<Answer> {
  const { method, request, ids } = lists[kind];
  const options = { filterQuery: filter, maxResultSize: 100 };
  const { code, response } = await call(method, toBinary(request, create(request, { options })));
  return code === 0 ? ids(response) : (codes.get(code) ?? "UNKNOWN");
}
