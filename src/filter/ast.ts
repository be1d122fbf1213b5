/** A filter as it was written. `at` is the offset in the text where a part shows, an operator's own for operators. */
export type Node = NodeShape & {
  readonly at: number;
  /** Height of the expression under this node, as a database will build it. */
  readonly depth: number;
};

export type NodeShape =
  | { readonly kind: "literal"; readonly value: Value }
  /** An attribute, a neighbour with its field, or the name of an enum value; which, is for the checker to say. */
  | { readonly kind: "name"; readonly path: readonly Name[] }
  | { readonly kind: "property"; readonly isCustom: boolean; readonly name: string; readonly field: Name }
  | { readonly kind: "group"; readonly operand: Node }
  | { readonly kind: "and" | "or"; readonly terms: readonly Node[] }
  | { readonly kind: "not"; readonly operand: Node }
  | { readonly kind: "sign"; readonly operator: "-" | "+"; readonly operand: Node }
  | { readonly kind: "arithmetic"; readonly operator: Arithmetic; readonly left: Node; readonly right: Node }
  | { readonly kind: "compare"; readonly operator: Comparison; readonly left: Node; readonly right: Node }
  | { readonly kind: "like"; readonly operand: Node; readonly pattern: Node; readonly negated: boolean }
  | { readonly kind: "in"; readonly operand: Node; readonly list: readonly Node[]; readonly negated: boolean }
  | {
      readonly kind: "between";
      readonly operand: Node;
      readonly low: Node;
      readonly high: Node;
      readonly negated: boolean;
    }
  | { readonly kind: "is"; readonly operand: Node; readonly what: Truth; readonly negated: boolean }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] }
  | {
      readonly kind: "case";
      readonly operand?: Node;
      readonly branches: readonly { readonly when: Node; readonly result: Node }[];
      readonly otherwise?: Node;
    };

/** `bigint` is an INT64, `number` a DOUBLE. */
export type Value = bigint | number | string | boolean | null;
export type Arithmetic = "+" | "-" | "*" | "/";
export type Comparison = "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=";
export type Truth = "NULL" | "TRUE" | "FALSE" | "UNKNOWN";

export interface Name {
  readonly text: string;
  readonly at: number;
}
