import type { KindName } from "../../../src/domain/kinds.ts";
import type { Random } from "../random.ts";
import { nodeName, uri } from "./nodes.ts";
import { typeName } from "./types.ts";
import { idFrom } from "./values.ts";
import { kindNames, type World } from "./world.ts";

const states = {
  artifact: ["UNKNOWN", "PENDING", "LIVE", "MARKED_FOR_DELETION", "DELETED"],
  execution: ["UNKNOWN", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELED"],
} as const;

const eventTypes = [
  "DECLARED_OUTPUT",
  "DECLARED_INPUT",
  "INPUT",
  "OUTPUT",
  "INTERNAL_INPUT",
  "INTERNAL_OUTPUT",
] as const;

const neighbours = {
  artifact: ["contexts"],
  execution: ["contexts"],
  context: ["parent_contexts", "child_contexts", "artifacts", "executions"],
} as const;

const comparisons = ["=", "!=", "<>", "<", "<=", ">", ">="] as const;

/** What the original does otherwise, each a known difference. */
const oddities = [
  "properties.P1.int_value IS NOT NULL",
  "name = 'name'",
  "state = REFERENCE",
  "state = LIVE OR state = LIVE",
  "events_0.type = PENDING_OUTPUT",
];

const mistakes = [
  "nope = 1",
  "id = 'a'",
  "name = 1",
  "id",
  "id =",
  "id = 1 AND",
  "(id = 1",
  "name = 'a",
  "state = NOPE",
  "contexts_0.nope = 1",
  "properties.p1 = 1",
  "id IN ()",
  "id == 1",
  "id = 1; id = 2",
  "id = 1 = 1",
  "name LIKE 1",
  "name + 1 = 2",
  "NOT id",
  "id = NULL",
  "type IS TRUE",
  "id BETWEEN 'a' AND 'b'",
  "id IN (1, 'a')",
  "name = 'a' 'b'",
  "contexts_.id = 1",
  "id = 1AND name = 'a'",
  "LENGTH(id) = 1",
  "NOPE(id) = 1",
];

/** A condition on nodes of the kind, mostly one that some of them meet. */
export function filter(random: Random, world: World, kind: KindName): string {
  if (random.chance(0.04)) return random.pick(mistakes);
  if (random.chance(0.04)) return random.pick(oddities);
  return new Writer(random, world, kind).condition(random.int(0, 2));
}

/** Writes expressions of a wanted type, `depth` levels deep at most. */
class Writer {
  readonly #random: Random;
  readonly #world: World;
  readonly #kind: KindName;
  /** The original refuses some filters with two conditions on enums. */
  #hasEnum = false;

  constructor(random: Random, world: World, kind: KindName) {
    this.#random = random;
    this.#world = world;
    this.#kind = kind;
  }

  condition(depth: number): string {
    const { int, pick, chance } = bound(this.#random);
    if (depth === 0) return this.#predicate();
    const inner = () => this.condition(int(0, depth - 1));
    return this.#random.weighted<() => string>([
      [30, () => `${inner()} ${pick(["AND", "and"])} ${inner()}`],
      [25, () => `${inner()} ${pick(["OR", "Or"])} ${inner()}`],
      [15, () => `(${inner()})`],
      [12, () => `NOT ${chance(0.5) ? `(${inner()})` : this.#predicate()}`],
      [4, () => `(${inner()}) IS ${pick(["TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "NULL", "NOT NULL"])}`],
      [4, () => `CASE WHEN ${inner()} THEN ${inner()} ${chance(0.5) ? `ELSE ${inner()} ` : ""}END`],
      [4, () => `${inner()} /* so */`],
      [10, () => this.#predicate()],
    ])();
  }

  #predicate(): string {
    return this.#random.weighted<() => string>([
      [24, () => this.#ofIntegers()],
      [22, () => this.#ofStrings()],
      [6, () => this.#ofDoubles()],
      [10, () => this.#ofEnum()],
      [
        4,
        () =>
          `${this.#property("bool_value")} ${this.#random.pick(["= true", "!= FALSE", "IS NULL", "= (1 = 1)"])}`,
      ],
      [3, () => this.#property("bool_value")],
      [3, () => this.#ofTimes()],
      [1, () => this.#random.pick(["true", "1 = 1", "false", "NULL IS NULL"])],
    ])();
  }

  #ofIntegers(): string {
    const { pick, chance } = bound(this.#random);
    // One with an id mostly finds something.
    if (chance(0.5)) return `id ${pick(["<", ">", "!=", "<=", ">="])} ${this.#id(this.#kind)}`;
    return this.#random.weighted<() => string>([
      [40, () => `${this.#integer(1)} ${pick(comparisons)} ${this.#integer(1)}`],
      [20, () => `${this.#integer(1)} ${pick(["IN", "NOT IN", "in"])} (${this.#integers()})`],
      [
        15,
        () => `${this.#integer(1)} ${pick(["", "NOT "])}BETWEEN ${this.#integer(0)} AND ${this.#integer(0)}`,
      ],
      [10, () => `${this.#integer(1)} IS ${pick(["NULL", "NOT NULL", "not null"])}`],
      [5, () => `${this.#integer(0)} ${pick(comparisons)} ${this.#double(0)}`],
    ])();
  }

  #integers(): string {
    return Array.from({ length: this.#random.int(1, 4) }, () => this.#id(this.#kind)).join(", ");
  }

  #ofStrings(): string {
    const { pick } = bound(this.#random);
    return this.#random.weighted<() => string>([
      [40, () => `${this.#string(1)} ${pick(comparisons)} ${this.#text()}`],
      [20, () => `${this.#string(1)} ${pick(["LIKE", "NOT LIKE", "like"])} ${this.#pattern()}`],
      [10, () => `${this.#string(1)} ${pick(["IN", "NOT IN"])} (${this.#text()}, ${this.#text()})`],
      [10, () => `${this.#string(0)} IS ${pick(["NULL", "NOT NULL"])}`],
      [5, () => `${this.#string(0)} BETWEEN ${this.#text()} AND ${this.#text()}`],
      [5, () => `${this.#string(0)} = ${this.#string(0)}`],
    ])();
  }

  #ofDoubles(): string {
    const { pick } = bound(this.#random);
    return this.#random.weighted<() => string>([
      [40, () => `${this.#double(1)} ${pick(comparisons)} ${this.#double(1)}`],
      [10, () => `${this.#double(1)} BETWEEN ${this.#doubleLiteral()} AND ${this.#doubleLiteral()}`],
      [10, () => `${this.#double(0)} IN (${this.#doubleLiteral()}, ${this.#random.int(0, 2)})`],
      [10, () => `${this.#property("double_value")} IS ${pick(["NULL", "NOT NULL"])}`],
    ])();
  }

  /** Times differ from store to store; these comparisons do not. */
  #ofTimes(): string {
    return this.#random.pick([
      "create_time_since_epoch < last_update_time_since_epoch",
      "create_time_since_epoch = last_update_time_since_epoch",
      "create_time_since_epoch > 0",
      "last_update_time_since_epoch > 99999999999999",
    ]);
  }

  #ofEnum(): string {
    const { pick } = bound(this.#random);
    if (this.#hasEnum) return this.#ofIntegers();
    this.#hasEnum = true;
    const [column, names] = this.#enumColumn();
    // In filters on contexts the original understands these only.
    const positive = this.#kind === "context";
    return this.#random.weighted<() => string>([
      [40, () => `${column} ${positive ? "=" : pick(["=", "!="])} ${pick(names)}`],
      [30, () => `${column} ${positive ? "IN" : pick(["IN", "NOT IN"])} (${pick(names)}, ${pick(names)})`],
      [15, () => `${column} IS ${pick(["NULL", "NOT NULL"])}`],
    ])();
  }

  #enumColumn(): [column: string, names: readonly string[]] {
    const alias = this.#random.pick(["a", "0"]);
    switch (this.#kind) {
      case "artifact":
        return this.#random.chance(0.6) ? ["state", states.artifact] : [`events_${alias}.type`, eventTypes];
      case "execution":
        return this.#random.chance(0.6)
          ? ["last_known_state", states.execution]
          : [`events_${alias}.type`, eventTypes];
      default:
        return this.#random.chance(0.5)
          ? [`artifacts_${alias}.state`, states.artifact]
          : [`executions_${alias}.last_known_state`, states.execution];
    }
  }

  #integer(depth: number): string {
    const { int, pick } = bound(this.#random);
    return this.#random.weighted<() => string>([
      [40, () => pick(["id", "type_id", "ID", "`id`"])],
      [15, () => this.#property("int_value")],
      [20, () => this.#id(pick(kindNames))],
      [10, () => this.#neighbour("id")],
      [10, () => String(pick([0, 1, 7, 42, "0x1F", "-1"]))],
      [8, () => this.#ofEvent()],
      [depth * 8, () => `${this.#integer(depth - 1)} ${pick(["+", "-", "*"])} ${int(1, 3)}`],
      [depth * 3, () => `(${this.#integer(depth - 1)})`],
      [depth * 3, () => `LENGTH(${this.#string(depth - 1)})`],
      [depth * 2, () => `COALESCE(${this.#property("int_value")}, ${this.#integer(depth - 1)})`],
      [depth * 2, () => `ABS(${this.#property("int_value")} + 1)`],
      [depth * 2, () => `- ${this.#integer(depth - 1)}`],
    ])();
  }

  #double(depth: number): string {
    const { pick } = bound(this.#random);
    return this.#random.weighted<() => string>([
      [40, () => this.#property("double_value")],
      [30, () => this.#doubleLiteral()],
      [depth * 8, () => `${this.#double(depth - 1)} ${pick(["+", "-", "*"])} ${this.#doubleLiteral()}`],
      [depth * 8, () => `${this.#integer(depth - 1)} / ${pick([2, 4, "0.5"])}`],
    ])();
  }

  #string(depth: number): string {
    const { pick } = bound(this.#random);
    const columns =
      this.#kind === "artifact" ? ["name", "type", "uri", "external_id"] : ["name", "type", "external_id"];
    return this.#random.weighted<() => string>([
      [45, () => pick(columns)],
      [15, () => this.#property("string_value")],
      [10, () => this.#neighbour(pick(["name", "type"]))],
      [depth * 4, () => `${pick(["LOWER", "upper", "TRIM"])}(${this.#string(depth - 1)})`],
      [depth * 2, () => `SUBSTR(${this.#string(depth - 1)}, 1, 2)`],
      [depth * 2, () => `COALESCE(${this.#string(depth - 1)}, ${this.#text()})`],
    ])();
  }

  /** Literals without what the original's printing of them changes: quotes, backslashes, names of columns. */
  #text(): string {
    const text = this.#random.weighted([
      [35, nodeName(this.#random)],
      [25, typeName(this.#random) ?? ""],
      [15, uri(this.#random)],
      [25, this.#random.pick(["a", "", "x y", "x1", "NULL", "properties.a.b", "-- no", "N1"])],
    ]);
    const plain = text.replace(/["'\\]/g, "");
    return this.#random.chance(0.8) ? `'${plain}'` : `"${plain}"`;
  }

  #pattern(): string {
    return this.#random.pick([
      "'n%'",
      "'n_'",
      "'N1%'",
      "'%'",
      "'_'",
      "'%a%'",
      "'mlmd.%'",
      "''",
      "'s3%'",
      "'%ü%'",
    ]);
  }

  #doubleLiteral(): string {
    return this.#random.pick(["0.0", "1.5", "-2.25", "0.000001", "1e15", ".5", "2.", "25e-1", "123456.789"]);
  }

  #property(field: string): string {
    const { pick } = bound(this.#random);
    const custom = this.#random.chance(0.5);
    const names = custom ? ["c1", "c1", "c2", "`a:b c`"] : ["p1", "p2", "p3", "`p 7:x`"];
    return `${custom ? "custom_properties" : "properties"}.${pick(names)}.${field}`;
  }

  #neighbour(field: string): string {
    const group = this.#random.pick<string>(neighbours[this.#kind]);
    return `${group}_${this.#random.pick(["a", "b"])}.${field}`;
  }

  #ofEvent(): string {
    const alias = `events_${this.#random.pick(["a", "0"])}`;
    if (this.#kind === "context") return this.#neighbour("id");
    const other = this.#kind === "artifact" ? "execution" : "artifact";
    return `${alias}.${this.#random.pick([`${other}_id`, `${other}_id`, "milliseconds_since_epoch * 0"])}`;
  }

  #id(kind: KindName): string {
    const id = idFrom(this.#random, this.#world.nodes(kind), 0.01);
    return id < 0n ? "0" : String(id);
  }
}

function bound(random: Random) {
  return {
    int: (min: number, max: number) => random.int(min, max),
    chance: (probability: number) => random.chance(probability),
    pick: <T>(values: readonly T[]) => random.pick(values),
  };
}
