import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, equals, fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import { AnySchema, anyPack } from "@bufbuild/protobuf/wkt";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Artifact,
  Artifact_State,
  ArtifactSchema,
  ArtifactStructTypeSchema,
  ContextSchema,
  ExecutionSchema,
  ExecutionTypeSchema,
  PropertyType,
  type Value,
  ValueSchema,
} from "../../contract/messages.ts";
import { has } from "../../contract/presence.ts";
import { artifactKind, contextKind, executionKind } from "../../domain/kinds.ts";
import type { Storage } from "../../domain/ports.ts";
import { openSqlite } from "../sqlite/open.ts";

const folder = mkdtempSync(join(tmpdir(), "mlmd-rows-"));
const path = join(folder, "rows.db");
let storage: Storage;
/** Another program that writes the same file. */
let other: Database.Database;

beforeAll(async () => {
  storage = await openSqlite({ path });
  other = new Database(path);
});

afterAll(async () => {
  other.close();
  await storage.close();
  rmSync(folder, { recursive: true });
});

const times = { createTimeSinceEpoch: 1n, lastUpdateTimeSinceEpoch: 2n };

function newValue(value: MessageInitShape<typeof ValueSchema>["value"]): Value {
  return create(ValueSchema, value === undefined ? {} : { value });
}

/** Stores a new artifact with the properties and reads it back. */
async function stored(values: readonly (readonly [name: string, value: Value])[]): Promise<Artifact> {
  const [id] = await storage.write(async (tx) => {
    const ids = await tx.insertNodes(artifactKind, [create(ArtifactSchema, { typeId: 1n, ...times })]);
    await tx.putProperties(
      artifactKind,
      values.map(([name, value]) => ({ nodeId: ids[0] as bigint, name, isCustom: true, value })),
    );
    return ids;
  });
  return artifactById(id as bigint);
}

async function artifactById(id: bigint): Promise<Artifact> {
  const [artifact] = await storage.read((tx) => tx.nodesById(artifactKind, [id]));
  return artifact as Artifact;
}

describe("values come back as they were stored", () => {
  test.each<[string, Value]>([
    ["the largest integer", newValue({ case: "intValue", value: 2n ** 63n - 1n })],
    ["the smallest integer", newValue({ case: "intValue", value: -(2n ** 63n) })],
    ["zero", newValue({ case: "intValue", value: 0n })],
    ["an integer beyond doubles", newValue({ case: "intValue", value: 2n ** 53n + 1n })],
    ["a double with an integer's value", newValue({ case: "doubleValue", value: 3 })],
    ["a tiny double", newValue({ case: "doubleValue", value: Number.MIN_VALUE })],
    ["a huge double", newValue({ case: "doubleValue", value: Number.MAX_VALUE })],
    ["a double of 17 digits", newValue({ case: "doubleValue", value: 0.1 + 0.2 })],
    ["the empty string", newValue({ case: "stringValue", value: "" })],
    ["digits as a string", newValue({ case: "stringValue", value: "0012" })],
    ["quotes, backslashes, emoji", newValue({ case: "stringValue", value: `'"\\\n\t\u{1f600}%_$1` })],
    ["a NUL in a string", newValue({ case: "stringValue", value: "a\0b" })],
    [
      "a string that looks like a struct",
      newValue({ case: "stringValue", value: "mlmd-struct::{not base64}" }),
    ],
    ["true", newValue({ case: "boolValue", value: true })],
    ["false", newValue({ case: "boolValue", value: false })],
    ["an empty struct", newValue({ case: "structValue", value: {} })],
    [
      "a nested struct",
      newValue({
        case: "structValue",
        value: JSON.parse(
          '{"__proto__": {"constructor": null}, "list": [1, "two", [true], {}], "x": -1e300}',
        ),
      }),
    ],
    ["a struct with NaN", newValue({ case: "structValue", value: { x: Number.NaN } })],
    [
      "a message",
      newValue({ case: "protoValue", value: anyPack(ArtifactSchema, create(ArtifactSchema, { uri: "u" })) }),
    ],
    [
      "a message of an unknown type",
      newValue({
        case: "protoValue",
        value: create(AnySchema, { typeUrl: "type.googleapis.com/x.Y", value: Uint8Array.of(0, 255, 128) }),
      }),
    ],
    ["an empty message", newValue({ case: "protoValue", value: create(AnySchema) })],
  ])("%s", async (_, value) => {
    const { customProperties, properties } = await stored([["p", value]]);
    expect(customProperties.p).toEqual(value);
    expect(properties).toEqual({});
  });

  test("any integer, double, string and struct", async () => {
    const value = fc.oneof(
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((int) => newValue({ case: "intValue", value: int })),
      // SQLite has no negative zero.
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((double) => newValue({ case: "doubleValue", value: double === 0 ? 0 : double })),
      fc.string({ unit: "grapheme" }).map((text) => newValue({ case: "stringValue", value: text })),
      fc
        .dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false }))
        .map((struct) => newValue({ case: "structValue", value: struct as never })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 20 }), async (values) => {
        const artifact = await stored(values.map((each, index) => [`p${index}`, each]));
        for (const [index, each] of values.entries()) {
          expect(equals(ValueSchema, artifact.customProperties[`p${index}`] as Value, each)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("names like those of an object's own members are names", async () => {
    const names = ["__proto__", "constructor", "toString", "", "a b"];
    const value = newValue({ case: "intValue", value: 1n });
    const { customProperties } = await stored(names.map((name) => [name, value]));
    expect(Object.keys(customProperties).sort()).toEqual([...names].sort());
    expect(Object.getPrototypeOf(customProperties)).toBe(Object.prototype);
  });

  test("declared and custom properties of one name do not touch each other", async () => {
    const value = (int: bigint) => newValue({ case: "intValue", value: int });
    const { id } = await stored([["p", value(1n)]]);
    const key = { nodeId: id, name: "p" };
    await storage.write((tx) =>
      tx.putProperties(artifactKind, [{ ...key, isCustom: false, value: value(2n) }]),
    );
    await storage.write((tx) =>
      tx.putProperties(artifactKind, [
        { ...key, isCustom: false, value: newValue({ case: "stringValue", value: "now a string" }) },
      ]),
    );
    const both = await artifactById(id);
    expect([both.properties.p?.value.value, both.customProperties.p?.value.value]).toEqual([
      "now a string",
      1n,
    ]);
    await storage.write((tx) => tx.deleteProperties(artifactKind, [{ ...key, isCustom: false }]));
    const one = await artifactById(id);
    expect([one.properties, one.customProperties.p?.value.value]).toEqual([{}, 1n]);
  });
});

describe("the stored form is the original's", () => {
  const cells = (id: bigint) =>
    other
      .prepare(
        `SELECT int_value, double_value, string_value, byte_value, proto_value, bool_value,
           typeof(coalesce(int_value, double_value, string_value, proto_value, bool_value)) AS kind
         FROM ArtifactProperty WHERE artifact_id = ?`,
      )
      .get(id);
  const nothing = {
    int_value: null,
    double_value: null,
    string_value: null,
    byte_value: null,
    proto_value: null,
    bool_value: null,
  };
  test.each<[string, Value, object]>([
    ["int", newValue({ case: "intValue", value: 7n }), { int_value: 7, kind: "integer" }],
    ["double", newValue({ case: "doubleValue", value: 7 }), { double_value: 7, kind: "real" }],
    ["bool", newValue({ case: "boolValue", value: true }), { bool_value: 1, kind: "integer" }],
    [
      "struct",
      newValue({ case: "structValue", value: { a: 1 } }),
      { string_value: "mlmd-struct::Cg4KAWESCREAAAAAAADwPw==", kind: "text" },
    ],
    [
      "proto",
      newValue({
        case: "protoValue",
        value: create(AnySchema, { typeUrl: "t/x.Y", value: Uint8Array.of(1) }),
      }),
      { proto_value: "CgV0L3guWRIBAQ==", kind: "text" },
    ],
  ])("%s", async (_, value, expected) => {
    const { id } = await stored([["p", value]]);
    expect(cells(id)).toEqual({ ...nothing, ...expected });
  });

  test("unset columns are NULL, an unset uri is empty", async () => {
    const { id } = await stored([]);
    expect(other.prepare("SELECT uri, state, name, external_id FROM Artifact WHERE id = ?").get(id)).toEqual({
      uri: "",
      state: null,
      name: null,
      external_id: null,
    });
    const artifact = await artifactById(id);
    expect([has(artifact, "uri"), has(artifact, "state"), has(artifact, "name")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("rows that other programs left", () => {
  async function withProperty(column: string, cell: unknown): Promise<Artifact> {
    const { id } = await stored([["good", newValue({ case: "intValue", value: 1n })]]);
    other
      .prepare(
        `INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, ${column}) VALUES (?, ?, 1, ?)`,
      )
      .run(id, "p", cell);
    return artifactById(id);
  }

  test.each<[string, string, unknown, Value["value"] | undefined]>([
    ["no value at all", "int_value", null, undefined],
    [
      "a struct that is none",
      "string_value",
      "mlmd-struct::/w==",
      { case: "stringValue", value: "mlmd-struct::/w==" },
    ],
    [
      "a struct without padding",
      "string_value",
      "mlmd-struct::Cg4KAWESCREAAAAAAADwPw",
      { case: "structValue", value: { a: 1 } },
    ],
    ["a message that is none", "proto_value", "/w==", undefined],
    [
      "a message as bytes",
      "proto_value",
      Buffer.from("CgV0L3guWRIBAQ==", "base64"),
      { case: "protoValue", value: create(AnySchema, { typeUrl: "t/x.Y", value: Uint8Array.of(1) }) },
    ],
    [
      "the original's mark for NULL",
      "string_value",
      "__MLMD_NULL__",
      { case: "stringValue", value: "__MLMD_NULL__" },
    ],
  ])("%s does not spoil its node", async (_, column, cell, expected) => {
    const { customProperties } = await withProperty(column, cell);
    expect(customProperties.good?.value.value).toBe(1n);
    expect(customProperties.p?.value).toEqual(expected);
  });

  test("a node whose type is gone and whose uri is NULL", async () => {
    const { lastInsertRowid } = other.prepare("INSERT INTO Artifact (type_id, uri) VALUES (999, NULL)").run();
    const artifact = await artifactById(BigInt(lastInsertRowid));
    expect([artifact.uri, has(artifact, "uri"), artifact.typeId, has(artifact, "type")]).toEqual([
      "",
      true,
      999n,
      false,
    ]);
  });

  test("a type whose signature cannot be read, and one without data type", async () => {
    const { lastInsertRowid } = other
      .prepare("INSERT INTO Type (name, type_kind, input_type, output_type) VALUES ('odd', 0, '{', '')")
      .run();
    other.prepare("INSERT INTO TypeProperty VALUES (?, 'p', NULL)").run(lastInsertRowid);
    const [type] = await storage.read((tx) => tx.typesById(executionKind, [BigInt(lastInsertRowid)]));
    expect([type?.name, type?.inputType, type?.outputType]).toEqual(["odd", undefined, undefined]);
    expect(type?.properties).toEqual({ p: PropertyType.UNKNOWN });
  });
});

test("every field of a node, and of an execution's type, comes back", async () => {
  const artifact = create(ArtifactSchema, {
    typeId: 2n,
    uri: "gs://bucket",
    state: Artifact_State.UNKNOWN,
    name: "",
    externalId: "x1",
    createTimeSinceEpoch: -5n,
    lastUpdateTimeSinceEpoch: 2n ** 60n,
  });
  const execution = create(ExecutionSchema, { typeId: 5n, lastKnownState: 3, name: "e", ...times });
  const context = create(ContextSchema, { typeId: 1n, name: "c", externalId: "", ...times });
  const signature = fromJson(ArtifactStructTypeSchema, {
    dict: { properties: { in: { simple: { name: "T", properties: { "a b": "INT" } } }, out: { any: {} } } },
  });
  const type = create(ExecutionTypeSchema, {
    name: "T",
    version: "2",
    description: "",
    inputType: signature,
    outputType: create(ArtifactStructTypeSchema),
    externalId: "t1",
  });
  const ids = await storage.write(async (tx) => [
    ...(await tx.insertNodes(artifactKind, [artifact])),
    ...(await tx.insertNodes(executionKind, [execution])),
    ...(await tx.insertNodes(contextKind, [context])),
    ...(await tx.insertTypes(executionKind, [type])),
  ]);
  const [artifactId, executionId, contextId, typeId] = ids as [bigint, bigint, bigint, bigint];
  const read = await storage.read(async (tx) => [
    ...(await tx.nodesById(artifactKind, [artifactId])),
    ...(await tx.nodesById(executionKind, [executionId])),
    ...(await tx.nodesById(contextKind, [contextId])),
    ...(await tx.typesById(executionKind, [typeId])),
  ]);
  expect(read).toEqual([
    { ...artifact, id: artifactId, type: "mlmd.Model" },
    { ...execution, id: executionId, type: "mlmd.Train" },
    { ...context, id: contextId, type: "mlmd.Dataset" },
    { ...type, id: typeId },
  ]);
});
