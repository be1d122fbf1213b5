import { create } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { ValueSchema } from "../contract/messages.ts";
import { fromValues, kindOf, type PropertiesInput, ProtoValue, protoValue, toValues } from "./values.ts";

const convert = (properties: object) => toValues(properties as PropertiesInput, "Property", "artifacts[0]");

test("each JavaScript type has its kind", () => {
  const values = convert({
    int: 2n ** 63n - 1n,
    double: -0,
    string: "",
    boolean: false,
    struct: { list: [1, "two", null, { deep: true }], empty: {} },
    proto: protoValue("type.googleapis.com/x", new Uint8Array([1, 2])),
  });
  expect(Object.values(values).map(({ value }) => value)).toMatchObject([
    { case: "intValue", value: 2n ** 63n - 1n },
    { case: "doubleValue", value: -0 },
    { case: "stringValue", value: "" },
    { case: "boolValue", value: false },
    { case: "structValue", value: { list: [1, "two", null, { deep: true }], empty: {} } },
    { case: "protoValue", value: { typeUrl: "type.googleapis.com/x", value: new Uint8Array([1, 2]) } },
  ]);
});

test("what is read is what was written", () => {
  const properties = {
    int: -1n,
    double: 0.1,
    string: "ä",
    boolean: true,
    struct: { a: { b: [null] } },
    proto: protoValue("type.googleapis.com/x", new Uint8Array([0])),
  };
  expect(fromValues(convert(properties))).toStrictEqual(properties);
});

test("an undefined property is not set", () => {
  expect(convert({ day: undefined })).toEqual({});
});

test("names and keys that every object inherits are ordinary ones", () => {
  const properties = JSON.parse('{"__proto__": "x", "constructor": {"__proto__": {"toString": 1}}}');
  const read = fromValues(convert(properties));
  expect(Object.keys(read)).toEqual(["__proto__", "constructor"]);
  expect(JSON.stringify(read)).toBe(JSON.stringify(properties));
});

test.each([
  [{ day: Number.NaN }, /^Property "day" of artifacts\[0\] is NaN; only finite numbers/],
  [{ day: Number.POSITIVE_INFINITY }, /is Infinity; only finite/],
  [{ day: 2n ** 63n }, /"day" of artifacts\[0\] exceeds 64 bits/],
  [{ day: -(2n ** 63n) - 1n }, /exceeds 64 bits/],
  [{ day: null }, /"day" of artifacts\[0\] is null; leave the property out/],
  [
    { day: new Date(0) },
    /is an instance of Date; write BigInt\(date\.getTime\(\)\) or date\.toISOString\(\)/,
  ],
  [{ day: [1] }, /is an instance of Array; put the list into an object/],
  [{ day: new Uint8Array() }, /write a string, or protoValue\(typeUrl, bytes\)/],
  [{ day: () => 1 }, /is of type function; a property is a bigint, number/],
  [{ day: Symbol("x") }, /is of type symbol/],
  [{ day: create(ValueSchema) }, /write protoValue\(schema, message\)/],
  [{ day: new Map() }, /is an instance of Map/],
  [{ day: "\ud800" }, /not valid Unicode/],
  [{ day: { a: { b: undefined } } }, /"day" of artifacts\[0\] at "a" at "b" is of type undefined/],
  [{ day: { a: [0, 1n] } }, /at "a" at 1 is the bigint 1n, which a struct cannot hold; write a number/],
  [{ day: { a: Number.NaN } }, /at "a" is NaN/],
  [{ day: { a: new Date(0) } }, /at "a" is an instance of Date/],
  [{ day: { a: protoValue("x", new Uint8Array()) } }, /at "a" is an instance of ProtoValue/],
])("refuses %o", (properties, message) => {
  expect(() => convert(properties)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) }),
  );
});

test("an object that contains itself is refused", () => {
  const cycle: { [key: string]: unknown } = {};
  cycle.again = { cycle };
  expect(() => convert({ cycle })).toThrow(/nested deeper than 100 levels/);
  const list: unknown[] = [];
  list.push(list);
  expect(() => convert({ list: { list } })).toThrow(/nested deeper than 100 levels/);
});

test("a message becomes a proto value and comes back", () => {
  const value = protoValue(DurationSchema, create(DurationSchema, { seconds: 5n }));
  expect(value.typeUrl).toBe("type.googleapis.com/google.protobuf.Duration");
  expect(value.unpack(DurationSchema)?.seconds).toBe(5n);
  expect(value.unpack(TimestampSchema)).toBeUndefined();
});

test("only what protoValue made is a proto value", () => {
  expect(kindOf(protoValue("x", new Uint8Array()))).toBe("proto");
  expect(kindOf(new ProtoValue("x", new Uint8Array()))).toBe("proto");
  expect(kindOf({ typeUrl: "x", value: "" })).toBe("struct");
});

test("a property of an unknown kind is refused rather than lost", () => {
  expect(() => fromValues({ day: create(ValueSchema) })).toThrow(
    expect.objectContaining({ code: "UNIMPLEMENTED", message: expect.stringContaining('"day"') }),
  );
});
