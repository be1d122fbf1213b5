import type { Name, Node, Value } from "./ast.ts";
import { alternatives, didYouMean, FilterError, shown } from "./error.ts";
import { callOf } from "./functions.ts";
import { limits } from "./limits.ts";
import { Names } from "./names.ts";
import type { Column, Expression, FilterPlan } from "./plan.ts";
import { type Typed, toDouble, unify } from "./types.ts";
import type { EnumType, KindName, ValueType } from "./vocabulary.ts";

/**
 * Gives every name its meaning and every expression its type.
 * @throws FilterError
 */
export function check(kind: KindName, filter: Node): FilterPlan {
  const checker = new Checker(kind);
  const condition = checker.condition(filter);
  return { kind, joins: checker.joins, condition };
}

type NodeOf<K extends Node["kind"]> = Node & { kind: K };

class Checker {
  readonly #names: Names;
  #doubles = 0;
  #alternatives = 0;

  constructor(kind: KindName) {
    this.#names = new Names(kind);
  }

  get joins(): FilterPlan["joins"] {
    return this.#names.joins;
  }

  condition(node: Node): Expression {
    const { expression, type, isNull } = this.#typed(node);
    if (type !== "BOOL") {
      throw new FilterError(
        node.at,
        `expected a condition, that is a BOOL; this is ${isNull ? "NULL" : `of type ${type}`}`,
      );
    }
    return expression;
  }

  /** `names`: the enum whose value names may stand here, beside everything else. */
  #typed(node: Node, names?: EnumType): Typed {
    switch (node.kind) {
      case "literal":
        return literal(node.at, node.value);
      case "name":
        return this.#name(node, names);
      case "property": {
        const { column, field } = this.#names.property(node.at, node.isCustom, node.name, node.field);
        return { at: node.at, expression: column, type: field.type };
      }
      case "group":
        return this.#typed(node.operand, names);
      case "and":
        return bool(node.at, { op: "and", terms: node.terms.map((term) => this.#logical(term)) });
      case "or":
        return this.#or(node);
      case "not":
        this.#refuseNull(node.operand, "NOT");
        return bool(node.at, not(this.condition(node.operand)));
      case "sign":
        return this.#sign(node);
      case "arithmetic":
        return this.#arithmetic(node);
      case "compare":
        return this.#compare(node);
      case "like":
        return this.#like(node);
      case "in":
        return this.#in(node);
      case "between":
        return this.#between(node);
      case "is":
        return this.#is(node);
      case "call":
        return callOf(
          node,
          node.args.map((argument) => this.#typed(argument)),
        );
      case "case":
        return this.#case(node);
    }
  }

  #or(node: NodeOf<"and" | "or">): Typed {
    const terms = alternativesOf(node.terms.map((term) => this.#logical(term)));
    this.#alternatives += terms.length;
    if (this.#alternatives > limits.alternatives) {
      throw new FilterError(
        node.at,
        `at most ${limits.alternatives} conditions may stand beside OR; use IN lists`,
      );
    }
    const [first] = terms;
    return bool(node.at, first !== undefined && terms.length === 1 ? first : { op: "or", terms });
  }

  /** A condition, or NULL for one that is not known. */
  #logical(node: Node): Expression {
    if (isNullLiteral(node)) return { op: "literal", type: "BOOL", value: null };
    return this.condition(node);
  }

  #name(node: NodeOf<"name">, names: EnumType | undefined): Typed {
    const [first, second] = node.path;
    if (names && first && !second) {
      const value = names.numbers.get(first.text);
      if (value !== undefined) return { ...literal(node.at, value), isEnumName: true };
      if (!this.#names.isKnown(node.path)) throw new FilterError(first.at, notInEnum(first, names));
    }
    const { column, field } = this.#names.resolve(node.path);
    return { at: node.at, expression: column, type: field.type, ...(field.enum && { enum: field.enum }) };
  }

  #sign(node: NodeOf<"sign">): Typed {
    const operand = this.#number(node.operand, node.operator);
    if (node.operator === "+") return { at: node.at, expression: operand.expression, type: operand.type };
    return { at: node.at, expression: { op: "negate", operand: operand.expression }, type: operand.type };
  }

  #arithmetic(node: NodeOf<"arithmetic">): Typed {
    const { at, operator } = node;
    const sides = [this.#number(node.left, operator), this.#number(node.right, operator)];
    const { type, expressions } = unify(at, operator === "/" ? sides.map(toDouble) : sides, operator);
    const [left, right] = expressions as [Expression, Expression];
    return { at, expression: { op: "arithmetic", operator, left, right }, type };
  }

  #number(node: Node, operator: string): Typed {
    this.#refuseNull(node, operator);
    const typed = this.#typed(node);
    if (typed.type !== "INT64" && typed.type !== "DOUBLE") {
      throw new FilterError(node.at, `\`${operator}\` needs numbers; this is of type ${typed.type}`);
    }
    return typed;
  }

  #compare(node: NodeOf<"compare">): Typed {
    const { at, left, right, operator } = node;
    this.#refuseNull(left, operator);
    this.#refuseNull(right, operator);
    const names = this.#enumOf(left) ?? this.#enumOf(right);
    const sides = [this.#typed(left, names), this.#typed(right, names)] as const;
    if (names) this.#checkEnum(node, sides, names);
    const { expressions } = unify(at, sides, operator);
    const [leftExpression, rightExpression] = expressions as [Expression, Expression];
    const isUnequal = operator === "!=" || operator === "<>";
    const compared: Expression = {
      op: "compare",
      operator: operator === "<>" ? "!=" : operator,
      left: leftExpression,
      right: rightExpression,
    };
    const byName = sides.findIndex((side) => side.isEnumName);
    if (!isUnequal || byName < 0) return bool(at, compared);
    return bool(at, orNull(compared, byName === 0 ? rightExpression : leftExpression));
  }

  /**
   * An enum is compared with names. A number right behind `=` or `!=` is refused, as it always was; other forms
   * (`state >= 2`, `state IN (2)`, `state = (2)`) have always let numbers pass.
   */
  #checkEnum(node: NodeOf<"compare">, [left, right]: readonly [Typed, Typed], names: EnumType): void {
    if (left.enum && right.enum && left.enum !== right.enum) {
      throw new FilterError(node.at, `cannot compare ${left.enum.name} with ${right.enum.name}`);
    }
    if (left.type === "STRING" || right.type === "STRING") {
      throw new FilterError(node.at, `expected ${names.name} by its name, without quotes: ${namesOf(names)}`);
    }
    const isStrict = node.operator === "=" || node.operator === "!=";
    const isPlainNumber = node.right.kind !== "group" && !right.enum && !right.isEnumName;
    if (isStrict && node.left.kind === "name" && left.enum && isPlainNumber) {
      throw new FilterError(node.right.at, `expected ${names.name} by its name: ${namesOf(names)}`);
    }
  }

  #like(node: NodeOf<"like">): Typed {
    const sides = [node.operand, node.pattern].map((side) => {
      this.#refuseNull(side, "LIKE");
      const typed = this.#typed(side);
      if (typed.type === "STRING") return typed.expression;
      throw new FilterError(side.at, `LIKE needs strings; this is of type ${typed.type}`);
    });
    const [operand, pattern] = sides as [Expression, Expression];
    if (pattern.op === "literal") checkPattern(node.pattern.at, pattern.value);
    return bool(node.at, negatedIf(node.negated, { op: "like", operand, pattern }));
  }

  #in(node: NodeOf<"in">): Typed {
    const names = this.#enumOf(node.operand);
    const items = [node.operand, ...node.list].map((item) => this.#typed(item, names));
    const { type, expressions } = unify(node.at, items, "IN");
    const [operand, ...list] = expressions as [Expression, ...Expression[]];
    const values: NonNullable<Value>[] = [];
    for (const item of list) if (item.op === "literal" && item.value !== null) values.push(item.value);
    const isAllValues = values.length === list.length;
    if (type === "DOUBLE" && isAllValues) this.#countDoubles(node.at, values.length);
    const found = negatedIf(
      node.negated,
      isAllValues ? { op: "inValues", operand, type, values } : { op: "in", operand, list },
    );
    const isByName = items.some((item) => item.isEnumName);
    return bool(node.at, node.negated && isByName ? orNull(found, operand) : found);
  }

  #countDoubles(at: number, count: number): void {
    this.#doubles += count;
    if (this.#doubles > limits.listedDoubles) {
      throw new FilterError(at, `IN lists may hold at most ${limits.listedDoubles} doubles in all`);
    }
  }

  #between(node: NodeOf<"between">): Typed {
    const names = this.#enumOf(node.operand);
    const parts = [node.operand, node.low, node.high].map((part) => this.#typed(part, names));
    const { expressions } = unify(node.at, parts, "BETWEEN");
    const [operand, low, high] = expressions as [Expression, Expression, Expression];
    return bool(node.at, negatedIf(node.negated, { op: "between", operand, low, high }));
  }

  #is(node: NodeOf<"is">): Typed {
    if (node.what === "NULL") {
      const { expression } = this.#typed(node.operand);
      return bool(node.at, negatedIf(node.negated, { op: "isNull", operand: expression }));
    }
    const ops = { TRUE: "isTrue", FALSE: "isFalse", UNKNOWN: "isNull" } as const;
    const operand = this.#logical(node.operand);
    return bool(node.at, negatedIf(node.negated, { op: ops[node.what], operand }));
  }

  #case(node: NodeOf<"case">): Typed {
    const { at, branches } = node;
    const given = branches.map(({ result }) => this.#typed(result));
    const otherwise = node.otherwise ? this.#typed(node.otherwise) : literal(at, null);
    const results = unify(at, [...given, otherwise], "CASE");
    const tests = this.#tests(node);
    const expression: Expression = {
      op: "case",
      ...(tests.operand && { operand: tests.operand }),
      branches: branches.map((_, i) => ({
        when: tests.whens[i] as Expression,
        result: results.expressions[i] as Expression,
      })),
      otherwise: results.expressions.at(-1) as Expression,
    };
    return { at, expression, type: results.type };
  }

  #tests({ at, operand, branches }: NodeOf<"case">): { operand?: Expression; whens: readonly Expression[] } {
    if (!operand) return { whens: branches.map(({ when }) => this.#logical(when)) };
    const names = this.#enumOf(operand);
    const parts = [operand, ...branches.map(({ when }) => when)].map((part) => this.#typed(part, names));
    const [compared, ...whens] = unify(at, parts, "CASE").expressions as [Expression, ...Expression[]];
    return { operand: compared, whens };
  }

  #refuseNull(node: Node, operator: string): void {
    if (!isNullLiteral(node)) return;
    throw new FilterError(node.at, `\`${operator}\` cannot take NULL; IS NULL and IS NOT NULL ask for it`);
  }

  #enumOf(node: Node): EnumType | undefined {
    if (node.kind === "group") return this.#enumOf(node.operand);
    return node.kind === "name" ? this.#names.enumOf(node.path) : undefined;
  }
}

function literal(at: number, value: Value): Typed {
  const type =
    typeof value === "number"
      ? "DOUBLE"
      : typeof value === "string"
        ? "STRING"
        : typeof value === "boolean"
          ? "BOOL"
          : "INT64";
  return { at, expression: { op: "literal", type, value }, type, isNull: value === null };
}

function bool(at: number, expression: Expression): Typed {
  return { at, expression, type: "BOOL" };
}

function not(operand: Expression): Expression {
  return { op: "not", operand };
}

function negatedIf(negated: boolean, expression: Expression): Expression {
  return negated ? not(expression) : expression;
}

/** `a = 1 OR a = 2` is `a IN (1, 2)`, which databases plan and look up at once. */
function alternativesOf(terms: readonly Expression[]): Expression[] {
  const byColumn = Map.groupBy(terms, (term) => {
    const equality = equalityOf(term);
    return equality && `${equality.column.join} ${equality.column.field} ${equality.type}`;
  });
  return [...byColumn.values()].flatMap((group) => {
    const equalities = group.flatMap((term) => equalityOf(term) ?? []);
    const [first, second] = equalities;
    if (first === undefined || second === undefined) return group;
    return {
      op: "inValues",
      operand: first.column,
      type: first.type,
      values: equalities.map(({ value }) => value),
    };
  });
}

function equalityOf(
  term: Expression,
): { column: Column; type: ValueType; value: NonNullable<Value> } | undefined {
  if (term.op !== "compare" || term.operator !== "=") return undefined;
  const { left, right } = term;
  if (left.op !== "column" || right.op !== "literal" || right.value === null) return undefined;
  return { column: left, type: right.type, value: right.value };
}

/** "Is not LIVE" holds for a node without state, too; so the original has it for enums, and only for them. */
function orNull(condition: Expression, operand: Expression): Expression {
  return { op: "or", terms: [condition, { op: "isNull", operand }] };
}

function isNullLiteral(node: Node): boolean {
  if (node.kind === "group") return isNullLiteral(node.operand);
  return node.kind === "literal" && node.value === null;
}

function namesOf(type: EnumType): string {
  return alternatives([...type.numbers.keys()]);
}

function notInEnum(written: Name, type: EnumType): string {
  const known = [...type.numbers.keys()];
  return `${shown(written.text)} is not ${type.name}; these are ${known.join(", ")}${didYouMean(written.text, known)}`;
}

function checkPattern(at: number, pattern: Value): void {
  const text = String(pattern);
  if (new TextEncoder().encode(text).length > limits.pattern) {
    throw new FilterError(at, `a LIKE pattern may have at most ${limits.pattern} bytes`);
  }
  const backslashes = /\\*$/.exec(text)?.[0].length ?? 0;
  if (backslashes % 2 === 1) {
    throw new FilterError(at, "the LIKE pattern ends with a backslash that escapes nothing: double it");
  }
}
