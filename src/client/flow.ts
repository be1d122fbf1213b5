import type { EventType } from "./enums.ts";

/** Whether an execution reads or produces the artifact of an event. */
export type Flow = "input" | "output";

const flows: Readonly<Record<EventType, Flow | undefined>> = {
  UNKNOWN: undefined,
  DECLARED_INPUT: "input",
  INPUT: "input",
  INTERNAL_INPUT: "input",
  DECLARED_OUTPUT: "output",
  OUTPUT: "output",
  INTERNAL_OUTPUT: "output",
  PENDING_OUTPUT: "output",
};

export function flowOf(type: EventType): Flow | undefined {
  return flows[type];
}
