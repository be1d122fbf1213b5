import { get } from "../../src/contract/presence.ts";
import type { MethodName } from "../../src/contract/service.ts";
import type { Backend } from "../support/backends.ts";
import {
  type Canonical,
  type CanonicalMessage,
  canonical,
  type NameTime,
  sameCanonical,
} from "./canonical.ts";
import { type Operation, outputOf } from "./operation.ts";
import type { Reply } from "./sides.ts";

/** A reply in a form that compares. */
export interface Outcome {
  readonly code: number;
  readonly message: string;
  readonly answer?: CanonicalMessage;
}

/** One operation with what it came to on both sides. */
export interface Comparison {
  readonly operation: Operation;
  readonly original: Outcome;
  readonly ours: Outcome;
}

/** Lists of an answer whose order the original leaves open. */
const unorderedLists: { readonly [M in MethodName]?: readonly string[] } = {
  getArtifactsByID: ["artifact_types"],
  getArtifactTypesByExternalIds: ["artifact_types"],
  getExecutionTypesByExternalIds: ["execution_types"],
  getContextTypesByExternalIds: ["context_types"],
  getArtifactsByURI: ["artifacts"],
  getEventsByArtifactIDs: ["events"],
};

export function outcomeOf(operation: Operation, reply: Reply, nameTime: NameTime, backend: Backend): Outcome {
  const { code, message, response } = reply;
  if (response === undefined) return { code, message };
  const answer = canonical(outputOf(operation.method), response, nameTime);
  const isUnordered = backend !== "sqlite" && !isOrdered(operation);
  sortLists(answer, isUnordered ? Object.keys(answer) : (unorderedLists[operation.method] ?? []));
  if (operation.method === "getLineageSubgraph") {
    const graph = answer.lineage_subgraph as CanonicalMessage;
    sortLists(graph, Object.keys(graph));
  }
  return { code, message, answer };
}

/** On SQLite rows come in the order of their tables or of an index, elsewhere in any, where none is asked for. */
function isOrdered({ method, request }: Operation): boolean {
  return !method.startsWith("get") || (request as { options?: object }).options !== undefined;
}

export function sortLists(message: CanonicalMessage, fields: readonly string[]): void {
  for (const field of fields) {
    const list = message[field];
    if (Array.isArray(list)) message[field] = sorted(list);
  }
}

function sorted(list: Canonical[]): Canonical[] {
  const keyed = list.map((item) => [JSON.stringify(item), item] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** Messages of errors are not compared: they are not part of the contract. */
export function same({ original, ours }: Comparison): boolean {
  if (original.code !== ours.code) return false;
  if (original.answer === undefined || ours.answer === undefined) return true;
  return sameCanonical(original.answer, ours.answer);
}

/** Whether the difference is one of chance. */
export function sameButForTies({ operation, original, ours }: Comparison): boolean {
  if (!isOrderedByUpdateTime(operation) || !original.answer || !ours.answer) return false;
  return sameUpToTies(original.answer, ours.answer);
}

export function isOrderedByUpdateTime({ request }: Operation): boolean {
  const { options } = request as { options?: { orderByField?: { field?: number } } };
  return options?.orderByField !== undefined && get(options.orderByField, "field") === 2;
}

/**
 * Nodes that one operation updated may or may not have got the same millisecond, and so may be ordered by
 * their ids or not. What cannot be compared is left out: at both ends of a page, members of such a group.
 */
function sameUpToTies(original: CanonicalMessage, ours: CanonicalMessage): boolean {
  const a = groupsByUpdateTime(original);
  const b = groupsByUpdateTime(ours);
  if (a.length !== b.length) return false;
  return a.every((group, index) => {
    const other = b[index] as Group;
    if (group.time !== other.time || group.nodes.length !== other.nodes.length) return false;
    const atEdge = index === 0 || index === a.length - 1;
    return atEdge || sameCanonical(sorted(group.nodes), sorted(other.nodes));
  });
}

interface Group {
  readonly time: Canonical | undefined;
  readonly nodes: Canonical[];
}

function groupsByUpdateTime(answer: CanonicalMessage): Group[] {
  const groups: Group[] = [];
  for (const node of listedNodes(answer)) {
    const time = node.last_update_time_since_epoch;
    if (groups.at(-1)?.time === time) groups.at(-1)?.nodes.push(node);
    else groups.push({ time, nodes: [node] });
  }
  return groups;
}

export function listedNodes(answer: CanonicalMessage): CanonicalMessage[] {
  const nodes = answer.artifacts ?? answer.executions ?? answer.contexts ?? [];
  return nodes as CanonicalMessage[];
}
