import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { MetadataStoreService } from "../src/contract/messages.ts";
import { type MetadataService, type MethodName, methods } from "../src/contract/service.ts";
import type { Backend } from "../test/support/backends.ts";
import type { Data } from "./data.ts";
import type { Random } from "./random.ts";
import type { Bare } from "./sides/minimum.ts";

/** One request as it goes over the wire. */
export interface Call {
  readonly method: MethodName;
  readonly request: Uint8Array;
}

/** What is timed: one call, or what a user would do as one step; and the same by hand. */
export interface Operation {
  readonly calls: readonly Call[];
  /** The same rows by prepared statements, in one transaction for each call that needs more than one of them. */
  readonly minimum: (db: Bare) => Promise<unknown>;
}

/** What workloads draw from. */
export interface Setup {
  readonly data: Data;
  readonly random: Random;
  /** The store under test, for what only a store can know, such as page tokens. */
  readonly service: MetadataService;
}

export type EngineName = Backend;

/** At least so many times as fast as the original. */
export type OriginalGoal = Partial<Record<EngineName, number>>;

export interface Workload {
  readonly name: string;
  readonly group: string;
  /** Whether the operations change the store. All sides then do exactly the same ones. */
  readonly changes: boolean;
  readonly goal?: OriginalGoal;
  /** The same on a store of a million artifacts, where it is another. */
  readonly goalAtMillion?: OriginalGoal;
  /** Whether its time is not to grow with the store: see `growthGoal`. */
  readonly isFlat?: boolean;
  /** At most so many operations in one round, for what a store cannot do any number of times. */
  readonly operationsMax?: number;
  /** What all sides are to do first, untimed. */
  setUp?(setup: Setup): Promise<readonly Operation[]>;
  /** Gives a function that draws the next operation, never the same change twice. */
  prepare(setup: Setup): Promise<() => Operation>;
}

/** Every workload takes at most so many times as long as the hand-written minimum. */
export const minimumGoal = 1.5;

/** The exponent of what a flat workload costs, by the size of the store. */
export const growthGoal = 0.1;

type Methods = typeof MetadataStoreService.method;

export function call<M extends MethodName>(method: M, init: MessageInitShape<Methods[M]["input"]>): Call {
  return { method, request: toBinary(methods.get(method)?.input as DescMessage, message(method, init)) };
}

/** The request as a message, for the service of this process. */
export function message<M extends MethodName>(
  method: M,
  init: MessageInitShape<Methods[M]["input"]>,
): MessageShape<Methods[M]["input"]> {
  const schema = methods.get(method)?.input as DescMessage;
  return create(schema, init as MessageInitShape<DescMessage>) as MessageShape<Methods[M]["input"]>;
}
