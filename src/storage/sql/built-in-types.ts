import { create } from "@bufbuild/protobuf";
import { artifactKind, executionKind, type Kind, type KindName, type TypeOf } from "../../domain/kinds.ts";
import type { ReadTransaction, WriteTransaction } from "../../domain/ports.ts";

/*
 * Every database holds the types that other types can have as their base; in a new one they take the ids 1
 * to 9, in the order of the kinds and of their base types.
 */

export async function hasBuiltInTypes(tx: ReadTransaction): Promise<boolean> {
  const missing = [await missingTypes(tx, artifactKind), await missingTypes(tx, executionKind)];
  return missing.flat().length === 0;
}

export async function addBuiltInTypes(tx: WriteTransaction): Promise<void> {
  await tx.insertTypes(artifactKind, await missingTypes(tx, artifactKind));
  await tx.insertTypes(executionKind, await missingTypes(tx, executionKind));
}

async function missingTypes<K extends KindName>(tx: ReadTransaction, kind: Kind<K>): Promise<TypeOf<K>[]> {
  const keys = [...kind.baseTypes.values()].map((name) => ({ name, version: "" }));
  const present = new Set((await tx.typesByKey(kind, keys)).map((type) => type.name));
  return keys.filter(({ name }) => !present.has(name)).map(({ name }) => newType(kind, name));
}

function newType<K extends KindName>(kind: Kind<K>, name: string): TypeOf<K> {
  const type = create(kind.type) as TypeOf<K>;
  type.name = name;
  return type;
}
