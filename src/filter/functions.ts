import type { Node } from "./ast.ts";
import { alternatives, didYouMean, FilterError, shown } from "./error.ts";
import type { Expression, FunctionName } from "./plan.ts";
import { as, isNumeric, type Typed, unify } from "./types.ts";
import type { ValueType } from "./vocabulary.ts";

type Call = Node & { kind: "call" };

/**
 * The functions that mean the same on every database; case rules of letters outside ASCII are the database's.
 * Each gives the call's type and checked arguments.
 */
const functions: { readonly [name: string]: (call: Call, args: readonly Typed[]) => Typed } = {
  COALESCE: (call, args) => {
    expectCount(call, 2, Number.POSITIVE_INFINITY);
    const { type, expressions } = unify(call.at, args, "COALESCE");
    return result(call, type, "COALESCE", expressions);
  },
  IFNULL: (call, args) => {
    expectCount(call, 2);
    const { type, expressions } = unify(call.at, args, "IFNULL");
    return result(call, type, "COALESCE", expressions);
  },
  NULLIF: (call, args) => {
    expectCount(call, 2);
    const { type, expressions } = unify(call.at, args, "NULLIF");
    return result(call, type, "NULLIF", expressions);
  },
  LOWER: ofStrings("LOWER", "STRING"),
  UPPER: ofStrings("UPPER", "STRING"),
  TRIM: ofStrings("TRIM", "STRING"),
  LTRIM: ofStrings("LTRIM", "STRING"),
  RTRIM: ofStrings("RTRIM", "STRING"),
  LENGTH: ofStrings("LENGTH", "INT64"),
  SUBSTR: (call, args) => {
    expectCount(call, 2, 3);
    const [text, from, length] = args;
    // Databases agree only on these positions.
    if (from) expectPosition(call, from, 1n);
    if (length) expectPosition(call, length, 0n);
    const numbers = args.slice(1).map(({ expression }) => expression);
    return result(call, "STRING", "SUBSTR", [expectType(call, text, "STRING"), ...numbers]);
  },
  ABS: (call, args) => {
    expectCount(call, 1);
    const [number] = args;
    if (number && !isNumeric(number.type)) {
      throw new FilterError(number.at, `ABS needs a number; this is of type ${number.type}`);
    }
    const type = number?.type ?? "INT64";
    return result(call, type, "ABS", [expectType(call, number, type)]);
  },
};

export function callOf(call: Call, args: readonly Typed[]): Typed {
  const name = call.name.toUpperCase();
  const check = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (check) return check(call, args);
  const known = Object.keys(functions);
  throw new FilterError(
    call.at,
    `a filter knows no function ${shown(call.name)}; it knows ${known.join(", ")}${didYouMean(call.name, known)}`,
  );
}

function ofStrings(name: FunctionName, type: ValueType): (call: Call, args: readonly Typed[]) => Typed {
  return (call, args) => {
    expectCount(call, 1);
    return result(call, type, name, [expectType(call, args[0], "STRING")]);
  };
}

function result(call: Call, type: ValueType, name: FunctionName, args: readonly Expression[]): Typed {
  return { at: call.at, type, expression: { op: "call", name, args } };
}

function expectCount(call: Call, least: number, most = least): void {
  if (call.args.length >= least && call.args.length <= most) return;
  const counts =
    most === Number.POSITIVE_INFINITY
      ? `at least ${least}`
      : alternatives([...new Set([least, most])].map(String));
  throw new FilterError(call.at, `${call.name.toUpperCase()} takes ${counts} value${least === 1 ? "" : "s"}`);
}

function expectType(call: Call, argument: Typed | undefined, type: ValueType): Expression {
  if (argument?.isNull || argument?.type === type) return as(type, argument).expression;
  throw new FilterError(
    argument?.at ?? call.at,
    `${call.name.toUpperCase()} needs a ${type}; this is of type ${argument?.type}`,
  );
}

function expectPosition(call: Call, { at, expression }: Typed, least: bigint): void {
  const value = expression.op === "literal" ? expression.value : undefined;
  if (typeof value === "bigint" && value >= least && value < 2n ** 31n) return;
  throw new FilterError(at, `${call.name.toUpperCase()} needs a whole number here, ${least} or greater`);
}
