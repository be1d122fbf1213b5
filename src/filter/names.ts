import type { Name } from "./ast.ts";
import { alternatives, didYouMean, FilterError, shown } from "./error.ts";
import { limits } from "./limits.ts";
import type { Column, Join } from "./plan.ts";
import {
  type EnumType,
  type Field,
  type FieldName,
  type Fields,
  type KindName,
  lookUp,
  type NeighbourName,
  propertyFields,
  vocabulary,
} from "./vocabulary.ts";

/** What a name stands for, before it is known whether the filter needs it. */
type Meaning =
  | { readonly of: "node"; readonly name: FieldName; readonly field: Field }
  | {
      readonly of: "neighbour";
      readonly neighbour: NeighbourName;
      readonly suffix: string;
      readonly name: FieldName;
      readonly field: Field;
    };

export interface Resolved {
  readonly column: Column;
  readonly field: Field;
}

/** Gives names their meaning on nodes of one kind, and collects the joins that they need. */
export class Names {
  readonly #kind: KindName;
  readonly #joins: Join[] = [];
  readonly #indexes = new Map<string, number>();
  #tables = 0;

  constructor(kind: KindName) {
    this.#kind = kind;
  }

  get joins(): readonly Join[] {
    return this.#joins;
  }

  isKnown(path: readonly Name[]): boolean {
    return !(this.#meaning(path) instanceof FilterError);
  }

  /** The enum whose values the name's field holds, if it is such a field. */
  enumOf(path: readonly Name[]): EnumType | undefined {
    const meaning = this.#meaning(path);
    return meaning instanceof FilterError ? undefined : meaning.field.enum;
  }

  /** @throws FilterError where the name has no meaning */
  resolve(path: readonly Name[]): Resolved {
    const meaning = this.#meaning(path);
    if (meaning instanceof FilterError) throw meaning;
    return { column: this.#column(meaning, path[0]?.at ?? 0), field: meaning.field };
  }

  property(at: number, isCustom: boolean, name: string, written: Name): Resolved {
    const found = lookUp(propertyFields, written.text);
    if (!found) {
      const known = [...propertyFields.keys()];
      throw new FilterError(written.at, noField("a property", written.text, known));
    }
    const [field, type] = found;
    const key = `${isCustom ? "custom_properties" : "properties"}.${name}`;
    const join = this.#join(key, { kind: "property", isCustom, name }, 1, at);
    return { column: { op: "column", join, field }, field: type };
  }

  #column(meaning: Meaning, at: number): Column {
    const { name } = meaning;
    if (meaning.of === "node") {
      return {
        op: "column",
        join: name === "type" ? this.#join("type", { kind: "type" }, 1, at) : "node",
        field: name,
      };
    }
    const { neighbour, suffix } = meaning;
    const isEvent = neighbour === "events";
    const join = this.#join(
      `${neighbour}_${suffix}`,
      { kind: "neighbour", neighbour, usesType: false },
      isEvent ? 1 : 2, // A node comes with the table that links it.
      at,
    );
    if (name === "type" && !isEvent) this.#useType(join, neighbour, at);
    return { op: "column", join, field: name };
  }

  #useType(join: number, neighbour: NeighbourName, at: number): void {
    const known = this.#joins[join];
    if (known?.kind === "neighbour" && known.usesType) return;
    this.#joins[join] = { kind: "neighbour", neighbour, usesType: true };
    this.#countTables(1, at);
  }

  #join(key: string, join: Join, tables: number, at: number): number {
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#countTables(tables, at);
    const index = this.#joins.push(join) - 1;
    this.#indexes.set(key, index);
    return index;
  }

  #countTables(tables: number, at: number): void {
    this.#tables += tables;
    if (this.#tables > limits.tables) {
      throw new FilterError(at, "the filter mentions too many different neighbours and properties");
    }
  }

  #meaning(path: readonly Name[]): Meaning | FilterError {
    const { attributes, neighbours } = vocabulary[this.#kind];
    const [first, ...rest] = path;
    if (!first) return new FilterError(0, "expected a name");
    const attribute = lookUp(attributes, first.text);
    if (attribute) {
      const [name, field] = attribute;
      return scalar({ of: "node", name, field }, first.text, rest[0]);
    }
    for (const [neighbour, fields] of neighbours) {
      if (!first.text.startsWith(`${neighbour}_`)) continue;
      const suffix = first.text.slice(neighbour.length + 1).toLowerCase();
      if (/^[0-9a-z_]+$/.test(suffix)) return neighbourField(neighbour, suffix, fields, first, rest);
    }
    return unknown(this.#kind, first);
  }
}

function neighbourField(
  neighbour: NeighbourName,
  suffix: string,
  fields: Fields,
  alias: Name,
  [written, beyond]: readonly Name[],
): Meaning | FilterError {
  const known = [...fields.keys()];
  if (!written) {
    const choice = alternatives(known.map((name) => `.${name}`));
    return new FilterError(alias.at, `${shown(alias.text)} needs one of its fields behind it: ${choice}`);
  }
  const found = lookUp(fields, written.text);
  if (!found) return new FilterError(written.at, noField(shown(alias.text), written.text, known));
  const [name, field] = found;
  return scalar({ of: "neighbour", neighbour, suffix, name, field }, `${alias.text}.${written.text}`, beyond);
}

/** The meaning of a name that is complete: what follows it would be a part of a scalar. */
function scalar(meaning: Meaning, text: string, beyond: Name | undefined): Meaning | FilterError {
  return beyond ? new FilterError(beyond.at, `${shown(text)} has no fields`) : meaning;
}

function unknown(kind: KindName, written: Name): FilterError {
  const attributes = [...vocabulary[kind].attributes.keys()];
  const neighbours = [...vocabulary[kind].neighbours.keys()];
  const suffix = written.text.slice(written.text.lastIndexOf("_") + 1) || "a";
  const candidates = [...attributes, ...neighbours.map((name) => `${name}_${suffix}`)];
  const known = [...attributes, ...neighbours.map((name) => `${name}_*.FIELD`)].join(", ");
  return new FilterError(
    written.at,
    `a filter on ${kind}s knows no ${shown(written.text)}; it knows ${known}, properties.NAME.FIELD and ` +
      `custom_properties.NAME.FIELD${didYouMean(written.text, candidates)}`,
  );
}

function noField(owner: string, written: string, known: readonly string[]): string {
  return `${owner} has no field ${shown(written)}; it has ${known.join(", ")}${didYouMean(written, known)}`;
}
