import { describe, expect, expectTypeOf, test } from "vitest";
import { toMessage } from "./convert.ts";
import {
  artifactType,
  contextType,
  type DeclaredNode,
  type DeclaredType,
  executionType,
} from "./declared-type.ts";
import type { Artifact } from "./nodes.ts";
import type { MetadataStore } from "./store.ts";
import { type ProtoValue, protoValue, type StructValue } from "./values.ts";

const Dataset = artifactType(
  "Dataset",
  { day: "int", split: "string", share: "double", isFinal: "boolean", stats: "struct", schema: "proto" },
  { version: "2", description: "examples", externalId: "ds", baseType: "DATASET" },
);
const Trainer = executionType("Trainer", { epochs: "int" }, { baseType: "TRAIN" });
const Experiment = contextType("Experiment", { note: "string" });

describe("conversion", () => {
  test("a number is an int where that is declared", () => {
    const node = Dataset.of({ properties: { day: 1, share: 1, split: "a", isFinal: true, stats: {} } });
    expect(toMessage("artifact", node)).toMatchObject({
      type: "Dataset",
      properties: {
        day: { value: { case: "intValue", value: 1n } },
        share: { value: { case: "doubleValue", value: 1 } },
        split: { value: { case: "stringValue", value: "a" } },
        isFinal: { value: { case: "boolValue", value: true } },
        stats: { value: { case: "structValue", value: {} } },
      },
    });
  });

  test("undefined properties are not set, custom ones follow their JavaScript type", () => {
    const node = Dataset.of({ properties: { day: undefined }, customProperties: { day: 1 } });
    expect(toMessage("artifact", node)).toMatchObject({
      properties: {},
      customProperties: { day: { value: { case: "doubleValue", value: 1 } } },
    });
  });

  test.each([
    [{ day: "1" }, 'is declared int by artifact type "Dataset" and the value is the string "1"; write 100n'],
    [{ day: 0.5 }, "the value is the number 0.5; write 100n"],
    [{ day: 2 ** 53 }, "the value is the number 9007199254740992; write 100n"],
    [
      { share: 100n },
      'is declared double by artifact type "Dataset" and the value is the bigint 100n; write 100',
    ],
    [{ split: 7 }, 'the value is the number 7; write "7"'],
    [{ isFinal: "yes" }, "write true or false"],
    [{ stats: "{}" }, 'write a plain object, such as { key: "value" }'],
    [{ schema: {} }, "and the value is a plain object; write protoValue(typeUrl, bytes)"],
    [
      { days: 1n },
      'Property "days" of the artifact is not declared by artifact type "Dataset"; declared are: "day", ',
    ],
  ])("refuses %o", (properties, message) => {
    const node = Dataset.of({ properties: properties as object });
    expect(() => toMessage("artifact", node)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  test("is what the store registers", () => {
    expect(toMessage("artifactType", Dataset)).toMatchObject({
      name: "Dataset",
      version: "2",
      description: "examples",
      externalId: "ds",
      baseType: 1,
    });
  });
});

describe("narrowing", () => {
  const read = {
    id: 1n,
    typeId: 2n,
    customProperties: {},
    createTimeSinceEpoch: 0n,
    lastUpdateTimeSinceEpoch: 0n,
  };

  test("is by type name and the kinds of the properties", () => {
    expect(Dataset.is({ ...read, type: "Dataset", properties: { day: 1n, other: "x" } })).toBe(true);
    expect(Dataset.is({ ...read, type: "Dataset", properties: {} })).toBe(true);
    expect(Dataset.is({ ...read, type: "Dataset", properties: { day: "1" } })).toBe(false);
    expect(Dataset.is({ ...read, type: "Model", properties: { day: 1n } })).toBe(false);
  });

  test("tells the compiler", () => {
    const artifact: Artifact = { ...read, type: "Dataset", properties: { day: 1n } };
    if (Dataset.is(artifact)) expectTypeOf(artifact.properties.day).toEqualTypeOf<bigint | undefined>();
  });
});

describe("types", () => {
  test("properties that are read have the type of their kind", () => {
    type Properties = DeclaredNode<"artifact", (typeof Dataset)["properties"]>["properties"];
    expectTypeOf<Properties>().toEqualTypeOf<{
      day?: bigint;
      split?: string;
      share?: number;
      isFinal?: boolean;
      stats?: StructValue;
      schema?: ProtoValue;
    }>();
  });

  test("each kind has its own fields", () => {
    expectTypeOf<DeclaredNode<"artifact", { a: "int" }>>().toHaveProperty("uri");
    expectTypeOf<DeclaredNode<"execution", { a: "int" }>>().toHaveProperty("lastKnownState");
    expectTypeOf<DeclaredNode<"context", { a: "int" }>["name"]>().toEqualTypeOf<string>();
  });

  test("the compiler checks what is written", () => {
    const put = (_: unknown) => {};
    put(
      Dataset.of({
        uri: "x",
        state: "LIVE",
        properties: { day: 1, schema: protoValue("x", new Uint8Array()) },
      }),
    );
    put(Dataset.of({ properties: { day: 1n } }));
    put(Trainer.of({ lastKnownState: "COMPLETE", properties: { epochs: 3 } }));
    put(Experiment.of({ name: "e", properties: { note: undefined } }));
    // @ts-expect-error: the kind is int
    put(Dataset.of({ properties: { day: "monday" } }));
    // @ts-expect-error: the kind is double
    put(Dataset.of({ properties: { share: 1n } }));
    // @ts-expect-error: not declared
    put(Dataset.of({ properties: { dya: 1 } }));
    // @ts-expect-error: no state of an artifact
    put(Dataset.of({ state: "COMPLETE" }));
    // @ts-expect-error: an execution has no URI
    put(Trainer.of({ uri: "x" }));
    // @ts-expect-error: no kind
    put(() => artifactType("T", { day: "date" }));
    // @ts-expect-error: a base type of executions
    put(() => artifactType("T", {}, { baseType: "TRAIN" }));
  });

  test("the store's methods know the type's properties", () => {
    const use = async (store: MetadataStore) => {
      const [written] = await store.put(Dataset, [{ properties: { day: 1 } }]);
      expectTypeOf(written?.properties.day).toEqualTypeOf<bigint | undefined>();
      // What was read can be written back.
      if (written) await store.put(Dataset, [{ ...written, properties: { ...written.properties, day: 2 } }]);
      const found = await store.get(Trainer, { name: "t" });
      expectTypeOf(found?.properties.epochs).toEqualTypeOf<bigint | undefined>();
      expectTypeOf(found?.lastKnownState).toEqualTypeOf<
        Awaited<ReturnType<MetadataStore["getExecutions"]>>[0]["lastKnownState"]
      >();
      for await (const context of store.iterate(Experiment))
        expectTypeOf(context.name).toEqualTypeOf<string>();
      // @ts-expect-error: not declared
      await store.put(Dataset, [{ properties: { epochs: 1 } }]);
      // @ts-expect-error: one key
      await store.get(Dataset, { name: "x", id: 1n });
      // @ts-expect-error: an artifact's type
      await store.putExecution({ execution: Dataset.of({}) });
    };
    expectTypeOf(use).toBeFunction();
    expectTypeOf<typeof Trainer>().toExtend<DeclaredType<"execution">>();
  });
});
