import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assign, get, getEntry, has } from "../../contract/presence.ts";
import { alreadyExists, invalidArgument, MlmdError, notFound, quote } from "../../errors.ts";
import { refuseAlikeNames } from "../alike-names.ts";
import type { Clock } from "../clock.ts";
import type { Kind, KindName, NodeOf, TypeOf } from "../kinds.ts";
import { type NodeProperty, type PropertyKey, UniqueViolation, type WriteTransaction } from "../ports.ts";
import { checkCustomProperties, checkProperties, type Properties } from "./property-values.ts";
import { parseUpdateMask, type UpdateMask } from "./update-mask.ts";
import { applyUpdate, checkUpdate, requireName, setState, setUri } from "./update-node.ts";

export interface UpdateOptions {
  readonly mask?: UpdateMask;
  /** Move the update time even if nothing changed. */
  readonly forceUpdateTime?: boolean;
  /** Refuse the update when the stored update time is not the one of the request. */
  readonly abortIfLatestUpdatedTimeChanged?: boolean;
}

/** A node of the request in the state that it will have when the batch is flushed. */
export interface NodeEntry<K extends KindName> {
  /** 0 until the node is stored. */
  id: bigint;
  readonly node: NodeOf<K>;
  /** The properties that the database holds. */
  stored: { properties: Properties; customProperties: Properties };
}

const propertyMaps = [
  ["properties", false],
  ["customProperties", true],
] as const;
const noProperties = { properties: {}, customProperties: {} };
const wholeNode = parseUpdateMask(undefined);

/**
 * Creates and updates nodes of one kind one by one in memory, each seeing the effects of those before it, and
 * writes them as sets. Only a change of a unique column makes it write earlier than asked: creating nodes and
 * giving unique values to stored ones must not change places.
 */
export class NodeBatch<K extends KindName> {
  private readonly entries = new Map<bigint, NodeEntry<K>>();
  private readonly types = new Map<bigint, TypeOf<K>>();
  private readonly inserts: NodeEntry<K>[] = [];
  private readonly updates = new Set<NodeEntry<K>>();
  private readonly changedProperties = new Set<NodeEntry<K>>();
  /** Stored nodes whose unique columns change. */
  private readonly keyUpdates = new Set<NodeEntry<K>>();

  private constructor(
    private readonly tx: WriteTransaction,
    private readonly kind: Kind<K>,
    private readonly clock: Clock,
  ) {}

  /** Loads the stored nodes that are named by `ids` and the types of these and of the `nodes` that may be put. */
  static async load<K extends KindName>(
    tx: WriteTransaction,
    kind: Kind<K>,
    clock: Clock,
    nodes: readonly NodeOf<K>[],
    ids: readonly bigint[] = nodes.flatMap((node) => get(node, "id") ?? []),
  ): Promise<NodeBatch<K>> {
    const batch = new NodeBatch(tx, kind, clock);
    await batch.loadNodes(ids);
    await batch.loadTypes(nodes);
    return batch;
  }

  private async loadNodes(ids: readonly bigint[]): Promise<void> {
    for (const node of await this.tx.nodesById(this.kind, ids)) {
      const stored = { properties: node.properties, customProperties: node.customProperties };
      this.entries.set(node.id, { id: node.id, node, stored });
    }
  }

  private async loadTypes(nodes: readonly NodeOf<K>[]): Promise<void> {
    const stored = [...this.entries.values()].map((entry) => entry.node.typeId);
    const ids = [...stored, ...nodes.flatMap((node) => get(node, "typeId") ?? [])];
    const uses = new Map(ids.map((id) => [id, new Set<string>()]));
    for (const node of nodes) {
      const names = Object.keys(node.properties);
      const own = uses.get(get(node, "typeId") ?? 0n);
      for (const used of own ? [own] : uses.values()) for (const name of names) used.add(name);
    }
    for (const type of await this.tx.typesDeclaring(this.kind, uses)) this.types.set(type.id, type);
  }

  /** The node with the id as it is now, if it was loaded. */
  get(id: bigint): NodeEntry<K> | undefined {
    return this.entries.get(id);
  }

  /** Updates the node where the request has an id, else creates one. */
  async put(request: NodeOf<K>, options: UpdateOptions = {}): Promise<NodeEntry<K>> {
    const id = get(request, "id");
    if (id === undefined) return this.create(request);
    if (!this.entries.has(id) && this.inserts.length > 0) await this.flush();
    const entry = this.entries.get(id);
    if (entry === undefined) throw invalidArgument(`There is no ${this.kind.name} with id ${id}`);
    return this.update(entry, request, options);
  }

  async create(request: NodeOf<K>): Promise<NodeEntry<K>> {
    const type = this.requireType(request);
    checkProperties(request.properties, type);
    checkCustomProperties(request.customProperties);
    if (this.kind.named) requireName(request);
    if (this.keyUpdates.size > 0) await this.flush();
    const entry: NodeEntry<K> = { id: 0n, node: this.newNode(request, type), stored: noProperties };
    this.inserts.push(entry);
    this.changedProperties.add(entry);
    return entry;
  }

  /** The type of a node to create: given and known. */
  requireType(request: NodeOf<K>): TypeOf<K> {
    const typeId = get(request, "typeId");
    if (typeId === undefined) {
      throw invalidArgument(`No type id is given for the ${this.kind.name} ${quote(request.name)}`);
    }
    const type = this.types.get(typeId);
    if (type === undefined) throw notFound(`There is no ${this.kind.name} type with id ${typeId}`);
    return type;
  }

  private newNode(request: NodeOf<K>, type: TypeOf<K>): NodeOf<K> {
    const now = this.clock();
    const node = create(this.kind.node, {
      typeId: type.id,
      type: type.name,
      properties: request.properties,
      customProperties: request.customProperties,
      createTimeSinceEpoch: now,
      lastUpdateTimeSinceEpoch: now,
    } as MessageInitShape<Kind<K>["node"]>) as NodeOf<K>;
    assign(node, "name", get(request, "name"));
    assign(node, "externalId", get(request, "externalId"));
    if (this.kind.hasUri) setUri(node, request);
    if (this.kind.stateField !== undefined) setState(this.kind, node, request);
    return node;
  }

  async update(entry: NodeEntry<K>, request: NodeOf<K>, options: UpdateOptions = {}): Promise<NodeEntry<K>> {
    const { node } = entry;
    const mask = options.mask ?? wholeNode;
    if (options.abortIfLatestUpdatedTimeChanged) this.checkUpdateTime(node, request);
    if (has(request, "typeId") && request.typeId !== node.typeId) {
      throw invalidArgument(
        `The type id ${request.typeId} differs from the type id ${node.typeId} of the stored ${this.kind.name}`,
      );
    }
    const type = this.types.get(node.typeId);
    if (type === undefined) throw notFound(`There is no ${this.kind.name} type with id ${node.typeId}`);
    checkUpdate(request, type, mask);
    if (this.keyUpdates.has(entry)) await this.flush();
    this.apply(entry, request, mask, options);
    return entry;
  }

  private checkUpdateTime(stored: NodeOf<K>, request: NodeOf<K>): void {
    if (stored.lastUpdateTimeSinceEpoch === request.lastUpdateTimeSinceEpoch) return;
    throw new MlmdError(
      "FAILED_PRECONDITION",
      `The ${this.kind.name} with id ${stored.id} was updated at ${stored.lastUpdateTimeSinceEpoch}, ` +
        `not at ${request.lastUpdateTimeSinceEpoch} as the request says`,
    );
  }

  private apply(entry: NodeEntry<K>, request: NodeOf<K>, mask: UpdateMask, options: UpdateOptions): void {
    const { node } = entry;
    const { isRewritten, changesKey } = applyUpdate(this.kind, node, request, mask);
    if (!isRewritten && !options.forceUpdateTime) return;
    const now = this.clock();
    const previous = node.lastUpdateTimeSinceEpoch;
    // A client that compares update times must see this update even within the same millisecond.
    const isTooEarly = options.abortIfLatestUpdatedTimeChanged && now <= previous;
    node.lastUpdateTimeSinceEpoch = isTooEarly ? previous + 1n : now;
    this.changedProperties.add(entry);
    if (entry.id === 0n) return;
    if (changesKey) {
      this.keyUpdates.add(entry);
      // To the end: names are given up and taken in the order of the request.
      this.updates.delete(entry);
    }
    this.updates.add(entry);
  }

  /** Writes what was put since the last flush. A unique value that is taken makes it fail. */
  async flush(): Promise<void> {
    const [inserts, updates] = [this.inserts.splice(0), [...this.updates]];
    const changed = [...this.changedProperties];
    const keepsKeys = this.keyUpdates.size === 0;
    this.updates.clear();
    this.changedProperties.clear();
    this.keyUpdates.clear();
    try {
      const ids = await this.tx.insertNodes(this.kind, nodesOf(inserts));
      for (const [index, entry] of inserts.entries()) this.setId(entry, ids[index] ?? 0n);
      await this.tx.updateNodes(this.kind, nodesOf(updates), { keepsKeys });
    } catch (error) {
      if (error instanceof UniqueViolation) throw this.taken([...inserts, ...updates], error);
      throw error;
    }
    await this.tx.deleteProperties(this.kind, changed.flatMap(removedProperties));
    await this.tx.putProperties(this.kind, changed.flatMap(newProperties)).catch(refuseAlikeNames);
    for (const entry of changed) {
      entry.stored = { properties: entry.node.properties, customProperties: entry.node.customProperties };
    }
  }

  private setId(entry: NodeEntry<K>, id: bigint): void {
    entry.id = id;
    entry.node.id = id;
    this.entries.set(id, entry);
  }

  private taken(entries: NodeEntry<K>[], cause: UniqueViolation): MlmdError {
    const named = entries
      .slice(0, 3)
      .map(({ node }) => quote(has(node, "name") ? node.name : node.externalId));
    const more = entries.length > named.length ? ", …" : "";
    return alreadyExists(
      `The name within its type, or the external id, of the ${this.kind.name} is taken: ` +
        `one of ${named.join(", ")}${more} exists already`,
      cause,
    );
  }
}

function nodesOf<K extends KindName>(entries: readonly NodeEntry<K>[]): NodeOf<K>[] {
  return entries.map((entry) => entry.node);
}

/** Unchanged values keep their identity through an update, so comparing objects finds what changed. */
function newProperties<K extends KindName>({ id, node, stored }: NodeEntry<K>): NodeProperty[] {
  return propertyMaps.flatMap(([map, isCustom]) =>
    Object.entries(node[map])
      .filter(([name, value]) => getEntry(stored[map], name) !== value)
      .map(([name, value]) => ({ nodeId: id, name, isCustom, value })),
  );
}

function removedProperties<K extends KindName>({ id, node, stored }: NodeEntry<K>): PropertyKey[] {
  return propertyMaps.flatMap(([map, isCustom]) =>
    Object.keys(stored[map])
      .filter((name) => getEntry(node[map], name) === undefined)
      .map((name) => ({ nodeId: id, name, isCustom })),
  );
}
