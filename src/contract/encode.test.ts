import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { AnySchema, FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { Random } from "../../test/differential/random.ts";
import { encode } from "./encode.ts";
import {
  type Artifact,
  ArtifactSchema,
  GetArtifactsByIDResponseSchema,
  file_ml_metadata_proto_metadata_store_service as serviceFile,
  file_ml_metadata_proto_metadata_store as storeFile,
} from "./messages.ts";

const withNested = (schema: DescMessage): DescMessage[] => [
  schema,
  ...schema.nestedMessages.flatMap(withNested),
];
const schemas = [storeFile, serviceFile].flatMap((file) => file.messages.flatMap(withNested));

/** Most are as the contract wants them, one in `oddity` is of another type, out of range or not there. */
class Messages {
  readonly #random: Random;
  readonly #oddity: number;

  constructor(seed: number, oddity: number) {
    this.#random = new Random(seed);
    this.#oddity = oddity;
  }

  any(): { schema: DescMessage; message: Message } {
    const schema = this.#random.pick(schemas);
    return { schema, message: this.#message(schema, 0) };
  }

  #message(schema: DescMessage, depth: number): Message {
    if (schema === AnySchema) return create(AnySchema, { typeUrl: this.#text(), value: this.#bytes() });
    if (schema === FieldMaskSchema) return create(FieldMaskSchema, { paths: [this.#text()] });
    const message = create(schema);
    const members = message as unknown as Record<string, unknown>;
    // In any order: the numbers of the fields are what counts.
    for (const field of schema.fields.toSorted(() => this.#random.next() - 0.5)) {
      if (this.#random.chance(0.5)) continue;
      const value = this.#field(field, depth + 1);
      if (field.oneof) members[field.oneof.localName] = { case: field.localName, value };
      else members[field.localName] = value;
    }
    if (this.#random.chance(0.1)) {
      message.$unknown = [{ no: this.#random.int(1, 2 ** 29 - 1), wireType: 2, data: Uint8Array.of(1, 7) }];
    }
    return message;
  }

  #field(field: DescField, depth: number): unknown {
    // Messages within messages become rarer, or some would never end.
    const isDeep = field.message !== undefined && !this.#random.chance(2 / depth);
    const length = isDeep
      ? 0
      : this.#random.weighted([
          [9, 2],
          [1, 60],
        ] as const);
    if (field.fieldKind === "list") return this.#random.list(0, length, () => this.#value(field, depth));
    if (field.fieldKind === "map") {
      const entries = this.#random.list(0, length, () => [
        this.#key(field.mapKey),
        this.#value(field, depth),
      ]);
      return Object.fromEntries(entries);
    }
    return isDeep && field.message ? create(field.message) : this.#value(field, depth);
  }

  #value(field: DescField, depth: number): unknown {
    if (this.#random.chance(this.#oddity)) {
      return this.#random.pick([
        undefined,
        null,
        "7",
        7,
        7.5,
        true,
        2n ** 63n,
        -(2n ** 63n) - 1n,
        2 ** 31,
        {},
        [],
      ]);
    }
    if (field.enum) return this.#random.pick([...field.enum.values.map(({ number }) => number), 99, -1]);
    if (field.message?.typeName === "google.protobuf.Struct") return { a: [1, null, { b: this.#text() }] };
    if (field.message) return this.#message(field.message, depth);
    return this.#scalar(field.scalar as ScalarType);
  }

  #scalar(type: ScalarType): unknown {
    if (type === ScalarType.STRING) return this.#text();
    if (type === ScalarType.BYTES) return this.#bytes();
    if (type === ScalarType.BOOL) return this.#random.chance(0.5);
    if (type === ScalarType.INT64) return this.#int64();
    if (type === ScalarType.DOUBLE)
      return this.#random.pick([0, -0, Number.NaN, -1e308, 5e-324, 0.1, Infinity]);
    return this.#random.pick([0, -0, 1, -1, 127, 128, 300, 2 ** 31 - 1, -(2 ** 31)]);
  }

  #int64(): bigint {
    const bits = this.#random.int(0, 64);
    return BigInt.asIntN(64, 2n ** BigInt(bits) - BigInt(this.#random.int(0, 2)));
  }

  #key(type: ScalarType): string {
    if (type === ScalarType.INT64) return String(this.#int64());
    return this.#random.pick(["__proto__", "constructor", "", "7", this.#text()]);
  }

  #text(): string {
    const unit = this.#random.pick([
      "a",
      "a",
      "a",
      "\u0000",
      "é",
      "€",
      "\ud83d\ude00",
      "\ud83d",
      "\ude00",
      "\uffff",
    ]);
    const length = this.#random.weighted([
      [30, 20],
      [4, 50],
      [4, 200],
      [1, 17_000],
    ] as const);
    const text = unit.repeat(this.#random.int(0, length));
    return this.#random.chance(0.5) ? `${text}z` : text;
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#random.int(0, 300)).fill(this.#random.int(0, 255));
  }
}

function outcome(work: () => Uint8Array): string {
  try {
    return Buffer.from(work()).toString("base64");
  } catch (error) {
    return String(error);
  }
}

test.each([
  ["as the contract wants them", 0],
  ["some of whose values are odd", 0.02],
])("random messages, %s, are encoded as the library does it", (_, oddity) => {
  const messages = new Messages(16, oddity);
  const count = Number(process.env.MLMD_ENCODED_MESSAGES ?? 2000);
  for (let made = 0; made < count; made++) {
    const { schema, message } = messages.any();
    const ours = outcome(() => encode(schema, message));
    // A comparison of its own: the matcher is slow with long texts.
    if (ours !== outcome(() => toBinary(schema, message)))
      expect.fail(`message ${made}, a ${schema.name}, differs`);
  }
});

test("messages beyond the size of the buffer that is kept are encoded as a whole", () => {
  const artifact = create(ArtifactSchema, { uri: "é".repeat(2 ** 20), name: "a".repeat(2 ** 17) });
  const before = encode(ArtifactSchema, create(ArtifactSchema, { id: 7n }));
  expect(encode(ArtifactSchema, artifact).equals(toBinary(ArtifactSchema, artifact))).toBe(true);
  expect([...before]).toEqual([8, 7]);
});

test("the buffer can grow at any place of a message", () => {
  const large = create(ArtifactSchema, { uri: "a".repeat(2 ** 20) });
  for (let size = 2 ** 16 - 60; size < 2 ** 16; size++) {
    const list = create(GetArtifactsByIDResponseSchema, {
      artifacts: [
        {},
        { id: 1n, customProperties: { "": {}, a: { value: { case: "boolValue", value: true } } } },
      ],
    });
    (list.artifacts[0] as Artifact).$unknown = [{ no: 99, wireType: 2, data: new Uint8Array(size) }];
    // After this the buffer is as small as in the beginning.
    encode(ArtifactSchema, large);
    expect(
      encode(GetArtifactsByIDResponseSchema, list).equals(toBinary(GetArtifactsByIDResponseSchema, list)),
    ).toBe(true);
  }
});

test("a message of another type is refused with the library's error", () => {
  const other = create(FieldMaskSchema) as Message as Artifact;
  expect(outcome(() => encode(ArtifactSchema, other))).toBe(outcome(() => toBinary(ArtifactSchema, other)));
  expect(() => encode(ArtifactSchema, other)).toThrow();
});
