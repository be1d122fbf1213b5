import { FilterError } from "./error.ts";
import type { Expression } from "./plan.ts";
import type { EnumType, ValueType } from "./vocabulary.ts";

/** An expression whose type is known. */
export interface Typed {
  readonly at: number;
  readonly expression: Expression;
  readonly type: ValueType;
  /** The literal NULL, which takes the type that is asked of it. */
  readonly isNull?: boolean;
  /** The enum whose values the field holds. */
  readonly enum?: EnumType;
  /** The name of an enum value was written. */
  readonly isEnumName?: boolean;
}

/**
 * Brings operands to one type: integers beside doubles become doubles, NULL becomes anything.
 * @throws FilterError at `at` where they have no type in common
 */
export function unify(
  at: number,
  operands: readonly Typed[],
  operator: string,
): { type: ValueType; expressions: readonly Expression[] } {
  let type: ValueType | undefined;
  for (const operand of operands) {
    if (operand.isNull || operand.type === type) continue;
    if (type === undefined) type = operand.type;
    else if (isNumeric(type) && isNumeric(operand.type)) type = "DOUBLE";
    else throw new FilterError(at, `\`${operator}\` cannot take ${type} and ${operand.type} together`);
  }
  const common = type ?? "INT64";
  return { type: common, expressions: operands.map((operand) => as(common, operand).expression) };
}

/** The operand as a value of the type, which must be its own or one that it becomes without loss of meaning. */
export function as(type: ValueType, operand: Typed): Typed {
  if (operand.isNull) return { ...operand, type, expression: { op: "literal", type, value: null } };
  return type === "DOUBLE" ? toDouble(operand) : operand;
}

export function toDouble(operand: Typed): Typed {
  const { at, expression, type } = operand;
  if (type === "DOUBLE") return operand;
  const isInteger = expression.op === "literal" && typeof expression.value === "bigint";
  return {
    at,
    type: "DOUBLE",
    expression: isInteger
      ? { op: "literal", type: "DOUBLE", value: Number(expression.value) }
      : { op: "toDouble", operand: expression },
  };
}

export function isNumeric(type: ValueType): boolean {
  return type === "INT64" || type === "DOUBLE";
}
