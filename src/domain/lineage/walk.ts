import { Event_Type } from "../../contract/messages.ts";
import { MlmdError } from "../../errors.ts";
import type { FilterPlan } from "../../filter/plan.ts";
import { artifactKind, executionKind, type MemberName } from "../kinds.ts";
import type { EventEdge, ReadTransaction, WalkAhead } from "../ports.ts";

export type Direction = "upstream" | "downstream" | "both";

/** Bounds on what a lineage answer may hold; a walk that finds more fails with RESOURCE_EXHAUSTED. */
export interface LineageLimits {
  readonly nodesMax: number;
  readonly eventsMax: number;
}

/** Enough for any graph that a client can hold; an answer of this size takes some hundred megabytes here. */
export const defaultLineageLimits: LineageLimits = { nodesMax: 200_000, eventsMax: 500_000 };

/** Nodes that end the walk: they are not expanded, and left out unless they are included. */
export interface Ending {
  readonly isIncluded: boolean;
  /** Undefined where every node of the kind ends the walk. */
  readonly filter: FilterPlan | undefined;
}

export interface WalkOptions {
  readonly start: { readonly kind: MemberName; readonly ids: readonly bigint[] };
  readonly hopsMax: number;
  readonly direction: Direction;
  readonly endings: { readonly [K in MemberName]?: Ending };
  readonly limits: LineageLimits;
}

/** What the walk reached. */
export interface Subgraph {
  readonly ids: { readonly [K in MemberName]: ReadonlySet<bigint> };
  readonly eventIds: readonly bigint[];
}

const inputs = [Event_Type.INPUT, Event_Type.DECLARED_INPUT, Event_Type.INTERNAL_INPUT];
const outputs = [
  Event_Type.OUTPUT,
  Event_Type.DECLARED_OUTPUT,
  Event_Type.INTERNAL_OUTPUT,
  Event_Type.PENDING_OUTPUT,
];

/** The types of events to leave a node by; all where there are none. */
const typesFrom: Readonly<Record<Direction, WalkAhead["types"]>> = {
  upstream: { artifact: outputs, execution: inputs },
  downstream: { artifact: inputs, execution: outputs },
  both: { artifact: [], execution: [] },
};

/** How many nodes one statement expands: bounds memory where a hop reaches very many. */
const chunkSize = 10_000;

/*
 * Where each query is a round trip, hops are read ahead, several by one query, while little is there: from more nodes,
 * or by more edges, what has to be read takes longer than asking does, and much of it may not be needed.
 */
const aheadNodesMax = 100;
const aheadEdgesMax = 5_000;

/** How many hops are read ahead at first. */
const firstHopsAhead = 4;

/** How many are from then on. A two-way walk ahead comes back to each node in every second hop. */
const hopsAhead: Readonly<Record<Direction, number>> = { upstream: 16, downstream: 16, both: 4 };

const kinds = { artifact: artifactKind, execution: executionKind } as const;

/** Walks from the starting nodes breadth first; each hop goes from artifacts to executions or back. */
export async function walk(tx: ReadTransaction, options: WalkOptions): Promise<Subgraph> {
  const walker = new Walker(tx, options);
  let { kind } = options.start;
  let frontier = await walker.start();
  for (let hop = 0; hop < options.hopsMax && frontier.length > 0; hop++) {
    frontier = await walker.hop(kind, frontier, options.hopsMax - hop);
    kind = other(kind);
  }
  return walker.result();
}

function other(kind: MemberName): MemberName {
  return kind === "artifact" ? "execution" : "artifact";
}

/** Edges by the node that they are left from. */
type EdgesFrom = Readonly<Record<MemberName, Map<bigint, EventEdge[]>>>;

function edgesFrom(edges: readonly EventEdge[]): EdgesFrom {
  return {
    artifact: Map.groupBy(edges, ({ artifactId }) => artifactId),
    execution: Map.groupBy(edges, ({ executionId }) => executionId),
  };
}

class Walker {
  private readonly visited = { artifact: new Set<bigint>(), execution: new Set<bigint>() };
  private readonly ended = { artifact: new Set<bigint>(), execution: new Set<bigint>() };
  private readonly eventIds: bigint[] = [];
  /** What was read ahead, and for how many more hops that is all there is. */
  private ahead: { readonly edges: EdgesFrom; hops: number } = { edges: edgesFrom([]), hops: 0 };
  /** How many hops to read ahead next; 0 where it is not worth it any more. */
  private nextAhead: number;

  constructor(
    private readonly tx: ReadTransaction,
    private readonly options: WalkOptions,
  ) {
    // What lies behind an ending is not to be read, and may be very much.
    const mayRead = tx.isRemote && Object.keys(options.endings).length === 0;
    this.nextAhead = mayRead ? firstHopsAhead : 0;
  }

  start(): Promise<bigint[]> {
    const { kind, ids } = this.options.start;
    return this.visit(kind, [...ids]);
  }

  /** Gives the nodes of the other kind that are new. */
  async hop(kind: MemberName, frontier: readonly bigint[], hopsLeft: number): Promise<bigint[]> {
    const edges: EventEdge[] = [];
    const far = other(kind);
    const reached = new Set<bigint>();
    for await (const read of this.edgesOf(kind, frontier, hopsLeft)) {
      for (const edge of read) {
        const id = endOf(edge, far);
        if (!this.allows(kind, edge.type) || this.isHidden(far, id)) continue;
        edges.push(edge);
        if (!this.visited[far].has(id) && !this.ended[far].has(id)) reached.add(id);
      }
      this.checkLimits(edges.length, reached.size);
    }
    const next = await this.visit(far, [...reached]);
    for (const edge of edges) {
      if (!this.isExcluded(far, endOf(edge, far))) this.eventIds.push(edge.eventId);
    }
    return next;
  }

  /** In parts, where they are many. */
  private async *edgesOf(kind: MemberName, frontier: readonly bigint[], hopsLeft: number) {
    const hops = Math.min(hopsLeft, this.nextAhead);
    if (this.ahead.hops === 0 && hops > 1 && frontier.length <= aheadNodesMax)
      await this.readAhead(kind, frontier, hops);
    if (this.ahead.hops > 0) {
      this.ahead.hops--;
      const edges = this.ahead.edges[kind];
      yield frontier.flatMap((id) => edges.get(id) ?? []);
      return;
    }
    for (let at = 0; at < frontier.length; at += chunkSize)
      yield await this.tx.eventEdges(kinds[kind], frontier.slice(at, at + chunkSize));
  }

  /** Where there is too much, nothing of it is kept: it is not known of which nodes it has all edges. */
  private async readAhead(kind: MemberName, frontier: readonly bigint[], hops: number): Promise<void> {
    const { direction } = this.options;
    const walk = { hops, types: typesFrom[direction], edgesMax: aheadEdgesMax };
    const edges = await this.tx.edgesAhead(kinds[kind], frontier, walk);
    const isTooMuch = edges.length > aheadEdgesMax;
    if (!isTooMuch) this.ahead = { edges: edgesFrom(edges), hops };
    this.nextAhead = isTooMuch ? 0 : hopsAhead[direction];
  }

  private allows(from: MemberName, type: number): boolean {
    const types = typesFrom[this.options.direction][from];
    return types.length === 0 || types.includes(type);
  }

  /** Before a hop's nodes are visited: a two-way walk reported an edge to a node of an earlier hop from there. */
  private isHidden(kind: MemberName, id: bigint): boolean {
    return (this.options.direction === "both" && this.visited[kind].has(id)) || this.isExcluded(kind, id);
  }

  private isExcluded(kind: MemberName, id: bigint): boolean {
    return this.ended[kind].has(id) && !this.options.endings[kind]?.isIncluded;
  }

  /** Sorts new nodes into ending and visited ones; gives the visited. */
  private async visit(kind: MemberName, ids: bigint[]): Promise<bigint[]> {
    const ends = await this.endingIds(kind, ids);
    for (const id of ends) this.ended[kind].add(id);
    const visited = ids.filter((id) => !ends.has(id));
    for (const id of visited) this.visited[kind].add(id);
    this.checkLimits(0, 0);
    return visited;
  }

  private async endingIds(kind: MemberName, ids: readonly bigint[]): Promise<ReadonlySet<bigint>> {
    const ending = this.options.endings[kind];
    if (ending === undefined || ids.length === 0) return new Set();
    if (ending.filter === undefined) return new Set(ids);
    const order = { field: "id", ascending: true } as const;
    return new Set(await this.tx.listNodeIds(kinds[kind], { ids, filter: ending.filter, order }));
  }

  private checkLimits(newEvents: number, newNodes: number): void {
    const { nodesMax, eventsMax } = this.options.limits;
    const sets = [this.visited, this.ended].flatMap((set) => [set.artifact.size, set.execution.size]);
    const nodes = sets.reduce((sum, size) => sum + size, newNodes);
    if (nodes > nodesMax) throw tooLarge(`more than ${nodesMax} nodes`);
    if (this.eventIds.length + newEvents > eventsMax) throw tooLarge(`more than ${eventsMax} events`);
  }

  result(): Subgraph {
    const reached = (kind: MemberName) =>
      this.options.endings[kind]?.isIncluded
        ? new Set([...this.visited[kind], ...this.ended[kind]])
        : this.visited[kind];
    return {
      ids: { artifact: reached("artifact"), execution: reached("execution") },
      eventIds: this.eventIds,
    };
  }
}

function endOf(edge: EventEdge, kind: MemberName): bigint {
  return kind === "artifact" ? edge.artifactId : edge.executionId;
}

function tooLarge(what: string): MlmdError {
  return new MlmdError(
    "RESOURCE_EXHAUSTED",
    `The lineage reaches ${what}, the limit of one answer; ask for fewer hops or end it at some nodes`,
  );
}
