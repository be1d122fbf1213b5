import type { Event } from "../../client/edges.ts";
import { type Flow, flowOf } from "../../client/flow.ts";
import type { Artifact, Execution } from "../../client/nodes.ts";
import type { Lineage } from "../../client/questions.ts";
import { oneLine } from "./lines.ts";
import { type Column, layOut } from "./table.ts";
import { countText, pathText } from "./values.ts";

interface End {
  readonly flow: Flow | undefined;
  readonly event: Event;
  readonly artifact: Artifact | undefined;
}

const words = { input: "read", output: "made" } as const;

const optional = { isOptional: true, dropIfEmpty: true } as const;

const columns: readonly Column<End>[] = [
  { title: "", value: ({ flow, event }) => (flow === undefined ? event.type.toLowerCase() : words[flow]) },
  { title: "", value: ({ event }) => String(event.artifactId), align: "right" },
  { title: "", value: ({ artifact }) => artifact?.type ?? "", cut: "end" },
  { title: "", value: ({ artifact }) => artifact?.name ?? "", cut: "end", dropIfEmpty: true },
  { title: "", value: ({ event }) => pathText(event.path), cut: "end", dropIfEmpty: true },
  { title: "", value: ({ artifact }) => artifact?.uri ?? "", cut: "start", ...optional },
];

/** A graph as lines of text: each execution after those whose artifacts it read, with what it read and made. */
export function* stepsOf({ artifacts, executions, events }: Lineage, title: string): Generator<string> {
  const known = new Map(artifacts.map((artifact) => [artifact.id, artifact]));
  const ends = new Map<bigint, End[]>(executions.map(({ id }) => [id, []]));
  for (const event of events) {
    ends
      .get(event.executionId)
      ?.push({ flow: flowOf(event.type), event, artifact: known.get(event.artifactId) });
  }
  const layout = layOut(columns, [...ends.values()].flat(), true, "  ");
  const size = `${countText(executions.length, "execution")}, ${countText(artifacts.length, "artifact")}`;
  yield oneLine(title);
  yield size;
  for (const { id, type = "", name = "", lastKnownState = "" } of inOrder(executions, ends)) {
    yield "";
    yield oneLine(`Execution ${[id, type, name, lastKnownState].filter((text) => text !== "").join("  ")}`);
    for (const end of (ends.get(id) ?? []).sort(readFirst)) yield layout.line(end);
  }
  yield* withoutEvents(artifacts, events);
}

function readFirst({ flow: one }: End, { flow: other }: End): number {
  return Number(one === "output") - Number(other === "output");
}

function* withoutEvents(artifacts: readonly Artifact[], events: readonly Event[]): Generator<string> {
  const seen = new Set(events.map(({ artifactId }) => artifactId));
  const alone = artifacts.filter(({ id }) => !seen.has(id));
  if (alone.length === 0) return;
  yield "";
  yield "Neither read nor made here";
  const rows = alone.map((artifact): End => {
    const event: Event = {
      artifactId: artifact.id,
      executionId: 0n,
      type: "UNKNOWN",
      millisecondsSinceEpoch: 0n,
    };
    return { flow: undefined, event, artifact };
  });
  const layout = layOut(columns.slice(1), rows, true, "  ");
  for (const row of rows) yield layout.line(row);
}

/** Those first that read nothing of the others; where a cycle leaves no such, the smallest id. */
function inOrder(executions: readonly Execution[], ends: ReadonlyMap<bigint, readonly End[]>): Execution[] {
  const makers = new Map<bigint, bigint[]>();
  for (const [id, all] of ends) {
    for (const { event } of all.filter(({ flow }) => flow === "output")) {
      makers.set(event.artifactId, [...(makers.get(event.artifactId) ?? []), id]);
    }
  }
  const depths = new Map<bigint, number>();
  for (const { id } of executions) measure(id, depths, ends, makers);
  return [...executions].sort((one, other) => {
    const deeper = (depths.get(one.id) ?? 0) - (depths.get(other.id) ?? 0);
    return deeper !== 0 ? deeper : one.id < other.id ? -1 : 1;
  });
}

/** The longest way from the beginning to an execution, without calling itself: chains can be thousands of steps long. */
function measure(
  start: bigint,
  depths: Map<bigint, number>,
  ends: ReadonlyMap<bigint, readonly End[]>,
  makers: ReadonlyMap<bigint, readonly bigint[]>,
): void {
  const before = (id: bigint) => [
    ...new Set(
      (ends.get(id) ?? [])
        .filter(({ flow }) => flow === "input")
        .flatMap(({ event }) => makers.get(event.artifactId) ?? []),
    ),
  ];
  const onTheWay = new Set<bigint>();
  const stack = [start];
  for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
    const waiting = before(id).filter((other) => !depths.has(other) && !onTheWay.has(other));
    if (depths.has(id) || (onTheWay.has(id) && waiting.length === 0)) {
      stack.pop();
      if (!depths.has(id)) {
        depths.set(id, Math.max(-1, ...before(id).map((other) => depths.get(other) ?? -1)) + 1);
      }
      continue;
    }
    onTheWay.add(id);
    stack.push(...waiting);
  }
}
