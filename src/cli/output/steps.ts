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
  const before = new Map<string, Set<string>>();
  const put = (node: string, earlier: string) => {
    const known = before.get(node);
    if (known === undefined) before.set(node, new Set([earlier]));
    else known.add(earlier);
  };
  for (const [id, all] of ends) {
    for (const { flow, event } of all) {
      if (flow === "input") put(`execution ${id}`, `artifact ${event.artifactId}`);
      if (flow === "output") put(`artifact ${event.artifactId}`, `execution ${id}`);
    }
  }
  const depths = new Map<string, number>();
  for (const { id } of executions) measure(`execution ${id}`, before, depths);
  const depthOf = ({ id }: Execution) => depths.get(`execution ${id}`) ?? 0;
  return [...executions].sort((one, other) => depthOf(one) - depthOf(other) || (one.id < other.id ? -1 : 1));
}

/** The longest way from the beginning to a node, without calling itself: chains can be thousands of steps long. */
function measure(
  start: string,
  before: ReadonlyMap<string, ReadonlySet<string>>,
  depths: Map<string, number>,
): void {
  const onTheWay = new Set<string>();
  const stack = [start];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const earlier = before.get(node) ?? new Set();
    if (!depths.has(node) && !onTheWay.has(node)) {
      onTheWay.add(node);
      for (const each of earlier) if (!depths.has(each) && !onTheWay.has(each)) stack.push(each);
      continue;
    }
    stack.pop();
    if (depths.has(node)) continue;
    let depth = 0;
    for (const each of earlier) depth = Math.max(depth, (depths.get(each) ?? -1) + 1);
    depths.set(node, depth);
  }
}
