import type { Event as EventMessage } from "../contract/messages.ts";
import { type Event, type EventInput, fromEventMessage, toEventMessage } from "./edges.ts";
import { fromNodeMessage, type NodeInputs, type NodeMessages, type Nodes, toNodeMessage } from "./nodes.ts";
import { fromTypeMessage, type TypeInputs, type TypeMessages, type Types, toTypeMessage } from "./types.ts";

interface Inputs extends NodeInputs {
  artifactType: TypeInputs["artifact"];
  executionType: TypeInputs["execution"];
  contextType: TypeInputs["context"];
  event: EventInput;
}

interface Outputs extends Nodes {
  artifactType: Types["artifact"];
  executionType: Types["execution"];
  contextType: Types["context"];
  event: Event;
}

interface Messages extends NodeMessages {
  artifactType: TypeMessages["artifact"];
  executionType: TypeMessages["execution"];
  contextType: TypeMessages["context"];
  event: EventMessage;
}

type Shape = keyof Messages;

const toMessages: { readonly [S in Shape]: (object: Inputs[S]) => Messages[S] } = {
  artifact: (node) => toNodeMessage.artifact(node, "the artifact"),
  execution: (node) => toNodeMessage.execution(node, "the execution"),
  context: (node) => toNodeMessage.context(node, "the context"),
  artifactType: toTypeMessage.artifact,
  executionType: toTypeMessage.execution,
  contextType: toTypeMessage.context,
  event: toEventMessage,
};

const fromMessages: { readonly [S in Shape]: (message: Messages[S]) => Outputs[S] } = {
  ...fromNodeMessage,
  artifactType: fromTypeMessage.artifact,
  executionType: fromTypeMessage.execution,
  contextType: fromTypeMessage.context,
  event: fromEventMessage,
};

/**
 * The raw message of a plain object, for `store.rpc`: `toMessage("artifact", artifact)`. What is undefined is unset in
 * it. A node of a declared type needs its `typeId` too: nothing is registered here.
 */
export function toMessage<S extends Shape>(shape: S, object: Inputs[S]): Messages[S] {
  return toMessages[shape](object);
}

/**
 * The plain object of a raw message: `fromMessage("artifact", message)`. It leaves out `systemMetadata` and unknown
 * fields. A property of a kind that this version does not know is UNIMPLEMENTED.
 */
export function fromMessage<S extends Shape>(shape: S, message: Messages[S]): Outputs[S] {
  return fromMessages[shape](message);
}
