import {
  Artifact_State,
  ArtifactType_SystemDefinedBaseType,
  Event_Type,
  Execution_State,
  ExecutionType_SystemDefinedBaseType,
  LineageSubgraphQueryOptions_Direction,
  ListOperationOptions_OrderByField_Field,
} from "../contract/messages.ts";
import { invalidArgument } from "../errors.ts";

/** A generated enum: a TypeScript enum object, which maps names to numbers and numbers back to names. */
type EnumObject = { readonly [name: string]: string | number };

/** The names of a generated enum. */
type Name<E> = keyof E & string;

/** What state an artifact's payload is in. */
export type ArtifactState = Name<typeof Artifact_State>;
/** How far an execution has come. */
export type ExecutionState = Name<typeof Execution_State>;
/** How an execution used an artifact. */
export type EventType = Name<typeof Event_Type>;
/** The system type that an artifact type extends. */
export type ArtifactBaseType = Exclude<Name<typeof ArtifactType_SystemDefinedBaseType>, "UNSET">;
/** The system type that an execution type extends. */
export type ExecutionBaseType = Exclude<Name<typeof ExecutionType_SystemDefinedBaseType>, "UNSET">;
/** Which way a lineage query follows the events. */
export type LineageDirection = Exclude<
  Name<typeof LineageSubgraphQueryOptions_Direction>,
  "DIRECTION_UNSPECIFIED"
>;
/** What a list is sorted by; nodes that tie are sorted by id. */
export type OrderBy = Exclude<Name<typeof ListOperationOptions_OrderByField_Field>, "FIELD_UNSPECIFIED">;

/** Converts between an enum's names, which the library speaks, and its numbers, which messages hold. */
export interface EnumNames<E extends EnumObject> {
  /** Throws INVALID_ARGUMENT where the text, which an untyped caller may give, is not a name of the enum. */
  number(name: Name<E>): E[Name<E>];
  name(number: E[Name<E>]): Name<E>;
}

function enumNames<E extends EnumObject>(what: string, values: E): EnumNames<E> {
  const names = Object.keys(values).filter((name) => typeof values[name] === "number");
  return {
    number(name) {
      if (names.includes(name)) return values[name];
      throw invalidArgument(`${JSON.stringify(name)} is no ${what}; known are ${names.join(", ")}`);
    },
    name: (number) => values[number as number] as Name<E>,
  };
}

export const artifactStates = enumNames("artifact state", Artifact_State);
export const executionStates = enumNames("execution state", Execution_State);
export const eventTypes = enumNames("event type", Event_Type);
export const artifactBaseTypes = enumNames(
  "base type of an artifact type",
  ArtifactType_SystemDefinedBaseType,
);
export const executionBaseTypes = enumNames(
  "base type of an execution type",
  ExecutionType_SystemDefinedBaseType,
);
export const lineageDirections = enumNames("direction", LineageSubgraphQueryOptions_Direction);
export const orderFields = enumNames("order", ListOperationOptions_OrderByField_Field);
