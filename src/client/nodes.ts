import {
  type Artifact as ArtifactMessage,
  ArtifactSchema,
  type Context as ContextMessage,
  ContextSchema,
  type Execution as ExecutionMessage,
  ExecutionSchema,
} from "../contract/messages.ts";
import { get } from "../contract/presence.ts";
import { invalidArgument } from "../errors.ts";
import { DeclaredType, declaredValues } from "./declared-type.ts";
import { type ArtifactState, artifactStates, type ExecutionState, executionStates } from "./enums.ts";
import { makeMessage, setFields } from "./message.ts";
import { fromValues, type Properties, type PropertiesInput, toValues } from "./values.ts";

export type NodeKind = "artifact" | "execution" | "context";

/** What artifacts, executions and contexts have in common when they are read. What is not set is absent. */
export interface Node<P = Properties> {
  id: bigint;
  typeId: bigint;
  /** The name of the node's type. */
  type?: string;
  /** Unique within the type. */
  name?: string;
  /** Unique among the nodes of the kind. */
  externalId?: string;
  /** The properties that the type declares. */
  properties: P;
  /** Properties of any name and kind, which the type does not know. */
  customProperties: Properties;
  /** Milliseconds since 1970, UTC. */
  createTimeSinceEpoch: bigint;
  /** Milliseconds since 1970, UTC. */
  lastUpdateTimeSinceEpoch: bigint;
}

/** A thing that executions read or produce: a data set, a model, a report. */
export interface Artifact<P = Properties> extends Node<P> {
  /** Where the payload is. The store gives `""` where none was written. */
  uri?: string;
  state?: ArtifactState;
}

/** One run of a step of a workflow. */
export interface Execution<P = Properties> extends Node<P> {
  lastKnownState?: ExecutionState;
}

/** A group of artifacts and executions: an experiment, a pipeline, a pipeline run. It always has a name. */
export interface Context<P = Properties> extends Node<P> {
  name: string;
}

/**
 * What artifacts, executions and contexts have in common when they are written. With an `id` the stored node is
 * updated: it becomes exactly what is given, so start from the node that was read (`{ ...artifact, uri }`), or name
 * the fields in `fieldMaskPaths`. Without one, a new node is made.
 */
export interface NodeInput<K extends NodeKind = NodeKind> {
  id?: bigint | undefined;
  /** Needed to make a node, unless `type` is a declared type. */
  typeId?: bigint | undefined;
  /** A declared type (`artifactType(…)`), which gives the type's id; or the name that was read, which is kept. */
  type?: string | DeclaredType<K> | undefined;
  /** Unique within the type. Only a context can be renamed. */
  name?: string | undefined;
  /** Unique among the nodes of the kind. */
  externalId?: string | undefined;
  properties?: PropertiesInput | undefined;
  customProperties?: PropertiesInput | undefined;
  /** Set by the store; what is given is compared at most (`abortIfLatestUpdatedTimeChanged`), never stored. */
  createTimeSinceEpoch?: bigint | undefined;
  lastUpdateTimeSinceEpoch?: bigint | undefined;
}

export interface ArtifactInput extends NodeInput<"artifact"> {
  uri?: string | undefined;
  state?: ArtifactState | undefined;
}

export interface ExecutionInput extends NodeInput<"execution"> {
  lastKnownState?: ExecutionState | undefined;
}

export interface ContextInput extends NodeInput<"context"> {}

export interface Nodes<P = Properties> {
  artifact: Artifact<P>;
  execution: Execution<P>;
  context: Context<P>;
}

export interface NodeInputs {
  artifact: ArtifactInput;
  execution: ExecutionInput;
  context: ContextInput;
}

export interface NodeMessages {
  artifact: ArtifactMessage;
  execution: ExecutionMessage;
  context: ContextMessage;
}

/** `where` says in messages which node is meant: `artifacts[2]`. `typeId` is that of the node's declared type. */
type ToNodeMessage<K extends NodeKind> = (
  node: NodeInputs[K],
  where: string,
  typeId?: bigint,
) => NodeMessages[K];

export const toNodeMessage: { readonly [K in NodeKind]: ToNodeMessage<K> } = {
  artifact: (node, where, typeId) =>
    makeMessage(ArtifactSchema, {
      ...commonFields(node, where, typeId),
      uri: node.uri,
      state: node.state && artifactStates.number(node.state),
    }),
  execution: (node, where, typeId) =>
    makeMessage(ExecutionSchema, {
      ...commonFields(node, where, typeId),
      lastKnownState: node.lastKnownState && executionStates.number(node.lastKnownState),
    }),
  context: (node, where, typeId) => makeMessage(ContextSchema, commonFields(node, where, typeId)),
};

function commonFields(node: NodeInput, where: string, declaredTypeId: bigint | undefined) {
  const { type } = node;
  const declared = type instanceof DeclaredType ? type : undefined;
  return {
    id: checkedId(node.id, `The id of ${where}`),
    typeId: checkedId(node.typeId ?? declaredTypeId, `The type id of ${where}`),
    type: declared === undefined ? (type as string | undefined) : declared.name,
    name: node.name,
    externalId: node.externalId,
    properties: toValues(
      declared === undefined ? node.properties : declaredValues(declared, node.properties, where),
      "Property",
      where,
    ),
    customProperties: toValues(node.customProperties, "Custom property", where),
    createTimeSinceEpoch: node.createTimeSinceEpoch,
    lastUpdateTimeSinceEpoch: node.lastUpdateTimeSinceEpoch,
  };
}

/** An untyped caller's number would be stored as another id where it has no exact value. */
function checkedId<T extends bigint | undefined>(id: T, what: string): T {
  if (id === undefined || typeof id === "bigint") return id;
  throw invalidArgument(`${what} is ${String(id)}; an id is a bigint, such as 5n`);
}

export function checkedIds(ids: Iterable<bigint>, what: string): bigint[] {
  return Array.from(ids, (id) => checkedId(id, what));
}

const commonNames = ["id", "typeId", "type", "name", "externalId"] as const;
const timeNames = ["createTimeSinceEpoch", "lastUpdateTimeSinceEpoch"] as const;

export const fromNodeMessage: { readonly [K in NodeKind]: (message: NodeMessages[K]) => Nodes[K] } = {
  artifact(message) {
    const state = get(message, "state");
    return {
      ...setFields(message, [...commonNames, "uri"]),
      ...(state !== undefined && { state: artifactStates.name(state) }),
      ...propertyFields(message),
      ...setFields(message, timeNames),
    };
  },
  execution(message) {
    const state = get(message, "lastKnownState");
    return {
      ...setFields(message, commonNames),
      ...(state !== undefined && { lastKnownState: executionStates.name(state) }),
      ...propertyFields(message),
      ...setFields(message, timeNames),
    };
  },
  context: (message) => ({
    ...setFields(message, commonNames),
    ...propertyFields(message),
    ...setFields(message, timeNames),
  }),
};

function propertyFields(message: NodeMessages[NodeKind]) {
  return {
    properties: fromValues(message.properties),
    customProperties: fromValues(message.customProperties),
  };
}
