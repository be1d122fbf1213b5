import { type Event, Event_Type } from "../../../src/contract/messages.ts";
import { get } from "../../../src/contract/presence.ts";

/** Whether the execution of the event reads or produces the artifact; undefined where that is not known. */
export function flowOf({ type }: Event): "input" | "output" | undefined {
  switch (type) {
    case Event_Type.DECLARED_INPUT:
    case Event_Type.INPUT:
    case Event_Type.INTERNAL_INPUT:
      return "input";
    case Event_Type.DECLARED_OUTPUT:
    case Event_Type.OUTPUT:
    case Event_Type.INTERNAL_OUTPUT:
    case Event_Type.PENDING_OUTPUT:
      return "output";
    default:
      return undefined;
  }
}

export function eventTypeName({ type }: Event): string {
  return Event_Type[type] ?? String(type);
}

/** The path of the event: `examples[0]`; empty where it has none. */
export function pathText(event: Event): string {
  const steps = get(event, "path")?.steps ?? [];
  return steps
    .map(({ value }, index) => {
      if (value.case === "index") return `[${value.value}]`;
      return value.case === "key" ? `${index > 0 ? "." : ""}${value.value}` : "";
    })
    .join("");
}
