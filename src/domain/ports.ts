import type { Event, PropertyType, Value } from "../contract/messages.ts";
import type { FilterPlan } from "../filter/plan.ts";
import type { Kind, KindFacts, KindName, MemberFacts, MemberName, NodeOf, TypeOf } from "./kinds.ts";

/**
 * What the rules need from a database. Every method takes and gives sets, so that an engine behind a network
 * answers it in a fixed number of round trips, whatever the size of the set. Empty sets are answered without
 * a statement. Ids of rows that do not exist are left out of the answer.
 *
 * Failures: `UniqueViolation` as named below; otherwise an `MlmdError`, ABORTED where trying the whole
 * operation again can help, UNAVAILABLE where the database is away, else INTERNAL with the driver's error as
 * its cause.
 */
export interface Storage {
  /**
   * Runs `work` without a transaction: each of its reads sees what is committed when it is made, complete in itself. For
   * answers that are one read, or more of which all but one are of what never changes.
   */
  lookUp<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T>;
  /** Runs `work` on one consistent snapshot. */
  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T>;
  /** Runs `work` in one transaction: committed and durable when the promise fulfils, else without a trace. */
  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A row was refused because a unique column or pair of columns already has its value. */
export class UniqueViolation extends Error {
  override readonly name = "UniqueViolation";
}

/** Nodes of several kinds. */
export type NodeIds = Readonly<Partial<Record<KindName, ReadonlySet<bigint>>>>;

/** A type's name and version; types without version have `""`. */
export interface TypeKey {
  readonly name: string;
  readonly version: string;
}

export interface ReadTransaction {
  /** Whether each of these calls is a round trip: what may be needed soon is then better asked for at once. */
  readonly isRemote: boolean;

  /** Types come with properties and base type, ordered by id. */
  typesById<K extends KindName>(kind: Kind<K>, ids: readonly bigint[]): Promise<TypeOf<K>[]>;
  /** Where the database holds a type twice, the one with the lower id; names compare exactly. */
  typesByKey<K extends KindName>(kind: Kind<K>, keys: readonly TypeKey[]): Promise<TypeOf<K>[]>;
  /**
   * Of `typesByKey`, what is known without asking and true for good. Types may be missing, and may lack properties and
   * the base type that they have.
   */
  knownTypes<K extends KindName>(kind: Kind<K>, keys: readonly TypeKey[]): TypeOf<K>[];
  /** If there is none with exactly that key, the first that the database takes for the same. */
  typeLike<K extends KindName>(kind: Kind<K>, key: TypeKey): Promise<TypeOf<K> | undefined>;
  typesByExternalId<K extends KindName>(kind: Kind<K>, externalIds: readonly string[]): Promise<TypeOf<K>[]>;
  /**
   * The types by id, each with the properties that are asked for if it declares them; others that were declared a
   * moment ago may be missing.
   */
  typesDeclaring<K extends KindName>(
    kind: Kind<K>,
    uses: ReadonlyMap<bigint, Iterable<string>>,
  ): Promise<TypeOf<K>[]>;
  /** The id of `typeLike`. */
  typeId<K extends KindName>(kind: Kind<K>, key: TypeKey): Promise<bigint | undefined>;
  allTypes<K extends KindName>(kind: Kind<K>): Promise<TypeOf<K>[]>;

  /** Whole nodes, with type name and both property maps, ordered by id. */
  nodesById<K extends KindName>(kind: Kind<K>, ids: readonly bigint[]): Promise<NodeOf<K>[]>;
  /** Whether all of the nodes exist. */
  allExist(ids: NodeIds): Promise<boolean>;
  /** Which of the ids exist. */
  existingIds(kind: KindFacts, ids: readonly bigint[]): Promise<Set<bigint>>;
  /** With the names that were asked for, which the database may take for the same as those it holds. */
  nodeIdsByName(kind: KindFacts, names: readonly NodeName[]): Promise<(NodeName & { id: bigint })[]>;
  nodeIdsByExternalId(
    kind: KindFacts,
    externalIds: readonly string[],
  ): Promise<{ id: bigint; externalId: string }[]>;
  /** The node with that name; if there is none with exactly that, the one that the database takes for the same. */
  nodeLikeName<K extends KindName>(kind: Kind<K>, name: NodeName): Promise<NodeOf<K> | undefined>;
  /** As `nodesById`, like the three after it. */
  nodesByExternalId<K extends KindName>(kind: Kind<K>, externalIds: readonly string[]): Promise<NodeOf<K>[]>;
  artifactsByUri(uris: readonly string[]): Promise<NodeOf<"artifact">[]>;
  nodesOfContext<K extends MemberName>(kind: Kind<K>, contextId: bigint): Promise<NodeOf<K>[]>;
  contextsOfNode(kind: MemberFacts, id: bigint): Promise<NodeOf<"context">[]>;
  /** The ids of the nodes that the query selects, in its order. */
  listNodeIds(kind: KindFacts, query: NodeQuery): Promise<bigint[]>;
  /** The same nodes as `nodesById` gives them. */
  listWholeNodes<K extends KindName>(kind: Kind<K>, query: NodeQuery): Promise<NodePage<K>>;

  /** All events of the nodes, with paths, ordered by node id, then by event row. */
  eventsByNode(kind: MemberFacts, ids: readonly bigint[]): Promise<Event[]>;
  /** The same events without time and path: what a walk through the graph needs. */
  eventEdges(kind: MemberFacts, ids: readonly bigint[]): Promise<EventEdge[]>;
  /** All edges that a walk from the nodes comes by, each once, in no order; of more than `edgesMax`, that many and one. */
  edgesAhead(kind: MemberFacts, ids: readonly bigint[], walk: WalkAhead): Promise<EventEdge[]>;
  /** Events with paths by row id, ordered by it. */
  eventsById(ids: readonly bigint[]): Promise<Event[]>;
  /** Ordered by node id, then by context id. */
  membershipsByNode(kind: MemberFacts, ids: readonly bigint[]): Promise<Membership[]>;
  /** The links in which the contexts are the child (or the parent), ordered by child, then by parent. */
  parentLinks(contexts: "child" | "parent", ids: readonly bigint[]): Promise<ParentLink[]>;
  /** All links on the way up from the contexts, as far as it goes. */
  ancestorLinks(ids: readonly bigint[]): Promise<ParentLink[]>;
}

export interface WriteTransaction extends ReadTransaction {
  /**
   * Waits for the other writers that asked for this, and makes those that ask later wait, until the transaction
   * ends. For what no unique column can decide between two writers. What is asked for after it, even before it is
   * answered, is read after the wait.
   */
  serialize(): Promise<void>;
  /**
   * Stores types without the properties and base types that they have, which must follow; gives ids in order.
   * UniqueViolation: external id.
   */
  insertTypes<K extends KindName>(kind: Kind<K>, types: readonly TypeOf<K>[]): Promise<bigint[]>;
  /** UniqueViolation: names of one type that are not the same, but that the database takes for the same. */
  insertTypeProperties(properties: readonly TypeProperty[]): Promise<void>;
  insertTypeParents(links: readonly { typeId: bigint; parentTypeId: bigint }[]): Promise<void>;
  /** UniqueViolation: external id. */
  updateTypeExternalIds(updates: readonly { typeId: bigint; externalId: string }[]): Promise<void>;

  /** Stores the nodes' own columns, not their properties; gives ids in order. UniqueViolation: name, external id. */
  insertNodes<K extends KindName>(kind: Kind<K>, nodes: readonly NodeOf<K>[]): Promise<bigint[]>;
  /**
   * Rewrites the nodes' own columns that may change, by `id`; where the nodes keep what must be unique, only the others.
   * UniqueViolation: name, external id.
   */
  updateNodes<K extends KindName>(
    kind: Kind<K>,
    nodes: readonly NodeOf<K>[],
    options?: { readonly keepsKeys: boolean },
  ): Promise<void>;
  /**
   * Stores each property, over the one of the same node, name and flag if there is one. UniqueViolation: names that are
   * not the same, but that the database takes for the same.
   */
  putProperties(kind: KindFacts, properties: readonly NodeProperty[]): Promise<void>;
  deleteProperties(kind: KindFacts, properties: readonly PropertyKey[]): Promise<void>;

  /** UniqueViolation: artifact, execution and type together. */
  insertEvents(events: readonly Event[]): Promise<void>;
  /** Pairs that are already stored stay as they are. */
  insertMemberships(kind: MemberFacts, memberships: readonly Membership[]): Promise<void>;
  /** UniqueViolation: the link exists. */
  insertParentLinks(links: readonly ParentLink[]): Promise<void>;
}

export interface NodeName {
  readonly typeId: bigint;
  readonly name: string;
}

export interface TypeProperty {
  readonly typeId: bigint;
  readonly name: string;
  readonly dataType: PropertyType;
}

export interface PropertyKey {
  readonly nodeId: bigint;
  readonly name: string;
  readonly isCustom: boolean;
}

export interface NodeProperty extends PropertyKey {
  readonly value: Value;
}

export interface EventEdge {
  readonly eventId: bigint;
  readonly artifactId: bigint;
  readonly executionId: bigint;
  /** `Event.Type` as stored. */
  readonly type: number;
}

/** A walk from node to node along events, breadth first. */
export interface WalkAhead {
  readonly hops: number;
  /** The types of events to leave a node of the kind by; all where there are none. */
  readonly types: { readonly [K in MemberName]: readonly number[] };
  readonly edgesMax: number;
}

/** A node belongs to a context: an attribution for an artifact, an association for an execution. */
export interface Membership {
  readonly contextId: bigint;
  readonly nodeId: bigint;
}

export interface ParentLink {
  readonly childId: bigint;
  readonly parentId: bigint;
}

export type OrderField = "id" | "createTime" | "lastUpdateTime";

/** Which nodes to list; conditions that are not given do not restrict. */
export interface NodeQuery {
  readonly typeId?: bigint;
  readonly contextId?: bigint;
  readonly ids?: readonly bigint[];
  readonly filter?: FilterPlan;
  /** Ties of a time are ordered by id, in the same direction. */
  readonly order: { readonly field: OrderField; readonly ascending: boolean };
  /** Only nodes behind this position; `value` is the order field's. */
  readonly after?: { readonly value: bigint; readonly id: bigint };
  readonly limit?: number;
}

export interface NodePage<K extends KindName> {
  readonly nodes: NodeOf<K>[];
  /** Whether the query's limit left nodes out. */
  readonly hasMore: boolean;
}
