import type { Event } from "../../../src/contract/messages.ts";
import { type ComparedProperty, compareProperties } from "./compare.ts";
import { flowOf } from "./events.ts";
import { kinds, type NodeMessage, stateOf } from "./kinds.ts";
import { eventsOf, nodesByIds } from "./neighbours.ts";

/** An earlier execution of the same type that read exactly the same artifacts. */
export interface EarlierRun {
  readonly execution: NodeMessage;
  readonly outputs: readonly NodeMessage[];
  /** The type's properties that differ. */
  readonly differences: readonly ComparedProperty[];
  /** Why its outputs cannot stand for those of a new run; undefined where they can. */
  readonly obstacle: string | undefined;
}

export interface EarlierRuns {
  readonly inputs: readonly NodeMessage[];
  /** The newest first. */
  readonly runs: readonly EarlierRun[];
  /** Whether there may be more, older ones. */
  readonly hasMore: boolean;
}

/** So many executions are looked at, in pages of which the last may be the one that is enough. */
const pagesMax = 5;
const pageSize = 200;
/** A filter can name so many neighbours; the inputs beyond them are compared here. */
const inputsInFilterMax = 20;
const inputTypes = "(INPUT, DECLARED_INPUT, INTERNAL_INPUT)";

/** Looks back from the execution until one is found that can be used again, or so far as the limits allow. */
export async function earlierRuns(execution: NodeMessage, signal: AbortSignal): Promise<EarlierRuns> {
  const inputIds = ends(await eventsOf("execution", [execution.id], signal), "input");
  const inputs = await nodesByIds(kinds.artifact, inputIds, signal);
  const conditions = [
    `type_id = ${execution.typeId}`,
    `id < ${execution.id}`,
    ...[...inputIds]
      .slice(0, inputsInFilterMax)
      .flatMap((id, index) => [
        `events_${index}.artifact_id = ${id}`,
        `events_${index}.type IN ${inputTypes}`,
      ]),
  ];
  const runs: EarlierRun[] = [];
  let token = "";
  for (let page = 0; page < pagesMax; page++) {
    const { nodes, nextPageToken } = await kinds.execution.list(
      {
        filterQuery: conditions.join(" AND "),
        orderByField: { field: 3, isAsc: false },
        maxResultSize: pageSize,
        nextPageToken: token,
      },
      undefined,
      { signal },
    );
    runs.push(...(await sameInputs(execution, inputIds, nodes, signal)));
    token = nextPageToken;
    if (token === "" || runs.some(({ obstacle }) => obstacle === undefined)) break;
  }
  return { inputs: [...inputs.values()], runs, hasMore: token !== "" };
}

async function sameInputs(
  execution: NodeMessage,
  inputIds: ReadonlySet<bigint>,
  candidates: readonly NodeMessage[],
  signal: AbortSignal,
): Promise<EarlierRun[]> {
  const events = await eventsOf(
    "execution",
    candidates.map(({ id }) => id),
    signal,
  );
  const ofExecution = Map.groupBy(events, ({ executionId }) => executionId);
  const exact = candidates.filter(({ id }) => {
    const read = ends(ofExecution.get(id) ?? [], "input");
    return read.size === inputIds.size && [...read].every((input) => inputIds.has(input));
  });
  const written = new Map(exact.map(({ id }) => [id, ends(ofExecution.get(id) ?? [], "output")]));
  const artifacts = await nodesByIds(
    kinds.artifact,
    [...written.values()].flatMap((ids) => [...ids]),
    signal,
  );
  return exact.map((candidate) => {
    const outputs = [...(written.get(candidate.id) ?? [])].map((id) => artifacts.get(id));
    const differences = compareProperties(execution, candidate).filter(
      ({ column, isSame }) => !isSame && column.startsWith("properties."),
    );
    return {
      execution: candidate,
      outputs: outputs.filter((output) => output !== undefined),
      differences,
      obstacle: obstacleOf(candidate, outputs, differences),
    };
  });
}

function ends(events: readonly Event[], flow: "input" | "output"): Set<bigint> {
  return new Set(events.filter((event) => flowOf(event) === flow).map(({ artifactId }) => artifactId));
}

function obstacleOf(
  execution: NodeMessage,
  outputs: readonly (NodeMessage | undefined)[],
  differences: readonly ComparedProperty[],
): string | undefined {
  const state = stateOf(execution);
  if (state !== "COMPLETE" && state !== "CACHED") return `its state is ${state ?? "not known"}`;
  if (differences.length > 0) return "other properties";
  const isGone = (output: NodeMessage | undefined) =>
    output === undefined || ["MARKED_FOR_DELETION", "DELETED"].includes(stateOf(output) ?? "");
  return outputs.some(isGone) ? "an output is deleted, or about to be" : undefined;
}
