import { clone, create } from "@bufbuild/protobuf";
import { PropertyType } from "../../contract/messages.ts";
import { get, getEntry, has } from "../../contract/presence.ts";
import { alreadyExists, invalidArgument, MlmdError, notFound, quote } from "../../errors.ts";
import { refuseAlikeNames } from "../alike-names.ts";
import { inOrder } from "../in-order.ts";
import type { Kind, KindName, TypeOf } from "../kinds.ts";
import { type TypeKey, UniqueViolation, type WriteTransaction } from "../ports.ts";

export interface PutTypeOptions {
  readonly canAddFields: boolean;
  readonly canOmitFields: boolean;
}

/** A type of the request with what is known of it so far. */
interface Entry<K extends KindName> {
  /** 0 until the type is stored. */
  id: bigint;
  readonly type: TypeOf<K>;
  /** Whether this request makes the type. */
  readonly isNew: boolean;
  /**
   * The properties that the flags are checked against: those stored, or those of the first mention. Additions
   * by earlier items of the same request are not among them.
   */
  readonly declared: { readonly [name: string]: PropertyType };
  readonly added: Map<string, PropertyType>;
  /** What the external id becomes, where an existing type is given one. */
  externalId?: string;
  parent?: Entry<K>;
  /** Whether this request makes the link to the parent. */
  isLinked: boolean;
}

/** Creates the types that are new and evolves those that exist; gives ids in the order of the request. */
export async function putTypes<K extends KindName>(
  tx: WriteTransaction,
  kind: Kind<K>,
  types: readonly TypeOf<K>[],
  options: PutTypeOptions,
): Promise<bigint[]> {
  if (types.length === 0) return [];
  const requests = types.map((type) => withKnownProperties(kind, type));
  const put = await loaded(tx, kind, requests, options);
  const entries = await inOrder(
    requests,
    (type) => put.put(type),
    () => put.flush(),
  );
  return entries.map((entry) => entry.id);
}

/**
 * What is known of the types for good may be all that the request asks for. Then nobody can have made it wrong, but by
 * declaring properties that it would have to name. Else two writers that both find no such type must not both make it.
 */
async function loaded<K extends KindName>(
  tx: WriteTransaction,
  kind: Kind<K>,
  requests: readonly TypeOf<K>[],
  options: PutTypeOptions,
): Promise<TypePut<K>> {
  const known = TypePut.of(tx, kind, options, tx.knownTypes(kind, keysOf(kind, requests)));
  const isWritten = requests.some((type) => known.writes(type));
  if (!isWritten && options.canOmitFields) return known;
  // Sent together, done one after the other.
  const [, put] = await Promise.all([
    isWritten ? tx.serialize() : undefined,
    TypePut.load(tx, kind, requests, options),
  ]);
  return put;
}

/** The types of the request, and those that can be their base. */
function keysOf<K extends KindName>(kind: Kind<K>, types: readonly TypeOf<K>[]): TypeKey[] {
  const keys = types.map(({ name, version }) => ({ name, version }));
  if (!types.some((type) => has(type, "baseType"))) return keys;
  return [...keys, ...[...kind.baseTypes.values()].map((name) => ({ name, version: "" }))];
}

/**
 * The enums are closed: a number outside of one counts as absent. The runtime does so for fields, but keeps it
 * in the values of a map.
 */
function withKnownProperties<K extends KindName>(kind: Kind<K>, type: TypeOf<K>): TypeOf<K> {
  const unknown = Object.keys(type.properties).filter(
    (name) => !((getEntry(type.properties, name) ?? 0) in PropertyType),
  );
  if (unknown.length === 0) return type;
  const properties = { ...type.properties };
  for (const name of unknown) delete properties[name];
  const known = Object.assign(create(kind.type) as TypeOf<K>, type, { properties });
  return known;
}

class TypePut<K extends KindName> {
  private readonly touched = new Set<Entry<K>>();

  private constructor(
    private readonly tx: WriteTransaction,
    private readonly kind: Kind<K>,
    private readonly options: PutTypeOptions,
    private readonly byKey: Map<string, Entry<K>>,
    private readonly byExternalId: Map<string, Entry<K>>,
  ) {}

  /** As they are stored, to be asked for together with the lock. */
  static async load<K extends KindName>(
    tx: WriteTransaction,
    kind: Kind<K>,
    types: readonly TypeOf<K>[],
    options: PutTypeOptions,
  ): Promise<TypePut<K>> {
    const externalIds = types.flatMap((type) => get(type, "externalId") ?? []);
    const [stored, owners] = await Promise.all([
      tx.typesByKey(kind, keysOf(kind, types)),
      tx.typesByExternalId(kind, externalIds),
    ]);
    return TypePut.of(tx, kind, options, stored, owners);
  }

  static of<K extends KindName>(
    tx: WriteTransaction,
    kind: Kind<K>,
    options: PutTypeOptions,
    stored: readonly TypeOf<K>[],
    externalIdOwners: readonly TypeOf<K>[] = [],
  ): TypePut<K> {
    const byKey = new Map<string, Entry<K>>();
    const byExternalId = new Map<string, Entry<K>>();
    for (const type of stored) byKey.set(keyOf(type), storedEntry(type));
    for (const type of externalIdOwners) {
      byExternalId.set(type.externalId, byKey.get(keyOf(type)) ?? storedEntry(type));
    }
    for (const entry of byKey.values()) {
      const base = kind.baseTypes.get(entry.type.baseType);
      const parent = base === undefined ? undefined : byKey.get(keyOf({ name: base, version: "" }));
      if (parent !== undefined) entry.parent = parent;
    }
    return new TypePut(tx, kind, options, byKey, byExternalId);
  }

  /** Whether the type as it is stored is not yet what the request makes of it. */
  writes(request: TypeOf<K>): boolean {
    const known = this.byKey.get(keyOf(request));
    if (known === undefined || request.externalId !== "") return true;
    if (has(request, "baseType") && known.parent === undefined) return true;
    return Object.keys(request.properties).some((name) => getEntry(known.declared, name) === undefined);
  }

  put(request: TypeOf<K>): Entry<K> {
    const known = this.byKey.get(keyOf(request));
    const entry = known ?? this.create(request);
    if (known !== undefined) this.evolve(known, request);
    this.setBaseType(entry, request);
    this.touched.add(entry);
    return entry;
  }

  private create(request: TypeOf<K>): Entry<K> {
    if (request.name === "") throw invalidArgument(`No type name is given in the ${this.kind.name} type`);
    const externalId = get(request, "externalId");
    if (externalId !== undefined) this.checkExternalId(externalId, undefined);
    for (const [name, type] of Object.entries(request.properties)) checkPropertyType(request, name, type);
    const entry: Entry<K> = {
      id: 0n,
      type: clone(this.kind.type, request) as TypeOf<K>,
      isNew: true,
      declared: request.properties,
      added: new Map(),
      isLinked: false,
    };
    this.byKey.set(keyOf(request), entry);
    if (externalId !== undefined) this.byExternalId.set(externalId, entry);
    return entry;
  }

  /** A request that is refused adds nothing: what comes before it is still written, and may fail for itself. */
  private evolve(entry: Entry<K>, request: TypeOf<K>): void {
    this.checkEvolution(entry, request);
    const added = Object.entries(request.properties).filter(
      ([name]) => getEntry(entry.declared, name) === undefined,
    );
    for (const [name, type] of added) {
      checkPropertyType(request, name, type);
      const earlier = entry.added.get(name);
      if (earlier !== undefined && earlier !== type) throw conflictingProperty(request, name, earlier, type);
    }
    const { externalId } = request;
    if (externalId !== "") this.checkExternalId(externalId, entry);
    for (const [name, type] of added) entry.added.set(name, type);
    if (externalId === "") return;
    this.byExternalId.set(externalId, entry);
    entry.externalId = externalId;
  }

  private checkEvolution(entry: Entry<K>, request: TypeOf<K>): void {
    for (const [name, stored] of Object.entries(entry.declared)) {
      const requested = getEntry(request.properties, name);
      if (requested === undefined && !this.options.canOmitFields) {
        throw alreadyExists(
          `Type ${quote(request.name)} exists with property ${quote(name)}, which the request leaves out; ` +
            "set can_omit_fields to allow that",
        );
      }
      if (requested !== undefined && requested !== stored) {
        throw conflictingProperty(request, name, stored, requested);
      }
    }
    if (this.options.canAddFields) return;
    for (const name of Object.keys(request.properties)) {
      if (getEntry(entry.declared, name) === undefined) {
        throw alreadyExists(
          `Type ${quote(request.name)} exists without property ${quote(name)}; ` +
            "set can_add_fields to add it",
        );
      }
    }
  }

  private checkExternalId(externalId: string, owner: Entry<K> | undefined): void {
    const holder = this.byExternalId.get(externalId);
    if (holder !== undefined && holder !== owner) throw externalIdTaken(externalId);
  }

  private setBaseType(entry: Entry<K>, request: TypeOf<K>): void {
    if (!has(request, "baseType")) return;
    const base = this.kind.baseTypes.get(request.baseType);
    if (base === undefined) {
      throw new MlmdError("UNIMPLEMENTED", `The base type of type ${quote(request.name)} cannot be removed`);
    }
    const parent = this.byKey.get(keyOf({ name: base, version: "" }));
    if (parent === undefined) throw notFound(`The built-in type ${base} is not in the database`);
    if (entry.parent === parent) return;
    if (entry.parent !== undefined) {
      throw new MlmdError("UNIMPLEMENTED", `The base type of type ${quote(request.name)} cannot be changed`);
    }
    for (let type: Entry<K> | undefined = parent; type !== undefined; type = type.parent) {
      if (type === entry) throw invalidArgument(`Type ${quote(request.name)} would be its own base type`);
    }
    entry.parent = parent;
    entry.isLinked = true;
  }

  async flush(): Promise<void> {
    const touched = [...this.touched];
    const created = touched.filter((entry) => entry.isNew);
    const properties = touched.flatMap((entry) => [
      ...(entry.isNew ? Object.entries(entry.declared) : []).map((property) => [entry, ...property] as const),
      ...[...entry.added].map((property) => [entry, ...property] as const),
    ]);
    await this.storeRows(created, touched);
    await this.tx
      .insertTypeProperties(
        properties.map(([entry, name, dataType]) => ({ typeId: entry.id, name, dataType })),
      )
      .catch(refuseAlikeNames);
    await this.tx.insertTypeParents(
      touched
        .filter((entry) => entry.isLinked)
        .map((entry) => ({ typeId: entry.id, parentTypeId: entry.parent?.id ?? 0n })),
    );
  }

  private async storeRows(created: Entry<K>[], touched: Entry<K>[]): Promise<void> {
    try {
      const ids = await this.tx.insertTypes(
        this.kind,
        created.map((entry) => entry.type),
      );
      for (const [index, entry] of created.entries()) entry.id = ids[index] ?? 0n;
      await this.tx.updateTypeExternalIds(
        touched.flatMap((entry) =>
          entry.externalId === undefined ? [] : [{ typeId: entry.id, externalId: entry.externalId }],
        ),
      );
    } catch (error) {
      if (error instanceof UniqueViolation) throw externalIdTaken(undefined, error);
      throw error;
    }
  }
}

function storedEntry<K extends KindName>(type: TypeOf<K>): Entry<K> {
  return { id: type.id, type, isNew: false, declared: type.properties, added: new Map(), isLinked: false };
}

/** The name alone may hold any character, the length tells where it ends. */
function keyOf(type: { name: string; version: string }): string {
  return `${type.name.length} ${type.name}${type.version}`;
}

function checkPropertyType(type: { name: string }, name: string, dataType: PropertyType): void {
  if (dataType === PropertyType.UNKNOWN) {
    throw invalidArgument(`Property ${quote(name)} of type ${quote(type.name)} has no known property type`);
  }
}

function conflictingProperty(
  type: { name: string },
  name: string,
  stored: PropertyType,
  requested: PropertyType,
): MlmdError {
  return alreadyExists(
    `Type ${quote(type.name)} exists with property ${quote(name)} of type ${PropertyType[stored]}, ` +
      `which conflicts with ${PropertyType[requested]}`,
  );
}

function externalIdTaken(externalId?: string, cause?: unknown): MlmdError {
  return alreadyExists(
    `Another type has the external id${externalId === undefined ? "" : ` ${quote(externalId)}`}`,
    cause,
  );
}
