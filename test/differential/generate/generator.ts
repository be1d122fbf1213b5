import { create, type Message } from "@bufbuild/protobuf";
import {
  type ArtifactType,
  type PutExecutionRequest,
  TransactionOptionsSchema,
} from "../../../src/contract/messages.ts";
import { assign, get } from "../../../src/contract/presence.ts";
import type { MethodName } from "../../../src/contract/service.ts";
import type { KindName, NodeOf } from "../../../src/domain/kinds.ts";
import type { Operation } from "../operation.ts";
import type { Random } from "../random.ts";
import {
  putAttributionsAndAssociations,
  putEvents,
  putExecution,
  putLineageSubgraph,
  putParentContexts,
} from "./edges.ts";
import { putArtifacts, putContexts, putExecutions } from "./nodes.ts";
import { anyRead, everything, filteredList } from "./reads.ts";
import { putArtifactType, putContextType, putExecutionType, putTypes } from "./types.ts";
import { kindNames, World } from "./world.ts";

/** An operation before it has its number. */
export interface Draft<M extends MethodName = MethodName> {
  readonly method: M;
  readonly request: Message;
  readonly continues?: number;
}

type Make = (random: Random, world: World) => Draft;

const operations: readonly (readonly [weight: number, Make])[] = [
  [3, putArtifactType],
  [3, putExecutionType],
  [3, putContextType],
  [2, putTypes],
  [12, putArtifacts],
  [9, putExecutions],
  [7, putContexts],
  [6, putEvents],
  [5, putAttributionsAndAssociations],
  [4, putParentContexts],
  [9, putExecution],
  [7, putLineageSubgraph],
  [40, anyRead],
];

/** Some sequences ask more than they write, once there is something to ask for. */
const asking = { chance: 0.25, from: 100, share: 0.8 } as const;

/** Options that every request has and that have no effect. */
function tag(request: Message): void {
  assign(request, "transactionOptions" as never, create(TransactionOptionsSchema, { tag: "t" }) as never);
}

/** How requests and answers name the nodes of a kind. */
const nodeLists = { artifact: "artifacts", execution: "executions", context: "contexts" } as const;

type Fields = { readonly [field: string]: unknown };

/** Makes an endless sequence of operations, each in view of how the earlier ones were answered. */
export class Generator {
  readonly #random: Random;
  readonly #world: World;
  readonly #asks: boolean;
  #serial = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#world = new World();
    this.#asks = random.chance(asking.chance);
  }

  next(): Operation {
    const asks = this.#asks && this.#serial > asking.from && this.#random.chance(asking.share);
    const make = asks ? filteredList : this.#random.weighted(operations);
    const draft = make(this.#random, this.#world);
    if (this.#random.chance(0.02)) tag(draft.request);
    return this.#number(draft);
  }

  /** Reads that together show all that is stored. */
  readEverything(): Operation[] {
    return everything(this.#world).map((draft) => this.#number(draft));
  }

  #number(draft: Draft): Operation {
    this.#serial++;
    return { serial: this.#serial, ...draft };
  }

  /** Learns from the original's answer to an operation that succeeded there; `agreed`: ours was the same. */
  observe({ method, request, serial }: Operation, response: Message, agreed: boolean): void {
    const asked = request as unknown as Fields;
    const answered = response as unknown as Fields;
    if (method.startsWith("put")) {
      for (const kind of kindNames) {
        this.#addTypes(kind, [asked[`${kind}Type`]], [answered.typeId]);
        this.#addTypes(kind, asked[`${kind}Types`], answered[`${kind}TypeIds`]);
        this.#addNodes(kind, asked[nodeLists[kind]], answered[`${kind}Ids`]);
      }
      if (method === "putExecution") this.#addExecution(request as PutExecutionRequest, answered);
      return;
    }
    for (const kind of kindNames) {
      const nodes = answered[nodeLists[kind]];
      // A lineage holds ids only.
      if (Array.isArray(nodes)) this.#world.saw(kind, nodes as NodeOf<typeof kind>[]);
    }
    if (Object.hasOwn(asked, "options")) {
      const more = agreed && Boolean(answered.nextPageToken);
      this.#world.setOpenList(method, more ? { serial, request } : undefined);
    }
  }

  #addTypes(kind: KindName, types: unknown, ids: unknown): void {
    if (!Array.isArray(types) || !Array.isArray(ids)) return;
    types.forEach((type: ArtifactType | undefined, index) => {
      if (type === undefined) return;
      const { name, properties } = type;
      this.#world.addType(kind, { id: ids[index] as bigint, name, properties });
    });
  }

  #addNodes(kind: KindName, nodes: unknown, ids: unknown): void {
    if (!Array.isArray(nodes) || !Array.isArray(ids)) return;
    nodes.forEach((node: NodeOf<KindName> | undefined, index) => {
      const id = ids[index] as bigint;
      if (id > 0n) this.#world.addNode(kind, { id, typeId: node && get(node, "typeId") });
    });
  }

  #addExecution(request: PutExecutionRequest, answered: Fields): void {
    this.#addNodes("execution", [request.execution], [answered.executionId]);
    this.#addNodes(
      "artifact",
      request.artifactEventPairs.map((pair) => pair.artifact),
      answered.artifactIds,
    );
  }
}
