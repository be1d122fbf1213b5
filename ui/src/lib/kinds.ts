import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import {
  type Artifact,
  Artifact_State,
  ArtifactSchema,
  type ArtifactType,
  type Context,
  ContextSchema,
  type ContextType,
  type Execution,
  Execution_State,
  ExecutionSchema,
  type ExecutionType,
  type ListOperationOptionsSchema,
} from "../../../src/contract/messages.ts";
import { get, has } from "../../../src/contract/presence.ts";
import type { KindName } from "../../../src/filter/vocabulary.ts";
import { client } from "./client.ts";

export type { KindName } from "../../../src/filter/vocabulary.ts";
export type NodeMessage = Artifact | Execution | Context;
export type TypeMessage = ArtifactType | ExecutionType | ContextType;
export type ListOptions = MessageInitShape<typeof ListOperationOptionsSchema>;

export interface Page {
  readonly nodes: readonly NodeMessage[];
  /** Empty where this is the last one. */
  readonly nextPageToken: string;
}

/** A type as a list names it. */
export interface TypeName {
  readonly typeName: string;
  readonly typeVersion?: string;
}

interface Call {
  readonly signal?: AbortSignal;
}

/** What tells the three kinds of nodes apart, for the page. */
export interface Kind {
  readonly name: KindName;
  readonly title: string;
  /** The word for many: also the first part of an address. */
  readonly plural: string;
  readonly schema: DescMessage;
  /** The field that holds the state, in a filter, and the names of its values. */
  readonly state: { readonly field: string; readonly names: readonly string[] } | undefined;
  list(options: ListOptions, type: TypeName | undefined, call?: Call): Promise<Page>;
  /** Those of the ids that exist. */
  byIds(ids: readonly bigint[], call?: Call): Promise<readonly NodeMessage[]>;
  types(call?: Call): Promise<readonly TypeMessage[]>;
}

const namesOf = (states: object) => Object.keys(states).filter((name) => /\D/.test(name));

const artifact: Kind = {
  name: "artifact",
  title: "Artifact",
  plural: "artifacts",
  schema: ArtifactSchema,
  state: { field: "state", names: namesOf(Artifact_State) },
  async list(options, type, call) {
    const { artifacts, nextPageToken } = await (type
      ? client.getArtifactsByType({ ...type, options }, call)
      : client.getArtifacts({ options }, call));
    return { nodes: artifacts, nextPageToken };
  },
  byIds: async (ids, call) => (await client.getArtifactsByID({ artifactIds: [...ids] }, call)).artifacts,
  types: async (call) => (await client.getArtifactTypes({}, call)).artifactTypes,
};

const execution: Kind = {
  name: "execution",
  title: "Execution",
  plural: "executions",
  schema: ExecutionSchema,
  state: { field: "last_known_state", names: namesOf(Execution_State) },
  async list(options, type, call) {
    const { executions, nextPageToken } = await (type
      ? client.getExecutionsByType({ ...type, options }, call)
      : client.getExecutions({ options }, call));
    return { nodes: executions, nextPageToken };
  },
  byIds: async (ids, call) => (await client.getExecutionsByID({ executionIds: [...ids] }, call)).executions,
  types: async (call) => (await client.getExecutionTypes({}, call)).executionTypes,
};

const context: Kind = {
  name: "context",
  title: "Context",
  plural: "contexts",
  schema: ContextSchema,
  state: undefined,
  async list(options, type, call) {
    const { contexts, nextPageToken } = await (type
      ? client.getContextsByType({ ...type, options }, call)
      : client.getContexts({ options }, call));
    return { nodes: contexts, nextPageToken };
  },
  byIds: async (ids, call) => (await client.getContextsByID({ contextIds: [...ids] }, call)).contexts,
  types: async (call) => (await client.getContextTypes({}, call)).contextTypes,
};

export const kinds: Readonly<Record<KindName, Kind>> = { artifact, execution, context };

export const allKinds: readonly Kind[] = [artifact, execution, context];

export function kindOf(message: NodeMessage): Kind {
  switch (message.$typeName) {
    case "ml_metadata.Artifact":
      return artifact;
    case "ml_metadata.Execution":
      return execution;
    default:
      return context;
  }
}

export function kindOfPlural(plural: string | undefined): Kind | undefined {
  return allKinds.find((kind) => kind.plural === plural);
}

/** Where the node has its page. */
export function pathOf(message: NodeMessage): string {
  return `/${kindOf(message).plural}/${message.id}`;
}

export function uriOf(message: NodeMessage): string | undefined {
  return message.$typeName === "ml_metadata.Artifact" ? get(message, "uri") : undefined;
}

/** The name of the node's state; undefined where it has none. A value that this version does not know is its number. */
export function stateOf(message: NodeMessage): string | undefined {
  if (message.$typeName === "ml_metadata.Artifact") {
    return has(message, "state") ? (Artifact_State[message.state] ?? String(message.state)) : undefined;
  }
  if (message.$typeName === "ml_metadata.Execution") {
    if (!has(message, "lastKnownState")) return undefined;
    return Execution_State[message.lastKnownState] ?? String(message.lastKnownState);
  }
  return undefined;
}

/** What the node is called: its name, or its type and id where it has none. */
export function labelOf(message: NodeMessage): string {
  return message.name || `${message.type || kindOf(message).title} ${message.id}`;
}

/** A type in an address and in lists: its name, and its version behind an `@`. */
export function typeKey({ name, version }: { name: string; version?: string }): string {
  return version ? `${name}@${version}` : name;
}

/** The type that the key names among these; a name may hold an `@` itself. */
export function typeOfKey(types: readonly TypeMessage[], key: string): TypeMessage | undefined {
  return types.find((type) => typeKey(type) === key);
}

export function typeNameOf(type: TypeMessage): TypeName {
  return { typeName: type.name, ...(type.version && { typeVersion: type.version }) };
}
