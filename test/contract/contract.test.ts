import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  create,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  fromBinary,
  getOption,
  isFieldSet,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, FieldDescriptorProto_Label } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { file_ml_metadata_simple_types_proto_simple_types as simpleTypesFile } from "../../src/contract/gen/ml_metadata/simple_types/proto/simple_types_pb.ts";
import {
  ArtifactSchema,
  ArtifactTypeSchema,
  ListOperationOptionsSchema,
  MetadataStoreService,
  file_ml_metadata_proto_metadata_store_service as serviceFile,
  file_ml_metadata_proto_metadata_store as storeFile,
  system_type_extension,
} from "../../src/contract/messages.ts";
import { artifactKind, contextKind, executionKind } from "../../src/domain/kinds.ts";

const root = join(import.meta.dirname, "../..");
const contract = JSON.parse(readFileSync(join(root, "test/golden/wire-contract.json"), "utf8"));
const files = [storeFile, serviceFile, simpleTypesFile];
const messages = files.flatMap((file) => file.messages.flatMap(withNested));
const enums = [...files.flatMap((file) => file.enums), ...messages.flatMap((message) => message.nestedEnums)];

function withNested(message: DescMessage): DescMessage[] {
  return [message, ...message.nestedMessages.flatMap(withNested)];
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

/** Only the members that are there, as in the file. */
function present(members: Record<string, unknown>): Record<string, unknown> {
  const isPresent = (value: unknown) =>
    value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(members).filter(([, value]) => isPresent(value)));
}

function typeName(field: DescField): string {
  if (field.fieldKind === "map")
    return `map<${ScalarType[field.mapKey].toLowerCase()}, ${mapValueType(field)}>`;
  if (field.message !== undefined) return field.message.typeName;
  if (field.enum !== undefined) return field.enum.typeName;
  return ScalarType[field.scalar as ScalarType].toLowerCase();
}

function mapValueType(field: DescField & { fieldKind: "map" }): string {
  return (field.message ?? field.enum)?.typeName ?? ScalarType[field.scalar as ScalarType].toLowerCase();
}

function describeField(field: DescField): Record<string, unknown> {
  const kind = field.fieldKind === "list" ? field.listKind : field.fieldKind;
  const isRepeatable = field.fieldKind === "list" && (kind === "scalar" || kind === "enum");
  const isPackable = isRepeatable && field.scalar !== ScalarType.STRING && field.scalar !== ScalarType.BYTES;
  return {
    ...present({
      name: field.name,
      number: field.number,
      type: typeName(field),
      kind,
      label: field.proto.label === FieldDescriptorProto_Label.REPEATED ? "repeated" : "optional",
      jsonName: field.jsonName,
      oneof: field.oneof?.name,
      deprecated: field.deprecated,
    }),
    ...(field.proto.defaultValue !== "" && { default: defaultOf(field) }),
    ...(isPackable && { packed: field.packed }),
    ...(field.fieldKind === "map" && {
      map: {
        keyType: ScalarType[field.mapKey].toLowerCase(),
        valueType: mapValueType(field),
        valueKind: field.mapKind,
      },
    }),
  };
}

function defaultOf(field: DescField): unknown {
  const text = field.proto.defaultValue;
  if (field.scalar === ScalarType.BOOL) return text === "true";
  return field.scalar === undefined ? text : Number(text);
}

const ranges = (list: readonly { start: number; end: number }[]) =>
  list.map(({ start, end }) => ({ start, endInclusive: end - 1 }));

function describeMessage(message: DescMessage): Record<string, unknown> {
  return {
    ...present({
      file: `${message.file.name}.proto`,
      nestedIn: message.parent?.typeName,
      nestedEnums: message.nestedEnums.map(({ typeName }) => typeName).sort(),
      nestedMessages: message.nestedMessages.map(({ typeName }) => typeName).sort(),
      deprecated: message.deprecated,
      reservedRanges: ranges(message.proto.reservedRange),
      extensionRanges: ranges(message.proto.extensionRange),
    }),
    ...(message.oneofs.length > 0 && {
      oneofs: Object.fromEntries(message.oneofs.map(({ name, fields }) => [name, fields.map((f) => f.name)])),
    }),
    fields: message.fields.map(describeField).sort((a, b) => Number(a.number) - Number(b.number)),
  };
}

function describeEnum(enumeration: DescEnum): Record<string, unknown> {
  return present({
    file: `${enumeration.file.name}.proto`,
    nestedIn: enumeration.parent?.typeName,
    values: enumeration.values.map((value) => {
      const { typeName } = getOption(value, system_type_extension);
      const options = { "ml_metadata.system_type_extension": { type_name: typeName } };
      return { name: value.name, number: value.number, ...(typeName !== "" && { options }) };
    }),
  });
}

/** The golden file's own sets have no order. */
function sorted(description: Record<string, unknown>): Record<string, unknown> {
  const copy = { ...description };
  for (const key of ["nestedEnums", "nestedMessages"]) {
    if (Array.isArray(copy[key])) copy[key] = [...copy[key]].sort();
  }
  return copy;
}

test("162 messages with 426 fields, each as the original's", () => {
  expect(messages.map(({ typeName }) => typeName).sort()).toEqual(Object.keys(contract.messages).sort());
  expect(messages).toHaveLength(162);
  expect(messages.flatMap(({ fields }) => fields)).toHaveLength(426);
  for (const message of messages) {
    expect(describeMessage(message), message.typeName).toEqual(sorted(contract.messages[message.typeName]));
  }
});

test("10 enums, with the options of their values", () => {
  expect(
    Object.fromEntries(enums.map((enumeration) => [enumeration.typeName, describeEnum(enumeration)])),
  ).toEqual(contract.enums);
  expect(enums).toHaveLength(10);
});

test("52 operations", () => {
  const methods = MetadataStoreService.methods.map((method) => ({
    name: method.name,
    path: `/${MetadataStoreService.typeName}/${method.name}`,
    requestType: method.input.typeName,
    responseType: method.output.typeName,
    streaming: method.methodKind === "unary" ? "none" : method.methodKind,
    ...(method.deprecated && { deprecated: true }),
  }));
  expect(`${MetadataStoreService.file.name}.proto`).toBe(
    contract.services[MetadataStoreService.typeName].file,
  );
  expect(methods.sort(byName)).toEqual(contract.services[MetadataStoreService.typeName].methods);
  expect(methods).toHaveLength(52);
});

test("files, packages, syntax, imports and the extension", () => {
  const describeFile = (file: DescFile) => ({
    name: `${file.name}.proto`,
    package: file.proto.package,
    syntax: file.proto.syntax === "" ? "proto2" : file.proto.syntax,
    imports: [...file.proto.dependency].sort(),
  });
  expect(files.map(describeFile)).toEqual(contract.files);
  const extensions = files.flatMap((file) => file.extensions);
  const describeExtension = (extension: DescExtension) => ({
    name: extension.typeName,
    extends: extension.extendee.typeName,
    number: extension.number,
    type: extension.message?.typeName,
    label: extension.proto.label === FieldDescriptorProto_Label.REPEATED ? "repeated" : "optional",
    file: `${extension.file.name}.proto`,
  });
  expect(extensions.map(describeExtension)).toEqual(contract.extensions);
});

test("singular fields of the proto2 files have presence", () => {
  const singular = [storeFile, serviceFile]
    .flatMap((file) => file.messages.flatMap(withNested))
    .flatMap(({ fields }) => fields)
    .filter((field) => field.proto.label !== FieldDescriptorProto_Label.REPEATED);
  for (const field of singular)
    expect(field.presence, field.toString()).toBe(FeatureSet_FieldPresence.EXPLICIT);
});

test("the kinds' base types are the options of the enums", () => {
  for (const kind of [artifactKind, executionKind, contextKind]) {
    const values = enums.find(
      ({ parent, name }) => parent === kind.type && name === "SystemDefinedBaseType",
    )?.values;
    const named = values?.filter(({ number }) => number !== 0) ?? [];
    expect(named.map((value) => [value.number, getOption(value, system_type_extension).typeName])).toEqual([
      ...kind.baseTypes,
    ]);
  }
});

test("a field that is set to its default stays set", () => {
  const bytes = toBinary(ArtifactSchema, create(ArtifactSchema, { id: 0n, uri: "", state: 0 }));
  const artifact = fromBinary(ArtifactSchema, bytes);
  const { field } = ArtifactSchema;
  expect([field.id, field.uri, field.state].map((f) => isFieldSet(artifact, f))).toEqual([true, true, true]);
  expect([field.name, field.typeId].map((f) => isFieldSet(artifact, f))).toEqual([false, false]);
  expect(create(ListOperationOptionsSchema).maxResultSize).toBe(20);
});

test("an enum number outside the enum leaves the field unset, and is kept as unknown", () => {
  const bytes = Uint8Array.of(0x30, 99);
  const artifact = fromBinary(ArtifactSchema, bytes);
  expect(isFieldSet(artifact, ArtifactSchema.field.state)).toBe(false);
  expect(toBinary(ArtifactSchema, artifact)).toEqual(bytes);
});

test("a map keeps an enum number outside the enum, other than proto2 says: put-types.ts drops it", () => {
  const entry = Uint8Array.of(0x0a, 1, 0x78, 0x10, 99); // "x": 99
  const type = fromBinary(ArtifactTypeSchema, Uint8Array.of(0x1a, entry.length, ...entry));
  expect(type.properties).toEqual({ x: 99 });
});

test("unknown fields, any map key and the limits of 64 bits survive", () => {
  const bytes = Uint8Array.of(0xf8, 0x07, 0x05); // field 127
  expect(toBinary(ArtifactSchema, fromBinary(ArtifactSchema, bytes))).toEqual(bytes);
  const type = fromBinary(
    ArtifactTypeSchema,
    Uint8Array.of(0x1a, 13, 0x0a, 9, ...Buffer.from("__proto__"), 0x10, 1),
  );
  expect(Object.entries(type.properties)).toEqual([["__proto__", 1]]);
  for (const id of [2n ** 63n - 1n, -(2n ** 63n)]) {
    expect(fromBinary(ArtifactSchema, toBinary(ArtifactSchema, create(ArtifactSchema, { id }))).id).toBe(id);
  }
});

test("the generated code is what the .proto files give now", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlmd-gen-"));
  try {
    for (const name of ["proto", "buf.yaml", "buf.gen.yaml"])
      cpSync(join(root, name), join(folder, name), { recursive: true });
    writeFileSync(join(folder, "package.json"), "{}");
    const bin = join(root, "node_modules/.bin");
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    execFileSync(join(bin, "buf"), ["generate"], { cwd: folder, env });
    const read = (base: string) =>
      readdirSync(join(base, "src/contract/gen"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => [file.slice(base.length), readFileSync(file, "utf8")]);
    expect(read(folder)).toEqual(read(root));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
