import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Event_Type, EventSchema } from "../../../src/contract/messages.ts";
import { edgesOf, parseKey } from "./graph.ts";

type Step = string | bigint;

function event(artifactId: bigint, executionId: bigint, type: Event_Type, ...path: Step[]) {
  const steps = path.map((step) => ({
    value:
      typeof step === "string"
        ? ({ case: "key", value: step } as const)
        : ({ case: "index", value: step } as const),
  }));
  return create(EventSchema, { artifactId, executionId, type, path: { steps } });
}

test("data flows from inputs to the execution and from it to outputs", () => {
  const edges = edgesOf([
    event(1n, 1n, Event_Type.INPUT),
    event(2n, 1n, Event_Type.DECLARED_INPUT),
    event(3n, 1n, Event_Type.OUTPUT),
    event(4n, 1n, Event_Type.DECLARED_OUTPUT),
  ]);
  expect(edges.map(({ from, to }) => `${from} ${to}`)).toEqual(["a1 e1", "a2 e1", "e1 a3", "e1 a4"]);
});

test("labels are the paths of events; those of one pair are on one edge, once each", () => {
  const edges = edgesOf([
    event(1n, 1n, Event_Type.INPUT, "examples", 0n),
    event(1n, 1n, Event_Type.DECLARED_INPUT, "examples", 0n),
    event(1n, 1n, Event_Type.DECLARED_INPUT, "eval", "split", 2n),
    event(1n, 1n, Event_Type.OUTPUT, "same"),
  ]);
  expect(edges).toEqual([
    { from: "a1", to: "e1", labels: ["examples[0]", "eval.split[2]"] },
    { from: "e1", to: "a1", labels: ["same"] },
  ]);
});

test("what is unusual about an event is said", () => {
  const edges = edgesOf([
    event(1n, 1n, Event_Type.INTERNAL_INPUT, "cache"),
    event(2n, 1n, Event_Type.PENDING_OUTPUT),
    event(3n, 1n, Event_Type.UNKNOWN),
  ]);
  expect(edges.map(({ labels }) => labels)).toEqual([["cache · internal"], ["pending"], ["unknown event"]]);
});

test("keys of addresses are read back, and nothing else is", () => {
  expect(parseKey("a7")).toEqual({ kind: "artifact", id: 7n, key: "a7" });
  expect(parseKey("e9223372036854775807")).toMatchObject({ kind: "execution", id: 9223372036854775807n });
  for (const text of ["", "7", "c7", "a", "a-7", "a7 ", "a99999999999999999999"]) {
    expect(parseKey(text)).toBeUndefined();
  }
});
