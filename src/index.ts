// First tier: what an application uses. Plain objects in, plain objects out.

export {
  type ArtifactComparison,
  compareArtifacts,
  compareExecutions,
  type Difference,
  type EndDifference,
  type ExecutionComparison,
} from "./client/compare.ts";
export type { NodeKey } from "./client/declared-nodes.ts";
export {
  artifactType,
  contextType,
  type DeclaredNode,
  type DeclaredNodeInput,
  type DeclaredProperties,
  type DeclaredPropertiesInput,
  type DeclaredType,
  executionType,
  type PropertyKinds,
  type TypeOptions,
} from "./client/declared-type.ts";
export type { Association, Attribution, Event, EventInput, ParentContext } from "./client/edges.ts";
export type {
  ArtifactBaseType,
  ArtifactState,
  EventType,
  ExecutionBaseType,
  ExecutionState,
  LineageDirection,
  OrderBy,
} from "./client/enums.ts";
export type {
  EndingNodes,
  LineageGraph,
  LineageGraphQueryOptions,
  LineageSubgraphQueryOptions,
  StartingNodes,
} from "./client/lineage.ts";
export type { ListOptions } from "./client/list.ts";

export type {
  Artifact,
  ArtifactInput,
  Context,
  ContextInput,
  Execution,
  ExecutionInput,
  NodeKind,
} from "./client/nodes.ts";
export {
  ancestors,
  type CachedExecution,
  type CacheKey,
  cacheKeyOf,
  contextLineage,
  descendants,
  findCachedExecution,
  type Lineage,
} from "./client/questions.ts";
export type {
  EventEdge,
  LineageSubgraphInput,
  PutArtifactsOptions,
  PutExecutionInput,
  PutExecutionOptions,
  PutNodesOptions,
  PutTypeOptions,
  ReuseOptions,
} from "./client/store.ts";
export { MetadataStore } from "./client/store.ts";
export type {
  ArtifactType,
  ArtifactTypeInput,
  ContextType,
  ContextTypeInput,
  ExecutionType,
  ExecutionTypeInput,
} from "./client/types.ts";
export type { FieldMaskPath } from "./client/update-mask.ts";
export {
  type JsonValue,
  type Properties,
  type PropertiesInput,
  type PropertyKind,
  type PropertyValue,
  ProtoValue,
  protoValue,
  type StructValue,
} from "./client/values.ts";
export { type Code, MlmdError } from "./errors.ts";
export {
  downgradeSchema,
  type LineageLimits,
  type MigrationConfig,
  type MigrationProgress,
  openStore,
  type StoreConfig,
} from "./open.ts";

// Second tier: the raw messages, for `store.rpc` and for what the first tier leaves out.

export { create } from "@bufbuild/protobuf";
export { fromMessage, toMessage } from "./client/convert.ts";
/** The messages of the contract, their schemas and enums: `create(messages.ArtifactSchema, { … })`. */
export * as messages from "./contract/messages.ts";
export type { MetadataService } from "./contract/service.ts";
