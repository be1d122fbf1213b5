import type { KindName } from "../../../src/domain/kinds.ts";
import type { Random } from "../random.ts";
import { nodeName, uri } from "./nodes.ts";
import { typeName } from "./types.ts";
import { idFrom } from "./values.ts";
import type { World } from "./world.ts";

/** One condition on a node of the kind; `alias` numbers the neighbours and properties it joins. */
type Term = (random: Random, world: World, kind: KindName) => string;

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
];

/** Mostly a condition that a few of the nodes meet. */
export function filter(random: Random, world: World, kind: KindName): string {
  if (random.chance(0.04)) return random.pick(mistakes);
  if (random.chance(0.06)) return random.pick(oddities);
  const terms = random.list(1, 3, (index) => negated(random, term(random, world, kind, index)));
  return terms.reduce((left, right) => {
    const joined = `${left} ${random.pick(["AND", "OR", "and", "OR"])} ${right}`;
    return random.chance(0.3) ? `(${joined})` : joined;
  });
}

function negated(random: Random, condition: string): string {
  return random.chance(0.12) ? `NOT (${condition})` : condition;
}

function term(random: Random, world: World, kind: KindName, index: number): string {
  // A second condition of the same enum is refused by the original, hence states come first or not at all.
  const stateTerms: [number, Term][] = index === 0 && kind !== "context" ? [[12, state]] : [];
  const eventTerms: [number, Term][] = kind === "context" ? [] : [[10, event(index)]];
  const make = random.weighted<Term>([
    ...stateTerms,
    ...eventTerms,
    [14, id],
    [12, name],
    [10, type],
    [6, time],
    [10, kind === "artifact" ? artifactUri : name],
    [10, neighbour],
    [14, property],
    [6, arithmetic],
  ]);
  return make(random, world, kind);
}

const id: Term = (random, world, kind) => {
  const one = () => idFrom(random, world.nodes(kind), 0.02);
  return random.weighted([
    [40, `id ${random.pick(comparisons)} ${one()}`],
    [20, `id ${random.pick(["IN", "NOT IN"])} (${one()}, ${one()}, ${one()})`],
    [10, `id BETWEEN ${one()} AND ${one()}`],
    [10, `type_id ${random.pick(comparisons)} ${idFrom(random, world.types(kind))}`],
  ]);
};

const name: Term = (random) =>
  random.weighted([
    [30, `name ${random.pick(comparisons)} ${literal(nodeName(random))}`],
    [15, `name ${random.pick(["LIKE", "NOT LIKE"])} ${random.pick(["'n%'", "'n_'", "'N1%'", "'%'", "'_'"])}`],
    [10, `name IN (${literal(nodeName(random))}, ${literal(nodeName(random))})`],
    [10, `name IS ${random.pick(["NULL", "NOT NULL"])}`],
    [10, `external_id ${random.pick(["= 'x1'", "IS NULL", "LIKE 'x%'", '> "x3"'])}`],
  ]);

const type: Term = (random) => `type ${random.pick(["=", "!=", "LIKE"])} ${literal(typeName(random) ?? "")}`;

const artifactUri: Term = (random) =>
  `uri ${random.pick(["=", "!=", "LIKE", ">="])} ${random.chance(0.3) ? "'s3%'" : literal(uri(random))}`;

const time: Term = (random) =>
  random.pick([
    "create_time_since_epoch < last_update_time_since_epoch",
    "create_time_since_epoch = last_update_time_since_epoch",
    "create_time_since_epoch > 0",
    "last_update_time_since_epoch > 99999999999999",
  ]);

const state: Term = (random, _world, kind) => {
  const field = kind === "artifact" ? "state" : "last_known_state";
  const names = kind === "artifact" ? states.artifact : states.execution;
  return random.weighted([
    [40, `${field} ${random.pick(["=", "!="])} ${random.pick(names)}`],
    [30, `${field} ${random.pick(["IN", "NOT IN"])} (${random.pick(names)}, ${random.pick(names)})`],
    [15, `${field} IS ${random.pick(["NULL", "NOT NULL"])}`],
  ]);
};

function event(index: number): Term {
  return (random, world, kind) => {
    const alias = `events_${index}`;
    const other = kind === "artifact" ? "execution" : "artifact";
    return random.weighted([
      [40, `${alias}.${other}_id ${random.pick(comparisons)} ${idFrom(random, world.nodes(other))}`],
      [30, `${alias}.type = ${eventTypes[(random.int(0, 1) * 3 + index) % eventTypes.length]}`],
      [20, `${alias}.milliseconds_since_epoch ${random.pick(comparisons)} ${random.pick([0, 1, 1000])}`],
    ]);
  };
}

const neighbour: Term = (random, world, kind) => {
  const group = random.pick(
    kind === "context" ? ["parent_contexts", "child_contexts", "artifacts", "executions"] : ["contexts"],
  );
  const kindOfGroup = group.endsWith("contexts")
    ? "context"
    : group === "artifacts"
      ? "artifact"
      : "execution";
  const alias = `${group}_${random.pick(["a", "b"])}`;
  return random.weighted([
    [40, `${alias}.id ${random.pick(comparisons)} ${idFrom(random, world.nodes(kindOfGroup))}`],
    [25, `${alias}.name ${random.pick(["=", "!=", "LIKE"])} ${literal(nodeName(random))}`],
    [20, `${alias}.type = ${literal(typeName(random) ?? "")}`],
    [5, `${alias}.id IS ${random.pick(["NULL", "NOT NULL"])}`],
  ]);
};

const property: Term = (random) => {
  const custom = random.chance(0.5);
  const names = custom ? ["c1", "c2", "c3", "`a:b c`"] : ["p1", "p2", "p3", "p6", "`p 7:x`"];
  const column = `${custom ? "custom_properties" : "properties"}.${random.pick(names)}`;
  return random.weighted([
    [30, `${column}.int_value ${random.pick(comparisons)} ${random.pick([0, 1, 7, -1, 42])}`],
    [20, `${column}.double_value ${random.pick(comparisons)} ${random.pick([0, 1, 1.5, "-2.25", 0.000001])}`],
    [
      20,
      `${column}.string_value ${random.pick(["=", "!=", "LIKE", "<"])} ${random.pick(["'a'", "''", "'x y'"])}`,
    ],
    [10, `${column}.bool_value = ${random.pick(["true", "false", "TRUE"])}`],
    [
      15,
      `${column}.${random.pick(["int", "double", "string", "bool"])}_value IS ${random.pick(["NULL", "NOT NULL"])}`,
    ],
  ]);
};

const arithmetic: Term = (random, world, kind) =>
  random.pick([
    `id + 1 > ${idFrom(random, world.nodes(kind), 0)}`,
    `id * 2 - 1 = ${idFrom(random, world.nodes(kind), 0)}`,
    `-id < -${random.int(1, 9)}`,
    "id / 2 > 1.5",
    "id = 0x3",
    "id < 2.5e1",
    "1 = 1",
    "true",
  ]);

/** Without what the original's printing of literals changes: quotes, backslashes, names of columns. */
function literal(text: string): string {
  const plain = text.replace(/["'\\]/g, "");
  return `'${plain}'`;
}
