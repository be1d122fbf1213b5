import { create } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { PropertyType, type Value, ValueSchema } from "../../../src/contract/messages.ts";
import type { Random } from "../random.ts";

/** Small pools, so that values meet again: as equal values, as taken names, as hits of a query. */
const texts = ["", "a", "b", "x y", "name", "NULL", "a_b%", "ünïcødé ✓", 'it\'s "so" here', "line\nbreak"];
const integers = [0n, 1n, -1n, 7n, 42n, 2n ** 31n - 1n, -(2n ** 31n)];
const doubles = [0, 1, 1.5, -2.25, 0.000001, 123456.789, 1e15];
/** One field each: the order of several in the stored text, which filters see, is one of chance in the original. */
const structs = [{}, { a: 1 }, { a: ["x", null, { c: true }] }, { ünï: -0.5 }, { "": "" }];
const bytes = [new Uint8Array(), new Uint8Array([0, 1, 255])];

/** Values that the original does not keep as they are; each is a known difference. */
const textsLost = ["mlmd-struct::AAAA", "__MLMD_NULL__", "cut\0here", "\0", "back\\slash"];
const doublesLost = [0.1 + 0.2, 1 / 3, 1e-9, -0, 1e300 / 3, 5e-324, 12345678.9012345];
const doublesRefused = [Number.NaN, Number.POSITIVE_INFINITY];

/** How often one of those is taken; they make later answers differ, which ends a sequence early. */
const lostChance = 0.003;

/** Only SQLite has 64 bits for them: elsewhere the request that holds one is refused whole. */
const wideIntegers = [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
const wideChance = 0.03;

export const propertyTypes = [1, 2, 3, 4, 5, 6] as const satisfies PropertyType[];

export function text(random: Random): string {
  return random.pick(random.chance(lostChance * 2) ? textsLost : texts);
}

export function integer(random: Random): bigint {
  return random.pick(random.chance(wideChance) ? wideIntegers : integers);
}

/** A value of the given type; an empty one for `UNKNOWN`. */
export function makeValue(random: Random, type: PropertyType): Value {
  return create(ValueSchema, { value: content(random, type) });
}

function content(random: Random, type: PropertyType): Value["value"] {
  switch (type) {
    case PropertyType.INT:
      return { case: "intValue", value: integer(random) };
    case PropertyType.DOUBLE:
      return { case: "doubleValue", value: double(random) };
    case PropertyType.STRING:
      return { case: "stringValue", value: text(random) };
    case PropertyType.STRUCT:
      return { case: "structValue", value: random.pick(structs) };
    case PropertyType.PROTO: {
      const typeUrl = random.chance(lostChance) ? "" : random.pick(["type.googleapis.com/a.B", "x/y.Z"]);
      return { case: "protoValue", value: create(AnySchema, { typeUrl, value: random.pick(bytes) }) };
    }
    case PropertyType.BOOLEAN:
      return { case: "boolValue", value: random.chance(0.5) };
    default:
      return { case: undefined };
  }
}

function double(random: Random): number {
  if (random.chance(lostChance)) return random.pick(doublesRefused);
  return random.pick(random.chance(lostChance * 2) ? doublesLost : doubles);
}

export function anyValue(random: Random): Value {
  return makeValue(random, random.pick(propertyTypes));
}

/** Ids that no short sequence gets to. */
export const unknownIds = [0n, -1n, 5000n, 99_999n, 2n ** 40n, 2n ** 63n - 1n];

/** The id of something that is there, or, rarely, of nothing. */
export function idFrom(
  random: Random,
  known: readonly { readonly id: bigint }[],
  unknownChance = 0.04,
): bigint {
  if (known.length === 0 || random.chance(unknownChance)) {
    return random.pick(unknownIds);
  }
  return random.pick(known).id;
}
