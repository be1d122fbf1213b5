import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import {
  type Artifact,
  ArtifactSchema,
  type ArtifactType,
  ArtifactTypeSchema,
  type Context,
  ContextSchema,
  type ContextType,
  ContextTypeSchema,
  type Execution,
  ExecutionSchema,
  type ExecutionType,
  ExecutionTypeSchema,
} from "../contract/messages.ts";

export type KindName = "artifact" | "execution" | "context";

interface Nodes {
  artifact: Artifact;
  execution: Execution;
  context: Context;
}

interface NodeTypes {
  artifact: ArtifactType;
  execution: ExecutionType;
  context: ContextType;
}

export type NodeOf<K extends KindName> = Nodes[K];
export type TypeOf<K extends KindName> = NodeTypes[K];

/** What tells the three node kinds apart; everything else is written once for all of them. */
export interface KindFacts {
  readonly name: KindName;
  /** The stored number of the kind (`Type.type_kind`). */
  readonly typeKind: number;
  /** The field that holds the node's state, for the kinds that have one. */
  readonly stateField: "state" | "lastKnownState" | undefined;
  readonly hasUri: boolean;
  /** Contexts are known by their name: it is required and may be changed; other nodes keep the first one. */
  readonly named: boolean;
  /** The names of the built-in types that a type may have as its base, by `SystemDefinedBaseType` number. */
  readonly baseTypes: ReadonlyMap<number, string>;
}

/** The facts of a kind with its messages. */
export interface Kind<K extends KindName = KindName> extends KindFacts {
  readonly name: K;
  readonly node: GenMessage<NodeOf<K>>;
  readonly type: GenMessage<TypeOf<K>>;
}

export const artifactKind: Kind<"artifact"> = {
  name: "artifact",
  typeKind: 1,
  node: ArtifactSchema,
  type: ArtifactTypeSchema,
  stateField: "state",
  hasUri: true,
  named: false,
  baseTypes: new Map([
    [1, "mlmd.Dataset"],
    [2, "mlmd.Model"],
    [3, "mlmd.Metrics"],
    [4, "mlmd.Statistics"],
  ]),
};

export const executionKind: Kind<"execution"> = {
  name: "execution",
  typeKind: 0,
  node: ExecutionSchema,
  type: ExecutionTypeSchema,
  stateField: "lastKnownState",
  hasUri: false,
  named: false,
  baseTypes: new Map([
    [1, "mlmd.Train"],
    [2, "mlmd.Transform"],
    [3, "mlmd.Process"],
    [4, "mlmd.Evaluate"],
    [5, "mlmd.Deploy"],
  ]),
};

export const contextKind: Kind<"context"> = {
  name: "context",
  typeKind: 2,
  node: ContextSchema,
  type: ContextTypeSchema,
  stateField: undefined,
  hasUri: false,
  named: true,
  baseTypes: new Map(),
};

/** The kinds whose nodes take part in events and belong to contexts. */
export type MemberName = "artifact" | "execution";

export interface MemberFacts extends KindFacts {
  readonly name: MemberName;
}
