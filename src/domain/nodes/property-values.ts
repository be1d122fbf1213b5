import { equals } from "@bufbuild/protobuf";
import { PropertyType, type Value, ValueSchema } from "../../contract/messages.ts";
import { getEntry } from "../../contract/presence.ts";
import { invalidArgument, printable, quote } from "../../errors.ts";

export type Properties = { [name: string]: Value };

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

const typeOfCase = {
  intValue: PropertyType.INT,
  doubleValue: PropertyType.DOUBLE,
  stringValue: PropertyType.STRING,
  structValue: PropertyType.STRUCT,
  protoValue: PropertyType.PROTO,
  boolValue: PropertyType.BOOLEAN,
} as const;

/** Checks values against the type's declaration. The message of a wrong kind is known to clients' tests. */
export function checkProperties(
  properties: Properties,
  type: { name: string; properties: { [name: string]: PropertyType } },
): void {
  for (const [name, value] of Object.entries(properties)) {
    const declared = getEntry(type.properties, name);
    if (declared === undefined) {
      throw invalidArgument(`Property ${quote(name)} is not declared by type ${quote(type.name)}`);
    }
    const actual = value.value.case === undefined ? undefined : typeOfCase[value.value.case];
    if (actual !== declared) {
      throw unmatched(name, `type ${quote(type.name)} declares ${PropertyType[declared]}`, value);
    }
    checkRange(name, value);
  }
}

/** Custom properties may have any name and kind, but they must have a value. */
export function checkCustomProperties(properties: Properties): void {
  for (const [name, value] of Object.entries(properties)) {
    if (value.value.case === undefined) throw unmatched(name, "a custom property needs a value", value);
    checkRange(name, value);
  }
}

function unmatched(name: string, expected: string, { value }: Value): Error {
  const actual = value.case === undefined ? "no value" : PropertyType[typeOfCase[value.case]];
  return invalidArgument(
    `Found unmatched property type: ${printable(name)}; ${expected}, the request has ${actual}`,
  );
}

function checkRange(name: string, { value }: Value): void {
  if (value.case === "doubleValue" && !Number.isFinite(value.value)) {
    throw invalidArgument(`Property ${quote(name)} is ${value.value}; only finite numbers can be stored`);
  }
  if (value.case === "intValue" && (value.value > int64Max || value.value < int64Min)) {
    throw invalidArgument(`Property ${quote(name)} is outside the range of 64-bit integers`);
  }
}

export function sameValue(one: Value, other: Value): boolean {
  if (one.value.case !== other.value.case) return false;
  if (one.value.case === "structValue" || one.value.case === "protoValue") {
    return equals(ValueSchema, one, other);
  }
  return one.value.value === other.value.value;
}
