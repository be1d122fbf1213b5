import { create } from "@bufbuild/protobuf";
import { type Event, Event_Type, EventSchema } from "../../contract/messages.ts";
import { get, has } from "../../contract/presence.ts";
import { alreadyExists, invalidArgument } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { inOrder } from "../in-order.ts";
import { existingNodes } from "../nodes/existing-nodes.ts";
import { UniqueViolation, type WriteTransaction } from "../ports.ts";

export async function putEvents(tx: WriteTransaction, events: readonly Event[], clock: Clock): Promise<void> {
  const existing = await existingNodes(tx, nodesOf(events));
  const check = (event: Event): Event => {
    if (!has(event, "artifactId")) throw invalidArgument("An event names no artifact id");
    if (!has(event, "executionId")) throw invalidArgument("An event names no execution id");
    checkEventType(event);
    if (!existing.artifact?.has(event.artifactId)) throw noSuchNode("artifact", event.artifactId);
    if (!existing.execution?.has(event.executionId)) throw noSuchNode("execution", event.executionId);
    return completeEvent(event, event.artifactId, event.executionId, clock);
  };
  await inOrder(events, check, (checked) => insertEvents(tx, checked));
}

/** The nodes that the events name. */
export function nodesOf(events: readonly Event[]) {
  return {
    artifact: new Set(events.flatMap((event) => get(event, "artifactId") ?? [])),
    execution: new Set(events.flatMap((event) => get(event, "executionId") ?? [])),
  };
}

export function noSuchNode(kind: string, id: bigint): Error {
  return invalidArgument(`There is no ${kind} with id ${id}`);
}

export function checkEventType(event: Event): void {
  if (event.type === Event_Type.UNKNOWN) throw invalidArgument("An event has no type, or type UNKNOWN");
}

/** The event as it is stored: between these nodes, at the time given by the client or else now. */
export function completeEvent(event: Event, artifactId: bigint, executionId: bigint, clock: Clock): Event {
  const complete = Object.assign(create(EventSchema), event);
  complete.artifactId = artifactId;
  complete.executionId = executionId;
  if (!has(event, "millisecondsSinceEpoch")) complete.millisecondsSinceEpoch = clock();
  return complete;
}

export async function insertEvents(tx: WriteTransaction, events: readonly Event[]): Promise<void> {
  try {
    await tx.insertEvents(events);
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    throw alreadyExists(
      "An event of the same artifact, execution and type exists already, or is twice in the request",
      error,
    );
  }
}
