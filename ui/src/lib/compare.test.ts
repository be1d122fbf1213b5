import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ArtifactSchema, type Value } from "../../../src/contract/messages.ts";
import { compareProperties, differenceText } from "./compare.ts";
import type { Shown } from "./values.ts";

type Kind = Value["value"];
const artifact = (properties: Record<string, Kind>) =>
  create(ArtifactSchema, {
    properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, { value }])),
  });

test("equal values of one kind are the same; an integer and a double are not", () => {
  const left = artifact({
    int: { case: "intValue", value: 2n },
    struct: { case: "structValue", value: { a: 1, b: [{ x: 1, y: 2 }] } },
    packed: { case: "protoValue", value: { typeUrl: "t/x", value: Uint8Array.of(1) } as never },
    only: { case: "boolValue", value: true },
  });
  const right = artifact({
    int: { case: "doubleValue", value: 2 },
    struct: { case: "structValue", value: { b: [{ y: 2, x: 1 }], a: 1 } },
    packed: { case: "protoValue", value: { typeUrl: "t/x", value: Uint8Array.of(1) } as never },
  });
  const same = compareProperties(left, right).map(({ column, isSame }) => [column, isSame]);
  expect(same).toEqual([
    ["properties.int", false],
    ["properties.only", false],
    ["properties.packed", true],
    ["properties.struct", true],
  ]);
});

const int = (value: bigint): Shown => ({ kind: "int", value });
const double = (value: number): Shown => ({ kind: "double", value });

test.each([
  [int(2n ** 62n), int(2n ** 62n + 1n), "+1"],
  [int(20n), int(300n), "+280 (+1,400 %)"],
  [int(-10n), int(-5n), "+5 (+50 %)"],
  [double(0.1), double(0.3), "+0.2 (+200 %)"],
  [double(0.5), double(0.25), "-0.25 (-50 %)"],
  [int(1n), double(2), "+1.0 (+100 %)"],
  [double(0), double(1), "+1.0"],
  [double(1), { kind: "string", value: "1" }, undefined],
  [undefined, double(1), undefined],
] as const)("the difference %# is right", (left, right, expected) => {
  expect(differenceText(left, right)).toBe(expected);
});
