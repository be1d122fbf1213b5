import { create, equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  Artifact_State,
  ArtifactSchema,
  ContextSchema,
  Event_Type,
  EventSchema,
  Execution_State,
  ExecutionSchema,
  ExecutionType_SystemDefinedBaseType,
  ExecutionTypeSchema,
  PropertyType,
} from "../contract/messages.ts";
import { fromMessage, toMessage } from "./convert.ts";

const artifact = create(ArtifactSchema, {
  id: 2n ** 53n + 1n,
  typeId: 3n,
  type: "Dataset",
  name: "",
  uri: "",
  externalId: "x",
  state: Artifact_State.UNKNOWN,
  properties: { day: { value: { case: "intValue", value: 0n } } },
  customProperties: { "": { value: { case: "structValue", value: {} } } },
  createTimeSinceEpoch: 5n,
  lastUpdateTimeSinceEpoch: 6n,
});

test("an artifact keeps every field, also those set to their default", () => {
  const plain = fromMessage("artifact", artifact);
  expect(plain).toStrictEqual({
    id: 2n ** 53n + 1n,
    typeId: 3n,
    type: "Dataset",
    name: "",
    uri: "",
    externalId: "x",
    state: "UNKNOWN",
    properties: { day: 0n },
    customProperties: { "": {} },
    createTimeSinceEpoch: 5n,
    lastUpdateTimeSinceEpoch: 6n,
  });
  expect(toBinary(ArtifactSchema, toMessage("artifact", plain))).toEqual(toBinary(ArtifactSchema, artifact));
});

test("what is unset stays unset", () => {
  const unset = { properties: {}, customProperties: {} };
  expect(fromMessage("artifact", create(ArtifactSchema))).toStrictEqual(unset);
  expect(fromMessage("execution", create(ExecutionSchema))).toStrictEqual(unset);
  expect(fromMessage("context", create(ContextSchema))).toStrictEqual(unset);
  const message = toMessage("artifact", { uri: undefined, state: undefined, type: undefined });
  expect(toBinary(ArtifactSchema, message)).toHaveLength(0);
});

test("executions, contexts, types and events come back the same", () => {
  const execution = create(ExecutionSchema, { id: 1n, lastKnownState: Execution_State.CACHED });
  expect(
    equals(ExecutionSchema, toMessage("execution", fromMessage("execution", execution)), execution),
  ).toBe(true);
  const context = create(ContextSchema, { id: 1n, name: "run" });
  expect(equals(ContextSchema, toMessage("context", fromMessage("context", context)), context)).toBe(true);
  const type = create(ExecutionTypeSchema, {
    id: 1n,
    name: "Trainer",
    version: "",
    description: "d",
    baseType: ExecutionType_SystemDefinedBaseType.TRAIN,
    inputType: { kind: { case: "any", value: {} } },
    properties: { rate: PropertyType.DOUBLE, flag: PropertyType.BOOLEAN },
  });
  const plain = fromMessage("executionType", type);
  expect(plain).toMatchObject({
    version: "",
    baseType: "TRAIN",
    properties: { rate: "double", flag: "boolean" },
  });
  expect(equals(ExecutionTypeSchema, toMessage("executionType", plain), type)).toBe(true);
});

test("the path of an event is names and positions", () => {
  const message = create(EventSchema, {
    artifactId: 1n,
    executionId: 2n,
    type: Event_Type.INPUT,
    path: { steps: [{ value: { case: "key", value: "" } }, { value: { case: "index", value: 0n } }] },
    millisecondsSinceEpoch: 0n,
  });
  const event = fromMessage("event", fromBinary(EventSchema, toBinary(EventSchema, message)));
  expect(event).toStrictEqual({
    artifactId: 1n,
    executionId: 2n,
    type: "INPUT",
    path: ["", 0n],
    millisecondsSinceEpoch: 0n,
  });
  expect(equals(EventSchema, toMessage("event", { ...event, path: ["", 0] }), message)).toBe(true);
  expect(() => toMessage("event", { type: "INPUT", path: [0.5] })).toThrow(/a string or an integer, not 0.5/);
});

test("names that are none of an enum are refused", () => {
  expect(() => toMessage("artifact", { state: "ALIVE" as "LIVE" })).toThrow(
    '"ALIVE" is no artifact state; known are UNKNOWN, PENDING, LIVE, ' +
      "MARKED_FOR_DELETION, DELETED, ABANDONED, REFERENCE",
  );
  expect(() => toMessage("event", { type: "toString" as "INPUT" })).toThrow(/is no event type/);
  expect(() => toMessage("artifactType", { name: "T", properties: { day: "date" as "int" } })).toThrow(
    'Property "day" of type "T" has the kind "date"; known are int, double, string, struct, proto, boolean',
  );
});

test("an id that is no bigint is refused", () => {
  expect(() => toMessage("artifact", { id: 5 as unknown as bigint })).toThrow(
    "The id of the artifact is 5; an id is a bigint, such as 5n",
  );
});
