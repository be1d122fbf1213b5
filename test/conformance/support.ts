import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { MetadataStoreService, PropertyType, type ValueSchema } from "../../src/contract/messages.ts";
import type { MethodName, ResponseOf } from "../../src/contract/service.ts";
import { type Code, type MetadataStore, MlmdError } from "../../src/index.ts";
import { type OpenTarget, sqliteTraits, type Target, type Traits, targets } from "../support/targets.ts";

type Methods = typeof MetadataStoreService.method;

/** The operations on requests written as plain objects. */
export type Calls = {
  [M in MethodName]: (request?: MessageInitShape<Methods[M]["input"]>) => Promise<ResponseOf<M>>;
};

/** What every case gets: a fresh store and terse ways to speak to it. */
export interface Subject {
  readonly store: MetadataStore;
  readonly traits: Traits;
  readonly rpc: Calls;
  readonly artifact: KindCalls;
  readonly execution: KindCalls;
  readonly context: KindCalls;
}

export type KindName = "artifact" | "execution" | "context";
export const kindNames = ["artifact", "execution", "context"] as const;

type Case = (name: string, body: (subject: Subject) => Promise<void>) => void;

/** A target that cannot be had here is skipped under its name, with the reason. */
function onEveryTarget(topic: string, define: (target: Target) => void): void {
  for (const target of targets) {
    const reason = target.missing === undefined ? "" : `: ${target.missing}`;
    describe.skipIf(target.missing !== undefined)(`${topic} (${target.name}${reason})`, () => define(target));
  }
}

/** Runs the cases on every target, each case on a store of its own. */
export function conformance(topic: string, define: (test: Case) => void): void {
  onEveryTarget(topic, (target) => {
    afterEach(() => {
      vi.useRealTimers();
    });
    define((name, body) => {
      test(name, async () => {
        const { store, close } = await target.open();
        try {
          await body(subjectOf(store, target.traits));
        } finally {
          await close();
        }
      });
    });
  });
}

/** A call that must be refused with this code and a message that says why. */
export interface Refusal {
  readonly name: string;
  readonly call: (subject: Subject) => Promise<unknown>;
  readonly code: Code;
  readonly gist: RegExp;
}

/**
 * Runs refused calls on every target, all on one store that `prepare` fills: each must leave it exactly as it
 * was, as far as every operation tells.
 */
export function refusals(
  topic: string,
  prepare: (subject: Subject) => Promise<unknown>,
  cases: readonly Refusal[],
): void {
  onEveryTarget(topic, (target) => {
    let opened: OpenTarget;
    let subject: Subject;
    let before: unknown;
    beforeAll(async () => {
      opened = await target.open();
      subject = subjectOf(opened.store, target.traits);
      await prepare(subject);
      before = await dump(subject);
    });
    afterAll(() => opened.close());
    test.each(cases)("$name -> $code", async ({ call, code, gist }) => {
      await refused(call(subject), code, gist);
      expect(await dump(subject)).toEqual(before);
    });
  });
}

export function subjectOf(store: MetadataStore, traits: Traits = sqliteTraits): Subject {
  const rpc = callsOf(store);
  return {
    store,
    traits,
    rpc,
    artifact: kindCalls(rpc, "Artifact"),
    execution: kindCalls(rpc, "Execution"),
    context: kindCalls(rpc, "Context"),
  };
}

function callsOf(store: MetadataStore): Calls {
  const rpc = store.rpc as unknown as Record<string, (request: unknown) => Promise<unknown>>;
  const entries = Object.entries(MetadataStoreService.method).map(([name, { input }]) => [
    name,
    (request = {}) => rpc[name]?.(create(input as DescMessage, request)),
  ]);
  return Object.fromEntries(entries) as Calls;
}

/** From here on the store sees this time, in milliseconds. Real time returns after the case. */
export function setClock(milliseconds: number): void {
  vi.setSystemTime(milliseconds);
}

// ---- one node kind, whatever it is

export type ValueInit = MessageInitShape<typeof ValueSchema>;
export type PropertyInits = { [name: string]: ValueInit };

export interface NodeInit {
  id?: bigint;
  typeId?: bigint;
  name?: string;
  type?: string;
  uri?: string;
  state?: number;
  lastKnownState?: number;
  externalId?: string;
  properties?: PropertyInits;
  customProperties?: PropertyInits;
  createTimeSinceEpoch?: bigint;
  lastUpdateTimeSinceEpoch?: bigint;
  systemMetadata?: { typeUrl: string };
}

/** A node as it is read back. */
export interface NodeRead extends NodeInit {
  id: bigint;
  typeId: bigint;
  type: string;
  createTimeSinceEpoch: bigint;
  lastUpdateTimeSinceEpoch: bigint;
}

export interface TypeInit {
  id?: bigint;
  name?: string;
  version?: string;
  description?: string;
  externalId?: string;
  baseType?: number;
  properties?: { [name: string]: PropertyType };
}

export interface TypeOptions {
  canAddFields?: boolean;
  canOmitFields?: boolean;
  canDeleteFields?: boolean;
  allFieldsMatch?: boolean;
}

export interface ListOptions {
  maxResultSize?: number;
  orderByField?: { field?: number; isAsc?: boolean };
  nextPageToken?: string;
  filterQuery?: string;
}

interface Listed {
  nodes: NodeRead[];
  /** As in the answer: undefined where the field is unset. */
  nextPageToken: string | undefined;
}

/** The operations of one kind under kind-free names. Answers are plain objects. */
export interface KindCalls {
  readonly kind: KindName;
  putType(type?: TypeInit, options?: TypeOptions): Promise<bigint>;
  getType(name: string, version?: string): Promise<TypeInit>;
  typesById(ids: readonly bigint[]): Promise<TypeInit[]>;
  typesByExternalIds(externalIds: string[]): Promise<TypeInit[]>;
  types(): Promise<TypeInit[]>;
  put(nodes: NodeInit[], options?: { paths?: string[]; abort?: boolean }): Promise<bigint[]>;
  /** Puts one node. */
  put1(node: NodeInit, paths?: string[]): Promise<bigint>;
  byId(ids: bigint[]): Promise<NodeRead[]>;
  get(id: bigint): Promise<NodeRead>;
  byName(typeName: string, name?: string, typeVersion?: string): Promise<NodeRead | undefined>;
  byExternalIds(externalIds: string[]): Promise<NodeRead[]>;
  byType(typeName: string, options?: ListOptions, typeVersion?: string): Promise<Listed>;
  list(options?: ListOptions): Promise<Listed>;
  /** Of a context; not for contexts themselves. */
  byContext(contextId: bigint, options?: ListOptions): Promise<Listed>;
  /** The contexts of a node; not for contexts themselves. */
  contextsOf(id: bigint): Promise<NodeRead[]>;
}

function kindCalls(rpc: Calls, Kind: "Artifact" | "Execution" | "Context"): KindCalls {
  const kind = Kind.toLowerCase() as KindName;
  const call = async (method: string, request: object): Promise<Record<string, unknown>> =>
    plain(
      await (rpc as unknown as Record<string, (r: object) => Promise<unknown>>)[method]?.(request),
    ) as Record<string, unknown>;
  const nodesOf = (response: Record<string, unknown>) => (response[`${kind}s`] ?? []) as NodeRead[];
  const typesOf = (response: Record<string, unknown>) => (response[`${kind}Types`] ?? []) as TypeInit[];
  const listed = (response: Record<string, unknown>): Listed => ({
    nodes: nodesOf(response),
    nextPageToken: response.nextPageToken as string | undefined,
  });
  const withOptions = (options?: ListOptions) => (options === undefined ? {} : { options });
  const withVersion = (typeVersion?: string) => (typeVersion === undefined ? {} : { typeVersion });
  const put: KindCalls["put"] = async (nodes, { paths, abort } = {}) => {
    const mask = paths === undefined ? {} : { updateMask: { paths } };
    const options = abort === undefined ? {} : { options: { abortIfLatestUpdatedTimeChanged: abort } };
    const response = await call(`put${Kind}s`, { [`${kind}s`]: nodes, ...mask, ...options });
    return (response[`${kind}Ids`] ?? []) as bigint[];
  };
  const byId: KindCalls["byId"] = async (ids) =>
    nodesOf(await call(`get${Kind}sByID`, { [`${kind}Ids`]: ids }));
  return {
    kind,
    putType: async (type, options = {}) => {
      const request = { ...(type === undefined ? {} : { [`${kind}Type`]: type }), ...options };
      return (await call(`put${Kind}Type`, request)).typeId as bigint;
    },
    getType: async (typeName, typeVersion) =>
      (await call(`get${Kind}Type`, { typeName, ...withVersion(typeVersion) }))[`${kind}Type`] as TypeInit,
    typesById: async (typeIds) => typesOf(await call(`get${Kind}TypesByID`, { typeIds })),
    typesByExternalIds: async (externalIds) =>
      typesOf(await call(`get${Kind}TypesByExternalIds`, { externalIds })),
    types: async () => typesOf(await call(`get${Kind}Types`, {})),
    put,
    put1: async (node, paths) => {
      const [id] = await put([node], paths === undefined ? {} : { paths });
      return id ?? -1n;
    },
    byId,
    get: async (id) => {
      const [node] = await byId([id]);
      if (node === undefined) throw new Error(`no ${kind} ${id}`);
      return node;
    },
    byName: async (typeName, name, typeVersion) => {
      const named = name === undefined ? {} : { [`${kind}Name`]: name };
      const request = { typeName, ...named, ...withVersion(typeVersion) };
      return (await call(`get${Kind}ByTypeAndName`, request))[kind] as NodeRead | undefined;
    },
    byExternalIds: async (externalIds) => nodesOf(await call(`get${Kind}sByExternalIds`, { externalIds })),
    byType: async (typeName, options, typeVersion) =>
      listed(
        await call(`get${Kind}sByType`, { typeName, ...withOptions(options), ...withVersion(typeVersion) }),
      ),
    list: async (options) => listed(await call(`get${Kind}s`, withOptions(options))),
    byContext: async (contextId, options) =>
      listed(await call(`get${Kind}sByContext`, { contextId, ...withOptions(options) })),
    contextsOf: async (id) =>
      ((await call(`getContextsBy${Kind}`, { [`${kind}Id`]: id })).contexts ?? []) as NodeRead[],
  };
}

// ---- values

export const int = (value: number | bigint) =>
  ({ value: { case: "intValue", value: BigInt(value) } }) as const;
export const double = (value: number) => ({ value: { case: "doubleValue", value } }) as const;
export const string = (value: string) => ({ value: { case: "stringValue", value } }) as const;
export const bool = (value: boolean) => ({ value: { case: "boolValue", value } }) as const;
export const struct = (value: Struct) => ({ value: { case: "structValue", value } }) as const;
export const proto = (typeUrl: string, ...bytes: number[]) =>
  ({ value: { case: "protoValue", value: { typeUrl, value: new Uint8Array(bytes) } } }) as const;
/** A `Value` message with nothing set. */
export const noValue: ValueInit = { value: { case: undefined } };

type Json = null | boolean | number | string | Json[] | Struct;
interface Struct {
  [key: string]: Json;
}

/** One declared property of every kind, and a value of that kind. */
export const everyProperty = {
  i: PropertyType.INT,
  d: PropertyType.DOUBLE,
  s: PropertyType.STRING,
  st: PropertyType.STRUCT,
  p: PropertyType.PROTO,
  b: PropertyType.BOOLEAN,
};
export const everyValue = {
  i: int(-7),
  d: double(0.1),
  s: string("text"),
  st: struct({ list: [1, "two", null, { three: true }], empty: {}, nothing: [] }),
  p: proto("type.googleapis.com/x.Y", 1, 0, 255),
  b: bool(true),
};

// ---- comparing

/** The set fields of a message as a plain object: no type names, no unknown fields, no empty lists and maps. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const isMessage = isMessageObject(value);
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (isMessage && (key.startsWith("$") || item === undefined || isEmpty(item))) continue;
    // Any text may be a key; assigning to `__proto__` would not make one.
    const property = { value: plain(item), enumerable: true, configurable: true, writable: true };
    Object.defineProperty(result, key, property);
  }
  return result;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return false;
  return !isMessageObject(value) && Object.keys(value).length === 0;
}

/** A map may have a key `$typeName` too, but never with text as its value. */
function isMessageObject(value: object): boolean {
  return "$typeName" in value && typeof value.$typeName === "string";
}

/** The node without its times, which must be there. */
export function untimed(node: NodeRead | undefined): NodeInit {
  const { createTimeSinceEpoch, lastUpdateTimeSinceEpoch, ...rest } = node ?? ({} as NodeRead);
  expect([typeof createTimeSinceEpoch, typeof lastUpdateTimeSinceEpoch]).toEqual(["bigint", "bigint"]);
  return rest;
}

export function idsOf(nodes: readonly { id?: bigint }[]): bigint[] {
  return nodes.map(({ id }) => id ?? -1n);
}

/** The call must be refused with this code and a message that says why. */
export async function refused(call: Promise<unknown>, code: Code, gist: RegExp = /./): Promise<void> {
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => error,
  );
  expect(outcome, "the outcome").toBeInstanceOf(MlmdError);
  const { code: actual, message } = outcome as MlmdError;
  expect({ code: actual, message }).toEqual({ code, message: expect.stringMatching(gist) });
}

/** The message after a trip over the wire, where an unknown enum number becomes an unknown field. */
export function overWire<D extends DescMessage>(schema: D, init: MessageInitShape<D>) {
  return fromBinary(schema, toBinary(schema, create(schema, init)));
}

const builtInNames = {
  artifact: ["mlmd.Dataset", "mlmd.Model", "mlmd.Metrics", "mlmd.Statistics"],
  execution: ["mlmd.Train", "mlmd.Transform", "mlmd.Process", "mlmd.Evaluate", "mlmd.Deploy"],
  context: [],
} as const;

export { builtInNames };

/** Everything that the store holds, as far as its operations tell; equal dumps mean that nothing changed. */
export async function dump(subject: Subject): Promise<Record<string, unknown>> {
  const { rpc } = subject;
  const result: Record<string, unknown> = {};
  for (const kind of kindNames) {
    const calls = subject[kind];
    result[`${kind} types`] = [
      ...(await Promise.all(builtInNames[kind].map((name) => calls.getType(name)))),
      ...(await calls.types()),
    ];
    result[`${kind}s`] = (await calls.list()).nodes;
  }
  const ids = (kind: KindName) => idsOf(result[`${kind}s`] as NodeRead[]);
  // More than the ids that exist: an edge to a node that does not must show, too.
  const around = [-1n, 0n, ...Array.from({ length: 60 }, (_, index) => BigInt(index + 1)), 12_345n];
  const artifactIds = [...new Set([...around, ...ids("artifact")])];
  const executionIds = [...new Set([...around, ...ids("execution")])];
  result["events by artifact"] = plain(await rpc.getEventsByArtifactIDs({ artifactIds }));
  result["events by execution"] = plain(await rpc.getEventsByExecutionIDs({ executionIds }));
  const contextIds = ids("context");
  if (contextIds.length > 0) result.parents = plain(await rpc.getParentContextsByContexts({ contextIds }));
  for (const contextId of contextIds) {
    result[`members of context ${contextId}`] = [
      idsOf((await subject.artifact.byContext(contextId)).nodes),
      idsOf((await subject.execution.byContext(contextId)).nodes),
    ];
  }
  return result;
}

// ---- a small graph to start from

export interface World {
  readonly artifactType: bigint;
  readonly executionType: bigint;
  readonly contextType: bigint;
}

/** One type of each kind, named `A`, `E` and `C`, with a property of every kind. */
export async function makeTypes({ rpc }: Subject): Promise<World> {
  const answer = await rpc.putTypes({
    artifactTypes: [{ name: "A", properties: everyProperty }],
    executionTypes: [{ name: "E", properties: everyProperty }],
    contextTypes: [{ name: "C", properties: everyProperty }],
  });
  const [artifactType = 0n] = answer.artifactTypeIds;
  const [executionType = 0n] = answer.executionTypeIds;
  const [contextType = 0n] = answer.contextTypeIds;
  return { artifactType, executionType, contextType };
}

/** A type named `T` of the kind and a function that makes nodes of it; contexts get a name of their own. */
export async function makeType(calls: KindCalls, type: TypeInit = { properties: everyProperty }) {
  const typeId = await calls.putType({ name: "T", ...type });
  let count = 0;
  const node = (fields: NodeInit = {}): NodeInit => ({
    typeId,
    ...(calls.kind === "context" ? { name: `context ${++count}` } : {}),
    ...fields,
  });
  return { typeId, node };
}

/** Types as in `makeTypes`, and as many nodes of each as asked for: artifacts 1, 2, …; executions 1, 2, …; contexts 1, 2, … */
export async function makeNodes(
  subject: Subject,
  counts: { artifacts?: number; executions?: number; contexts?: number },
): Promise<World> {
  const world = await makeTypes(subject);
  const times = <T>(count: number | undefined, node: (index: number) => T) =>
    Array.from({ length: count ?? 0 }, (_, index) => node(index + 1));
  await subject.artifact.put(times(counts.artifacts, (n) => ({ typeId: world.artifactType, uri: `a${n}` })));
  await subject.execution.put(times(counts.executions, () => ({ typeId: world.executionType })));
  await subject.context.put(times(counts.contexts, (n) => ({ typeId: world.contextType, name: `c${n}` })));
  return world;
}
