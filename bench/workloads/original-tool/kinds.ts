import type { MetadataService } from "../../../src/contract/service.ts";
import type { Kind } from "../../by-hand.ts";
import { type Call, call, message } from "../../workload.ts";

export interface ToolType {
  readonly id: number;
  readonly name: string;
  /** The names of its properties; all are strings. */
  readonly properties: string[];
}

export interface ToolNode {
  readonly id: number;
  readonly name: string;
  readonly type: ToolType;
  readonly uri: string;
  readonly properties: Map<string, string>;
  readonly customProperties: Map<string, string>;
}

type NewNode = Omit<ToolNode, "id"> & { readonly id?: number };

/** The calls of one kind of node, under names that are the same for all kinds. */
export interface ToolKind {
  /** As in the names of the tool's reports. */
  readonly label: "ARTIFACT" | "EXECUTION" | "CONTEXT";
  readonly table: Kind;
  readonly typeKind: number;
  putType(type: Omit<ToolType, "id"> & { readonly id?: number }): Call;
  allTypes(): Call;
  typesById(ids: readonly number[]): Call;
  typeByName(name: string): Call;
  putNodes(nodes: readonly NewNode[]): Call;
  nodesById(ids: readonly number[]): Call;
  nodesByType(name: string): Call;
  nodeByTypeAndName(type: string, name: string): Call;
  /** All that the store holds now. */
  types(service: MetadataService): Promise<ToolType[]>;
  nodes(service: MetadataService): Promise<ToolNode[]>;
}

const stringType = 3;
const unknownState = 0;

function typeMessage({ id, name, properties }: Omit<ToolType, "id"> & { readonly id?: number }) {
  return {
    name,
    properties: Object.fromEntries(properties.map((property) => [property, stringType])),
    ...(id !== undefined && { id: BigInt(id) }),
  };
}

function nodeMessage({ id, name, type, properties, customProperties }: NewNode) {
  const values = (map: ReadonlyMap<string, string>) =>
    Object.fromEntries(
      [...map].map(([key, value]) => [key, { value: { case: "stringValue" as const, value } }]),
    );
  return {
    name,
    typeId: BigInt(type.id),
    properties: values(properties),
    customProperties: values(customProperties),
    ...(id !== undefined && { id: BigInt(id) }),
  };
}

const ids = (numbers: readonly number[]) => numbers.map(BigInt);
const canAddFields = true;

interface TypeLike {
  readonly id: bigint;
  readonly name: string;
  readonly properties: Readonly<Record<string, number>>;
}

const toolType = ({ id, name, properties }: TypeLike): ToolType => ({
  ...{ id: Number(id), name, properties: Object.keys(properties) },
});

interface NodeLike {
  readonly id: bigint;
  readonly typeId: bigint;
  readonly name: string;
  readonly uri?: string;
  readonly properties: Readonly<Record<string, ValueLike>>;
  readonly customProperties: Readonly<Record<string, ValueLike>>;
}

interface ValueLike {
  readonly value: { readonly value?: unknown };
}

function toolNodes(nodes: readonly NodeLike[], types: readonly ToolType[]): ToolNode[] {
  const byId = new Map(types.map((type) => [type.id, type]));
  const texts = (map: NodeLike["properties"]) =>
    new Map(Object.entries(map).map(([key, { value }]) => [key, String(value.value)]));
  return nodes.map(({ id, name, typeId, uri = "", properties, customProperties }) => ({
    ...{ id: Number(id), name, uri, type: byId.get(Number(typeId)) as ToolType },
    ...{ properties: texts(properties), customProperties: texts(customProperties) },
  }));
}

export const artifactKind: ToolKind = {
  ...{ label: "ARTIFACT", table: "Artifact", typeKind: 1 },
  putType: (type) => call("putArtifactType", { artifactType: typeMessage(type), canAddFields }),
  allTypes: () => call("getArtifactTypes", {}),
  typesById: (list) => call("getArtifactTypesByID", { typeIds: ids(list) }),
  typeByName: (typeName) => call("getArtifactType", { typeName }),
  putNodes: (nodes) =>
    call("putArtifacts", {
      artifacts: nodes.map((node) => ({ ...nodeMessage(node), uri: node.uri, state: unknownState })),
    }),
  nodesById: (list) => call("getArtifactsByID", { artifactIds: ids(list) }),
  nodesByType: (typeName) => call("getArtifactsByType", { typeName }),
  nodeByTypeAndName: (typeName, artifactName) => call("getArtifactByTypeAndName", { typeName, artifactName }),
  types: async (service) =>
    (await service.getArtifactTypes(message("getArtifactTypes", {}))).artifactTypes.map(toolType),
  async nodes(service) {
    const { artifacts } = await service.getArtifacts(message("getArtifacts", {}));
    return toolNodes(artifacts, await artifactKind.types(service));
  },
};

export const executionKind: ToolKind = {
  ...{ label: "EXECUTION", table: "Execution", typeKind: 0 },
  putType: (type) => call("putExecutionType", { executionType: typeMessage(type), canAddFields }),
  allTypes: () => call("getExecutionTypes", {}),
  typesById: (list) => call("getExecutionTypesByID", { typeIds: ids(list) }),
  typeByName: (typeName) => call("getExecutionType", { typeName }),
  putNodes: (nodes) =>
    call("putExecutions", {
      executions: nodes.map((node) => ({ ...nodeMessage(node), lastKnownState: unknownState })),
    }),
  nodesById: (list) => call("getExecutionsByID", { executionIds: ids(list) }),
  nodesByType: (typeName) => call("getExecutionsByType", { typeName }),
  nodeByTypeAndName: (typeName, executionName) =>
    call("getExecutionByTypeAndName", { typeName, executionName }),
  types: async (service) =>
    (await service.getExecutionTypes(message("getExecutionTypes", {}))).executionTypes.map(toolType),
  async nodes(service) {
    const { executions } = await service.getExecutions(message("getExecutions", {}));
    return toolNodes(executions, await executionKind.types(service));
  },
};

export const contextKind: ToolKind = {
  ...{ label: "CONTEXT", table: "Context", typeKind: 2 },
  putType: (type) => call("putContextType", { contextType: typeMessage(type), canAddFields }),
  allTypes: () => call("getContextTypes", {}),
  typesById: (list) => call("getContextTypesByID", { typeIds: ids(list) }),
  typeByName: (typeName) => call("getContextType", { typeName }),
  putNodes: (nodes) => call("putContexts", { contexts: nodes.map(nodeMessage) }),
  nodesById: (list) => call("getContextsByID", { contextIds: ids(list) }),
  nodesByType: (typeName) => call("getContextsByType", { typeName }),
  nodeByTypeAndName: (typeName, contextName) => call("getContextByTypeAndName", { typeName, contextName }),
  types: async (service) =>
    (await service.getContextTypes(message("getContextTypes", {}))).contextTypes.map(toolType),
  async nodes(service) {
    const { contexts } = await service.getContexts(message("getContexts", {}));
    return toolNodes(contexts, await contextKind.types(service));
  },
};

export const toolKinds: readonly ToolKind[] = [artifactKind, executionKind, contextKind];
