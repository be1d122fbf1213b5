import { getEntry } from "../../contract/presence.ts";
import type { Kind, KindFacts, KindName, TypeOf } from "../../domain/kinds.ts";
import type { TypeKey } from "../../domain/ports.ts";

/** How many types are kept; one more makes all be forgotten. */
const typesMax = 10_000;

/**
 * What committed transactions have seen of the types, as far as it is true for good: an id never stands for another
 * name, version or kind, a property that was declared stays declared as it was, and a base type stays. More may be
 * declared, and a base type given, at any time.
 */
export class TypeFacts {
  readonly #types = new Map<string, TypeOf<KindName>>();
  readonly #ids = new Map<string, bigint>();

  /** The type, if it is known to declare all of the properties. */
  type<K extends KindName>(kind: Kind<K>, id: bigint, properties: Iterable<string>): TypeOf<K> | undefined {
    const type = this.#types.get(`${kind.name} ${id}`);
    if (type === undefined) return undefined;
    for (const name of properties) if (getEntry(type.properties, name) === undefined) return undefined;
    return type as TypeOf<K>;
  }

  /** Of the types with exactly these keys those that are known. */
  types<K extends KindName>(kind: Kind<K>, keys: readonly TypeKey[]): TypeOf<K>[] {
    return keys.flatMap((key) => {
      const id = this.id(kind, key);
      return (id === undefined ? undefined : this.type(kind, id, [])) ?? [];
    });
  }

  id(kind: KindFacts, key: TypeKey): bigint | undefined {
    return this.#ids.get(keyText(kind, key));
  }

  addTypes<K extends KindName>(kind: Kind<K>, types: readonly TypeOf<K>[]): void {
    if (this.#types.size + types.length > typesMax) this.#types.clear();
    for (const type of types.slice(0, typesMax)) this.#types.set(`${kind.name} ${type.id}`, type);
  }

  addId(kind: KindFacts, key: TypeKey, id: bigint): void {
    if (this.#ids.size >= typesMax) this.#ids.clear();
    this.#ids.set(keyText(kind, key), id);
  }
}

function keyText(kind: KindFacts, { name, version }: TypeKey): string {
  return JSON.stringify([kind.name, name, version]);
}
