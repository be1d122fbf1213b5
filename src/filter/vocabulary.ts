import type { DescEnum } from "@bufbuild/protobuf";
import { Artifact_StateSchema, Event_TypeSchema, Execution_StateSchema } from "../contract/messages.ts";

/** Which nodes a filter selects from. */
export type KindName = "artifact" | "execution" | "context";

export type ValueType = "INT64" | "DOUBLE" | "STRING" | "BOOL";

export interface EnumType {
  readonly name: string;
  readonly numbers: ReadonlyMap<string, bigint>;
}

/** Enum fields are stored and computed with as INT64, and compared by name. */
export interface Field {
  readonly type: ValueType;
  readonly enum?: EnumType;
}

export type FieldName =
  | "id"
  | "type_id"
  | "type"
  | "name"
  | "external_id"
  | "uri"
  | "state"
  | "last_known_state"
  | "create_time_since_epoch"
  | "last_update_time_since_epoch"
  | "artifact_id"
  | "execution_id"
  | "milliseconds_since_epoch";

export type PropertyFieldName = "int_value" | "double_value" | "string_value" | "bool_value";

export type NeighbourName =
  | "contexts"
  | "parent_contexts"
  | "child_contexts"
  | "artifacts"
  | "executions"
  | "events";

export type Fields = ReadonlyMap<FieldName, Field>;

interface Words {
  readonly attributes: Fields;
  /** Written as `contexts_x.id` with any suffix; each suffix is a row of its own. */
  readonly neighbours: ReadonlyMap<NeighbourName, Fields>;
}

const int: Field = { type: "INT64" };
const string: Field = { type: "STRING" };
const artifactState = enumField("a state of an artifact", Artifact_StateSchema);
const executionState = enumField("a state of an execution", Execution_StateSchema);
const eventType = enumField("a type of an event", Event_TypeSchema);

function enumField(name: string, schema: DescEnum): Field {
  const numbers = new Map(schema.values.map((value) => [value.name, BigInt(value.number)]));
  return { type: "INT64", enum: { name, numbers } };
}

const shared: Fields = new Map([
  ["id", int],
  ["name", string],
  ["type", string],
  ["external_id", string],
  ["create_time_since_epoch", int],
  ["last_update_time_since_epoch", int],
]);
const ofArtifact: Fields = new Map([...shared, ["uri", string], ["state", artifactState]]);
const ofExecution: Fields = new Map([...shared, ["last_known_state", executionState]]);
const ofEvent: Fields = new Map([
  ["type", eventType],
  ["milliseconds_since_epoch", int],
]);

/** What a filter may mention, by the kind of the nodes it selects from. */
export const vocabulary: { readonly [K in KindName]: Words } = {
  artifact: {
    attributes: new Map([...ofArtifact, ["type_id", int]]),
    neighbours: new Map([
      ["contexts", shared],
      ["events", new Map([...ofEvent, ["execution_id", int]])],
    ]),
  },
  execution: {
    attributes: new Map([...ofExecution, ["type_id", int]]),
    neighbours: new Map([
      ["contexts", shared],
      ["events", new Map([...ofEvent, ["artifact_id", int]])],
    ]),
  },
  context: {
    attributes: new Map([...shared, ["type_id", int]]),
    neighbours: new Map([
      ["parent_contexts", shared],
      ["child_contexts", shared],
      ["artifacts", ofArtifact],
      ["executions", ofExecution],
    ]),
  },
};

export const propertyFields: ReadonlyMap<PropertyFieldName, Field> = new Map([
  ["int_value", int],
  ["double_value", { type: "DOUBLE" }],
  ["string_value", string],
  ["bool_value", { type: "BOOL" }],
]);

/** The table's own entry for a name as a user wrote it, in any case of letters. */
export function lookUp<Key extends string, Entry>(
  table: ReadonlyMap<Key, Entry>,
  written: string,
): readonly [Key, Entry] | undefined {
  const key = written.toLowerCase();
  for (const entry of table) if (entry[0] === key) return entry;
  return undefined;
}
