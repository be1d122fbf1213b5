import { expect } from "vitest";
import { PropertyType, PutTypesRequestSchema } from "../../src/contract/messages.ts";
import { builtInNames, conformance, kindNames, overWire, plain, refused } from "./support.ts";

const { INT, DOUBLE, STRING, STRUCT, PROTO, BOOLEAN, UNKNOWN } = PropertyType;

conformance("types: identity", (test) => {
  test("the three kinds have name spaces of their own and one sequence of ids", async ({
    artifact,
    execution,
    context,
  }) => {
    expect([
      await artifact.putType({ name: "T" }),
      await execution.putType({ name: "T" }),
      await context.putType({ name: "T" }),
    ]).toEqual([10n, 11n, 12n]);
    expect(await execution.getType("T")).toEqual({ id: 11n, name: "T" });
  });

  for (const kind of kindNames) {
    test(`${kind} types: a type is a name and a version; an empty version is none`, async (subject) => {
      const { putType, getType } = subject[kind];
      const id = await putType({ name: "T" });
      expect(await putType({ name: "T", version: "" })).toBe(id);
      const v1 = await putType({ name: "T", version: "v1", properties: { p: INT } });
      expect(v1).not.toBe(id);
      expect(await putType({ name: "T", version: "v1", properties: { p: INT } })).toBe(v1);
      expect(await getType("T")).toEqual({ id, name: "T" });
      expect(await getType("T", "")).toEqual({ id, name: "T" });
      expect(await getType("T", "v1")).toEqual({ id: v1, name: "T", version: "v1", properties: { p: INT } });
    });

    test(`${kind} types: an id in the request is ignored`, async ({ [kind]: calls }) => {
      const id = await calls.putType({ id: 777n, name: "T" });
      expect(id).not.toBe(777n);
      expect(await calls.putType({ id: 778n, name: "T" })).toBe(id);
      expect(await calls.typesById([777n, 778n])).toEqual([]);
    });

    test(`${kind} types: names differing in case are different types`, async ({ [kind]: calls }) => {
      const ids = [await calls.putType({ name: "A" }), await calls.putType({ name: "a" })];
      expect(ids[0]).not.toBe(ids[1]);
      expect((await calls.getType("a")).id).toBe(ids[1]);
    });
  }
});

conformance("types: create", (test) => {
  for (const kind of kindNames) {
    test(`${kind} types: every field and every property type is stored`, async ({ [kind]: calls }) => {
      const type = {
        name: "T",
        version: "v",
        description: "what it is",
        externalId: "x",
        properties: { i: INT, d: DOUBLE, s: STRING, st: STRUCT, p: PROTO, b: BOOLEAN },
      };
      const id = await calls.putType(type);
      expect(await calls.getType("T", "v")).toEqual({ id, ...type });
    });

    test(`${kind} types: an empty description and an empty external id are values`, async ({
      [kind]: calls,
    }) => {
      const id = await calls.putType({ name: "T", description: "", externalId: "" });
      expect(await calls.getType("T")).toEqual({ id, name: "T", description: "", externalId: "" });
      await refused(calls.putType({ name: "U", externalId: "" }), "ALREADY_EXISTS", /external id/);
    });

    test(`${kind} types: the flags do not matter for a new type`, async ({ [kind]: calls }) => {
      const flags = {
        canAddFields: false,
        canOmitFields: false,
        canDeleteFields: false,
        allFieldsMatch: true,
      };
      expect(await calls.putType({ name: "T", properties: { p: INT } }, flags)).toBe(10n);
    });

    test(`${kind} types: an external id belongs to one type of any kind`, async (subject) => {
      await subject.context.putType({ name: "holder", externalId: "x" });
      await refused(subject[kind].putType({ name: "T", externalId: "x" }), "ALREADY_EXISTS", /external id/);
    });

    test(`${kind} types: a name is needed`, async ({ [kind]: calls }) => {
      await refused(calls.putType({ properties: { p: INT } }), "INVALID_ARGUMENT", /name/);
      await refused(calls.putType({ name: "" }), "INVALID_ARGUMENT", /name/);
      await refused(calls.putType(undefined), "INVALID_ARGUMENT", /name/);
    });

    test(`${kind} types: a property needs a known type, and that is reported before the base type`, async ({
      [kind]: calls,
    }) => {
      await refused(calls.putType({ name: "T", properties: { p: UNKNOWN } }), "INVALID_ARGUMENT", /"p"/);
      const both = { name: "T", properties: { p: UNKNOWN }, baseType: 0 };
      await refused(calls.putType(both), "INVALID_ARGUMENT", /"p"/);
      await refused(calls.getType("T"), "NOT_FOUND");
    });
  }

  test("execution types: input and output types are stored", async ({ rpc, execution }) => {
    const inputType = { kind: { case: "any" as const, value: {} } };
    const outputType = {
      kind: {
        case: "dict" as const,
        value: {
          properties: {
            a: { kind: { case: "simple" as const, value: { name: "A", properties: { p: INT } } } },
          },
          noneTypeNotRequired: false,
        },
      },
    };
    await rpc.putExecutionType({ executionType: { name: "T", inputType, outputType } });
    expect(await execution.getType("T")).toMatchObject({ inputType, outputType });
    expect(await execution.typesById([10n])).toMatchObject([{ inputType, outputType }]);
    expect(await execution.types()).toMatchObject([{ inputType, outputType }]);
  });

  test("an unknown property type number on the wire is an entry that is not there", async ({
    rpc,
    artifact,
  }) => {
    const properties = { known: INT, unknown: 99 as PropertyType };
    await rpc.putTypes(overWire(PutTypesRequestSchema, { artifactTypes: [{ name: "T", properties }] }));
    expect((await artifact.getType("T")).properties).toEqual({ known: INT });
  });
});

conformance("types: evolve", (test) => {
  const cases = [
    { when: "the same properties", properties: { a: INT, b: STRING }, flags: {} },
    {
      when: "a property of another type",
      properties: { a: STRING, b: STRING },
      flags: {},
      code: "ALREADY_EXISTS",
    },
    {
      when: "a property of another type, whatever the flags",
      properties: { a: STRING },
      flags: { canAddFields: true, canOmitFields: true },
      code: "ALREADY_EXISTS",
    },
    {
      when: "a stored property as UNKNOWN",
      properties: { a: UNKNOWN, b: STRING },
      flags: {},
      code: "ALREADY_EXISTS",
    },
    { when: "an omitted property", properties: { a: INT }, flags: {}, code: "ALREADY_EXISTS" },
    {
      when: "an omitted property, can_delete_fields",
      properties: { a: INT },
      flags: { canDeleteFields: true },
      code: "ALREADY_EXISTS",
    },
    {
      when: "an omitted property, can_add_fields",
      properties: { a: INT },
      flags: { canAddFields: true },
      code: "ALREADY_EXISTS",
    },
    { when: "an omitted property, can_omit_fields", properties: { a: INT }, flags: { canOmitFields: true } },
    { when: "all properties omitted, can_omit_fields", properties: {}, flags: { canOmitFields: true } },
    {
      when: "an extra property",
      properties: { a: INT, b: STRING, c: DOUBLE },
      flags: {},
      code: "ALREADY_EXISTS",
    },
    {
      when: "an extra property for an omitted one, can_omit_fields",
      properties: { a: INT, c: DOUBLE },
      flags: { canOmitFields: true },
      code: "ALREADY_EXISTS",
    },
    {
      when: "an extra property, can_add_fields",
      properties: { a: INT, b: STRING, c: DOUBLE },
      flags: { canAddFields: true },
      after: { a: INT, b: STRING, c: DOUBLE },
    },
    {
      when: "one more and one less, both flags",
      properties: { b: STRING, c: DOUBLE },
      flags: { canAddFields: true, canOmitFields: true },
      after: { a: INT, b: STRING, c: DOUBLE },
    },
    {
      when: "an extra UNKNOWN property, can_add_fields",
      properties: { a: INT, b: STRING, c: UNKNOWN },
      flags: { canAddFields: true },
      code: "INVALID_ARGUMENT",
    },
  ] as const;
  for (const kind of kindNames) {
    for (const version of ["", "v1"]) {
      for (const { when, properties, flags, ...expected } of cases) {
        const outcome = "code" in expected ? expected.code : "OK";
        test(`${kind} types${version && ", versioned"}: ${when} -> ${outcome}`, async ({ [kind]: calls }) => {
          const id = await calls.putType({ name: "T", version, properties: { a: INT, b: STRING } });
          const evolve = calls.putType({ name: "T", version, properties }, flags);
          if ("code" in expected) await refused(evolve, expected.code, /"[abc]"/);
          else expect(await evolve).toBe(id);
          const after = "after" in expected ? expected.after : { a: INT, b: STRING };
          expect((await calls.getType("T", version)).properties).toEqual(after);
        });
      }
    }

    test(`${kind} types: the description stays as it was`, async ({ [kind]: calls }) => {
      const id = await calls.putType({ name: "T", description: "first" });
      expect(await calls.putType({ name: "T", description: "second" })).toBe(id);
      expect((await calls.getType("T")).description).toBe("first");
    });

    test(`${kind} types: an external id can be added and replaced, not cleared`, async ({
      [kind]: calls,
    }) => {
      const externalIdAfter = async (fields: { externalId?: string }) => {
        await calls.putType({ name: "T", ...fields });
        return (await calls.getType("T")).externalId;
      };
      expect(await externalIdAfter({})).toBe(undefined);
      expect(await externalIdAfter({ externalId: "one" })).toBe("one");
      expect(await externalIdAfter({ externalId: "one" })).toBe("one");
      expect(await externalIdAfter({ externalId: "two" })).toBe("two");
      expect(await externalIdAfter({ externalId: "" })).toBe("two");
      expect(await externalIdAfter({})).toBe("two");
      expect(await calls.putType({ name: "U", externalId: "one" })).toBe(11n);
    });

    test(`${kind} types: a taken external id is refused on update, too`, async (subject) => {
      await subject[kind].putType({ name: "same kind", externalId: "x" });
      await subject.execution.putType({ name: "another kind", externalId: "y" });
      await subject[kind].putType({ name: "T", externalId: "z" });
      for (const externalId of ["x", "y"]) {
        await refused(subject[kind].putType({ name: "T", externalId }), "ALREADY_EXISTS", /external id/);
      }
      expect((await subject[kind].getType("T")).externalId).toBe("z");
    });
  }

  test("execution types: input and output types stay as they were", async ({ rpc, execution }) => {
    const none = { kind: { case: "none" as const, value: {} } };
    await rpc.putExecutionType({ executionType: { name: "T", inputType: none } });
    const any = { kind: { case: "any" as const, value: {} } };
    await rpc.putExecutionType({ executionType: { name: "T", inputType: any, outputType: any } });
    expect(await execution.getType("T")).toEqual({ id: 10n, name: "T", inputType: none });
  });
});

conformance("types: base types", (test) => {
  const bases = { artifact: [1, 2, 3, 4], execution: [1, 2, 3, 4, 5] } as const;
  for (const kind of ["artifact", "execution"] as const) {
    test(`${kind} types: each base type is stored`, async ({ [kind]: calls }) => {
      for (const baseType of bases[kind]) {
        const id = await calls.putType({ name: `T${baseType}`, baseType });
        expect(await calls.getType(`T${baseType}`)).toEqual({ id, name: `T${baseType}`, baseType });
      }
    });

    test(`${kind} types: leaving the base type out, or repeating it, changes nothing`, async ({
      [kind]: calls,
    }) => {
      const id = await calls.putType({ name: "T", baseType: 2 });
      expect(await calls.putType({ name: "T" })).toBe(id);
      expect(await calls.putType({ name: "T", baseType: 2 })).toBe(id);
      expect((await calls.getType("T")).baseType).toBe(2);
    });

    test(`${kind} types: a base type can be given later, also with another version`, async ({
      [kind]: calls,
    }) => {
      await calls.putType({ name: "T", version: "v1" });
      await calls.putType({ name: "T", version: "v1", baseType: 3 });
      expect((await calls.getType("T", "v1")).baseType).toBe(3);
    });

    test(`${kind} types: a base type can be neither changed nor removed`, async ({ [kind]: calls }) => {
      await calls.putType({ name: "T", baseType: 2 });
      await refused(calls.putType({ name: "T", baseType: 3 }), "UNIMPLEMENTED", /base type.*changed/);
      await refused(calls.putType({ name: "T", baseType: 0 }), "UNIMPLEMENTED", /base type.*removed/);
      expect((await calls.getType("T")).baseType).toBe(2);
    });

    test(`${kind} types: an explicit UNSET is refused, also on a new type, which is not made`, async ({
      [kind]: calls,
    }) => {
      await refused(calls.putType({ name: "new", baseType: 0 }), "UNIMPLEMENTED");
      await refused(calls.getType("new"), "NOT_FOUND");
      await calls.putType({ name: "old" });
      await refused(calls.putType({ name: "old", baseType: 0 }), "UNIMPLEMENTED");
    });

    test(`${kind} types: no type is its own base, but a built-in one may have another`, async ({
      [kind]: calls,
    }) => {
      const [first = "", second = ""] = builtInNames[kind];
      await refused(calls.putType({ name: first, baseType: 1 }), "INVALID_ARGUMENT", /own base/);
      await calls.putType({ name: first, baseType: 2 });
      expect((await calls.getType(first)).baseType).toBe(2);
      await refused(calls.putType({ name: second, baseType: 1 }), "INVALID_ARGUMENT", /own base/);
    });

    test(`${kind} types: an unknown base type number on the wire is none`, async ({ rpc, [kind]: calls }) => {
      await calls.putType({ name: "T", baseType: 2 });
      const field = `${kind}Types` as const;
      const [answer] = [
        await rpc.putTypes(overWire(PutTypesRequestSchema, { [field]: [{ name: "T", baseType: 99 }] })),
      ];
      expect(answer[`${kind}TypeIds`]).toHaveLength(1);
      expect((await calls.getType("T")).baseType).toBe(2);
    });
  }

  test("context types: any base type is refused", async ({ context }) => {
    await refused(context.putType({ name: "T", baseType: 0 }), "UNIMPLEMENTED");
    await refused(context.getType("T"), "NOT_FOUND");
  });
});

conformance("types: PutTypes", (test) => {
  test("artifact types come first, then execution types, then context types; ids are in request order", async ({
    rpc,
  }) => {
    const answer = await rpc.putTypes({
      contextTypes: [{ name: "c" }],
      executionTypes: [{ name: "e2" }, { name: "e1" }],
      artifactTypes: [{ name: "a" }],
    });
    expect(plain(answer)).toEqual({
      artifactTypeIds: [10n],
      executionTypeIds: [11n, 12n],
      contextTypeIds: [13n],
    });
  });

  test("an empty request is fine", async ({ rpc }) => {
    expect(plain(await rpc.putTypes())).toEqual({});
  });

  test("all_fields_match: false is refused before anything else, even when there is nothing to do", async ({
    rpc,
    artifact,
    execution,
    context,
  }) => {
    await refused(rpc.putTypes({ allFieldsMatch: false }), "UNIMPLEMENTED", /all_fields_match/);
    for (const { putType } of [artifact, execution, context]) {
      await refused(putType({ name: "" }, { allFieldsMatch: false }), "UNIMPLEMENTED", /all_fields_match/);
    }
  });

  for (const kind of kindNames) {
    const types = `${kind}Types` as const;
    const ids = `${kind}TypeIds` as const;

    test(`${kind} types: a type given twice gets one id twice`, async ({ rpc, [kind]: calls }) => {
      const answer = await rpc.putTypes({ [types]: [{ name: "T" }, { name: "U" }, { name: "T" }] });
      expect(answer[ids]).toEqual([10n, 11n, 10n]);
      expect(await calls.types()).toHaveLength(2);
    });

    test(`${kind} types: the second mention evolves the first under the flags of the request`, async ({
      rpc,
      [kind]: calls,
    }) => {
      const twice = [
        { name: "T", properties: { a: INT } },
        { name: "T", properties: { a: INT, b: INT } },
      ];
      await refused(rpc.putTypes({ [types]: twice }), "ALREADY_EXISTS", /"b"/);
      await refused(calls.getType("T"), "NOT_FOUND");
      await rpc.putTypes({ [types]: twice, canAddFields: true });
      expect((await calls.getType("T")).properties).toEqual({ a: INT, b: INT });
    });

    test(`${kind} types: two mentions of a stored type may add properties, of one type each`, async ({
      rpc,
      [kind]: calls,
    }) => {
      await calls.putType({ name: "T" });
      const mention = (property: PropertyType) => ({ name: "T", properties: { p: property } });
      await refused(
        rpc.putTypes({ [types]: [mention(INT), mention(STRING)], canAddFields: true }),
        "ALREADY_EXISTS",
        /"p"/,
      );
      await rpc.putTypes({ [types]: [mention(INT), mention(INT)], canAddFields: true });
      expect((await calls.getType("T")).properties).toEqual({ p: INT });
    });

    test(`${kind} types: a second mention without external id does not blank it`, async ({
      rpc,
      [kind]: calls,
    }) => {
      await rpc.putTypes({ [types]: [{ name: "T", externalId: "x" }, { name: "T" }] });
      expect((await calls.getType("T")).externalId).toBe("x");
    });

    test(`${kind} types: two new types cannot share an external id`, async ({ rpc, [kind]: calls }) => {
      const shared = [
        { name: "T", externalId: "x" },
        { name: "U", externalId: "x" },
      ];
      await refused(rpc.putTypes({ [types]: shared }), "ALREADY_EXISTS", /external id/);
      expect(await calls.types()).toEqual([]);
    });
  }

  test("two new types of different kinds cannot share an external id", async ({ rpc, artifact }) => {
    const request = {
      artifactTypes: [{ name: "T", externalId: "x" }],
      contextTypes: [{ name: "T", externalId: "x" }],
    };
    await refused(rpc.putTypes(request), "ALREADY_EXISTS", /external id/);
    expect(await artifact.types()).toEqual([]);
  });
});

conformance("types: built in", (test) => {
  test("nine types are there from the start, with the ids 1 to 9, in no list", async ({
    artifact,
    execution,
    context,
  }) => {
    const builtIn = [
      ...(await artifact.typesById([1n, 2n, 3n, 4n])),
      ...(await execution.typesById([5n, 6n, 7n, 8n, 9n])),
    ];
    const names = [...builtInNames.artifact, ...builtInNames.execution];
    expect(builtIn).toEqual(names.map((name, index) => ({ id: BigInt(index + 1), name })));
    expect(await artifact.types()).toEqual([]);
    expect(await execution.types()).toEqual([]);
    expect(await context.types()).toEqual([]);
  });

  test("nodes may be of a built-in type, and clients may evolve it", async ({ artifact }) => {
    const id = await artifact.putType({ name: "mlmd.Model", properties: { p: INT } }, { canAddFields: true });
    expect(id).toBe(2n);
    expect(await artifact.get(await artifact.put1({ typeId: 2n }))).toMatchObject({ type: "mlmd.Model" });
  });

  test("a list hides a built-in name of any version, and of the other kind", async ({
    artifact,
    execution,
    context,
  }) => {
    await artifact.putType({ name: "mlmd.Model", version: "v1" });
    await artifact.putType({ name: "mlmd.Train" });
    await execution.putType({ name: "mlmd.Model" });
    await context.putType({ name: "mlmd.Model" });
    expect(await artifact.types()).toEqual([]);
    expect(await execution.types()).toEqual([]);
    expect(await context.types()).toHaveLength(1);
  });
});
