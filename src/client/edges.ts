import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type Event_Path_Step,
  type Event_Path_StepSchema,
  type Event as EventMessage,
  EventSchema,
} from "../contract/messages.ts";
import { invalidArgument } from "../errors.ts";
import { type EventType, eventTypes } from "./enums.ts";
import { makeMessage, setFields } from "./message.ts";

/** An execution read or produced an artifact. */
export interface Event {
  artifactId: bigint;
  executionId: bigint;
  type: EventType;
  /** Where in the execution's inputs or outputs the artifact is: names and positions, `["examples", 0n]`. */
  path?: (string | bigint)[];
  /** Milliseconds since 1970, UTC. */
  millisecondsSinceEpoch: bigint;
}

/** An event as it is written. An artifact and an execution can have one event of each type. */
export interface EventInput {
  /** Left out where the call says which artifact is meant. */
  artifactId?: bigint | undefined;
  /** Left out where the call says which execution is meant. */
  executionId?: bigint | undefined;
  type: EventType;
  /** Names, and positions as bigint or number: `["examples", 0]`. */
  path?: readonly (string | bigint | number)[] | undefined;
  /** Milliseconds since 1970, UTC; the time of the call where it is left out. */
  millisecondsSinceEpoch?: bigint | undefined;
}

/** An artifact belongs to a context. */
export interface Attribution {
  artifactId: bigint;
  contextId: bigint;
}

/** An execution belongs to a context. */
export interface Association {
  executionId: bigint;
  contextId: bigint;
}

/** One context is the parent of another. */
export interface ParentContext {
  childId: bigint;
  parentId: bigint;
}

export function toEventMessage(event: EventInput): EventMessage {
  const { artifactId, executionId, type, path, millisecondsSinceEpoch } = event;
  return makeMessage(EventSchema, {
    artifactId,
    executionId,
    type: type && eventTypes.number(type),
    path: path && { steps: path.map(toStep) },
    millisecondsSinceEpoch,
  });
}

function toStep(step: string | bigint | number): MessageInitShape<typeof Event_Path_StepSchema> {
  if (typeof step === "string") return { value: { case: "key", value: step } };
  if (typeof step === "bigint") return { value: { case: "index", value: step } };
  if (Number.isSafeInteger(step)) return { value: { case: "index", value: BigInt(step) } };
  throw invalidArgument(`A step of an event's path is a string or an integer, not ${String(step)}`);
}

export function fromEventMessage(message: EventMessage): Event {
  return {
    ...setFields(message, ["artifactId", "executionId"]),
    type: eventTypes.name(message.type),
    ...(message.path && { path: message.path.steps.flatMap(fromStep) }),
    ...setFields(message, ["millisecondsSinceEpoch"]),
  };
}

function fromStep({ value }: Event_Path_Step): (string | bigint)[] {
  return value.case === undefined ? [] : [value.value];
}

export const fromAttribution = (message: Attribution): Attribution =>
  setFields(message, ["artifactId", "contextId"]);
export const fromAssociation = (message: Association): Association =>
  setFields(message, ["executionId", "contextId"]);
export const fromParentContext = (message: ParentContext): ParentContext =>
  setFields(message, ["childId", "parentId"]);
