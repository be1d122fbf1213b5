import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ArtifactStructTypeSchema,
  type ArtifactTypeSchema,
  type ContextTypeSchema,
  type ExecutionTypeSchema,
  PropertyType,
  PutArtifactTypeRequestSchema,
  PutContextTypeRequestSchema,
  PutExecutionTypeRequestSchema,
  PutTypesRequestSchema,
} from "../../../src/contract/messages.ts";
import type { Random } from "../random.ts";
import type { Draft } from "./generator.ts";
import { propertyTypes, text } from "./values.ts";

type AnyType = MessageInitShape<typeof ArtifactTypeSchema> &
  MessageInitShape<typeof ExecutionTypeSchema> &
  MessageInitShape<typeof ContextTypeSchema>;

type StructType = MessageInitShape<typeof ArtifactStructTypeSchema>;

const names = ["Data", "Model", "Train", "Run", "data", "Typ ü"];
const builtInNames = ["mlmd.Dataset", "mlmd.Model", "mlmd.Train", "mlmd.Deploy"];
const propertyNames = ["p1", "p2", "p3", "p4", "p5", "p6", "P1", "p 7:x"];

export const typeExternalIds = ["t-1", "t-2", "t-3", "t-4", "t-5", "t-6"];

const structTypes: readonly StructType[] = [
  { kind: { case: "any", value: {} } },
  { kind: { case: "none", value: {} } },
  { kind: { case: "simple", value: { name: "Data", properties: { p1: 1 } } } },
  { kind: { case: "unionType", value: { candidates: [{ kind: { case: "any", value: {} } }, {}] } } },
  {
    kind: {
      case: "dict",
      value: { noneTypeNotRequired: true, properties: { a: { kind: { case: "list", value: {} } } } },
    },
  },
];

/** A name that types are likely to have, now and then none at all. */
export function typeName(random: Random): string | undefined {
  return random.weighted([
    [90, random.pick(names)],
    [7, random.pick(builtInNames)],
    [2, ""],
    [1, undefined],
  ]);
}

export function typeVersion(random: Random): string | undefined {
  return random.weighted([
    [80, undefined],
    [5, ""],
    [10, "v1"],
    [5, "v2"],
  ]);
}

export function putArtifactType(random: Random): Draft<"putArtifactType"> {
  const artifactType = random.maybe(0.99, () => newType(random, 4));
  const request = { ...options(random), ...(artifactType && { artifactType }) };
  return { method: "putArtifactType", request: create(PutArtifactTypeRequestSchema, request) };
}

export function putExecutionType(random: Random): Draft<"putExecutionType"> {
  const executionType = random.maybe(0.99, () => newExecutionType(random));
  const request = { ...options(random), ...(executionType && { executionType }) };
  return { method: "putExecutionType", request: create(PutExecutionTypeRequestSchema, request) };
}

export function putContextType(random: Random): Draft<"putContextType"> {
  const contextType = random.maybe(0.99, () => newType(random, 0));
  const request = { ...options(random), ...(contextType && { contextType }) };
  return { method: "putContextType", request: create(PutContextTypeRequestSchema, request) };
}

export function putTypes(random: Random): Draft<"putTypes"> {
  const artifactTypes = random.list(0, 3, () => newType(random, 4));
  const [first] = artifactTypes;
  if (first && random.chance(0.1))
    artifactTypes.unshift({ ...first, externalId: random.pick(typeExternalIds) });
  const request = create(PutTypesRequestSchema, {
    ...options(random),
    artifactTypes,
    executionTypes: random.list(0, 3, () => newExecutionType(random)),
    contextTypes: random.list(0, 2, () => newType(random, 0)),
  });
  return { method: "putTypes", request };
}

function options(random: Random) {
  return given({
    canAddFields: random.maybe(0.75, () => random.chance(0.9)),
    canOmitFields: random.maybe(0.75, () => random.chance(0.9)),
    canDeleteFields: random.maybe(0.05, () => random.chance(0.5)),
    allFieldsMatch: random.maybe(0.05, () => random.chance(0.8)),
  });
}

function newExecutionType(random: Random): AnyType {
  return {
    ...newType(random, 5),
    ...given({
      inputType: random.maybe(0.1, () => random.pick(structTypes)),
      outputType: random.maybe(0.1, () => random.pick(structTypes)),
    }),
  };
}

function newType(random: Random, baseTypeMax: number): AnyType {
  return given({
    name: typeName(random),
    version: typeVersion(random),
    description: random.maybe(0.2, () => text(random)),
    externalId: random.maybe(0.07, () => (random.chance(0.05) ? "" : random.pick(typeExternalIds))),
    id: random.maybe(0.05, () => BigInt(random.int(1, 20))),
    baseType: baseType(random, baseTypeMax) as never,
    properties: properties(random),
  });
}

/** Mostly none: the base type of a type can be given only once. */
function baseType(random: Random, max: number): number | undefined {
  return random.weighted([
    [90, undefined],
    [8, max === 0 ? undefined : random.int(1, max)],
    [1, 0],
    [1, 99],
  ]);
}

function properties(random: Random): { [name: string]: PropertyType } {
  const result: { [name: string]: PropertyType } = {};
  for (const name of propertyNames) {
    if (random.chance(0.4)) result[name] = propertyType(random, name);
  }
  return result;
}

/** A property's type follows from its name, or types could hardly ever evolve; rarely it is another. */
function propertyType(random: Random, name: string): PropertyType {
  if (random.chance(0.005)) return random.pick([PropertyType.UNKNOWN, 99 as PropertyType]);
  if (random.chance(0.01)) return random.pick(propertyTypes);
  return propertyTypes[propertyNames.indexOf(name) % propertyTypes.length] as PropertyType;
}

/** The entries that are given: an unset field is not there at all. */
export function given<T extends object>(fields: T): { [F in keyof T]?: Exclude<T[F], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [F in keyof T]?: Exclude<T[F], undefined>;
  };
}
