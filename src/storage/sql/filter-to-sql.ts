import type { Column, Expression, FilterPlan, FunctionName, Join, Literal } from "../../filter/plan.ts";
import type { FieldName, KindName, NeighbourName, PropertyFieldName } from "../../filter/vocabulary.ts";
import { type Dialect, isIndexedText } from "./dialect.ts";
import { join, raw, type Sql, sql } from "./fragment.ts";
import { memberTables, nodeTables } from "./tables.ts";

export interface FilterSql {
  /** What to put behind the nodes' own table, whose alias is `n`; may be empty. */
  readonly joins: Sql;
  readonly condition: Sql;
  /** The joins may give a node more than once, so that the query needs DISTINCT. */
  readonly mayRepeat: boolean;
}

/**
 * A row per neighbour multiplies: so many neighbours of a node, joined so many times. Above this number of
 * them the neighbours are looked for in subqueries instead, of which none multiplies with another; below it
 * joins are better, because the database can begin with the most selective of them.
 */
const multiplyingJoinsMax = 3;

/** `isNarrow`: the query has another condition that only few nodes meet. */
export function filterToSql(plan: FilterPlan, dialect: Dialect, isNarrow = false): FilterSql {
  const { kind, joins } = plan;
  const pinned = pinnedNeighbours(plan);
  const terms = topTerms(plan.condition).filter((term) => !termOf(pinned, term));
  const left = joins.map((_, index) => index).filter((index) => !pinned.has(index));
  const multiplying = left.filter((index) => mayMultiply(plan, index));
  const isNested = multiplying.length > multiplyingJoinsMax;
  const flat = left.flatMap((index) => {
    const joined = joins[index] as Join;
    return isNested && joined.kind === "neighbour" ? [] : tablesOf(kind, joined, index, dialect);
  });
  const writer = new Writer(plan, dialect, unselective(plan, isNarrow || pinned.size > 0));
  const written = isNested
    ? writer.nested(left, terms)
    : [
        ...(terms.length === 0 ? [] : [writer.expression(conjunction(terms))]),
        ...anyTypeOfNamed(plan, terms),
        ...indexedTexts(terms, dialect),
      ];
  const among = [...pinned].map(([index, own]) => writer.among(index, own));
  return {
    joins: join(
      flat.map(({ table, on }) => sql`JOIN ${table} ON ${on}`),
      " ",
    ),
    condition: balanced([...among, ...written], " AND "),
    mayRepeat: !isNested && multiplying.length > 0,
  };
}

/**
 * The neighbours that the condition names, each with the terms that are about nothing else. Few nodes are next to
 * one of them: they are looked up first, in the order of their ids, and none of them comes twice.
 */
function pinnedNeighbours({ joins, condition }: FilterPlan): Map<number, readonly Expression[]> {
  const terms = topTerms(condition);
  const pinned = new Map<number, readonly Expression[]>();
  joins.forEach((joined, index) => {
    if (joined.kind !== "neighbour") return;
    const own = terms.filter((term) => joinsIn(term).has(index));
    const isAlone = own.every((term) => joinsIn(term).size === 1);
    if (isAlone && own.some(namesFew)) pinned.set(index, own);
  });
  return pinned;
}

const namingFields: ReadonlySet<FieldName | PropertyFieldName> = new Set([
  "id",
  "name",
  "external_id",
  "uri",
  "artifact_id",
  "execution_id",
]);

/** Whether only few rows can have what the term asks for. */
function namesFew(term: Expression): boolean {
  const column = fixedColumn(term);
  return column !== undefined && namingFields.has(column.field);
}

/**
 * The properties whose values should not be what the search begins with: where the condition names something, or
 * gives the value of another property, that is met by fewer nodes than these values may be.
 */
function unselective({ joins, condition }: FilterPlan, isNarrow: boolean): ReadonlySet<number> {
  const terms = topTerms(condition);
  const isNamed = terms.some((term) => fixedColumn(term)?.join === "node" && namesFew(term));
  const fixed = new Set(isNarrow || isNamed ? [] : terms.map((term) => fixedColumn(term)?.join));
  const properties = joins.flatMap(({ kind }, index) => (kind === "property" ? index : []));
  if (!isNarrow && !isNamed && !properties.some((index) => fixed.has(index))) return new Set();
  return new Set(properties.filter((index) => !fixed.has(index)));
}

function termOf(pinned: ReadonlyMap<number, readonly Expression[]>, term: Expression): boolean {
  return [...pinned.values()].some((own) => own.includes(term));
}

/** A node has many neighbours, but only one of a given id, and one event of a given other end and type. */
function mayMultiply({ joins, condition }: FilterPlan, index: number): boolean {
  const joined = joins[index];
  if (joined?.kind !== "neighbour") return false;
  const fixed = new Set(topTerms(condition).flatMap((term) => fieldsEqualToLiteral(term, index)));
  if (joined.neighbour !== "events") return !fixed.has("id");
  return !(fixed.has("type") && (fixed.has("artifact_id") || fixed.has("execution_id")));
}

/**
 * Names are indexed behind the type. A condition that is true of every row, its type is one of the kind's types,
 * lets a database go through the few types of that index instead of through all nodes.
 */
function anyTypeOfNamed({ kind, joins }: FilterPlan, terms: readonly Expression[]): Sql[] {
  const fixed = terms.flatMap((term) => fixedColumn(term) ?? []);
  const named = new Set(fixed.filter(({ field }) => field === "name").map((column) => column.join));
  return [...named].map((index) => {
    const neighbour = index === "node" ? undefined : joins[index];
    const target = neighbour?.kind === "neighbour" ? kindOf(neighbour.neighbour) : kind;
    const alias = index === "node" ? raw("n") : raw(`j${index}`);
    return sql`${alias}.type_id IN (SELECT id FROM Type WHERE type_kind = ${typeKinds[target]})`;
  });
}

/** As above, for texts that some databases have in an index only while they are short. */
function indexedTexts(terms: readonly Expression[], { indexedText }: Dialect): Sql[] {
  if (indexedText === undefined) return [];
  return terms.flatMap((term) => {
    if (term.op !== "compare" || term.operator !== "=" || term.left.op !== "column") return [];
    const { join: index, field } = term.left;
    const text = term.right.op === "literal" ? term.right.value : undefined;
    if (typeof text !== "string" || !isIndexedText(text) || (field !== "string_value" && field !== "uri"))
      return [];
    return [indexedText(sql`${index === "node" ? raw("n") : raw(`j${index}`)}.${columns[field]}`)];
  });
}

/** The column that the term gives one of a few values. */
function fixedColumn(term: Expression): Column | undefined {
  if (term.op === "inValues") return term.operand.op === "column" ? term.operand : undefined;
  if (term.op !== "compare" || term.operator !== "=") return undefined;
  const { left, right } = term;
  if (left.op === "column" && right.op === "literal") return left;
  return right.op === "column" && left.op === "literal" ? right : undefined;
}

function kindOf(neighbour: NeighbourName): KindName {
  if (neighbour === "artifacts") return "artifact";
  return neighbour === "executions" ? "execution" : "context";
}

function topTerms(condition: Expression): readonly Expression[] {
  return condition.op === "and" ? condition.terms : [condition];
}

function fieldsEqualToLiteral(term: Expression, index: number): (FieldName | PropertyFieldName)[] {
  const column = term.op === "compare" ? fixedColumn(term) : undefined;
  return column?.join === index ? [column.field] : [];
}

interface JoinedTable {
  readonly table: Sql;
  readonly on: Sql;
}

/** The column of the first table that has the node's id. */
function ownerOf(kind: KindName, joined: Join, index: number): Sql {
  if (joined.kind !== "neighbour" || joined.neighbour === "events")
    return sql`${raw(`j${index}`)}.${nodeTables[kind].owner}`;
  return sql`${raw(`l${index}`)}.${linkTo(kind, joined.neighbour).from}`;
}

/** The tables of a join: `j0` has its fields, `t0` is its type where the filter asks for that, `l0` leads to it. */
function tablesOf(kind: KindName, joined: Join, index: number, dialect: Dialect): JoinedTable[] {
  const j = raw(`j${index}`);
  if (joined.kind === "type") {
    return [{ table: sql`Type ${j}`, on: sql`${j}.id = n.type_id AND ${j}.type_kind = ${typeKinds[kind]}` }];
  }
  if (joined.kind === "property") {
    const { property } = nodeTables[kind];
    const isNamed = sql`${j}.name = ${joined.name} AND ${j}.is_custom_property = ${dialect.boolean(joined.isCustom)}`;
    return [{ table: sql`${property} ${j}`, on: sql`${ownerOf(kind, joined, index)} = n.id AND ${isNamed}` }];
  }
  if (joined.neighbour === "events") {
    return [{ table: sql`Event ${j}`, on: sql`${ownerOf(kind, joined, index)} = n.id` }];
  }
  const { link, to, node } = linkTo(kind, joined.neighbour);
  const l = raw(`l${index}`);
  const t = raw(`t${index}`);
  const tables = [
    { table: sql`${link} ${l}`, on: sql`${ownerOf(kind, joined, index)} = n.id` },
    { table: sql`${node} ${j}`, on: sql`${j}.id = ${l}.${to}` },
  ];
  if (joined.usesType) tables.push({ table: sql`Type ${t}`, on: sql`${t}.id = ${j}.type_id` });
  return tables;
}

const typeKinds: Readonly<Record<KindName, Sql>> = {
  artifact: raw("1"),
  execution: raw("0"),
  context: raw("2"),
};

/** The table that leads from nodes of the kind to their neighbours: its columns for both, and the neighbours' table. */
function linkTo(kind: KindName, neighbour: Exclude<NeighbourName, "events">) {
  const contextId = raw("context_id");
  const parentId = raw("parent_context_id");
  const contexts = nodeTables.context.node;
  const parents = raw("ParentContext");
  if (neighbour === "parent_contexts")
    return { link: parents, from: contextId, to: parentId, node: contexts };
  if (neighbour === "child_contexts") return { link: parents, from: parentId, to: contextId, node: contexts };
  if (neighbour === "contexts") {
    if (kind === "context") throw new Error("a context has parents and children, not contexts");
    const { membership, node } = memberTables[kind];
    return { link: membership, from: node, to: contextId, node: contexts };
  }
  const member = neighbour === "artifacts" ? "artifact" : "execution";
  const { membership, node } = memberTables[member];
  return { link: membership, from: contextId, to: node, node: nodeTables[member].node };
}

/** Every column that a filter can mention. */
const columns: Readonly<Record<FieldName | PropertyFieldName, Sql>> = {
  id: raw("id"),
  type_id: raw("type_id"),
  type: raw("type"),
  name: raw("name"),
  external_id: raw("external_id"),
  uri: raw("uri"),
  state: raw("state"),
  last_known_state: raw("last_known_state"),
  create_time_since_epoch: raw("create_time_since_epoch"),
  last_update_time_since_epoch: raw("last_update_time_since_epoch"),
  artifact_id: raw("artifact_id"),
  execution_id: raw("execution_id"),
  milliseconds_since_epoch: raw("milliseconds_since_epoch"),
  int_value: raw("int_value"),
  double_value: raw("double_value"),
  string_value: raw("string_value"),
  bool_value: raw("bool_value"),
};

/** The columns of numbers that a condition may compute with. */
const integerFields: ReadonlySet<FieldName | PropertyFieldName> = new Set([
  ...([
    "id",
    "type_id",
    "state",
    "last_known_state",
    "create_time_since_epoch",
    "last_update_time_since_epoch",
  ] as const),
  ...(["artifact_id", "execution_id", "milliseconds_since_epoch", "int_value"] as const),
]);

const operators = {
  "=": raw("="),
  "!=": raw("!="),
  "<": raw("<"),
  "<=": raw("<="),
  ">": raw(">"),
  ">=": raw(">="),
  "+": raw("+"),
  "-": raw("-"),
  "*": raw("*"),
} as const;

const functionNames: Readonly<Record<Exclude<FunctionName, "LENGTH" | "SUBSTR">, Sql>> = {
  COALESCE: raw("COALESCE"),
  NULLIF: raw("NULLIF"),
  LOWER: raw("LOWER"),
  UPPER: raw("UPPER"),
  TRIM: raw("TRIM"),
  LTRIM: raw("LTRIM"),
  RTRIM: raw("RTRIM"),
  ABS: raw("ABS"),
};

/** Longer lists are bound as one value, for which a database cannot say how many rows will match. */
const shortListLength = 8;

class Writer {
  readonly #plan: FilterPlan;
  readonly #dialect: Dialect;
  readonly #unselective: ReadonlySet<number>;

  constructor(plan: FilterPlan, dialect: Dialect, unselective: ReadonlySet<number>) {
    this.#plan = plan;
    this.#dialect = dialect;
    this.#unselective = unselective;
  }

  /** The terms with subqueries in place of the joins of `left` with neighbours; every neighbour is required to be there. */
  nested(left: readonly number[], terms: readonly Expression[]): Sql[] {
    const { joins } = this.#plan;
    const found = new Set<NeighbourName>();
    const written = this.#quantified(conjunction(terms), found);
    const others = new Map<NeighbourName, number>();
    for (const index of left) {
      const each = joins[index];
      if (each?.kind === "neighbour" && !found.has(each.neighbour)) others.set(each.neighbour, index);
    }
    return [...[...others.values()].map((index) => this.#exists([index])), written];
  }

  /** The node is next to a neighbour for which the terms, which are about nothing else, are true. */
  among(index: number, terms: readonly Expression[]): Sql {
    const { kind, joins } = this.#plan;
    const joined = joins[index] as Join;
    const [first, ...others] = tablesOf(kind, joined, index, this.#dialect) as [
      JoinedTable,
      ...JoinedTable[],
    ];
    const from = join([first.table, ...others.map(({ table, on }) => sql`JOIN ${table} ON ${on}`)], " ");
    const where = balanced(
      [...this.#all(terms), ...anyTypeOfNamed(this.#plan, terms), ...indexedTexts(terms, this.#dialect)],
      " AND ",
    );
    return sql`n.id IN (SELECT ${ownerOf(kind, joined, index)} FROM ${from} WHERE ${where})`;
  }

  /**
   * The condition, with each neighbour looked for as far inside as it can be: "there is one" goes through OR, and
   * through AND between terms without a common neighbour. Adds to `found` what is there wherever the condition holds.
   */
  #quantified(condition: Expression, found: Set<NeighbourName>): Sql {
    const neighbours = this.#neighboursIn(condition);
    if (neighbours.length === 0) return this.expression(condition);
    if (condition.op === "or")
      return balanced(
        condition.terms.map((term) => this.#quantified(term, new Set())),
        " OR ",
      );
    if (condition.op === "not") {
      const negated = negation(condition.operand);
      if (negated) return this.#quantified(negated, found);
    }
    if (condition.op === "and") {
      const groups = this.#independentGroups(condition.terms);
      if (groups.length > 1)
        return balanced(
          groups.map((group) => this.#quantified(group, found)),
          " AND ",
        );
    }
    for (const index of neighbours) {
      const joined = this.#plan.joins[index];
      if (joined?.kind === "neighbour") found.add(joined.neighbour);
    }
    return this.#exists(neighbours, condition);
  }

  /** The terms, those that have a neighbour in common put together. */
  #independentGroups(terms: readonly Expression[]): Expression[] {
    const plain: Expression[] = [];
    let groups: { neighbours: readonly number[]; terms: readonly Expression[] }[] = [];
    for (const term of terms) {
      const neighbours = this.#neighboursIn(term);
      if (neighbours.length === 0) plain.push(term);
      const touches = (group: (typeof groups)[number]) =>
        group.neighbours.some((each) => neighbours.includes(each));
      const touched = groups.filter(touches);
      if (neighbours.length > 0) {
        groups = groups.filter((group) => !touches(group));
        groups.push({
          neighbours: [...touched.flatMap((group) => group.neighbours), ...neighbours],
          terms: [...touched.flatMap((group) => group.terms), term],
        });
      }
    }
    return [...plain, ...groups.map((group) => conjunction(group.terms))];
  }

  #exists(neighbours: readonly number[], condition?: Expression): Sql {
    const { kind, joins } = this.#plan;
    const tables = neighbours.flatMap((index) => tablesOf(kind, joins[index] as Join, index, this.#dialect));
    const [first, ...others] = tables as [JoinedTable, ...JoinedTable[]];
    const joined = others.map(({ table, on }) => sql` JOIN ${table} ON ${on}`);
    const from = sql`${first.table}${join(joined, " ")}`;
    const where = condition ? sql`${first.on} AND ${this.expression(condition)}` : first.on;
    return sql`EXISTS (SELECT 1 FROM ${from} WHERE ${where})`;
  }

  #neighboursIn(expression: Expression): number[] {
    const indexes = [...joinsIn(expression)].filter((index) => index !== "node");
    return indexes.filter((index) => this.#plan.joins[index]?.kind === "neighbour").sort((a, b) => a - b);
  }

  expression(expression: Expression): Sql {
    switch (expression.op) {
      case "literal":
        return this.#literal(expression);
      case "column":
        return this.#column(expression.join, expression.field);
      case "and":
        return balanced(this.#all(expression.terms), " AND ");
      case "or":
        return balanced(this.#all(expression.terms), " OR ");
      case "not":
        return sql`(NOT ${this.expression(expression.operand)})`;
      case "compare":
        return sql`(${this.expression(expression.left)} ${operators[expression.operator]} ${this.expression(expression.right)})`;
      case "like":
        return sql`(${this.#dialect.like(this.expression(expression.operand), this.expression(expression.pattern))})`;
      case "in":
        return sql`(${this.expression(expression.operand)} IN (${join(this.#all(expression.list), ", ")}))`;
      case "inValues":
        return sql`(${this.#inValues(expression)})`;
      case "between": {
        const [operand, low, high] = this.#all([expression.operand, expression.low, expression.high]);
        return sql`(${operand as Sql} BETWEEN ${low as Sql} AND ${high as Sql})`;
      }
      case "isNull":
        return sql`(${this.expression(expression.operand)} IS NULL)`;
      case "isTrue":
        return sql`(${this.expression(expression.operand)} IS TRUE)`;
      case "isFalse":
        return sql`(${this.expression(expression.operand)} IS FALSE)`;
      case "negate":
        return sql`(- ${this.#operand(expression.operand)})`;
      case "arithmetic":
        return this.#arithmetic(expression);
      case "toDouble":
        return this.#dialect.toDouble(this.expression(expression.operand));
      case "call":
        return this.#call(expression);
      case "case":
        return this.#case(expression);
    }
  }

  #all(expressions: readonly Expression[]): Sql[] {
    return expressions.map((expression) => this.expression(expression));
  }

  /** The operand of something that computes with it. */
  #operand(expression: Expression): Sql {
    const written = this.expression(expression);
    return expression.op === "column" && integerFields.has(expression.field)
      ? this.#dialect.toInt64(written)
      : written;
  }

  #literal({ value }: Literal): Sql {
    if (value === null) return raw("NULL");
    return sql`${typeof value === "boolean" ? this.#dialect.boolean(value) : value}`;
  }

  #column(index: number | "node", field: FieldName | PropertyFieldName): Sql {
    if (index === "node") return sql`n.${columns[field]}`;
    const joined = this.#plan.joins[index];
    if (field !== "type") {
      const column = sql`${raw(`j${index}`)}.${columns[field]}`;
      return this.#unselective.has(index) ? (this.#dialect.unindexed?.(column) ?? column) : column;
    }
    // An event has a type of its own; the type of everything else is a row with a name.
    if (joined?.kind === "neighbour" && joined.neighbour === "events") return sql`${raw(`j${index}`)}.type`;
    return joined?.kind === "type" ? sql`${raw(`j${index}`)}.name` : sql`${raw(`t${index}`)}.name`;
  }

  #inValues({ operand, type, values }: Expression & { op: "inValues" }): Sql {
    const column = this.expression(operand);
    if (values.length > shortListLength && type === "INT64") {
      return this.#dialect.inIds(column, values as readonly bigint[]);
    }
    if (values.length > shortListLength && type === "STRING") {
      return this.#dialect.inTexts(column, values as readonly string[]);
    }
    const literals = [...new Set(values)].map((value) => this.#literal({ op: "literal", type, value }));
    return sql`${column} IN (${join(literals, ", ")})`;
  }

  /** Where a divisor is 0 the quotient is not known, on every database. */
  #arithmetic({ operator, left, right }: Expression & { op: "arithmetic" }): Sql {
    const [first, second] = [this.#operand(left), this.#operand(right)];
    if (operator === "/") return sql`(${first} / NULLIF(${second}, 0))`;
    return sql`(${first} ${operators[operator]} ${second})`;
  }

  #call({ name, args }: Expression & { op: "call" }): Sql {
    const [first, ...others] = args.map((argument) => this.#operand(argument)) as [Sql, ...Sql[]];
    if (name === "LENGTH") return this.#dialect.length(first);
    if (name === "SUBSTR") return this.#dialect.substring(first, ...(others as [Sql, Sql?]));
    return sql`${functionNames[name]}(${join([first, ...others], ", ")})`;
  }

  #case({ operand, branches, otherwise }: Expression & { op: "case" }): Sql {
    const written = branches.map(({ when, result }) => {
      return sql`WHEN ${this.expression(when)} THEN ${this.expression(result)}`;
    });
    const start = operand ? sql`CASE ${this.expression(operand)}` : raw("CASE");
    const end = otherwise ? sql`ELSE ${this.expression(otherwise)} END` : raw("END");
    return sql`(${join([start, ...written, end], " ")})`;
  }
}

/** The operand of NOT as the terms of the opposite operator, which is the same in three-valued logic too. */
function negation(operand: Expression): Expression | undefined {
  if (operand.op === "not") return operand.operand;
  if (operand.op !== "and" && operand.op !== "or") return undefined;
  const terms = operand.terms.map((term): Expression => ({ op: "not", operand: term }));
  return { op: operand.op === "and" ? "or" : "and", terms };
}

function conjunction(terms: readonly Expression[]): Expression {
  const [only, ...others] = terms as [Expression, ...Expression[]];
  return others.length === 0 ? only : { op: "and", terms };
}

/** What the columns of the expression belong to. */
function joinsIn(expression: Expression): Set<number | "node"> {
  const found = new Set<number | "node">();
  const collect = (part: Expression): void => {
    if (part.op === "column") found.add(part.join);
    else for (const inner of partsOf(part)) collect(inner);
  };
  collect(expression);
  return found;
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.op) {
    case "literal":
    case "column":
      return [];
    case "and":
    case "or":
      return expression.terms;
    case "compare":
    case "arithmetic":
      return [expression.left, expression.right];
    case "like":
      return [expression.operand, expression.pattern];
    case "in":
      return [expression.operand, ...expression.list];
    case "between":
      return [expression.operand, expression.low, expression.high];
    case "call":
      return expression.args;
    case "case": {
      const { operand, branches, otherwise } = expression;
      const parts = [operand, otherwise, ...branches.flatMap(({ when, result }) => [when, result])];
      return parts.filter((part) => part !== undefined);
    }
    default:
      return [expression.operand];
  }
}

/** The terms in a tree of little height: a long chain would be a tree as high as it is long, which databases refuse. */
function balanced(terms: readonly Sql[], operator: " AND " | " OR "): Sql {
  if (terms.length <= 2) return terms.length === 1 ? (terms[0] as Sql) : sql`(${join(terms, operator)})`;
  const half = terms.length >> 1;
  const halves = [balanced(terms.slice(0, half), operator), balanced(terms.slice(half), operator)];
  return sql`(${join(halves, operator)})`;
}
