import { expect, test, vi } from "vitest";
import { Event_Type } from "../../contract/messages.ts";
import type { FilterPlan } from "../../filter/plan.ts";
import type { KindFacts, MemberFacts, MemberName } from "../kinds.ts";
import type { EventEdge, NodeQuery, ReadTransaction, WalkAhead } from "../ports.ts";
import { type Ending, type WalkOptions, walk } from "./walk.ts";

// Artifacts and executions are written a1, e2, …; an edge "a1 e2" is an input, "e2 a3" an output.
function graph(...edges: string[]) {
  return edges.map((edge, index): EventEdge => {
    const [from = "", to = ""] = edge.split(" ");
    const isInput = from.startsWith("a");
    const number = (node: string) => BigInt(node.slice(1));
    return {
      eventId: BigInt(index + 1),
      artifactId: number(isInput ? from : to),
      executionId: number(isInput ? to : from),
      type: isInput ? Event_Type.INPUT : Event_Type.OUTPUT,
    };
  });
}

/** Answers a walk's questions from the edges; a filter here is a list of ids. */
function transaction(edges: readonly EventEdge[], isRemote: boolean): ReadTransaction {
  const from = (kind: MemberName, ids: readonly bigint[]) =>
    edges.filter((edge) => ids.includes(endOf(edge, kind)));
  return {
    isRemote,
    eventEdges: async ({ name }: MemberFacts, ids: readonly bigint[]) => from(name, ids),
    edgesAhead: async (
      { name }: MemberFacts,
      ids: readonly bigint[],
      { hops, types, edgesMax }: WalkAhead,
    ) => {
      const found = new Set<EventEdge>();
      let [kind, frontier] = [name, ids];
      for (let hop = 0; hop < hops; hop++) {
        const next = from(kind, frontier).filter(
          ({ type }) => types[kind].length === 0 || types[kind].includes(type),
        );
        for (const edge of next) found.add(edge);
        kind = kind === "artifact" ? "execution" : "artifact";
        frontier = next.map((edge) => endOf(edge, kind));
      }
      return [...found].slice(0, edgesMax + 1);
    },
    listNodeIds: async (_: KindFacts, query: NodeQuery) =>
      (query.ids ?? []).filter((id) => (query.filter as unknown as bigint[]).includes(id)),
  } as unknown as ReadTransaction;
}

function endOf(edge: EventEdge, kind: MemberName): bigint {
  return kind === "artifact" ? edge.artifactId : edge.executionId;
}

type Case = Partial<Omit<WalkOptions, "start">> & { start: string[] };

/** The same whether hops are read ahead or one by one. */
async function reach(edges: readonly EventEdge[], options: Case): Promise<string> {
  const far = await reachIn(transaction(edges, true), options);
  expect(await reachIn(transaction(edges, false), options)).toBe(far);
  return far;
}

async function reachIn(tx: ReadTransaction, { start, ...options }: Case): Promise<string> {
  const kind = start[0]?.startsWith("a") ? "artifact" : "execution";
  const { ids, eventIds } = await walk(tx, {
    start: { kind, ids: start.map((node) => BigInt(node.slice(1))) },
    hopsMax: 100,
    direction: "both",
    endings: {},
    limits: { nodesMax: 100, eventsMax: 100 },
    ...options,
  });
  const names = (prefix: string, set: Iterable<bigint>) => [...set].sort().map((id) => prefix + id);
  return [...names("a", ids.artifact), ...names("e", ids.execution), ...names("v", eventIds)].join(" ");
}

function ending(isIncluded: boolean, ...ids: bigint[]): Ending {
  return { isIncluded, filter: ids as unknown as FilterPlan };
}

// The worked examples of `reading.md` 6.5.
const g = graph("a1 e1", "e1 a2", "a2 e2", "a1 e2");
const h = graph("a1 e1", "e1 a2", "a1 e2", "a2 e2", "e2 a3", "a3 e3", "e3 a4", "e2 a4");

test.each<[Case, string]>([
  [{ start: ["a1"], hopsMax: 0 }, "a1"],
  [{ start: ["a1"], hopsMax: 1 }, "a1 e1 e2 v1 v4"],
  [{ start: ["a1"], hopsMax: 2 }, "a1 a2 e1 e2 v1 v2 v3 v4"],
  [{ start: ["a1"], hopsMax: 2, endings: { execution: ending(true, 1n) } }, "a1 a2 e1 e2 v1 v3 v4"],
  [{ start: ["a1"], hopsMax: 2, endings: { execution: ending(false, 1n) } }, "a1 a2 e2 v3 v4"],
  [{ start: ["a1"], hopsMax: 3, endings: { execution: ending(true, 1n) } }, "a1 a2 e1 e2 v1 v2 v3 v4"],
  [
    { start: ["a1"], hopsMax: 3, direction: "downstream", endings: { execution: ending(true, 1n) } },
    "a1 e1 e2 v1 v4",
  ],
  [
    {
      start: ["a1"],
      hopsMax: 3,
      direction: "downstream",
      endings: { artifact: ending(true, 2n), execution: ending(false, 2n) },
    },
    "a1 a2 e1 v1 v2",
  ],
  [
    {
      start: ["a1"],
      hopsMax: 3,
      direction: "downstream",
      endings: { artifact: ending(false, 2n), execution: ending(true, 2n) },
    },
    "a1 e1 e2 v1 v4",
  ],
  [{ start: ["e1"], hopsMax: 0, endings: { execution: ending(false, 1n) } }, ""],
  [{ start: ["e1"], hopsMax: 0, endings: { execution: ending(true, 1n) } }, "e1"],
  [{ start: ["e1"], endings: { execution: { isIncluded: true, filter: undefined } } }, "e1"],
])("graph G: %o reaches %s", async (options, expected) => {
  expect(await reach(g, options)).toBe(expected);
});

test.each<[Case, string]>([
  [{ start: ["e2"], hopsMax: 1, direction: "downstream" }, "a3 a4 e2 v5 v8"],
  [{ start: ["e2"], hopsMax: 1, direction: "upstream" }, "a1 a2 e2 v3 v4"],
  [{ start: ["e2"], hopsMax: 2, direction: "downstream" }, "a3 a4 e2 e3 v5 v6 v8"],
  [{ start: ["e2"], hopsMax: 2, direction: "upstream" }, "a1 a2 e1 e2 v2 v3 v4"],
  [{ start: ["e2"], direction: "downstream" }, "a3 a4 e2 e3 v5 v6 v7 v8"],
  [{ start: ["e1", "e2", "e3"], hopsMax: 1, direction: "downstream" }, "a2 a3 a4 e1 e2 e3 v2 v5 v7 v8"],
  [{ start: ["e1", "e2", "e3"], direction: "downstream" }, "a2 a3 a4 e1 e2 e3 v2 v4 v5 v6 v7 v8"],
])("graph H: %o reaches %s", async (options, expected) => {
  expect(await reach(h, options)).toBe(expected);
});

test("events without direction are seen by two-way walks only", async () => {
  const unknown = [{ eventId: 1n, artifactId: 1n, executionId: 1n, type: Event_Type.UNKNOWN }];
  expect(await reach(unknown, { start: ["a1"] })).toBe("a1 e1 v1");
  expect(await reach(unknown, { start: ["a1"], direction: "downstream" })).toBe("a1");
});

test.each([
  ["nodes", { nodesMax: 3, eventsMax: 100 }],
  ["events", { nodesMax: 100, eventsMax: 7 }],
])("an answer above the limit of %s is refused, never cut", async (what, limits) => {
  await expect(reach(h, { start: ["e2"], limits })).rejects.toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    message: expect.stringContaining(what),
  });
  const exact = { nodesMax: 7, eventsMax: 8 };
  expect(await reach(h, { start: ["e2"], limits: exact })).toBe(
    "a1 a2 a3 a4 e1 e2 e3 v1 v2 v3 v4 v5 v6 v7 v8",
  );
});

test("where much is ahead, the walk goes on hop by hop, under whatever limits", async () => {
  const edges = graph(...Array.from({ length: 5001 }, (_, index) => `a1 e${index + 1}`), "e1 a2", "a2 e6000");
  const tx = transaction(edges, true);
  const [readsAhead, reads] = [vi.spyOn(tx, "edgesAhead"), vi.spyOn(tx, "eventEdges")];
  const { ids } = await walk(tx, {
    start: { kind: "artifact", ids: [1n] },
    hopsMax: 20,
    direction: "downstream",
    endings: {},
    limits: { nodesMax: Number.POSITIVE_INFINITY, eventsMax: Number.POSITIVE_INFINITY },
  });
  expect([ids.artifact, ids.execution.size]).toEqual([new Set([1n, 2n]), 5002]);
  expect(readsAhead).toHaveBeenCalledOnce();
  expect(reads.mock.calls.map(([{ name }, nodes]) => [name, nodes.length])).toEqual([
    ["artifact", 1],
    ["execution", 5001],
    ["artifact", 1],
    ["execution", 1],
  ]);
});
