import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import {
  GetLineageSubgraphRequestSchema,
  type LineageSubgraphQueryOptions_EndingNodes,
  LineageSubgraphQueryOptions_EndingNodesSchema,
  LineageSubgraphQueryOptions_StartingNodesSchema,
  LineageSubgraphQueryOptionsSchema,
  type ListOperationOptions,
  ListOperationOptions_OrderByFieldSchema,
  ListOperationOptionsSchema,
} from "../../../src/contract/messages.ts";
import { assign } from "../../../src/contract/presence.ts";
import type { MethodName } from "../../../src/contract/service.ts";
import type { KindName } from "../../../src/domain/kinds.ts";
import { inputOf } from "../operation.ts";
import type { Random } from "../random.ts";
import { filter } from "./filters.ts";
import type { Draft } from "./generator.ts";
import { externalId, nodeName, uri } from "./nodes.ts";
import { given, typeExternalIds, typeName, typeVersion } from "./types.ts";
import { idFrom } from "./values.ts";
import { kindNames, type OpenList, type World } from "./world.ts";

type Fields = { readonly [field: string]: unknown };

type Read = (random: Random, world: World, kind: KindName) => Draft;

/** The methods of each read by kind, as the three spellings of one question. */
const singular = { artifact: "Artifact", execution: "Execution", context: "Context" } as const;

const idFields = { artifact: "artifactIds", execution: "executionIds", context: "contextIds" } as const;
const memberKinds = ["artifact", "execution"] as const;

export function anyRead(random: Random, world: World): Draft {
  const read = random.weighted<Read>([
    [6, typeByName],
    [4, typesById],
    [3, typesByExternalId],
    [3, allTypes],
    [12, nodesById],
    [6, nodeByName],
    [6, nodesByExternalId],
    [10, listNodes],
    [8, listByType],
    [8, listByContext],
    [1, largePage],
    [4, pageByUpdateTime],
    [4, artifactsByUri],
    [6, contextsByMember],
    [6, linkedContexts],
    [8, eventsByMember],
    [10, lineageSubgraph],
  ]);
  return read(random, world, random.pick(kindNames));
}

function draft(method: MethodName, fields: Fields): Draft {
  return { method, request: create(inputOf(method), given(fields)) };
}

const typeByName: Read = (random, _world, kind) =>
  draft(`get${singular[kind]}Type`, { typeName: typeName(random), typeVersion: typeVersion(random) });

const typesById: Read = (random, world, kind) => {
  const from = random.chance(0.05) ? random.pick(kindNames) : kind;
  return draft(`get${singular[kind]}TypesByID`, {
    typeIds: random.list(0, 4, () => idFrom(random, world.types(from))),
  });
};

const typesByExternalId: Read = (random, _world, kind) =>
  draft(`get${singular[kind]}TypesByExternalIds`, {
    externalIds: random.list(0, 4, () => (random.chance(0.02) ? "" : random.pick(typeExternalIds))),
  });

const allTypes: Read = (_random, _world, kind) => draft(`get${singular[kind]}Types`, {});

const nodesById: Read = (random, world, kind) =>
  draft(`get${singular[kind]}sByID`, {
    [idFields[kind]]: random.list(0, 6, () => idFrom(random, world.nodes(kind))),
    populateArtifactTypes: kind === "artifact" ? random.maybe(0.3, () => random.chance(0.8)) : undefined,
  });

const nodeByName: Read = (random, _world, kind) =>
  draft(`get${singular[kind]}ByTypeAndName`, {
    typeName: typeName(random),
    typeVersion: typeVersion(random),
    [`${kind}Name`]: random.maybe(0.98, () => nodeName(random)),
  });

const nodesByExternalId: Read = (random, _world, kind) =>
  draft(`get${singular[kind]}sByExternalIds`, { externalIds: random.list(0, 4, () => externalId(random)) });

/** All nodes of a kind, or of a type or context, that a filter lets through. */
export function filteredList(random: Random, world: World): Draft {
  const kind = random.pick(kindNames);
  const options = create(ListOperationOptionsSchema, {
    maxResultSize: 100,
    filterQuery: filter(random, world, kind),
  });
  if (random.chance(0.7)) return draft(`get${singular[kind]}s`, { options });
  return draft(`get${singular[kind]}sByType`, { typeName: typeName(random), options });
}

const listNodes: Read = (random, world, kind) => list(random, world, kind, `get${singular[kind]}s`, {});

const listByType: Read = (random, world, kind) =>
  list(random, world, kind, `get${singular[kind]}sByType`, {
    typeName: typeName(random),
    typeVersion: typeVersion(random),
  });

const listByContext: Read = (random, world) => {
  const kind = random.pick(memberKinds);
  const contextId = random.maybe(0.99, () => idFrom(random, world.nodes("context")));
  return list(random, world, kind, `get${singular[kind]}sByContext`, { contextId });
};

const largePage: Read = (random) =>
  draft("getArtifacts", {
    options: create(ListOperationOptionsSchema, { maxResultSize: random.pick([100, 101, 150]) }),
  });

/** Small pages that follow one another, over nodes of which many were updated at the same time. */
const pageByUpdateTime: Read = (random, world) => {
  const open = world.openList("getExecutions");
  if (open !== undefined && random.chance(0.85)) return nextPage("getExecutions", open);
  const orderByField = create(ListOperationOptions_OrderByFieldSchema, {
    field: 2,
    isAsc: random.chance(0.5),
  });
  const options = create(ListOperationOptionsSchema, { maxResultSize: random.int(1, 2), orderByField });
  return draft("getExecutions", { options });
};

const artifactsByUri: Read = (random) => {
  const made = draft("getArtifactsByURI", { uris: random.list(0, 3, () => uri(random)) });
  // The field of old clients, for one URI, is told from one that nobody knows.
  const no = random.maybe(0.05, () => random.pick([1, 2000]));
  if (no !== undefined) made.request.$unknown = [{ no, wireType: 2, data: new Uint8Array([1, 97]) }];
  return made;
};

const contextsByMember: Read = (random, world) => {
  const kind = random.pick(memberKinds);
  return draft(`getContextsBy${singular[kind]}`, { [`${kind}Id`]: idFrom(random, world.nodes(kind)) });
};

const linkedContexts: Read = (random, world) =>
  draft(`get${random.pick(["Parent", "Children"] as const)}ContextsByContext`, {
    contextId: random.maybe(0.99, () => idFrom(random, world.nodes("context"))),
  });

const eventsByMember: Read = (random, world) => {
  const kind = random.pick(memberKinds);
  return draft(`getEventsBy${singular[kind]}IDs`, {
    [idFields[kind]]: random.list(0, 6, () => idFrom(random, world.nodes(kind))),
  });
};

/** A list from its start, or the next page of the last one that had more. */
function list(random: Random, world: World, kind: KindName, method: MethodName, fields: Fields): Draft {
  const open = world.openList(method);
  if (open === undefined || random.chance(0.4)) {
    const options = random.maybe(0.75, () => listOptions(random, world, kind));
    return draft(method, { ...fields, options });
  }
  const next = nextPage(method, open);
  const { options } = next.request as Message & { options: ListOperationOptions };
  if (random.chance(0.1)) options.maxResultSize = random.int(1, 8);
  if (random.chance(0.03)) options.orderByField = orderByField(random);
  if (random.chance(0.03)) options.filterQuery = filter(random, world, kind);
  return next;
}

/** The list's request again, to be sent with the token that was answered to it. */
function nextPage(method: MethodName, { request, serial }: OpenList): Draft {
  const schema = inputOf(method);
  return { method, request: fromBinary(schema, toBinary(schema, request)), continues: serial };
}

function listOptions(random: Random, world: World, kind: KindName): ListOperationOptions {
  return create(
    ListOperationOptionsSchema,
    given({
      maxResultSize: random.weighted([
        [25, undefined],
        [30, random.int(1, 3)],
        [40, random.int(4, 8)],
        [5, 100],
        [1, random.pick([0, -1, 2147483647])],
      ]),
      orderByField: random.maybe(0.7, () => orderByField(random)),
      nextPageToken: random.weighted([
        [94, undefined],
        [4, ""],
        [2, random.pick(["nonsense!", "CAIQAhoCCAI", "AAAA"])],
      ]),
      filterQuery: random.maybe(0.6, () => (random.chance(0.05) ? "" : filter(random, world, kind))),
    }),
  );
}

function orderByField(random: Random) {
  const field = random.weighted([
    [10, undefined],
    [88, random.int(1, 3)],
    [1, 0],
    [1, 99],
  ]);
  return create(
    ListOperationOptions_OrderByFieldSchema,
    given({ field, isAsc: random.maybe(0.8, () => random.chance(0.5)) }),
  );
}

const maskPaths = [
  "artifacts",
  "executions",
  "contexts",
  "events",
  "attributions",
  "associations",
  "artifact_types",
  "execution_types",
  "context_types",
  "parent_contexts",
  "artifacts.id",
  "nope",
];

const lineageSubgraph: Read = (random, world) => {
  const options = create(
    LineageSubgraphQueryOptionsSchema,
    given({
      maxNumHops: random.weighted([
        [20, undefined],
        [75, BigInt(random.int(0, 6))],
        [3, 1000n],
        [2, -1n],
      ]),
      direction: random.maybe(0.75, () => random.int(0, 3)),
      endingArtifacts: random.maybe(0.2, () => endingNodes(random, world, "artifact")),
      endingExecutions: random.maybe(0.2, () => endingNodes(random, world, "execution")),
    }),
  );
  if (random.chance(0.99)) {
    const kind = random.pick(memberKinds);
    const filterQuery = random.maybe(0.98, () => startingFilter(random, world, kind));
    const value = create(LineageSubgraphQueryOptions_StartingNodesSchema, given({ filterQuery }));
    options.startingNodes =
      kind === "artifact" ? { case: "startingArtifacts", value } : { case: "startingExecutions", value };
  }
  const request = create(GetLineageSubgraphRequestSchema);
  if (random.chance(0.99)) request.lineageSubgraphQueryOptions = options;
  const readMask = random.maybe(0.4, () =>
    create(FieldMaskSchema, { paths: random.list(0, 4, () => random.pick(maskPaths)) }),
  );
  assign(request, "readMask", readMask);
  return { method: "getLineageSubgraph", request };
};

/** Mostly one node to start from. */
function startingFilter(random: Random, world: World, kind: KindName): string {
  if (random.chance(0.01)) return "";
  if (random.chance(0.15)) return filter(random, world, kind);
  const ids = random.list(1, 3, () => idFrom(random, world.nodes(kind), 0.02));
  return ids.length === 1 ? `id = ${ids[0]}` : `id IN (${ids.join(", ")})`;
}

function endingNodes(random: Random, world: World, kind: KindName): LineageSubgraphQueryOptions_EndingNodes {
  return create(
    LineageSubgraphQueryOptions_EndingNodesSchema,
    given({
      filterQuery: random.maybe(0.95, () => filter(random, world, kind)),
      includeEndingNodes: random.maybe(0.7, () => random.chance(0.6)),
    }),
  );
}

/** Reads that together show all that is stored. */
export function everything(world: World): Draft[] {
  const contextIds = world.nodes("context").map(({ id }) => id);
  const eventIds = (kind: "artifact" | "execution") => world.nodes(kind).map(({ id }) => id);
  return [
    ...kindNames.flatMap((kind) => [
      draft(`get${singular[kind]}TypesByID`, { typeIds: world.types(kind).map(({ id }) => id) }),
      draft(`get${singular[kind]}Types`, {}),
      draft(`get${singular[kind]}s`, {}),
    ]),
    ...memberKinds.map((kind) =>
      draft(`getEventsBy${singular[kind]}IDs`, { [idFields[kind]]: eventIds(kind) }),
    ),
    ...contextIds.flatMap((contextId) => [
      ...memberKinds.map((kind) => draft(`get${singular[kind]}sByContext`, { contextId })),
      draft("getParentContextsByContext", { contextId }),
    ]),
  ];
}
