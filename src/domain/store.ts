import { create } from "@bufbuild/protobuf";
import {
  GetArtifactByTypeAndNameResponseSchema,
  GetArtifactsByContextResponseSchema,
  GetArtifactsByExternalIdsResponseSchema,
  GetArtifactsByIDResponseSchema,
  GetArtifactsByTypeResponseSchema,
  GetArtifactsByURIResponseSchema,
  GetArtifactsResponseSchema,
  GetArtifactTypeResponseSchema,
  GetArtifactTypesByExternalIdsResponseSchema,
  GetArtifactTypesByIDResponseSchema,
  GetArtifactTypesResponseSchema,
  GetChildrenContextsByContextResponseSchema,
  GetChildrenContextsByContextsResponseSchema,
  GetContextByTypeAndNameResponseSchema,
  GetContextsByArtifactResponseSchema,
  GetContextsByExecutionResponseSchema,
  GetContextsByExternalIdsResponseSchema,
  GetContextsByIDResponseSchema,
  GetContextsByTypeResponseSchema,
  GetContextsResponseSchema,
  GetContextTypeResponseSchema,
  GetContextTypesByExternalIdsResponseSchema,
  GetContextTypesByIDResponseSchema,
  GetContextTypesResponseSchema,
  GetEventsByArtifactIDsResponseSchema,
  GetEventsByExecutionIDsResponseSchema,
  GetExecutionByTypeAndNameResponseSchema,
  GetExecutionsByContextResponseSchema,
  GetExecutionsByExternalIdsResponseSchema,
  GetExecutionsByIDResponseSchema,
  GetExecutionsByTypeResponseSchema,
  GetExecutionsResponseSchema,
  GetExecutionTypeResponseSchema,
  GetExecutionTypesByExternalIdsResponseSchema,
  GetExecutionTypesByIDResponseSchema,
  GetExecutionTypesResponseSchema,
  GetLineageGraphResponseSchema,
  GetLineageSubgraphResponseSchema,
  GetParentContextsByContextResponseSchema,
  GetParentContextsByContextsResponseSchema,
  PutArtifactsResponseSchema,
  PutArtifactTypeResponseSchema,
  PutAttributionsAndAssociationsResponseSchema,
  PutContextsResponseSchema,
  PutContextTypeResponseSchema,
  PutEventsResponseSchema,
  PutExecutionsResponseSchema,
  PutExecutionTypeResponseSchema,
  PutParentContextsResponseSchema,
  PutTypesResponseSchema,
} from "../contract/messages.ts";
import type { MetadataService, RequestOf } from "../contract/service.ts";
import { MlmdError } from "../errors.ts";
import { type Clock, systemClock } from "./clock.ts";
import { getContextsByNode, getLinkedContexts, requireContextIds } from "./edges/get-contexts.ts";
import { putEvents } from "./edges/put-events.ts";
import { putMemberships } from "./edges/put-memberships.ts";
import { putParentContexts } from "./edges/put-parent-contexts.ts";
import { artifactKind, contextKind, executionKind, type Kind, type KindName, type TypeOf } from "./kinds.ts";
import { getLineageGraph } from "./lineage/get-lineage-graph.ts";
import { getLineageSubgraph } from "./lineage/get-lineage-subgraph.ts";
import { putExecution } from "./lineage/put-execution.ts";
import { putLineageSubgraph } from "./lineage/put-lineage-subgraph.ts";
import { defaultLineageLimits, type LineageLimits } from "./lineage/walk.ts";
import {
  getArtifactsByUri,
  getNodeByName,
  getNodesByContext,
  getNodesByExternalIds,
  getNodesByType,
} from "./nodes/get-nodes.ts";
import { listNodes } from "./nodes/list-nodes.ts";
import { putNodes } from "./nodes/put-nodes.ts";
import { parseUpdateMask } from "./nodes/update-mask.ts";
import type { ReadTransaction, Storage, WriteTransaction } from "./ports.ts";
import { getType, getTypesByExternalIds, getTypesById, listTypes } from "./types/get-types.ts";
import { type PutTypeOptions, putTypes } from "./types/put-types.ts";

export interface StoreOptions {
  readonly clock?: Clock;
  readonly lineageLimits?: LineageLimits;
}

/** The rules over a storage: one short method for each operation of the contract, each one transaction or look-up. */
export class Store implements MetadataService {
  private readonly clock: Clock;
  private readonly limits: LineageLimits;

  constructor(
    private readonly storage: Storage,
    options: StoreOptions = {},
  ) {
    this.clock = options.clock ?? systemClock;
    this.limits = options.lineageLimits ?? defaultLineageLimits;
  }

  // Types

  putArtifactType(request: RequestOf<"putArtifactType">) {
    return this.write(async (tx) =>
      create(PutArtifactTypeResponseSchema, {
        typeId: await this.putOneType(tx, artifactKind, request.artifactType, request),
      }),
    );
  }

  putExecutionType(request: RequestOf<"putExecutionType">) {
    return this.write(async (tx) =>
      create(PutExecutionTypeResponseSchema, {
        typeId: await this.putOneType(tx, executionKind, request.executionType, request),
      }),
    );
  }

  putContextType(request: RequestOf<"putContextType">) {
    return this.write(async (tx) =>
      create(PutContextTypeResponseSchema, {
        typeId: await this.putOneType(tx, contextKind, request.contextType, request),
      }),
    );
  }

  putTypes(request: RequestOf<"putTypes">) {
    return this.write(async (tx) => {
      const options = typeOptions(request);
      return create(PutTypesResponseSchema, {
        artifactTypeIds: await putTypes(tx, artifactKind, request.artifactTypes, options),
        executionTypeIds: await putTypes(tx, executionKind, request.executionTypes, options),
        contextTypeIds: await putTypes(tx, contextKind, request.contextTypes, options),
      });
    });
  }

  getArtifactType(request: RequestOf<"getArtifactType">) {
    return this.lookUp(async (tx) =>
      create(GetArtifactTypeResponseSchema, { artifactType: await getType(tx, artifactKind, request) }),
    );
  }

  getExecutionType(request: RequestOf<"getExecutionType">) {
    return this.lookUp(async (tx) =>
      create(GetExecutionTypeResponseSchema, { executionType: await getType(tx, executionKind, request) }),
    );
  }

  getContextType(request: RequestOf<"getContextType">) {
    return this.lookUp(async (tx) =>
      create(GetContextTypeResponseSchema, { contextType: await getType(tx, contextKind, request) }),
    );
  }

  getArtifactTypes() {
    return this.lookUp(async (tx) =>
      create(GetArtifactTypesResponseSchema, { artifactTypes: await listTypes(tx, artifactKind) }),
    );
  }

  getExecutionTypes() {
    return this.lookUp(async (tx) =>
      create(GetExecutionTypesResponseSchema, { executionTypes: await listTypes(tx, executionKind) }),
    );
  }

  getContextTypes() {
    return this.lookUp(async (tx) =>
      create(GetContextTypesResponseSchema, { contextTypes: await listTypes(tx, contextKind) }),
    );
  }

  getArtifactTypesByID(request: RequestOf<"getArtifactTypesByID">) {
    return this.lookUp(async (tx) =>
      create(GetArtifactTypesByIDResponseSchema, {
        artifactTypes: await getTypesById(tx, artifactKind, request.typeIds),
      }),
    );
  }

  getExecutionTypesByID(request: RequestOf<"getExecutionTypesByID">) {
    return this.lookUp(async (tx) =>
      create(GetExecutionTypesByIDResponseSchema, {
        executionTypes: await getTypesById(tx, executionKind, request.typeIds),
      }),
    );
  }

  getContextTypesByID(request: RequestOf<"getContextTypesByID">) {
    return this.lookUp(async (tx) =>
      create(GetContextTypesByIDResponseSchema, {
        contextTypes: await getTypesById(tx, contextKind, request.typeIds),
      }),
    );
  }

  getArtifactTypesByExternalIds(request: RequestOf<"getArtifactTypesByExternalIds">) {
    return this.lookUp(async (tx) =>
      create(GetArtifactTypesByExternalIdsResponseSchema, {
        artifactTypes: await getTypesByExternalIds(tx, artifactKind, request.externalIds),
      }),
    );
  }

  getExecutionTypesByExternalIds(request: RequestOf<"getExecutionTypesByExternalIds">) {
    return this.lookUp(async (tx) =>
      create(GetExecutionTypesByExternalIdsResponseSchema, {
        executionTypes: await getTypesByExternalIds(tx, executionKind, request.externalIds),
      }),
    );
  }

  getContextTypesByExternalIds(request: RequestOf<"getContextTypesByExternalIds">) {
    return this.lookUp(async (tx) =>
      create(GetContextTypesByExternalIdsResponseSchema, {
        contextTypes: await getTypesByExternalIds(tx, contextKind, request.externalIds),
      }),
    );
  }

  // Nodes

  putArtifacts(request: RequestOf<"putArtifacts">) {
    return this.write(async (tx) => {
      const options = {
        mask: parseUpdateMask(request.updateMask),
        abortIfLatestUpdatedTimeChanged: request.options?.abortIfLatestUpdatedTimeChanged ?? false,
        clock: this.clock,
      };
      return create(PutArtifactsResponseSchema, {
        artifactIds: await putNodes(tx, artifactKind, request.artifacts, options),
      });
    });
  }

  putExecutions(request: RequestOf<"putExecutions">) {
    return this.write(async (tx) => {
      const options = { mask: parseUpdateMask(request.updateMask), clock: this.clock };
      return create(PutExecutionsResponseSchema, {
        executionIds: await putNodes(tx, executionKind, request.executions, options),
      });
    });
  }

  putContexts(request: RequestOf<"putContexts">) {
    return this.write(async (tx) => {
      const options = { mask: parseUpdateMask(request.updateMask), clock: this.clock };
      return create(PutContextsResponseSchema, {
        contextIds: await putNodes(tx, contextKind, request.contexts, options),
      });
    });
  }

  getArtifacts(request: RequestOf<"getArtifacts">) {
    return this.read(async (tx) => {
      const { nodes: artifacts, nextPageToken } = await listNodes(tx, artifactKind, request.options);
      return create(GetArtifactsResponseSchema, page({ artifacts }, nextPageToken));
    });
  }

  getExecutions(request: RequestOf<"getExecutions">) {
    return this.read(async (tx) => {
      const { nodes: executions, nextPageToken } = await listNodes(tx, executionKind, request.options);
      return create(GetExecutionsResponseSchema, page({ executions }, nextPageToken));
    });
  }

  getContexts(request: RequestOf<"getContexts">) {
    return this.read(async (tx) => {
      const { nodes: contexts, nextPageToken } = await listNodes(tx, contextKind, request.options);
      return create(GetContextsResponseSchema, page({ contexts }, nextPageToken));
    });
  }

  getArtifactsByType(request: RequestOf<"getArtifactsByType">) {
    return this.read(async (tx) => {
      const { nodes: artifacts, nextPageToken } = await getNodesByType(tx, artifactKind, request);
      return create(GetArtifactsByTypeResponseSchema, page({ artifacts }, nextPageToken));
    });
  }

  getExecutionsByType(request: RequestOf<"getExecutionsByType">) {
    return this.read(async (tx) => {
      const { nodes: executions, nextPageToken } = await getNodesByType(tx, executionKind, request);
      return create(GetExecutionsByTypeResponseSchema, page({ executions }, nextPageToken));
    });
  }

  getContextsByType(request: RequestOf<"getContextsByType">) {
    return this.read(async (tx) => {
      const { nodes: contexts, nextPageToken } = await getNodesByType(tx, contextKind, request);
      return create(GetContextsByTypeResponseSchema, page({ contexts }, nextPageToken));
    });
  }

  getArtifactsByContext(request: RequestOf<"getArtifactsByContext">) {
    return this.lookUpIf(request.options === undefined, async (tx) => {
      const { nodes: artifacts, nextPageToken } = await getNodesByContext(tx, artifactKind, request);
      return create(GetArtifactsByContextResponseSchema, page({ artifacts }, nextPageToken));
    });
  }

  getExecutionsByContext(request: RequestOf<"getExecutionsByContext">) {
    return this.lookUpIf(request.options === undefined, async (tx) => {
      const { nodes: executions, nextPageToken } = await getNodesByContext(tx, executionKind, request);
      return create(GetExecutionsByContextResponseSchema, page({ executions }, nextPageToken));
    });
  }

  getArtifactsByID(request: RequestOf<"getArtifactsByID">) {
    return this.lookUpIf(!request.populateArtifactTypes, async (tx) => {
      const artifacts = await tx.nodesById(artifactKind, request.artifactIds);
      const typeIds = request.populateArtifactTypes ? artifacts.map(({ typeId }) => typeId) : [];
      const artifactTypes = await tx.typesById(artifactKind, [...new Set(typeIds)]);
      return create(GetArtifactsByIDResponseSchema, { artifacts, artifactTypes });
    });
  }

  getExecutionsByID(request: RequestOf<"getExecutionsByID">) {
    return this.lookUp(async (tx) =>
      create(GetExecutionsByIDResponseSchema, {
        executions: await tx.nodesById(executionKind, request.executionIds),
      }),
    );
  }

  getContextsByID(request: RequestOf<"getContextsByID">) {
    return this.lookUp(async (tx) =>
      create(GetContextsByIDResponseSchema, {
        contexts: await tx.nodesById(contextKind, request.contextIds),
      }),
    );
  }

  getArtifactByTypeAndName(request: RequestOf<"getArtifactByTypeAndName">) {
    return this.lookUp(async (tx) => {
      const artifact = await getNodeByName(tx, artifactKind, request, request.artifactName);
      return create(GetArtifactByTypeAndNameResponseSchema, artifact && { artifact });
    });
  }

  getExecutionByTypeAndName(request: RequestOf<"getExecutionByTypeAndName">) {
    return this.lookUp(async (tx) => {
      const execution = await getNodeByName(tx, executionKind, request, request.executionName);
      return create(GetExecutionByTypeAndNameResponseSchema, execution && { execution });
    });
  }

  getContextByTypeAndName(request: RequestOf<"getContextByTypeAndName">) {
    return this.lookUp(async (tx) => {
      const context = await getNodeByName(tx, contextKind, request, request.contextName);
      return create(GetContextByTypeAndNameResponseSchema, context && { context });
    });
  }

  getArtifactsByExternalIds(request: RequestOf<"getArtifactsByExternalIds">) {
    return this.lookUp(async (tx) =>
      create(GetArtifactsByExternalIdsResponseSchema, {
        artifacts: await getNodesByExternalIds(tx, artifactKind, request.externalIds),
      }),
    );
  }

  getExecutionsByExternalIds(request: RequestOf<"getExecutionsByExternalIds">) {
    return this.lookUp(async (tx) =>
      create(GetExecutionsByExternalIdsResponseSchema, {
        executions: await getNodesByExternalIds(tx, executionKind, request.externalIds),
      }),
    );
  }

  getContextsByExternalIds(request: RequestOf<"getContextsByExternalIds">) {
    return this.lookUp(async (tx) =>
      create(GetContextsByExternalIdsResponseSchema, {
        contexts: await getNodesByExternalIds(tx, contextKind, request.externalIds),
      }),
    );
  }

  getArtifactsByURI(request: RequestOf<"getArtifactsByURI">) {
    return this.lookUp(async (tx) =>
      create(GetArtifactsByURIResponseSchema, { artifacts: await getArtifactsByUri(tx, request) }),
    );
  }

  // Edges

  putEvents(request: RequestOf<"putEvents">) {
    return this.write(async (tx) => {
      await putEvents(tx, request.events, this.clock);
      return create(PutEventsResponseSchema);
    });
  }

  putAttributionsAndAssociations(request: RequestOf<"putAttributionsAndAssociations">) {
    return this.write(async (tx) => {
      await putMemberships(tx, request.attributions, request.associations);
      return create(PutAttributionsAndAssociationsResponseSchema);
    });
  }

  putParentContexts(request: RequestOf<"putParentContexts">) {
    return this.write(async (tx) => {
      await putParentContexts(tx, request.parentContexts);
      return create(PutParentContextsResponseSchema);
    });
  }

  getEventsByArtifactIDs(request: RequestOf<"getEventsByArtifactIDs">) {
    return this.lookUp(async (tx) =>
      create(GetEventsByArtifactIDsResponseSchema, {
        events: await tx.eventsByNode(artifactKind, request.artifactIds),
      }),
    );
  }

  getEventsByExecutionIDs(request: RequestOf<"getEventsByExecutionIDs">) {
    return this.lookUp(async (tx) =>
      create(GetEventsByExecutionIDsResponseSchema, {
        events: await tx.eventsByNode(executionKind, request.executionIds),
      }),
    );
  }

  getContextsByArtifact(request: RequestOf<"getContextsByArtifact">) {
    return this.lookUp(async (tx) =>
      create(GetContextsByArtifactResponseSchema, {
        contexts: await getContextsByNode(tx, artifactKind, request.artifactId),
      }),
    );
  }

  getContextsByExecution(request: RequestOf<"getContextsByExecution">) {
    return this.lookUp(async (tx) =>
      create(GetContextsByExecutionResponseSchema, {
        contexts: await getContextsByNode(tx, executionKind, request.executionId),
      }),
    );
  }

  getParentContextsByContext(request: RequestOf<"getParentContextsByContext">) {
    return this.read(async (tx) => {
      const linked = await getLinkedContexts(tx, "parent", [request.contextId]);
      return create(GetParentContextsByContextResponseSchema, {
        contexts: linked.get(request.contextId) ?? [],
      });
    });
  }

  getChildrenContextsByContext(request: RequestOf<"getChildrenContextsByContext">) {
    return this.read(async (tx) => {
      const linked = await getLinkedContexts(tx, "child", [request.contextId]);
      return create(GetChildrenContextsByContextResponseSchema, {
        contexts: linked.get(request.contextId) ?? [],
      });
    });
  }

  getParentContextsByContexts(request: RequestOf<"getParentContextsByContexts">) {
    return this.read(async (tx) => {
      requireContextIds(request.contextIds);
      const linked = await getLinkedContexts(tx, "parent", request.contextIds);
      const contexts = [...linked].map(
        ([id, parentContexts]) => [id.toString(), { parentContexts }] as const,
      );
      return create(GetParentContextsByContextsResponseSchema, { contexts: Object.fromEntries(contexts) });
    });
  }

  getChildrenContextsByContexts(request: RequestOf<"getChildrenContextsByContexts">) {
    return this.read(async (tx) => {
      requireContextIds(request.contextIds);
      const linked = await getLinkedContexts(tx, "child", request.contextIds);
      const contexts = [...linked].map(
        ([id, childrenContexts]) => [id.toString(), { childrenContexts }] as const,
      );
      return create(GetChildrenContextsByContextsResponseSchema, { contexts: Object.fromEntries(contexts) });
    });
  }

  // Lineage

  putExecution(request: RequestOf<"putExecution">) {
    return this.write((tx) => putExecution(tx, request, this.clock));
  }

  putLineageSubgraph(request: RequestOf<"putLineageSubgraph">) {
    return this.write((tx) => putLineageSubgraph(tx, request, this.clock));
  }

  getLineageSubgraph(request: RequestOf<"getLineageSubgraph">) {
    return this.read(async (tx) =>
      create(GetLineageSubgraphResponseSchema, {
        lineageSubgraph: await getLineageSubgraph(tx, request, this.limits),
      }),
    );
  }

  getLineageGraph(request: RequestOf<"getLineageGraph">) {
    return this.read(async (tx) =>
      create(GetLineageGraphResponseSchema, { subgraph: await getLineageGraph(tx, request) }),
    );
  }

  private lookUp<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.storage.lookUp(work).catch(refuse);
  }

  private read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.storage.read(work).catch(refuse);
  }

  private lookUpIf<T>(isOneRead: boolean, work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return isOneRead ? this.lookUp(work) : this.read(work);
  }

  private write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.storage.write(work).catch(refuse);
  }

  /** A request without a type is one for a type without name. */
  private async putOneType<K extends KindName>(
    tx: WriteTransaction,
    kind: Kind<K>,
    type: TypeOf<K> | undefined,
    request: TypeFlags,
  ): Promise<bigint> {
    const options = typeOptions(request);
    const [id] = await putTypes(tx, kind, [type ?? (create(kind.type) as TypeOf<K>)], options);
    return id ?? 0n;
  }
}

type TypeFlags = PutTypeOptions & { readonly allFieldsMatch: boolean };

function typeOptions({ allFieldsMatch, canAddFields, canOmitFields }: TypeFlags): PutTypeOptions {
  if (!allFieldsMatch) {
    throw new MlmdError("UNIMPLEMENTED", "all_fields_match = false is not served: all fields must match");
  }
  return { canAddFields, canOmitFields };
}

/** Only a token that is given is set: an unset one and an empty one differ on the wire. */
function page<T extends object>(nodes: T, nextPageToken: string | undefined): T & { nextPageToken?: string } {
  return nextPageToken === undefined ? nodes : { ...nodes, nextPageToken };
}

/** What is no `MlmdError` by now is a fault of ours. */
function refuse(cause: unknown): never {
  if (cause instanceof MlmdError) throw cause;
  throw new MlmdError("INTERNAL", "Internal error", { cause });
}
