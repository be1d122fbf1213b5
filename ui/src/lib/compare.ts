import type { NodeMessage } from "./kinds.ts";
import { doubleText, propertyColumns, propertyOf, type Shown, textOf } from "./values.ts";

/** A property on both sides. */
export interface ComparedProperty {
  readonly column: string;
  readonly left: Shown | undefined;
  readonly right: Shown | undefined;
  readonly isSame: boolean;
}

/** All properties that one of the two has. */
export function compareProperties(left: NodeMessage, right: NodeMessage): ComparedProperty[] {
  return propertyColumns([left, right]).map((column) => {
    const sides = { left: propertyOf(left, column), right: propertyOf(right, column) };
    return { column, ...sides, isSame: isSame(sides.left, sides.right) };
  });
}

/** Of one kind and equal; the order of a struct's fields does not count. */
function isSame(left: Shown | undefined, right: Shown | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.kind === right.kind && canonical(left) === canonical(right);
}

function canonical(shown: Shown): string {
  if (shown.kind === "proto") return `${shown.typeUrl} ${shown.value.join()}`;
  if (shown.kind !== "struct") return textOf(shown);
  return JSON.stringify(shown.value, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** How much greater the right number is: `+0.02 (+2.5 %)`; undefined where the two are not both numbers. */
export function differenceText(left: Shown | undefined, right: Shown | undefined): string | undefined {
  if (left?.kind === "int" && right?.kind === "int") {
    const difference = right.value - left.value;
    return `${sign(difference)}${difference}${percentText(Number(left.value), Number(right.value))}`;
  }
  const isNumber = (shown: Shown | undefined) => shown?.kind === "int" || shown?.kind === "double";
  if (!isNumber(left) || !isNumber(right)) return undefined;
  const [from, to] = [Number(left?.value), Number(right?.value)] as const;
  // Both are written in tens: 12 digits leave out what the subtraction in twos adds.
  const difference = Number((to - from).toPrecision(12));
  return `${sign(difference)}${doubleText(difference)}${percentText(from, to)}`;
}

function sign(difference: bigint | number): string {
  return difference > 0 ? "+" : "";
}

function percentText(from: number, to: number): string {
  if (from === 0 || !Number.isFinite(from) || !Number.isFinite(to)) return "";
  const percent = ((to - from) / Math.abs(from)) * 100;
  if (Math.abs(percent) < 0.001) return "";
  return ` (${sign(percent)}${percent.toLocaleString("en-US", { maximumSignificantDigits: 3 })} %)`;
}
