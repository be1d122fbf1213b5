import { setEntry } from "../../contract/presence.ts";
import type { Kind, KindName, TypeOf } from "../../domain/kinds.ts";
import type { TypeKey, TypeProperty } from "../../domain/ports.ts";
import { compare } from "./compare.ts";
import type { Columns, Connection, Insert, Update } from "./connection.ts";
import { raw, type Sql, sql } from "./fragment.ts";
import { columns } from "./parts.ts";
import { type TypeRow, typeFromRow, typeToRow } from "./rows.ts";

export async function typesById<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  ids: readonly bigint[],
): Promise<TypeOf<K>[]> {
  if (ids.length === 0) return [];
  return selectTypes(db, kind, db.dialect.inIds(raw("t.id"), ids));
}

export async function typesByKey<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  keys: readonly TypeKey[],
): Promise<TypeOf<K>[]> {
  return firstOfEachKey(await typesLike(db, kind, keys), keys);
}

/** Where nothing is exactly like that, what the database takes for the same. */
export async function typeLike<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  key: TypeKey,
): Promise<TypeOf<K> | undefined> {
  const candidates = await typesLike(db, kind, [key]);
  return firstOfEachKey(candidates, [key])[0] ?? candidates[0];
}

/** Ordered by id; some may have the name of one key and the version of another. */
async function typesLike<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  keys: readonly TypeKey[],
): Promise<TypeOf<K>[]> {
  if (keys.length === 0) return [];
  const names = db.dialect.inTexts(
    raw("t.name"),
    keys.map((key) => key.name),
  );
  const versions = db.dialect.inTexts(
    raw("COALESCE(t.version, '')"),
    keys.map((key) => key.version),
  );
  return selectTypes(db, kind, sql`${names} AND ${versions}`);
}

function firstOfEachKey<T extends TypeKey>(candidates: readonly T[], keys: readonly TypeKey[]): T[] {
  const wanted = new Set(keys.map(keyText));
  return candidates.filter((type) => wanted.delete(keyText(type)));
}

function keyText(key: TypeKey): string {
  return JSON.stringify([key.name, key.version]);
}

export async function typesByExternalId<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  externalIds: readonly string[],
): Promise<TypeOf<K>[]> {
  if (externalIds.length === 0) return [];
  return selectTypes(db, kind, db.dialect.inTexts(raw("t.external_id"), externalIds));
}

export function allTypes<K extends KindName>(db: Connection, kind: Kind<K>): Promise<TypeOf<K>[]> {
  return selectTypes(db, kind, raw("1 = 1"));
}

async function selectTypes<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  condition: Sql,
): Promise<TypeOf<K>[]> {
  const selected = sql`t.type_kind = ${BigInt(kind.typeKind)} AND ${condition}`;
  const wanted = { id: raw("t.id"), table: raw("Type t"), condition: selected };
  const [rows, properties] = await db.both<TypeRow, TypePropertyRow>(
    {
      columns: typeColumns,
      from: sql`Type t
        LEFT JOIN ParentType p ON p.type_id = t.id
        LEFT JOIN Type base ON base.id = p.parent_type_id
        WHERE ${selected}`,
    },
    {
      columns: typePropertyColumns,
      from: sql`TypeProperty p ${db.dialect.among(raw("p.type_id"), wanted)}`,
    },
  );
  rows.sort((a, b) => compare(a.id, b.id) || compare(a.base_id ?? 0n, b.base_id ?? 0n));
  const types = new Map<bigint, TypeOf<K>>();
  // We give a type one parent at most; where a database holds more, the first one counts.
  for (const row of rows) if (!types.has(row.id)) types.set(row.id, typeFromRow(kind, row));
  for (const row of properties) {
    const type = types.get(row.type_id);
    if (type) setEntry(type.properties, row.property, Number(row.data_type ?? 0n));
  }
  return [...types.values()];
}

const typeColumns: Columns = [
  [raw("t.id"), raw("id")],
  [raw("t.name"), raw("name")],
  [raw("t.version"), raw("version")],
  [raw("t.description"), raw("description")],
  [raw("t.input_type"), raw("input_type")],
  [raw("t.output_type"), raw("output_type")],
  [raw("t.external_id"), raw("external_id")],
  [raw("p.parent_type_id"), raw("base_id")],
  [raw("base.name"), raw("base")],
];

const typePropertyColumns: Columns = [
  ...columns(raw("type_id"), raw("data_type")),
  [raw("p.name"), raw("property")],
];

interface TypePropertyRow {
  readonly type_id: bigint;
  readonly property: string;
  readonly data_type: bigint | null;
}

export async function serialize(db: Connection): Promise<void> {
  const { writerLock } = db.dialect;
  if (writerLock !== undefined) await db.all(writerLock);
}

const insertType: Insert = {
  table: raw("Type"),
  columns: [
    raw("name"),
    raw("version"),
    raw("type_kind"),
    raw("description"),
    raw("input_type"),
    raw("output_type"),
    raw("external_id"),
  ],
};

const insertTypeProperty: Insert = {
  table: raw("TypeProperty"),
  columns: [raw("type_id"), raw("name"), raw("data_type")],
};

const insertParentType: Insert = {
  table: raw("ParentType"),
  columns: [raw("type_id"), raw("parent_type_id")],
};

export async function insertTypes<K extends KindName>(
  db: Connection,
  kind: Kind<K>,
  types: readonly TypeOf<K>[],
): Promise<bigint[]> {
  return db.insertMany(
    insertType,
    types.map((type) => typeToRow(kind, type)),
  );
}

export async function insertTypeProperties(
  db: Connection,
  properties: readonly TypeProperty[],
): Promise<void> {
  await db.insertMany(
    insertTypeProperty,
    properties.map(({ typeId, name, dataType }) => [typeId, name, BigInt(dataType)]),
  );
}

export async function insertTypeParents(
  db: Connection,
  links: readonly { typeId: bigint; parentTypeId: bigint }[],
): Promise<void> {
  await db.insertMany(
    insertParentType,
    links.map(({ typeId, parentTypeId }) => [typeId, parentTypeId]),
  );
}

const typeExternalId: Update = {
  table: raw("Type"),
  key: [raw("id")],
  columns: [raw("external_id")],
  mayClash: true,
};

export async function updateTypeExternalIds(
  db: Connection,
  updates: readonly { typeId: bigint; externalId: string }[],
): Promise<void> {
  await db.updateMany(
    typeExternalId,
    updates.map(({ typeId, externalId }) => [externalId, typeId]),
  );
}
