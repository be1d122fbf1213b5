import { invalidArgument, notFound, quote } from "../../errors.ts";
import { artifactKind, executionKind, type Kind, type KindName, type TypeOf } from "../kinds.ts";
import type { ReadTransaction, TypeKey } from "../ports.ts";

const builtInNames: ReadonlySet<string> = new Set([
  ...artifactKind.baseTypes.values(),
  ...executionKind.baseTypes.values(),
]);

/** A version that is unset or empty means the type without version, never any version. */
export function keyOf(request: { typeName: string; typeVersion: string }): TypeKey {
  return { name: request.typeName, version: request.typeVersion };
}

export async function getType<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  request: { typeName: string; typeVersion: string },
): Promise<TypeOf<K>> {
  const type = await tx.typeLike(kind, keyOf(request));
  if (type !== undefined) return type;
  const version = request.typeVersion === "" ? "" : `, version ${quote(request.typeVersion)}`;
  throw notFound(`There is no ${kind.name} type ${quote(request.typeName)}${version}`);
}

/** All types of the kind; types with the name of a built-in one are hidden, whatever their version. */
export async function listTypes<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
): Promise<TypeOf<K>[]> {
  const types = await tx.allTypes(kind);
  return kind.baseTypes.size === 0 ? types : types.filter((type) => !builtInNames.has(type.name));
}

/** In the order of the request, an id that occurs twice answered twice; unknown ids are left out. */
export async function getTypesById<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  ids: readonly bigint[],
): Promise<TypeOf<K>[]> {
  const types = new Map((await tx.typesById(kind, ids)).map((type) => [type.id, type]));
  return ids.flatMap((id) => types.get(id) ?? []);
}

export async function getTypesByExternalIds<K extends KindName>(
  tx: ReadTransaction,
  kind: Kind<K>,
  externalIds: readonly string[],
): Promise<TypeOf<K>[]> {
  checkExternalIds(externalIds);
  const types = await tx.typesByExternalId(kind, externalIds);
  if (externalIds.length > 0 && types.length === 0) throw noneFound(`${kind.name} type`, externalIds);
  return types;
}

export function checkExternalIds(externalIds: readonly string[]): void {
  if (externalIds.includes("")) throw invalidArgument("An external id in the request is empty");
}

export function noneFound(what: string, externalIds: readonly string[]): Error {
  return notFound(`No ${what} has the external id ${externalIds.slice(0, 3).map(quote).join(" or ")}`);
}
