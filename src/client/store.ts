import type { MetadataService } from "../contract/service.ts";
import { MlmdError } from "../errors.ts";
import { type Call, caller } from "./call.ts";
import { getDeclared, iterateDeclared, type NodeKey, putDeclared } from "./declared-nodes.ts";
import type { DeclaredNode, DeclaredNodeInput, DeclaredType, PropertyKinds } from "./declared-type.ts";
import {
  type Association,
  type Attribution,
  type Event,
  type EventInput,
  fromEventMessage,
  type ParentContext,
  toEventMessage,
} from "./edges.ts";
import {
  fromLineageGraph,
  type LineageGraph,
  type LineageGraphQueryOptions,
  type LineageSubgraphQueryOptions,
  readSubgraph,
  toGraphQuery,
} from "./lineage.ts";
import { collect, type ListOptions, pages } from "./list.ts";
import { withoutUnset } from "./message.ts";
import {
  type Artifact,
  type ArtifactInput,
  type Context,
  type ContextInput,
  checkedIds,
  type Execution,
  type ExecutionInput,
  fromNodeMessage,
  type NodeKind,
} from "./nodes.ts";
import { type LocatedNodes, located, type NodeMessageLists, putNodes } from "./put-nodes.ts";
import { TypeRegistry } from "./type-registry.ts";
import {
  type ArtifactType,
  type ArtifactTypeInput,
  type ContextType,
  type ContextTypeInput,
  type ExecutionType,
  type ExecutionTypeInput,
  fromTypeMessage,
  toTypeMessage,
} from "./types.ts";
import { type FieldMaskPath, toUpdateMask } from "./update-mask.ts";

/** How a type that exists already may differ from the one that is put. */
export interface PutTypeOptions {
  /** Add the properties that the stored type lacks; without it they are an error. */
  canAddFields?: boolean | undefined;
  /** Accept that the stored type has properties besides; they stay. Without it they are an error. */
  canOmitFields?: boolean | undefined;
}

/** How nodes that exist already are updated. */
export interface PutNodesOptions<K extends NodeKind> {
  /** Change only these fields of the nodes with an id. Without it such a node becomes exactly what is given. */
  fieldMaskPaths?: Iterable<FieldMaskPath<K>> | undefined;
}

export interface PutArtifactsOptions extends PutNodesOptions<"artifact"> {
  /**
   * Fail with FAILED_PRECONDITION, and write nothing, where an artifact was updated since it was read: where its
   * stored `lastUpdateTimeSinceEpoch` is not the one given.
   */
  abortIfLatestUpdatedTimeChanged?: boolean | undefined;
}

/** What to do with nodes of `putExecution` and `putLineageSubgraph` that exist already. */
export interface ReuseOptions {
  /** A context without id that exists by type and name is used as it is stored; without it that is ALREADY_EXISTS. */
  reuseContextIfAlreadyExist?: boolean | undefined;
  /** An artifact without id that exists by external id is reused, and updated; without it that is ALREADY_EXISTS. */
  reuseArtifactIfAlreadyExistByExternalId?: boolean | undefined;
}

export interface PutExecutionOptions extends ReuseOptions {
  /** A context with an id is used as it is stored, and not updated. */
  forceReuseContext?: boolean | undefined;
  /** Move the execution's `lastUpdateTimeSinceEpoch` even if nothing changes. */
  forceUpdateTime?: boolean | undefined;
}

/** An execution with the artifacts that it read and produced, and the contexts that all of them belong to. */
export interface PutExecutionInput {
  execution: ExecutionInput;
  /**
   * An artifact to write, the event to record, or both. An artifact that is there already and is not to be changed
   * is named by the event alone: `{ event: { artifactId, type: "INPUT" } }`.
   */
  artifactAndEvents?:
    | Iterable<{ artifact?: ArtifactInput | undefined; event?: EventInput | undefined }>
    | undefined;
  contexts?: Iterable<ContextInput> | undefined;
}

/** Nodes and the events between them, named by their place in the lists. */
export interface LineageSubgraphInput {
  executions?: Iterable<ExecutionInput> | undefined;
  artifacts?: Iterable<ArtifactInput> | undefined;
  contexts?: Iterable<ContextInput> | undefined;
  eventEdges?: Iterable<EventEdge> | undefined;
}

export interface EventEdge {
  /** Place in `executions`; left out where the event has an `executionId`. */
  executionIndex?: number | undefined;
  /** Place in `artifacts`; left out where the event has an `artifactId`. */
  artifactIndex?: number | undefined;
  event: EventInput;
}

/**
 * A metadata store, embedded or remote; `openStore` makes one.
 *
 * Methods are named as in the Python client, and take and give plain objects. Ids are bigints, times are bigint
 * milliseconds since 1970 (UTC). Each call is one transaction, all or nothing. What fails rejects with an
 * `MlmdError`, whose `code` is one of the canonical gRPC codes; an operation that was aborted because it met
 * another writer (ABORTED) has been tried five times by then.
 *
 * `put`, `get`, `list` and `iterate` work with types declared in code and know their properties.
 */
export class MetadataStore implements AsyncDisposable {
  /**
   * The 52 operations with their raw messages (`messages.…Schema` and `create` of `@bufbuild/protobuf` make them):
   * for what the methods of this class leave out. They are not retried.
   */
  readonly rpc: MetadataService;
  readonly #close: () => void | Promise<void>;
  readonly #call: Call;
  readonly #registry: TypeRegistry;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(service: MetadataService, close: () => void | Promise<void>) {
    this.rpc = service;
    this.#close = close;
    const call = caller(service);
    this.#call = async (method, fields) => {
      if (this.#closed !== undefined) throw new MlmdError("FAILED_PRECONDITION", "The store is closed");
      return call(method, fields);
    };
    this.#registry = new TypeRegistry(this.#call);
  }

  /** Closes the database or the connection. Closing twice is no error. */
  async close(): Promise<void> {
    this.#closed ??= (async () => this.#close())();
    await this.#closed;
  }

  /** `await using store = await openStore(…)` closes the store at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- Nodes of types declared in code

  /**
   * Writes nodes of a declared type and gives them back as they are stored then, in the same order. Nodes with an
   * `id` are updated, the others made; start an update from the node that was read: `{ ...dataset, uri }`.
   */
  put<K extends NodeKind, D extends PropertyKinds>(
    type: DeclaredType<K, D>,
    nodes: Iterable<DeclaredNodeInput<K, D>>,
  ): Promise<DeclaredNode<K, D>[]> {
    return putDeclared(this, type, nodes);
  }

  /**
   * The node of a declared type with this name, id or external id, or undefined where there is none, or it is of
   * another type. A stored property of another kind than the declaration says is FAILED_PRECONDITION.
   */
  get<K extends NodeKind, D extends PropertyKinds>(
    type: DeclaredType<K, D>,
    key: NodeKey,
  ): Promise<DeclaredNode<K, D> | undefined> {
    return getDeclared(this, this.#registry, type, key);
  }

  /** All nodes of a declared type, or those that the options choose. See `get` for properties of a wrong kind. */
  list<K extends NodeKind, D extends PropertyKinds>(
    type: DeclaredType<K, D>,
    options: ListOptions = {},
  ): Promise<DeclaredNode<K, D>[]> {
    return collect(this.iterate(type, options));
  }

  /** The same as `list`, one page in memory at a time: `for await (const model of store.iterate(Model))`. */
  iterate<K extends NodeKind, D extends PropertyKinds>(
    type: DeclaredType<K, D>,
    options: ListOptions = {},
  ): AsyncIterable<DeclaredNode<K, D>> {
    return iterateDeclared(this, type, options);
  }

  // ---- Types

  /**
   * Makes an artifact type, or adds to the one of this name and version; gives its id. A difference that the options do
   * not allow, or a property that is stored with another kind, is ALREADY_EXISTS.
   */
  async putArtifactType(type: ArtifactTypeInput, options: PutTypeOptions = {}): Promise<bigint> {
    const artifactType = toTypeMessage.artifact(type);
    return (await this.#call("putArtifactType", { artifactType, ...typeOptions(options) })).typeId;
  }

  /**
   * Makes an execution type, or adds to the one of this name and version; gives its id. A difference that the options do
   * not allow, or a property that is stored with another kind, is ALREADY_EXISTS.
   */
  async putExecutionType(type: ExecutionTypeInput, options: PutTypeOptions = {}): Promise<bigint> {
    const executionType = toTypeMessage.execution(type);
    return (await this.#call("putExecutionType", { executionType, ...typeOptions(options) })).typeId;
  }

  /**
   * Makes a context type, or adds to the one of this name and version; gives its id. A difference that the options do
   * not allow, or a property that is stored with another kind, is ALREADY_EXISTS.
   */
  async putContextType(type: ContextTypeInput, options: PutTypeOptions = {}): Promise<bigint> {
    const contextType = toTypeMessage.context(type);
    return (await this.#call("putContextType", { contextType, ...typeOptions(options) })).typeId;
  }

  /** Makes or extends types of all kinds in one operation; gives the ids in the order of each list. */
  async putTypes(
    types: {
      artifactTypes?: Iterable<ArtifactTypeInput> | undefined;
      executionTypes?: Iterable<ExecutionTypeInput> | undefined;
      contextTypes?: Iterable<ContextTypeInput> | undefined;
    },
    options: PutTypeOptions = {},
  ): Promise<{ artifactTypeIds: bigint[]; executionTypeIds: bigint[]; contextTypeIds: bigint[] }> {
    const { artifactTypeIds, executionTypeIds, contextTypeIds } = await this.#call("putTypes", {
      artifactTypes: Array.from(types.artifactTypes ?? [], toTypeMessage.artifact),
      executionTypes: Array.from(types.executionTypes ?? [], toTypeMessage.execution),
      contextTypes: Array.from(types.contextTypes ?? [], toTypeMessage.context),
      ...typeOptions(options),
    });
    return { artifactTypeIds, executionTypeIds, contextTypeIds };
  }

  /** The artifact type of this name and version (none, where it is left out). NOT_FOUND where there is none. */
  async getArtifactType(typeName: string, typeVersion?: string): Promise<ArtifactType> {
    const { artifactType } = await this.#call("getArtifactType", { typeName, typeVersion });
    return fromTypeMessage.artifact(required(artifactType));
  }

  /** The execution type of this name and version (none, where it is left out). NOT_FOUND where there is none. */
  async getExecutionType(typeName: string, typeVersion?: string): Promise<ExecutionType> {
    const { executionType } = await this.#call("getExecutionType", { typeName, typeVersion });
    return fromTypeMessage.execution(required(executionType));
  }

  /** The context type of this name and version (none, where it is left out). NOT_FOUND where there is none. */
  async getContextType(typeName: string, typeVersion?: string): Promise<ContextType> {
    const { contextType } = await this.#call("getContextType", { typeName, typeVersion });
    return fromTypeMessage.context(required(contextType));
  }

  /** All artifact types by id, but for the built-in system types. */
  async getArtifactTypes(): Promise<ArtifactType[]> {
    return (await this.#call("getArtifactTypes", {})).artifactTypes.map(fromTypeMessage.artifact);
  }

  /** All execution types by id, but for the built-in system types. */
  async getExecutionTypes(): Promise<ExecutionType[]> {
    return (await this.#call("getExecutionTypes", {})).executionTypes.map(fromTypeMessage.execution);
  }

  /** All context types by id. */
  async getContextTypes(): Promise<ContextType[]> {
    return (await this.#call("getContextTypes", {})).contextTypes.map(fromTypeMessage.context);
  }

  /** The artifact types with these ids, in this order; unknown ids are left out. */
  async getArtifactTypesById(typeIds: Iterable<bigint>): Promise<ArtifactType[]> {
    const ids = checkedIds(typeIds, "A type id");
    return (await this.#call("getArtifactTypesByID", { typeIds: ids })).artifactTypes.map(
      fromTypeMessage.artifact,
    );
  }

  /** The execution types with these ids, in this order; unknown ids are left out. */
  async getExecutionTypesById(typeIds: Iterable<bigint>): Promise<ExecutionType[]> {
    const ids = checkedIds(typeIds, "A type id");
    return (await this.#call("getExecutionTypesByID", { typeIds: ids })).executionTypes.map(
      fromTypeMessage.execution,
    );
  }

  /** The context types with these ids, in this order; unknown ids are left out. */
  async getContextTypesById(typeIds: Iterable<bigint>): Promise<ContextType[]> {
    const ids = checkedIds(typeIds, "A type id");
    return (await this.#call("getContextTypesByID", { typeIds: ids })).contextTypes.map(
      fromTypeMessage.context,
    );
  }

  /** The artifact types with these external ids; NOT_FOUND where there is none at all. */
  async getArtifactTypesByExternalIds(externalIds: Iterable<string>): Promise<ArtifactType[]> {
    const response = await this.#call("getArtifactTypesByExternalIds", { externalIds: [...externalIds] });
    return response.artifactTypes.map(fromTypeMessage.artifact);
  }

  /** The execution types with these external ids; NOT_FOUND where there is none at all. */
  async getExecutionTypesByExternalIds(externalIds: Iterable<string>): Promise<ExecutionType[]> {
    const response = await this.#call("getExecutionTypesByExternalIds", { externalIds: [...externalIds] });
    return response.executionTypes.map(fromTypeMessage.execution);
  }

  /** The context types with these external ids; NOT_FOUND where there is none at all. */
  async getContextTypesByExternalIds(externalIds: Iterable<string>): Promise<ContextType[]> {
    const response = await this.#call("getContextTypesByExternalIds", { externalIds: [...externalIds] });
    return response.contextTypes.map(fromTypeMessage.context);
  }

  // ---- Nodes: writing

  /**
   * Writes artifacts and gives their ids in the same order: those without `id` are made, the others updated.
   * INVALID_ARGUMENT for an unknown id, or a property that the type does not declare or declares with another kind;
   * NOT_FOUND for an unknown type; ALREADY_EXISTS for a taken name or external id.
   */
  async putArtifacts(
    artifacts: Iterable<ArtifactInput>,
    options: PutArtifactsOptions = {},
  ): Promise<bigint[]> {
    const updateMask = toUpdateMask("artifact", options.fieldMaskPaths);
    const { abortIfLatestUpdatedTimeChanged } = options;
    const abort = abortIfLatestUpdatedTimeChanged !== undefined && {
      options: { abortIfLatestUpdatedTimeChanged },
    };
    return this.#putNodes({ artifact: located(artifacts, "artifacts") }, async (messages) => {
      const response = await this.#call("putArtifacts", {
        artifacts: messages.artifact,
        updateMask,
        ...abort,
      });
      return response.artifactIds;
    });
  }

  /**
   * Writes executions and gives their ids in the same order. See `putArtifacts` for updates and errors.
   */
  async putExecutions(
    executions: Iterable<ExecutionInput>,
    options: PutNodesOptions<"execution"> = {},
  ): Promise<bigint[]> {
    const updateMask = toUpdateMask("execution", options.fieldMaskPaths);
    return this.#putNodes({ execution: located(executions, "executions") }, async (messages) => {
      const response = await this.#call("putExecutions", { executions: messages.execution, updateMask });
      return response.executionIds;
    });
  }

  /**
   * Writes contexts, which need names, and gives their ids in the same order. See `putArtifacts` for updates and errors.
   */
  async putContexts(
    contexts: Iterable<ContextInput>,
    options: PutNodesOptions<"context"> = {},
  ): Promise<bigint[]> {
    const updateMask = toUpdateMask("context", options.fieldMaskPaths);
    return this.#putNodes({ context: located(contexts, "contexts") }, async (messages) => {
      const response = await this.#call("putContexts", { contexts: messages.context, updateMask });
      return response.contextIds;
    });
  }

  #putNodes<T>(nodes: LocatedNodes, send: (messages: NodeMessageLists) => Promise<T>): Promise<T> {
    return putNodes(this.#call, this.#registry, nodes, send);
  }

  /**
   * Records one execution whole, in one transaction: writes the execution, its artifacts, the events between them
   * and the contexts, and adds all to the contexts. The ids are in the order of the input; a pair with neither
   * artifact nor event has the id -1. An artifact or execution given by its id is updated to exactly what is given.
   */
  async putExecution(
    input: PutExecutionInput,
    options: PutExecutionOptions = {},
  ): Promise<{ executionId: bigint; artifactIds: bigint[]; contextIds: bigint[] }> {
    const pairs = [...(input.artifactAndEvents ?? [])];
    const artifacts = pairs.flatMap(({ artifact }, index) =>
      artifact === undefined ? [] : [{ node: artifact, where: `artifactAndEvents[${index}].artifact` }],
    );
    const nodes = {
      artifact: artifacts,
      execution: [{ node: input.execution, where: "the execution" }],
      context: located(input.contexts ?? [], "contexts"),
    };
    return this.#putNodes(nodes, async (messages) => {
      const written = messages.artifact.values();
      const { executionId, artifactIds, contextIds } = await this.#call("putExecution", {
        execution: messages.execution[0],
        artifactEventPairs: pairs.map(({ artifact, event }) => ({
          ...(artifact && { artifact: required(written.next().value) }),
          ...(event && { event: toEventMessage(event) }),
        })),
        contexts: messages.context,
        options: withoutUnset(options),
      });
      return { executionId, artifactIds, contextIds };
    });
  }

  /**
   * Records a piece of lineage in one transaction: nodes, the events between them, and every artifact and execution
   * as a member of every context. The ids are in the order of the input.
   */
  async putLineageSubgraph(
    input: LineageSubgraphInput,
    options: ReuseOptions = {},
  ): Promise<{ executionIds: bigint[]; artifactIds: bigint[]; contextIds: bigint[] }> {
    const nodes = {
      artifact: located(input.artifacts ?? [], "artifacts"),
      execution: located(input.executions ?? [], "executions"),
      context: located(input.contexts ?? [], "contexts"),
    };
    return this.#putNodes(nodes, async (messages) => {
      const { executionIds, artifactIds, contextIds } = await this.#call("putLineageSubgraph", {
        artifacts: messages.artifact,
        executions: messages.execution,
        contexts: messages.context,
        eventEdges: Array.from(input.eventEdges ?? [], ({ executionIndex, artifactIndex, event }) => ({
          ...(executionIndex !== undefined && { executionIndex }),
          ...(artifactIndex !== undefined && { artifactIndex }),
          event: toEventMessage(event),
        })),
        options: withoutUnset(options),
      });
      return { executionIds, artifactIds, contextIds };
    });
  }

  /**
   * Records events between artifacts and executions that exist. INVALID_ARGUMENT for an unknown artifact or
   * execution; ALREADY_EXISTS where the two have an event of this type.
   */
  async putEvents(events: Iterable<EventInput>): Promise<void> {
    await this.#call("putEvents", { events: Array.from(events, toEventMessage) });
  }

  /** Adds artifacts and executions to contexts; what is a member already stays one. */
  async putAttributionsAndAssociations(
    attributions: Iterable<Attribution>,
    associations: Iterable<Association>,
  ): Promise<void> {
    await this.#call("putAttributionsAndAssociations", {
      attributions: Array.from(attributions, ({ artifactId, contextId }) => ({ artifactId, contextId })),
      associations: Array.from(associations, ({ executionId, contextId }) => ({ executionId, contextId })),
    });
  }

  /** Makes contexts children of others. ALREADY_EXISTS for a link that exists; INVALID_ARGUMENT for a cycle. */
  async putParentContexts(parentContexts: Iterable<ParentContext>): Promise<void> {
    await this.#call("putParentContexts", {
      parentContexts: Array.from(parentContexts, ({ childId, parentId }) => ({ childId, parentId })),
    });
  }

  // ---- Nodes: reading

  /** All artifacts, or those that the options choose, read page by page. */
  getArtifacts(options: ListOptions = {}): Promise<Artifact[]> {
    return collect(this.iterateArtifacts(options));
  }

  /** The same as `getArtifacts`, one page in memory at a time. */
  iterateArtifacts(options: ListOptions = {}): AsyncIterable<Artifact> {
    return pages(options, async (page) => {
      const { artifacts, nextPageToken } = await this.#call("getArtifacts", { options: page });
      return { items: artifacts.map(fromNodeMessage.artifact), nextPageToken };
    });
  }

  /** All executions, or those that the options choose, read page by page. */
  getExecutions(options: ListOptions = {}): Promise<Execution[]> {
    return collect(this.iterateExecutions(options));
  }

  /** The same as `getExecutions`, one page in memory at a time. */
  iterateExecutions(options: ListOptions = {}): AsyncIterable<Execution> {
    return pages(options, async (page) => {
      const { executions, nextPageToken } = await this.#call("getExecutions", { options: page });
      return { items: executions.map(fromNodeMessage.execution), nextPageToken };
    });
  }

  /** All contexts, or those that the options choose, read page by page. */
  getContexts(options: ListOptions = {}): Promise<Context[]> {
    return collect(this.iterateContexts(options));
  }

  /** The same as `getContexts`, one page in memory at a time. */
  iterateContexts(options: ListOptions = {}): AsyncIterable<Context> {
    return pages(options, async (page) => {
      const { contexts, nextPageToken } = await this.#call("getContexts", { options: page });
      return { items: contexts.map(fromNodeMessage.context), nextPageToken };
    });
  }

  /** The artifacts with these ids, each once and by id; unknown ids are left out. */
  async getArtifactsById(artifactIds: Iterable<bigint>): Promise<Artifact[]> {
    const ids = checkedIds(artifactIds, "An artifact id");
    return (await this.#call("getArtifactsByID", { artifactIds: ids })).artifacts.map(
      fromNodeMessage.artifact,
    );
  }

  /** The same as `getArtifactsById`, together with the types of the artifacts found, each once. */
  async getArtifactsAndTypesByArtifactIds(
    artifactIds: Iterable<bigint>,
  ): Promise<{ artifacts: Artifact[]; artifactTypes: ArtifactType[] }> {
    const ids = checkedIds(artifactIds, "An artifact id");
    const response = await this.#call("getArtifactsByID", { artifactIds: ids, populateArtifactTypes: true });
    return {
      artifacts: response.artifacts.map(fromNodeMessage.artifact),
      artifactTypes: response.artifactTypes.map(fromTypeMessage.artifact),
    };
  }

  /** The executions with these ids, each once and by id; unknown ids are left out. */
  async getExecutionsById(executionIds: Iterable<bigint>): Promise<Execution[]> {
    const ids = checkedIds(executionIds, "An execution id");
    return (await this.#call("getExecutionsByID", { executionIds: ids })).executions.map(
      fromNodeMessage.execution,
    );
  }

  /** The contexts with these ids, each once and by id; unknown ids are left out. */
  async getContextsById(contextIds: Iterable<bigint>): Promise<Context[]> {
    const ids = checkedIds(contextIds, "A context id");
    return (await this.#call("getContextsByID", { contextIds: ids })).contexts.map(fromNodeMessage.context);
  }

  /** The artifacts of the type of this name and version, read page by page; none where there is no such type. */
  getArtifactsByType(typeName: string, typeVersion?: string, options: ListOptions = {}): Promise<Artifact[]> {
    return collect(this.iterateArtifactsByType(typeName, typeVersion, options));
  }

  /** The same as `getArtifactsByType`, one page in memory at a time. */
  iterateArtifactsByType(
    typeName: string,
    typeVersion?: string,
    options: ListOptions = {},
  ): AsyncIterable<Artifact> {
    return pages(options, async (page) => {
      const request = { typeName, typeVersion, options: page };
      const { artifacts, nextPageToken } = await this.#call("getArtifactsByType", request);
      return { items: artifacts.map(fromNodeMessage.artifact), nextPageToken };
    });
  }

  /** The executions of the type of this name and version, read page by page; none where there is no such type. */
  getExecutionsByType(
    typeName: string,
    typeVersion?: string,
    options: ListOptions = {},
  ): Promise<Execution[]> {
    return collect(this.iterateExecutionsByType(typeName, typeVersion, options));
  }

  /** The same as `getExecutionsByType`, one page in memory at a time. */
  iterateExecutionsByType(
    typeName: string,
    typeVersion?: string,
    options: ListOptions = {},
  ): AsyncIterable<Execution> {
    return pages(options, async (page) => {
      const request = { typeName, typeVersion, options: page };
      const { executions, nextPageToken } = await this.#call("getExecutionsByType", request);
      return { items: executions.map(fromNodeMessage.execution), nextPageToken };
    });
  }

  /** The contexts of the type of this name and version, read page by page; none where there is no such type. */
  getContextsByType(typeName: string, typeVersion?: string, options: ListOptions = {}): Promise<Context[]> {
    return collect(this.iterateContextsByType(typeName, typeVersion, options));
  }

  /** The same as `getContextsByType`, one page in memory at a time. */
  iterateContextsByType(
    typeName: string,
    typeVersion?: string,
    options: ListOptions = {},
  ): AsyncIterable<Context> {
    return pages(options, async (page) => {
      const request = { typeName, typeVersion, options: page };
      const { contexts, nextPageToken } = await this.#call("getContextsByType", request);
      return { items: contexts.map(fromNodeMessage.context), nextPageToken };
    });
  }

  /** The artifact of this type, version and name, or undefined where there is none. */
  async getArtifactByTypeAndName(
    typeName: string,
    artifactName: string,
    typeVersion?: string,
  ): Promise<Artifact | undefined> {
    const request = { typeName, artifactName, typeVersion };
    const { artifact } = await this.#call("getArtifactByTypeAndName", request);
    return artifact && fromNodeMessage.artifact(artifact);
  }

  /** The execution of this type, version and name, or undefined where there is none. */
  async getExecutionByTypeAndName(
    typeName: string,
    executionName: string,
    typeVersion?: string,
  ): Promise<Execution | undefined> {
    const request = { typeName, executionName, typeVersion };
    const { execution } = await this.#call("getExecutionByTypeAndName", request);
    return execution && fromNodeMessage.execution(execution);
  }

  /** The context of this type, version and name, or undefined where there is none. */
  async getContextByTypeAndName(
    typeName: string,
    contextName: string,
    typeVersion?: string,
  ): Promise<Context | undefined> {
    const request = { typeName, contextName, typeVersion };
    const { context } = await this.#call("getContextByTypeAndName", request);
    return context && fromNodeMessage.context(context);
  }

  /** The artifacts with this URI, or with one of these. */
  async getArtifactsByUri(uri: string | readonly string[]): Promise<Artifact[]> {
    const uris = typeof uri === "string" ? [uri] : [...uri];
    return (await this.#call("getArtifactsByURI", { uris })).artifacts.map(fromNodeMessage.artifact);
  }

  /** The artifacts with these external ids; NOT_FOUND where there is none at all. */
  async getArtifactsByExternalIds(externalIds: Iterable<string>): Promise<Artifact[]> {
    const response = await this.#call("getArtifactsByExternalIds", { externalIds: [...externalIds] });
    return response.artifacts.map(fromNodeMessage.artifact);
  }

  /** The executions with these external ids; NOT_FOUND where there is none at all. */
  async getExecutionsByExternalIds(externalIds: Iterable<string>): Promise<Execution[]> {
    const response = await this.#call("getExecutionsByExternalIds", { externalIds: [...externalIds] });
    return response.executions.map(fromNodeMessage.execution);
  }

  /** The contexts with these external ids; NOT_FOUND where there is none at all. */
  async getContextsByExternalIds(externalIds: Iterable<string>): Promise<Context[]> {
    const response = await this.#call("getContextsByExternalIds", { externalIds: [...externalIds] });
    return response.contexts.map(fromNodeMessage.context);
  }

  // ---- Edges and graph

  /** The events of these artifacts. */
  async getEventsByArtifactIds(artifactIds: Iterable<bigint>): Promise<Event[]> {
    const ids = checkedIds(artifactIds, "An artifact id");
    return (await this.#call("getEventsByArtifactIDs", { artifactIds: ids })).events.map(fromEventMessage);
  }

  /** The events of these executions. */
  async getEventsByExecutionIds(executionIds: Iterable<bigint>): Promise<Event[]> {
    const ids = checkedIds(executionIds, "An execution id");
    return (await this.#call("getEventsByExecutionIDs", { executionIds: ids })).events.map(fromEventMessage);
  }

  /** The contexts that an artifact belongs to. NOT_FOUND where there is none. */
  async getContextsByArtifact(artifactId: bigint): Promise<Context[]> {
    return (await this.#call("getContextsByArtifact", { artifactId })).contexts.map(fromNodeMessage.context);
  }

  /** The contexts that an execution belongs to. NOT_FOUND where there is none. */
  async getContextsByExecution(executionId: bigint): Promise<Context[]> {
    return (await this.#call("getContextsByExecution", { executionId })).contexts.map(
      fromNodeMessage.context,
    );
  }

  /** The artifacts of a context, read page by page; by id unless the options say otherwise. */
  getArtifactsByContext(contextId: bigint, options: ListOptions = {}): Promise<Artifact[]> {
    return collect(this.iterateArtifactsByContext(contextId, options));
  }

  /** The same as `getArtifactsByContext`, one page in memory at a time. */
  iterateArtifactsByContext(contextId: bigint, options: ListOptions = {}): AsyncIterable<Artifact> {
    return pages(options, async (page) => {
      const { artifacts, nextPageToken } = await this.#call("getArtifactsByContext", {
        contextId,
        options: page,
      });
      return { items: artifacts.map(fromNodeMessage.artifact), nextPageToken };
    });
  }

  /** The executions of a context, read page by page; newest first unless the options say otherwise. */
  getExecutionsByContext(contextId: bigint, options: ListOptions = newestFirst): Promise<Execution[]> {
    return collect(this.iterateExecutionsByContext(contextId, options));
  }

  /** The same as `getExecutionsByContext`, one page in memory at a time. */
  iterateExecutionsByContext(
    contextId: bigint,
    options: ListOptions = newestFirst,
  ): AsyncIterable<Execution> {
    return pages(options, async (page) => {
      const { executions, nextPageToken } = await this.#call("getExecutionsByContext", {
        contextId,
        options: page,
      });
      return { items: executions.map(fromNodeMessage.execution), nextPageToken };
    });
  }

  /** The parents of a context. */
  async getParentContextsByContext(contextId: bigint): Promise<Context[]> {
    const response = await this.#call("getParentContextsByContext", { contextId });
    return response.contexts.map(fromNodeMessage.context);
  }

  /** The parents of each of these contexts, by its id; contexts without parents are left out. */
  async getParentContextsByContexts(contextIds: Iterable<bigint>): Promise<Map<bigint, Context[]>> {
    const ids = checkedIds(contextIds, "A context id");
    const { contexts } = await this.#call("getParentContextsByContexts", { contextIds: ids });
    return byContextId(contexts, ({ parentContexts }) => parentContexts.map(fromNodeMessage.context));
  }

  /** The children of a context. */
  async getChildrenContextsByContext(contextId: bigint): Promise<Context[]> {
    const response = await this.#call("getChildrenContextsByContext", { contextId });
    return response.contexts.map(fromNodeMessage.context);
  }

  /** The children of each of these contexts, by its id; contexts without children are left out. */
  async getChildrenContextsByContexts(contextIds: Iterable<bigint>): Promise<Map<bigint, Context[]>> {
    const ids = checkedIds(contextIds, "A context id");
    const { contexts } = await this.#call("getChildrenContextsByContexts", { contextIds: ids });
    return byContextId(contexts, ({ childrenContexts }) => childrenContexts.map(fromNodeMessage.context));
  }

  /**
   * Walks from the starting nodes over the events and gives the nodes that it meets, whole, with the types and
   * contexts that they have and the events, attributions and associations. NOT_FOUND where no node fulfils the
   * starting condition. `fieldMaskPaths` names what is wanted, `["artifacts", "events"]` say; the rest stays empty.
   *
   * The graph is read in one transaction, the nodes and types after it.
   */
  getLineageSubgraph(
    queryOptions: LineageSubgraphQueryOptions,
    { fieldMaskPaths }: { fieldMaskPaths?: Iterable<keyof LineageGraph> | undefined } = {},
  ): Promise<LineageGraph> {
    return readSubgraph(this.#call, queryOptions, fieldMaskPaths);
  }

  /**
   * Whole nodes around some artifacts, in both directions, in one call. Deprecated in the contract, and other servers
   * do not have it: prefer `getLineageSubgraph`.
   */
  async getLineageGraph(queryOptions: LineageGraphQueryOptions): Promise<LineageGraph> {
    return fromLineageGraph(
      (await this.#call("getLineageGraph", { options: toGraphQuery(queryOptions) })).subgraph,
    );
  }
}

const newestFirst: ListOptions = { orderBy: "CREATE_TIME", isAsc: false };

function typeOptions({ canAddFields = false, canOmitFields = false }: PutTypeOptions) {
  return { canAddFields, canOmitFields };
}

function byContextId<T>(
  contexts: { readonly [id: string]: T },
  read: (linked: T) => Context[],
): Map<bigint, Context[]> {
  return new Map(Object.entries(contexts).map(([id, linked]) => [BigInt(id), read(linked)]));
}

/** What every server sends in a successful answer. */
function required<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new MlmdError("INTERNAL", "The server's answer lacks what was asked for");
}
