import { clone } from "@bufbuild/protobuf";
import type { Event } from "../../contract/messages.ts";
import type {
  Kind,
  KindFacts,
  KindName,
  MemberFacts,
  MemberName,
  NodeOf,
  TypeOf,
} from "../../domain/kinds.ts";
import type {
  Membership,
  NodeIds,
  NodeName,
  NodeProperty,
  NodeQuery,
  ParentLink,
  PropertyKey,
  TypeKey,
  TypeProperty,
  WalkAhead,
  WriteTransaction,
} from "../../domain/ports.ts";
import type { Connection } from "./connection.ts";
import * as edges from "./edges.ts";
import { listNodeIds, listWholeNodes } from "./list.ts";
import * as nodes from "./nodes.ts";
import { TypeFacts } from "./type-facts.ts";
import * as types from "./types.ts";

/** The port over a connection. Reading operations are given it as a `ReadTransaction`. */
export class SqlTransaction implements WriteTransaction {
  readonly #db: Connection;
  #facts = new TypeFacts();
  readonly #learnt: (() => void)[] = [];

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Makes use of what is known already; what this transaction finds out is added when it is committed. */
  useFacts(facts: TypeFacts): this {
    this.#facts = facts;
    return this;
  }

  committed(): void {
    for (const add of this.#learnt.splice(0)) add();
  }

  get isRemote() {
    return this.#db.dialect.isRemote;
  }

  typesById<K extends KindName>(kind: Kind<K>, ids: readonly bigint[]) {
    return types.typesById(this.#db, kind, ids);
  }
  async typesByKey<K extends KindName>(kind: Kind<K>, keys: readonly TypeKey[]) {
    const found = await types.typesByKey(this.#db, kind, keys);
    this.#learn(kind, found);
    return found;
  }
  knownTypes<K extends KindName>(kind: Kind<K>, keys: readonly TypeKey[]) {
    return this.#facts.types(kind, keys);
  }
  typeLike<K extends KindName>(kind: Kind<K>, key: TypeKey) {
    return types.typeLike(this.#db, kind, key);
  }
  typesByExternalId<K extends KindName>(kind: Kind<K>, externalIds: readonly string[]) {
    return types.typesByExternalId(this.#db, kind, externalIds);
  }
  async typesDeclaring<K extends KindName>(kind: Kind<K>, uses: ReadonlyMap<bigint, Iterable<string>>) {
    const facts = this.#facts;
    const known = [...uses].flatMap(([id, properties]) => facts.type(kind, id, properties) ?? []);
    const ids = new Set(known.map(({ id }) => id));
    const unknown = [...uses.keys()].filter((id) => !ids.has(id));
    const found = await types.typesById(this.#db, kind, unknown);
    this.#learnt.push(() => facts.addTypes(kind, found));
    return [...known, ...found];
  }
  async typeId<K extends KindName>(kind: Kind<K>, key: TypeKey) {
    const facts = this.#facts;
    const known = facts.id(kind, key);
    if (known !== undefined) return known;
    const type = await types.typeLike(this.#db, kind, key);
    // Another one may come to be more like the key, unless nothing can.
    if (type?.name === key.name && type.version === key.version)
      this.#learnt.push(() => facts.addId(kind, key, type.id));
    return type?.id;
  }
  allTypes<K extends KindName>(kind: Kind<K>) {
    return types.allTypes(this.#db, kind);
  }
  serialize() {
    return types.serialize(this.#db);
  }
  async insertTypes<K extends KindName>(kind: Kind<K>, rows: readonly TypeOf<K>[]) {
    const ids = await types.insertTypes(this.#db, kind, rows);
    this.#learn(
      kind,
      rows.map((type, index) => Object.assign(clone(kind.type, type) as TypeOf<K>, { id: ids[index] })),
    );
    return ids;
  }
  #learn<K extends KindName>(kind: Kind<K>, found: readonly TypeOf<K>[]): void {
    const facts = this.#facts;
    this.#learnt.push(() => {
      facts.addTypes(kind, found);
      for (const type of found) facts.addId(kind, type, type.id);
    });
  }
  insertTypeProperties(properties: readonly TypeProperty[]) {
    return types.insertTypeProperties(this.#db, properties);
  }
  insertTypeParents(links: readonly { typeId: bigint; parentTypeId: bigint }[]) {
    return types.insertTypeParents(this.#db, links);
  }
  updateTypeExternalIds(updates: readonly { typeId: bigint; externalId: string }[]) {
    return types.updateTypeExternalIds(this.#db, updates);
  }

  nodesById<K extends KindName>(kind: Kind<K>, ids: readonly bigint[]) {
    return nodes.nodesById(this.#db, kind, ids);
  }
  allExist(ids: NodeIds) {
    return nodes.allExist(this.#db, ids);
  }
  existingIds(kind: KindFacts, ids: readonly bigint[]) {
    return nodes.existingIds(this.#db, kind, ids);
  }
  nodeIdsByName(kind: KindFacts, names: readonly NodeName[]) {
    return nodes.nodeIdsByName(this.#db, kind, names);
  }
  nodeIdsByExternalId(kind: KindFacts, externalIds: readonly string[]) {
    return nodes.nodeIdsByExternalId(this.#db, kind, externalIds);
  }
  nodeLikeName<K extends KindName>(kind: Kind<K>, name: NodeName) {
    return nodes.nodeLikeName(this.#db, kind, name);
  }
  nodesByExternalId<K extends KindName>(kind: Kind<K>, externalIds: readonly string[]) {
    return nodes.nodesByExternalId(this.#db, kind, externalIds);
  }
  artifactsByUri(uris: readonly string[]) {
    return nodes.artifactsByUri(this.#db, uris);
  }
  nodesOfContext<K extends MemberName>(kind: Kind<K>, contextId: bigint) {
    return nodes.nodesOfContext(this.#db, kind, contextId);
  }
  contextsOfNode(kind: MemberFacts, id: bigint) {
    return nodes.contextsOfNode(this.#db, kind, id);
  }
  listNodeIds(kind: KindFacts, query: NodeQuery) {
    return listNodeIds(this.#db, kind, query);
  }
  listWholeNodes<K extends KindName>(kind: Kind<K>, query: NodeQuery) {
    return listWholeNodes(this.#db, kind, query);
  }
  insertNodes<K extends KindName>(kind: Kind<K>, rows: readonly NodeOf<K>[]) {
    return nodes.insertNodes(this.#db, kind, rows);
  }
  updateNodes<K extends KindName>(
    kind: Kind<K>,
    rows: readonly NodeOf<K>[],
    { keepsKeys } = { keepsKeys: false },
  ) {
    return nodes.updateNodes(this.#db, kind, rows, keepsKeys);
  }
  putProperties(kind: KindFacts, properties: readonly NodeProperty[]) {
    return nodes.putProperties(this.#db, kind, properties);
  }
  deleteProperties(kind: KindFacts, properties: readonly PropertyKey[]) {
    return nodes.deleteProperties(this.#db, kind, properties);
  }

  eventsByNode(kind: MemberFacts, ids: readonly bigint[]) {
    return edges.eventsByNode(this.#db, kind, ids);
  }
  eventEdges(kind: MemberFacts, ids: readonly bigint[]) {
    return edges.eventEdges(this.#db, kind, ids);
  }
  edgesAhead(kind: MemberFacts, ids: readonly bigint[], walk: WalkAhead) {
    return edges.edgesAhead(this.#db, kind, ids, walk);
  }
  eventsById(ids: readonly bigint[]) {
    return edges.eventsById(this.#db, ids);
  }
  membershipsByNode(kind: MemberFacts, ids: readonly bigint[]) {
    return edges.membershipsByNode(this.#db, kind, ids);
  }
  parentLinks(contexts: "child" | "parent", ids: readonly bigint[]) {
    return edges.parentLinks(this.#db, contexts, ids);
  }
  ancestorLinks(ids: readonly bigint[]) {
    return edges.ancestorLinks(this.#db, ids);
  }
  insertEvents(events: readonly Event[]) {
    return edges.insertEvents(this.#db, events);
  }
  insertMemberships(kind: MemberFacts, memberships: readonly Membership[]) {
    return edges.insertMemberships(this.#db, kind, memberships);
  }
  insertParentLinks(links: readonly ParentLink[]) {
    return edges.insertParentLinks(this.#db, links);
  }
}

/** Runs `work` in a transaction that knows the facts, and adds to them. */
export async function withFacts<T>(
  facts: TypeFacts,
  transaction: (work: (tx: SqlTransaction) => Promise<T>) => Promise<T>,
  work: (tx: SqlTransaction) => Promise<T>,
): Promise<T> {
  let last: SqlTransaction | undefined;
  const result = await transaction((tx) => {
    last = tx.useFacts(facts);
    return work(last);
  });
  last?.committed();
  return result;
}
