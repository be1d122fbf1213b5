import { expect } from "vitest";
import { PropertyType } from "../../src/contract/messages.ts";
import type { Traits } from "../support/targets.ts";
import {
  bool,
  conformance,
  double,
  everyProperty,
  everyValue,
  int,
  kindNames,
  makeType,
  noValue,
  type PropertyInits,
  proto,
  refused,
  setClock,
  string,
  struct,
} from "./support.ts";

/** Values that must be read back exactly, by what is special about them. */
const exactOf = ({ integerBits }: Traits) => ({
  "the least int": int(-(2n ** (integerBits - 1n))),
  "the greatest int": int(2n ** (integerBits - 1n) - 1n),
  "an int that a double cannot hold": int(integerBits === 64n ? 2n ** 53n + 1n : 7),
  zero: int(0),
  "many decimals": double(1234567.123456789),
  "a small double": double(1e-9),
  "the least positive double": double(5e-324),
  "the greatest double": double(1.7976931348623157e308),
  "a third": double(1 / 3),
  "a whole double": double(3),
  "a large whole double": double(2 ** 60),
  "zero as a double": double(0),
  "an empty string": string(""),
  "a long string": string("x".repeat(300_000)),
  false: bool(false),
  "an empty struct": struct({}),
  "a struct of every kind": struct({
    a: [null, true, 1.5, "s", { b: [] }],
    "": { "x y": {} },
    "mlmd-struct::": "mlmd-struct::",
  }),
  "a struct with doubles": struct({ d: [0.1, 1e300, -5e-324, 2 ** 53] }),
  "a proto without bytes": proto("t"),
  "a proto with every byte": proto("t", ...Array.from({ length: 256 }, (_, index) => index)),
});

conformance("properties of names that the database may take for the same", (test) => {
  for (const kind of kindNames) {
    test(`${kind}s: are two, or refused; none is lost`, async ({ traits, [kind]: calls }) => {
      const typeId = await calls.putType({ name: "T" });
      const a = { a: int(1) };
      const id = await calls.put1({ typeId, name: "first", customProperties: a });
      const both = { a: int(1), A: int(2) };
      const puts = [
        () => calls.put1({ typeId, name: "second", customProperties: both }),
        () => calls.put1({ id, typeId, name: "first", customProperties: both }),
      ];
      for (const put of puts) {
        if (traits.comparesExactly) expect((await calls.get(await put())).customProperties).toEqual(both);
        else await refused(put(), "ALREADY_EXISTS", /names of two/);
      }
      if (!traits.comparesExactly) expect((await calls.get(id)).customProperties).toEqual(a);
      await calls.put1({ id, typeId, name: "first", customProperties: { A: int(3) } });
      expect((await calls.get(id)).customProperties).toEqual({ A: int(3) });
    });

    test(`${kind} types: are two, or refused`, async ({ traits, [kind]: calls }) => {
      const properties = { p: PropertyType.INT, P: PropertyType.STRING };
      const put = calls.putType({ name: "T", properties });
      if (traits.comparesExactly) expect(await calls.typesById([await put])).toMatchObject([{ properties }]);
      else await refused(put, "ALREADY_EXISTS", /names of two/);
    });
  }
});

conformance("properties: values", (test) => {
  for (const kind of kindNames) {
    test(`${kind}s: special values are read back exactly`, async ({ traits, [kind]: calls }) => {
      const exact = exactOf(traits);
      const { node } = await makeType(calls);
      const id = await calls.put1(node({ customProperties: exact }));
      expect((await calls.get(id)).customProperties).toEqual(exact);
    });

    test(`${kind}s: special values of declared properties, too`, async ({ traits, [kind]: calls }) => {
      const exact = exactOf(traits);
      const { node } = await makeType(calls);
      const keys = {
        intValue: "i",
        doubleValue: "d",
        stringValue: "s",
        boolValue: "b",
        structValue: "st",
        protoValue: "p",
      };
      const ids = [];
      for (const value of Object.values(exact)) {
        ids.push(await calls.put1(node({ properties: { [keys[value.value.case]]: value } })));
      }
      const read = (await calls.byId(ids)).flatMap(({ properties }) => Object.values(properties ?? {}));
      expect(read).toEqual(Object.values(exact));
    });

    test(`${kind}s: NaN and the infinities are refused`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        await refused(calls.put1(node({ properties: { d: double(number) } })), "INVALID_ARGUMENT", /"d"/);
        await refused(
          calls.put1(node({ customProperties: { c: double(number) } })),
          "INVALID_ARGUMENT",
          /"c"/,
        );
      }
    });

    test(`${kind}s: minus zero is a zero; whether the sign is kept is the database's`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(node({ customProperties: { z: double(-0) } }));
      const read = (await calls.get(id)).customProperties?.z?.value;
      expect(read?.case === "doubleValue" && read.value === 0).toBe(true);
    });

    test(`${kind}s: text that looks like the storage's own marks is text`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const marks = [
        "mlmd-struct::",
        "mlmd-struct::AAAA",
        "mlmd-struct::%%%",
        "mlmd-struct",
        "__MLMD_NULL__",
        "NULL",
      ];
      for (const [index, mark] of marks.entries()) {
        const id = await calls.put1(
          node({
            name: `${index} ${mark}`,
            properties: { s: string(mark) },
            customProperties: { [mark]: string(mark) },
          }),
        );
        const read = await calls.get(id);
        expect(read.name).toBe(`${index} ${mark}`);
        if (mark === "mlmd-struct::") continue; // this text is what an empty struct is stored as
        expect(read).toMatchObject({
          properties: { s: string(mark) },
          customProperties: { [mark]: string(mark) },
        });
      }
    });

    test(`${kind}s: the null mark of the original is a name, an external id and a URI like others`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      const mark = "__MLMD_NULL__";
      const fields = { name: mark, externalId: mark, ...(kind === "artifact" ? { uri: mark } : {}) };
      const id = await calls.put1(node(fields));
      expect(await calls.get(id)).toMatchObject(fields);
      expect(await calls.byName("T", mark)).toMatchObject({ id });
      expect(await calls.byExternalIds([mark])).toMatchObject([{ id }]);
    });

    test(`${kind}s: custom properties may have any key and kind, declared ones only what the type says`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      const customProperties = {
        "": int(1),
        "a.b": int(2),
        i: string("not the declared kind"),
        __proto: bool(true),
      };
      const id = await calls.put1(node({ properties: { i: int(1) }, customProperties }));
      expect(await calls.get(id)).toMatchObject({ properties: { i: int(1) }, customProperties });
    });

    test(`${kind}s: keys that mean something to JavaScript are keys like others`, async ({
      [kind]: calls,
    }) => {
      const names = ["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf", "length"];
      const properties = Object.fromEntries(names.map((name) => [name, int(names.indexOf(name))]));
      const declared = Object.fromEntries(names.map((name) => [name, everyProperty.i]));
      const { node } = await makeType(calls, { properties: declared });
      const id = await calls.put1(node({ properties, customProperties: properties }));
      const read = await calls.get(id);
      expect(Object.entries(read.properties ?? {}).sort()).toEqual(Object.entries(properties).sort());
      expect(Object.entries(read.customProperties ?? {}).sort()).toEqual(Object.entries(properties).sort());
      await calls.put1(node({ id, name: read.name ?? "", properties }), [
        "properties.__proto__",
        "custom_properties.__proto__",
      ]);
      const after = await calls.get(id);
      expect(Object.keys(after.properties ?? {}).sort()).toEqual([...names].sort());
      expect(Object.keys(after.customProperties ?? {})).not.toContain("__proto__");
      const undeclared = node({ properties: { isPrototypeOf: int(1) } });
      await refused(calls.put1(undeclared), "INVALID_ARGUMENT", /isPrototypeOf/);
    });
  }
});

conformance("properties: validation", (test) => {
  const keys = Object.keys(everyProperty) as (keyof typeof everyProperty)[];
  for (const kind of kindNames) {
    test(`${kind}s: a value must be of the declared kind, nothing is converted`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      for (const declared of keys) {
        for (const given of keys) {
          const put = calls.put1(node({ properties: { [declared]: everyValue[given] } }));
          if (given === declared) await put;
          else
            await refused(
              put,
              "INVALID_ARGUMENT",
              new RegExp(`Found unmatched property type: ${declared}\\b`),
            );
        }
      }
    });

    test(`${kind}s: an empty value is refused, declared or custom`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(node({ name: "n" }));
      for (const nodeOf of [
        (fields: object) => node(fields),
        (fields: object) => ({ id, name: "n", ...fields }),
      ]) {
        const declared = calls.put1(nodeOf({ properties: { i: noValue } }));
        await refused(declared, "INVALID_ARGUMENT", /Found unmatched property type: i/);
        const custom = calls.put1(nodeOf({ customProperties: { foo: noValue } }));
        await refused(custom, "INVALID_ARGUMENT", /Found unmatched property type: foo/);
      }
    });

    test(`${kind}s: a property that the type does not declare is refused, also on update`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(node({ name: "n" }));
      await refused(calls.put1(node({ properties: { nope: int(1) } })), "INVALID_ARGUMENT", /"nope".*"T"/);
      await refused(calls.put1({ id, name: "n", properties: { I: int(1) } }), "INVALID_ARGUMENT", /"I"/);
    });

    test(`${kind}s: properties that the type got later can be used`, async ({ [kind]: calls }) => {
      const { typeId, node } = await makeType(calls, {});
      const id = await calls.put1(node({ name: "n" }));
      await calls.putType({ name: "T", properties: { i: everyProperty.i } }, { canAddFields: true });
      await calls.put1({ id, typeId, name: "n", properties: { i: int(5) } });
      expect((await calls.get(id)).properties).toEqual({ i: int(5) });
    });
  }
});

conformance("properties: updates", (test) => {
  for (const kind of kindNames) {
    /** Stores the first maps, updates to the second and compares what is read back. */
    const steps: [string, PropertyInits, PropertyInits][] = [
      ["inserted", {}, { i: int(1), s: string("a") }],
      ["changed", { i: int(1), s: string("a") }, { i: int(2), s: string("b") }],
      ["deleted", { i: int(1), s: string("a") }, { s: string("a") }],
      ["all deleted", { i: int(1), s: string("a") }, {}],
      [
        "changed to the default value",
        { i: int(1), s: string("a"), b: bool(true) },
        { i: int(0), s: string(""), b: bool(false) },
      ],
      ["structs replaced", { st: struct({ a: 1 }) }, { st: struct({ b: [1] }) }],
      ["protos replaced", { p: proto("t", 1) }, { p: proto("u", 1) }],
    ];
    for (const map of ["properties", "customProperties"] as const) {
      for (const [name, before, after] of steps) {
        test(`${kind}s: ${map} ${name}`, async ({ [kind]: calls }) => {
          const { node } = await makeType(calls);
          const id = await calls.put1(node({ name: "n", [map]: before }));
          await calls.put1({ id, name: "n", [map]: after });
          expect((await calls.get(id))[map] ?? {}).toEqual(after);
        });
      }
    }

    test(`${kind}s: a custom property may change its kind`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(node({ name: "n" }));
      for (const value of Object.values(everyValue)) {
        await calls.put1({ id, name: "n", customProperties: { c: value } });
        expect((await calls.get(id)).customProperties).toEqual({ c: value });
      }
    });

    test(`${kind}s: the same key in both maps is two properties`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const id = await calls.put1(
        node({ name: "n", properties: { i: int(1) }, customProperties: { i: string("c") } }),
      );
      const mapsAfter = async (maps: { properties?: PropertyInits; customProperties?: PropertyInits }) => {
        await calls.put1({ id, name: "n", ...maps });
        const { properties, customProperties } = await calls.get(id);
        return { properties, customProperties };
      };
      const both = (i: number, c: string) => ({
        properties: { i: int(i) },
        customProperties: { i: string(c) },
      });
      expect(await mapsAfter(both(2, "c"))).toEqual(both(2, "c"));
      expect(await mapsAfter(both(2, "d"))).toEqual(both(2, "d"));
      expect(await mapsAfter({ properties: { i: int(2) } })).toEqual({ properties: { i: int(2) } });
      expect(await mapsAfter(both(3, "e"))).toEqual(both(3, "e"));
      const { customProperties } = both(3, "e");
      expect(await mapsAfter({ customProperties })).toEqual({ customProperties });
    });

    test(`${kind}s: the order of a struct's keys is no change, nor is a value that needs many decimals`, async ({
      [kind]: calls,
    }) => {
      const { node } = await makeType(calls);
      setClock(1000);
      const values = (st: object) => ({
        properties: { st: { value: { case: "structValue", value: st } }, d: double(0.1234567890123) },
      });
      const id = await calls.put1(node({ name: "n", ...(values({ a: 1, b: 2 }) as object) }));
      setClock(2000);
      await calls.put1({ ...(await calls.get(id)), ...(values({ b: 2, a: 1 }) as object) });
      expect((await calls.get(id)).lastUpdateTimeSinceEpoch).toBe(1000n);
    });
  }
});
