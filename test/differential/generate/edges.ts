import { create } from "@bufbuild/protobuf";
import {
  type Context,
  type Event,
  type Event_Path_Step,
  Event_Path_StepSchema,
  Event_PathSchema,
  EventSchema,
  PutAttributionsAndAssociationsRequestSchema,
  PutEventsRequestSchema,
  type PutExecutionRequest_ArtifactAndEvent,
  PutExecutionRequest_ArtifactAndEventSchema,
  PutExecutionRequest_OptionsSchema,
  PutExecutionRequestSchema,
  type PutLineageSubgraphRequest_EventEdge,
  PutLineageSubgraphRequest_EventEdgeSchema,
  PutLineageSubgraphRequest_OptionsSchema,
  PutLineageSubgraphRequestSchema,
  PutParentContextsRequestSchema,
} from "../../../src/contract/messages.ts";
import { assign } from "../../../src/contract/presence.ts";
import type { Random } from "../random.ts";
import type { Draft } from "./generator.ts";
import { anyNode, newNode } from "./nodes.ts";
import { given } from "./types.ts";
import { idFrom, integer } from "./values.ts";
import type { World } from "./world.ts";

/** How often an edge of a compound request names a node that is not there: the original stores it. */
const danglingChance = 0.001;

export function putEvents(random: Random, world: World): Draft<"putEvents"> {
  const events = random.list(0, 4, () => {
    const event = newEvent(random);
    assign(
      event,
      "artifactId",
      random.maybe(0.99, () => idFrom(random, world.nodes("artifact"), 0.01)),
    );
    assign(
      event,
      "executionId",
      random.maybe(0.99, () => idFrom(random, world.nodes("execution"), 0.01)),
    );
    return event;
  });
  return { method: "putEvents", request: create(PutEventsRequestSchema, { events }) };
}

/** An event that names no nodes yet. */
function newEvent(random: Random): Event {
  return create(
    EventSchema,
    given({
      type: random.weighted([
        [97, random.int(1, 7)],
        [1, 0],
        [1, 99],
        [1, undefined],
      ]),
      millisecondsSinceEpoch: random.maybe(0.3, () => random.pick([0n, 1n, 1000n, -5n])),
      path: random.maybe(0.4, () =>
        create(Event_PathSchema, { steps: random.list(0, 4, () => step(random)) }),
      ),
    }),
  );
}

function step(random: Random): Event_Path_Step {
  const value = random.weighted<Event_Path_Step["value"]>([
    [50, { case: "index", value: integer(random) }],
    [45, { case: "key", value: random.pick(["", "k", "ünï"]) }],
    [5, { case: undefined }],
  ]);
  return create(Event_Path_StepSchema, { value });
}

export function putAttributionsAndAssociations(
  random: Random,
  world: World,
): Draft<"putAttributionsAndAssociations"> {
  const request = create(PutAttributionsAndAssociationsRequestSchema, {
    attributions: random.list(0, 4, () =>
      given({
        artifactId: random.maybe(0.995, () => idFrom(random, world.nodes("artifact"), 0.01)),
        contextId: random.maybe(0.995, () => idFrom(random, world.nodes("context"), 0.01)),
      }),
    ),
    associations: random.list(0, 4, () =>
      given({
        executionId: random.maybe(0.995, () => idFrom(random, world.nodes("execution"), 0.01)),
        contextId: random.maybe(0.995, () => idFrom(random, world.nodes("context"), 0.01)),
      }),
    ),
  });
  return { method: "putAttributionsAndAssociations", request };
}

export function putParentContexts(random: Random, world: World): Draft<"putParentContexts"> {
  const parentContexts = random.list(0, 3, () =>
    given({
      childId: random.maybe(0.99, () => idFrom(random, world.nodes("context"), 0.01)),
      parentId: random.maybe(0.99, () => idFrom(random, world.nodes("context"), 0.01)),
    }),
  );
  return { method: "putParentContexts", request: create(PutParentContextsRequestSchema, { parentContexts }) };
}

export function putExecution(random: Random, world: World): Draft<"putExecution"> {
  const execution = random.maybe(0.99, () => anyNode(random, world, "execution"));
  const options = create(
    PutExecutionRequest_OptionsSchema,
    given({
      ...reuseOptions(random),
      forceUpdateTime: random.maybe(0.3, () => random.chance(0.7)),
      forceReuseContext: random.maybe(0.3, () => random.chance(0.7)),
    }),
  );
  const request = create(PutExecutionRequestSchema, {
    artifactEventPairs: random.list(0, 4, () => artifactAndEvent(random, world, execution?.id)),
    contexts: contexts(random, world),
    ...given({ execution, options: random.maybe(0.7, () => options) }),
  });
  return { method: "putExecution", request };
}

function reuseOptions(random: Random) {
  return {
    reuseContextIfAlreadyExist: random.maybe(0.7, () => random.chance(0.8)),
    reuseArtifactIfAlreadyExistByExternalId: random.maybe(0.7, () => random.chance(0.8)),
  };
}

function artifactAndEvent(
  random: Random,
  world: World,
  executionId: bigint | undefined,
): PutExecutionRequest_ArtifactAndEvent {
  const pair = create(PutExecutionRequest_ArtifactAndEventSchema);
  if (random.chance(0.75)) pair.artifact = anyNode(random, world, "artifact");
  else if (random.chance(0.15)) return pair;
  if (pair.artifact !== undefined && random.chance(0.2)) return pair;
  pair.event = newEvent(random);
  if (random.chance(0.1) && executionId) pair.event.executionId = executionId;
  if (random.chance(0.01)) pair.event.executionId = 1n;
  if (pair.artifact === undefined) {
    const id = random.maybe(0.99, () => idFrom(random, world.nodes("artifact"), danglingChance));
    assign(pair.event, "artifactId", id);
  } else if (random.chance(0.03)) {
    pair.event.artifactId = random.chance(0.7) ? pair.artifact.id : 1n;
  }
  return pair;
}

/** Mostly contexts as a pipeline sends them each time again: type and name. */
function contexts(random: Random, world: World): Context[] {
  return random.list(0, 3, () =>
    random.chance(0.5) ? newNode(random, world, "context") : anyNode(random, world, "context"),
  );
}

export function putLineageSubgraph(random: Random, world: World): Draft<"putLineageSubgraph"> {
  const executions = random.list(0, 3, () => anyNode(random, world, "execution"));
  const artifacts = random.list(0, 4, () => anyNode(random, world, "artifact"));
  // Without `type_id` the whole request fails, so keep that rare.
  for (const node of [...executions, ...artifacts]) {
    if (!Object.hasOwn(node, "typeId") && random.chance(0.95)) node.typeId = 10n;
  }
  const options = create(PutLineageSubgraphRequest_OptionsSchema, given(reuseOptions(random)));
  const request = create(PutLineageSubgraphRequestSchema, {
    executions,
    artifacts,
    contexts: contexts(random, world),
    eventEdges: random.list(0, 5, () => eventEdge(random, world, executions.length, artifacts.length)),
    ...given({ options: random.maybe(0.8, () => options) }),
  });
  return { method: "putLineageSubgraph", request };
}

function eventEdge(
  random: Random,
  world: World,
  executions: number,
  artifacts: number,
): PutLineageSubgraphRequest_EventEdge {
  const edge = create(PutLineageSubgraphRequest_EventEdgeSchema);
  if (random.chance(0.005)) return edge;
  edge.event = newEvent(random);
  if (executions > 0 && random.chance(0.85)) edge.executionIndex = index(random, executions);
  if (!Object.hasOwn(edge, "executionIndex") || random.chance(0.01)) {
    const id = random.maybe(0.99, () => idFrom(random, world.nodes("execution"), danglingChance));
    assign(edge.event, "executionId", id);
  }
  if (artifacts > 0 && random.chance(0.85)) edge.artifactIndex = index(random, artifacts);
  if (!Object.hasOwn(edge, "artifactIndex") || random.chance(0.01)) {
    const id = random.maybe(0.99, () => idFrom(random, world.nodes("artifact"), danglingChance));
    assign(edge.event, "artifactId", id);
  }
  return edge;
}

function index(random: Random, length: number): number {
  return random.chance(0.01) ? random.pick([-1, length, 1000]) : random.int(0, length - 1);
}
