import type { ListOptions } from "../client/list.ts";
import type { NodeKind, Nodes } from "../client/nodes.ts";
import type { MetadataStore } from "../client/store.ts";
import type { Types } from "../client/types.ts";

/** How nodes and types of one kind are read. */
export interface Reader<K extends NodeKind> {
  list(store: MetadataStore, options: ListOptions): AsyncIterable<Nodes[K]>;
  listOfType(
    store: MetadataStore,
    name: string,
    version: string | undefined,
    options: ListOptions,
  ): AsyncIterable<Nodes[K]>;
  byId(store: MetadataStore, ids: Iterable<bigint>): Promise<Nodes[K][]>;
  byTypeAndName(
    store: MetadataStore,
    type: string,
    name: string,
    version: string | undefined,
  ): Promise<Nodes[K] | undefined>;
  type(store: MetadataStore, name: string, version: string | undefined): Promise<Types[K]>;
  types(store: MetadataStore): Promise<Types[K][]>;
  typesById(store: MetadataStore, ids: Iterable<bigint>): Promise<Types[K][]>;
}

export const kindNames: readonly NodeKind[] = ["artifact", "execution", "context"];

export const readers: { readonly [K in NodeKind]: Reader<K> } = {
  artifact: {
    list: (store, options) => store.iterateArtifacts(options),
    listOfType: (store, name, version, options) => store.iterateArtifactsByType(name, version, options),
    byId: (store, ids) => store.getArtifactsById(ids),
    byTypeAndName: (store, type, name, version) => store.getArtifactByTypeAndName(type, name, version),
    type: (store, name, version) => store.getArtifactType(name, version),
    types: (store) => store.getArtifactTypes(),
    typesById: (store, ids) => store.getArtifactTypesById(ids),
  },
  execution: {
    list: (store, options) => store.iterateExecutions(options),
    listOfType: (store, name, version, options) => store.iterateExecutionsByType(name, version, options),
    byId: (store, ids) => store.getExecutionsById(ids),
    byTypeAndName: (store, type, name, version) => store.getExecutionByTypeAndName(type, name, version),
    type: (store, name, version) => store.getExecutionType(name, version),
    types: (store) => store.getExecutionTypes(),
    typesById: (store, ids) => store.getExecutionTypesById(ids),
  },
  context: {
    list: (store, options) => store.iterateContexts(options),
    listOfType: (store, name, version, options) => store.iterateContextsByType(name, version, options),
    byId: (store, ids) => store.getContextsById(ids),
    byTypeAndName: (store, type, name, version) => store.getContextByTypeAndName(type, name, version),
    type: (store, name, version) => store.getContextType(name, version),
    types: (store) => store.getContextTypes(),
    typesById: (store, ids) => store.getContextTypesById(ids),
  },
};

/** Any of the readers, where the kind is known at run time only. */
export function readerOf(kind: NodeKind): Reader<NodeKind> {
  return readers[kind] as unknown as Reader<NodeKind>;
}
