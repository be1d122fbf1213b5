import type { Arithmetic, Value } from "./ast.ts";
import type { FieldName, KindName, NeighbourName, PropertyFieldName, ValueType } from "./vocabulary.ts";

/**
 * A checked filter on nodes of one kind. A node is selected where some choice of one row per join makes the
 * condition true. So a node without a row for a join is not selected, whatever the condition says: to mention
 * a neighbour or a property is to require it.
 */
export interface FilterPlan {
  readonly kind: KindName;
  readonly joins: readonly Join[];
  readonly condition: Expression;
}

export type Join =
  /** The node's type. */
  | { readonly kind: "type" }
  /** The node's property of this name; at most one row. */
  | { readonly kind: "property"; readonly isCustom: boolean; readonly name: string }
  /** Any of the node's neighbours. `usesType`: the condition mentions the neighbour's type name. */
  | { readonly kind: "neighbour"; readonly neighbour: NeighbourName; readonly usesType: boolean };

/**
 * Operands have the types that their operator needs: both sides of a comparison or of `+` are of one type, `/`
 * divides doubles, and a mixture of integers and doubles was made one of doubles.
 */
export type Expression =
  | Literal
  | Column
  | { readonly op: "and" | "or"; readonly terms: readonly Expression[] }
  | { readonly op: "not"; readonly operand: Expression }
  | {
      readonly op: "compare";
      readonly operator: "=" | "!=" | "<" | "<=" | ">" | ">=";
      readonly left: Expression;
      readonly right: Expression;
    }
  /** A backslash in the pattern makes the next character stand for itself. */
  | { readonly op: "like"; readonly operand: Expression; readonly pattern: Expression }
  | { readonly op: "in"; readonly operand: Expression; readonly list: readonly Expression[] }
  /** As `in`, for a list of values of one type without NULL, which may be long. */
  | {
      readonly op: "inValues";
      readonly operand: Expression;
      readonly type: ValueType;
      readonly values: readonly NonNullable<Value>[];
    }
  | {
      readonly op: "between";
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
    }
  | { readonly op: "isNull"; readonly operand: Expression }
  | { readonly op: "isTrue" | "isFalse"; readonly operand: Expression }
  | { readonly op: "negate"; readonly operand: Expression }
  | {
      readonly op: "arithmetic";
      readonly operator: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly op: "toDouble"; readonly operand: Expression }
  | { readonly op: "call"; readonly name: FunctionName; readonly args: readonly Expression[] }
  | {
      readonly op: "case";
      readonly operand?: Expression;
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise?: Expression;
    };

export interface Literal {
  readonly op: "literal";
  readonly type: ValueType;
  readonly value: Value;
}

/** A field of the row that a join (an index into `joins`) chose, or of the node itself. */
export interface Column {
  readonly op: "column";
  readonly join: number | "node";
  readonly field: FieldName | PropertyFieldName;
}

export type FunctionName =
  | "COALESCE"
  | "NULLIF"
  | "LOWER"
  | "UPPER"
  | "LENGTH"
  | "SUBSTR"
  | "TRIM"
  | "LTRIM"
  | "RTRIM"
  | "ABS";
