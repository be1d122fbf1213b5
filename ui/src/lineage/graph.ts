import { type Event, Event_Type } from "../../../src/contract/messages.ts";
import { flowOf, pathText } from "../lib/events.ts";

export type NodeKind = "artifact" | "execution";

/** A node in addresses and maps: `a7` is artifact 7, `e12` execution 12. */
export type NodeKey = `${"a" | "e"}${bigint}`;

/** Towards what a node was made from, or towards what came of it. */
export type Side = "before" | "after";

export interface LineageNode {
  readonly key: NodeKey;
  readonly kind: NodeKind;
  readonly id: bigint;
  readonly typeId: bigint;
  readonly type: string;
  /** As stored; empty where there is none. */
  readonly name: string;
  readonly uri: string;
  /** As the contract spells it: `LIVE`, `COMPLETE`; empty where it is unknown. */
  readonly state: string;
  readonly contexts: readonly bigint[];
}

export interface LineageContext {
  readonly id: bigint;
  readonly typeId: bigint;
  readonly type: string;
  readonly name: string;
}

/** All events between an artifact and an execution that go the same way. */
export interface Edge {
  readonly from: NodeKey;
  readonly to: NodeKey;
  /** Paths of the events, `examples[0]`, and what is unusual about them; none where an event says nothing. */
  readonly labels: readonly string[];
}

export interface LineageGraph {
  readonly nodes: ReadonlyMap<NodeKey, LineageNode>;
  readonly edges: readonly Edge[];
  readonly contexts: ReadonlyMap<bigint, LineageContext>;
}

export function keyOf(kind: NodeKind, id: bigint): NodeKey {
  return `${kind === "artifact" ? "a" : "e"}${id}`;
}

export function parseKey(text: string): { kind: NodeKind; id: bigint; key: NodeKey } | undefined {
  const [, letter, digits] = /^([ae])(\d{1,19})$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const kind = letter === "a" ? "artifact" : "execution";
  const id = BigInt(digits);
  return { kind, id, key: keyOf(kind, id) };
}

const unusual: ReadonlyMap<Event_Type, string> = new Map([
  [Event_Type.UNKNOWN, "unknown event"],
  [Event_Type.INTERNAL_INPUT, "internal"],
  [Event_Type.INTERNAL_OUTPUT, "internal"],
  [Event_Type.PENDING_OUTPUT, "pending"],
]);

/** An event of unknown type counts as an input: it says no more than that the execution saw the artifact. */
export function edgesOf(events: readonly Event[]): Edge[] {
  const edges = new Map<string, Edge & { labels: string[] }>();
  for (const event of events) {
    const artifact = keyOf("artifact", event.artifactId);
    const execution = keyOf("execution", event.executionId);
    const [from, to] = flowOf(event) === "output" ? [execution, artifact] : [artifact, execution];
    const edge = edges.get(`${from} ${to}`) ?? { from, to, labels: [] };
    edges.set(`${from} ${to}`, edge);
    const label = [pathText(event), unusual.get(event.type)].filter(Boolean).join(" · ");
    if (label !== "" && !edge.labels.includes(label)) edge.labels.push(label);
  }
  return [...edges.values()];
}

/** What to call a node: its name, or the end of its URI. */
export function titleOf({ name, uri, id }: LineageNode): string {
  if (name !== "") return name;
  const end = uri.replace(/\/+$/, "").split("/").at(-1);
  return end === undefined || end === "" ? `#${id}` : end;
}
