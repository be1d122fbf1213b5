import { MlmdError, quote } from "../errors.ts";
import {
  type DeclaredNode,
  type DeclaredNodeInput,
  type DeclaredType,
  type PropertyKinds,
  wrongKind,
} from "./declared-type.ts";
import type { ListOptions } from "./list.ts";
import type { NodeInputs, NodeKind, Nodes } from "./nodes.ts";
import type { MetadataStore } from "./store.ts";
import type { TypeRegistry } from "./type-registry.ts";
import { describe } from "./values.ts";

/** Which node is meant. */
export type NodeKey =
  | { id: bigint; name?: undefined; externalId?: undefined }
  | { name: string; id?: undefined; externalId?: undefined }
  | { externalId: string; id?: undefined; name?: undefined };

interface Access<K extends NodeKind> {
  put(store: MetadataStore, nodes: NodeInputs[K][]): Promise<bigint[]>;
  byId(store: MetadataStore, ids: Iterable<bigint>): Promise<Nodes[K][]>;
  byExternalId(store: MetadataStore, externalId: string): Promise<Nodes[K][]>;
  byName(store: MetadataStore, type: DeclaredType, name: string): Promise<Nodes[K] | undefined>;
  ofType(store: MetadataStore, type: DeclaredType, options: ListOptions): AsyncIterable<Nodes[K]>;
}

const access: { readonly [K in NodeKind]: Access<K> } = {
  artifact: {
    put: (store, nodes) => store.putArtifacts(nodes),
    byId: (store, ids) => store.getArtifactsById(ids),
    byExternalId: (store, externalId) => store.getArtifactsByExternalIds([externalId]),
    byName: (store, type, name) => store.getArtifactByTypeAndName(type.name, name, type.version),
    ofType: (store, type, options) => store.iterateArtifactsByType(type.name, type.version, options),
  },
  execution: {
    put: (store, nodes) => store.putExecutions(nodes),
    byId: (store, ids) => store.getExecutionsById(ids),
    byExternalId: (store, externalId) => store.getExecutionsByExternalIds([externalId]),
    byName: (store, type, name) => store.getExecutionByTypeAndName(type.name, name, type.version),
    ofType: (store, type, options) => store.iterateExecutionsByType(type.name, type.version, options),
  },
  context: {
    put: (store, nodes) => store.putContexts(nodes),
    byId: (store, ids) => store.getContextsById(ids),
    byExternalId: (store, externalId) => store.getContextsByExternalIds([externalId]),
    byName: (store, type, name) => store.getContextByTypeAndName(type.name, name, type.version),
    ofType: (store, type, options) => store.iterateContextsByType(type.name, type.version, options),
  },
};

export async function putDeclared<K extends NodeKind, D extends PropertyKinds>(
  store: MetadataStore,
  type: DeclaredType<K, D>,
  nodes: Iterable<DeclaredNodeInput<K, D>>,
): Promise<DeclaredNode<K, D>[]> {
  const ids = await access[type.kind].put(
    store,
    Array.from(nodes, (node) => type.of(node)),
  );
  const stored = await access[type.kind].byId(store, ids);
  const byId = new Map(stored.map((node) => [node.id, checkedNode(type, node)]));
  return ids.map((id) => {
    const node = byId.get(id);
    if (node !== undefined) return node;
    throw new MlmdError("NOT_FOUND", `The ${type.kind} ${id} was removed after it was written`);
  });
}

export async function getDeclared<K extends NodeKind, D extends PropertyKinds>(
  store: MetadataStore,
  registry: TypeRegistry,
  type: DeclaredType<K, D>,
  { id, name, externalId }: NodeKey,
): Promise<DeclaredNode<K, D> | undefined> {
  const { byName, byId, byExternalId } = access[type.kind];
  if (name !== undefined) {
    const node = await byName(store, type, name);
    return node && checkedNode(type, node);
  }
  const [node] = await (id !== undefined ? byId(store, [id]) : orNone(byExternalId(store, externalId)));
  if (node === undefined || node.typeId !== (await registry.find(type))) return undefined;
  return checkedNode(type, node);
}

export async function* iterateDeclared<K extends NodeKind, D extends PropertyKinds>(
  store: MetadataStore,
  type: DeclaredType<K, D>,
  options: ListOptions,
): AsyncGenerator<DeclaredNode<K, D>, void, undefined> {
  for await (const node of access[type.kind].ofType(store, type, options)) yield checkedNode(type, node);
}

/** A look-up by external ids that finds nothing is NOT_FOUND. */
async function orNone<T>(nodes: Promise<T[]>): Promise<T[]> {
  try {
    return await nodes;
  } catch (error) {
    if (error instanceof MlmdError && error.code === "NOT_FOUND") return [];
    throw error;
  }
}

/** Makes sure that the properties are what the declaration, and so the compiler, says. */
function checkedNode<K extends NodeKind, D extends PropertyKinds>(
  type: DeclaredType<K, D>,
  node: Nodes[K],
): DeclaredNode<K, D> {
  const wrong = wrongKind(type.properties, node.properties);
  if (wrong === undefined) return node as DeclaredNode<K, D>;
  throw new MlmdError(
    "FAILED_PRECONDITION",
    `Property ${quote(wrong.name)} of the ${type.kind} ${node.id} is ${describe(wrong.value)}, but type ` +
      `${quote(type.name)} is declared with the kind ${wrong.kind}`,
  );
}
