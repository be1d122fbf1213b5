import type { MessageInitShape } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { Event_Type, type EventSchema, PutEventsRequestSchema } from "../../src/contract/messages.ts";
import { conformance, makeNodes, overWire, plain, refused, type Subject, setClock } from "./support.ts";

const { UNKNOWN, DECLARED_OUTPUT, INPUT, OUTPUT, PENDING_OUTPUT } = Event_Type;

type EventInit = MessageInitShape<typeof EventSchema>;

const key = (value: string) => ({ value: { case: "key" as const, value } });
const index = (value: bigint) => ({ value: { case: "index" as const, value } });

async function eventsOf({ rpc }: Subject, ...executionIds: bigint[]): Promise<unknown[]> {
  const answer = plain(await rpc.getEventsByExecutionIDs({ executionIds })) as { events?: unknown[] };
  return answer.events ?? [];
}

async function eventsOfArtifacts({ rpc }: Subject, ...artifactIds: bigint[]): Promise<unknown[]> {
  const answer = plain(await rpc.getEventsByArtifactIDs({ artifactIds })) as { events?: unknown[] };
  return answer.events ?? [];
}

conformance("events", (test) => {
  test("an event is read back whole from both of its ends", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const path = { steps: [key("outputs"), index(0n), key(""), index(2n ** 31n - 1n), key("x")] };
    const event = { artifactId: 1n, executionId: 1n, type: INPUT, path, millisecondsSinceEpoch: 123n };
    expect(plain(await subject.rpc.putEvents({ events: [event] }))).toEqual({});
    expect(await eventsOf(subject, 1n)).toEqual([event]);
    expect(await eventsOfArtifacts(subject, 1n)).toEqual([event]);
  });

  test("a time is kept as given, zero and negative ones too; without one it is now", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    setClock(1_700_000_000_123);
    const times = [0n, -5n, undefined];
    const events = times.map((time, type) => ({
      artifactId: 1n,
      executionId: 1n,
      type: type + 1,
      ...(time === undefined ? {} : { millisecondsSinceEpoch: time }),
    }));
    await subject.rpc.putEvents({ events });
    const stored = (await eventsOf(subject, 1n)) as { millisecondsSinceEpoch: bigint }[];
    expect(stored.map((event) => event.millisecondsSinceEpoch)).toEqual([0n, -5n, 1_700_000_000_123n]);
  });

  test("every type but UNKNOWN is stored, each once between the same nodes", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const types = Array.from({ length: PENDING_OUTPUT }, (_, type) => type + DECLARED_OUTPUT);
    const events = types.map((type) => ({ artifactId: 1n, executionId: 1n, type }));
    await subject.rpc.putEvents({ events });
    expect(await eventsOf(subject, 1n)).toMatchObject(events);
    for (const event of events) {
      await refused(subject.rpc.putEvents({ events: [event] }), "ALREADY_EXISTS", /event/i);
    }
  });

  test("the time and the path do not make another event", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const event = { artifactId: 1n, executionId: 1n, type: INPUT };
    const later = { ...event, millisecondsSinceEpoch: 1n, path: { steps: [key("k")] } };
    await refused(subject.rpc.putEvents({ events: [event, later] }), "ALREADY_EXISTS");
    expect(await eventsOf(subject, 1n)).toEqual([]);
    await subject.rpc.putEvents({ events: [event, { ...event, type: OUTPUT }] });
    expect(await eventsOf(subject, 1n)).toHaveLength(2);
  });

  test("a path without steps is no path; a step without value is dropped", async (subject) => {
    await makeNodes(subject, { artifacts: 3, executions: 1 });
    const nothing = { value: { case: undefined } };
    const paths = [{ steps: [] }, { steps: [nothing] }, { steps: [nothing, index(1n), nothing] }];
    const events = paths.map((path, at) => ({
      artifactId: BigInt(at + 1),
      executionId: 1n,
      type: INPUT,
      path,
      millisecondsSinceEpoch: 1n,
    }));
    await subject.rpc.putEvents({ events });
    const [one, two, three] = events.map(({ path: _, ...rest }) => rest);
    expect(await eventsOf(subject, 1n)).toEqual([one, two, { ...three, path: { steps: [index(1n)] } }]);
  });

  test("system metadata is accepted and not stored; an empty request is fine", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const event = { artifactId: 1n, executionId: 1n, type: INPUT, systemMetadata: { typeUrl: "t" } };
    await subject.rpc.putEvents({ events: [event] });
    await subject.rpc.putEvents({ events: [] });
    expect((await eventsOf(subject, 1n))[0]).not.toHaveProperty("systemMetadata");
  });

  const full = { artifactId: 1n, executionId: 1n, type: INPUT };
  const bad: [string, EventInit, RegExp][] = [
    ["no artifact id", { executionId: 1n, type: INPUT }, /artifact id/],
    ["no execution id", { artifactId: 1n, type: INPUT }, /execution id/],
    ["no type", { artifactId: 1n, executionId: 1n }, /type/],
    ["type UNKNOWN", { ...full, type: UNKNOWN }, /type/],
    ["an unknown artifact", { ...full, artifactId: 99n }, /artifact.*99/],
    ["an unknown execution", { ...full, executionId: 98n }, /execution.*98/],
    [
      "both unknown: the artifact is reported",
      { ...full, artifactId: 99n, executionId: 98n },
      /artifact.*99/,
    ],
    ["nothing at all: the artifact id is reported", {}, /artifact id/],
  ];
  for (const [name, event, gist] of bad) {
    test(`${name} -> INVALID_ARGUMENT, and nothing of the request is stored`, async (subject) => {
      await makeNodes(subject, { artifacts: 1, executions: 1 });
      const good = { ...full, type: OUTPUT };
      await refused(subject.rpc.putEvents({ events: [good, event] }), "INVALID_ARGUMENT", gist);
      expect(await eventsOf(subject, 1n)).toEqual([]);
    });
  }

  test("an unknown type number on the wire is no type", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    const events = [{ ...full, type: 99 as Event_Type }];
    const request = overWire(PutEventsRequestSchema, { events });
    await refused(subject.rpc.putEvents(request), "INVALID_ARGUMENT", /type/);
  });

  test("of several failures the first in request order is reported", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    await subject.rpc.putEvents({ events: [full] });
    await refused(subject.rpc.putEvents({ events: [full, {}] }), "ALREADY_EXISTS");
    await refused(subject.rpc.putEvents({ events: [{}, full] }), "INVALID_ARGUMENT");
  });
});

conformance("reading events", (test) => {
  const between = (artifactId: bigint, executionId: bigint, type = INPUT) => ({
    artifactId,
    executionId,
    type,
    millisecondsSinceEpoch: 7n,
  });

  test("by the asked node's id, then in the order of writing", async (subject) => {
    await makeNodes(subject, { artifacts: 3, executions: 2 });
    const [e2a3, e1a2, e2a1, e1a1, e1a2out] = [
      between(3n, 2n),
      between(2n, 1n),
      between(1n, 2n),
      between(1n, 1n),
      between(2n, 1n, DECLARED_OUTPUT),
    ];
    await subject.rpc.putEvents({ events: [e2a3, e1a2, e2a1] });
    await subject.rpc.putEvents({ events: [e1a1, e1a2out] });
    expect(await eventsOf(subject, 2n, 1n)).toEqual([e1a2, e1a1, e1a2out, e2a3, e2a1]);
    expect(await eventsOfArtifacts(subject, 3n, 2n, 1n)).toEqual([e2a1, e1a1, e1a2, e1a2out, e2a3]);
  });

  test("duplicates collapse, unknown ids have none, an empty list gives nothing", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1 });
    await subject.rpc.putEvents({ events: [between(1n, 1n)] });
    expect(await eventsOf(subject, 1n, 99n, 1n, -1n)).toEqual([between(1n, 1n)]);
    expect(await eventsOfArtifacts(subject, 1n, 99n, 1n, 0n)).toEqual([between(1n, 1n)]);
    expect(await eventsOf(subject, 99n)).toEqual([]);
    expect(await eventsOf(subject)).toEqual([]);
    expect(await eventsOfArtifacts(subject)).toEqual([]);
  });

  test("the paths of many events stay apart and in order", async (subject) => {
    await makeNodes(subject, { artifacts: 30, executions: 1 });
    const events = Array.from({ length: 30 }, (_, at) => ({
      ...between(BigInt(at + 1), 1n),
      path: {
        steps: Array.from({ length: at + 1 }, (__, step) =>
          step % 2 ? key(`${at}/${step}`) : index(BigInt(step)),
        ),
      },
    }));
    await subject.rpc.putEvents({ events });
    expect(await eventsOf(subject, 1n)).toEqual(events);
  });
});
