import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import {
  LineageSubgraphQueryOptions_Direction as Direction,
  Event_Type,
  type EventSchema,
  MetadataStoreService,
} from "../../../src/contract/messages.ts";
import { type LineageQuery, LineageTooLarge, readLineage } from "./read.ts";

interface FakeOptions {
  /** Events from `a1` to `e1`, or the other way round. */
  readonly edges: readonly string[];
  /** The most hops, and the most nodes by id, of one answer. */
  readonly hopsMax?: number;
  readonly idsMax?: number;
  /** How many executions belong to context 1. */
  readonly members?: number;
}

type FakeEvent = MessageInitShape<typeof EventSchema>;

/** A server whose store is a list of edges; it notes what it was asked. */
function fake({ edges, hopsMax = 100, idsMax = 1000, members = 0 }: FakeOptions) {
  const asked = { hops: [] as number[], ids: [] as number[], starts: [] as number[] };
  const events = edges.map((edge): FakeEvent => {
    const [from = "", to = ""] = edge.split(" ");
    const isInput = from.startsWith("a");
    const [artifact, execution] = isInput ? [from, to] : [to, from];
    const type = isInput ? Event_Type.INPUT : Event_Type.OUTPUT;
    return { artifactId: BigInt(artifact.slice(1)), executionId: BigInt(execution.slice(1)), type };
  });
  const limit = (count: number) => {
    asked.ids.push(count);
    if (count > idsMax) throw new ConnectError("the answer is too long", Code.ResourceExhausted);
  };
  const transport = createRouterTransport(({ service }) => {
    service(MetadataStoreService, {
      getLineageSubgraph: ({ lineageSubgraphQueryOptions: options }) => {
        const hops = Number(options?.maxNumHops);
        const start = options?.startingNodes;
        const ids = start?.value?.filterQuery?.match(/\d+/g) ?? [];
        asked.hops.push(hops);
        asked.starts.push(ids.length);
        if (hops > hopsMax) throw new ConnectError("more than 3 nodes", Code.ResourceExhausted);
        const letter = start?.case === "startingArtifacts" ? "a" : "e";
        const reached = new Set(ids.map((id) => letter + id));
        const found = new Set<FakeEvent>();
        for (let hop = 0; hop < hops; hop++) {
          const known = new Set(reached);
          for (const [index, edge] of edges.entries()) {
            const [from = "", to = ""] = edge.split(" ");
            const isUp = known.has(to) && options?.direction !== Direction.DOWNSTREAM;
            const isDown = known.has(from) && options?.direction !== Direction.UPSTREAM;
            if (!isUp && !isDown) continue;
            found.add(events[index] as FakeEvent);
            reached.add(isUp ? from : to);
          }
        }
        return { lineageSubgraph: { events: [...found] } };
      },
      getArtifactsByID: ({ artifactIds }) => {
        limit(artifactIds.length);
        return { artifacts: artifactIds.map((id) => ({ id, typeId: 1n, type: "Data", name: `a${id}` })) };
      },
      getExecutionsByID: ({ executionIds }) => {
        limit(executionIds.length);
        return { executions: executionIds.map((id) => ({ id, typeId: 2n, type: "Step" })) };
      },
      getContextsByID: ({ contextIds }) => ({
        contexts: contextIds
          .filter((id) => id === 1n)
          .map((id) => ({ id, typeId: 3n, type: "Run", name: "run" })),
      }),
      getExecutionsByContext: ({ options }) => {
        const from = Number(options?.nextPageToken || 0);
        const to = Math.min(members, from + (options?.maxResultSize ?? 20));
        const executions = Array.from({ length: to - from }, (_, at) => ({ id: BigInt(from + at + 1) }));
        return { executions, nextPageToken: to < members ? String(to) : "" };
      },
      getArtifactsByContext: () => ({ artifacts: [] }),
    });
  });
  return { asked, client: createClient(MetadataStoreService, transport) };
}

const chain = ["a1 e1", "e1 a2", "a2 e2", "e2 a3", "a3 e3"];

function query(fields: Partial<LineageQuery>): LineageQuery {
  return { root: { kind: "artifact", id: 2n }, direction: "both", hops: 1, more: [], ...fields };
}

const options = { signal: new AbortController().signal, progress: () => {} };

test("the nodes within the hops are shown, and one more hop is counted", async () => {
  const { client, asked } = fake({ edges: chain });
  const lineage = await readLineage(client, query({}), options);
  expect([...lineage.shown].sort()).toEqual(["a2", "e1", "e2"]);
  expect(Object.fromEntries(lineage.hidden)).toEqual({
    e1: { before: 1, after: 0 },
    e2: { before: 0, after: 1 },
  });
  expect(lineage.graph.edges).toHaveLength(2);
  expect(asked.hops).toEqual([2, 2]);
});

test("a node that is expanded shows its neighbours on that side", async () => {
  const { client } = fake({ edges: chain });
  const more = [{ key: "e2", side: "after" }] as const;
  const lineage = await readLineage(client, query({ more }), options);
  expect([...lineage.shown].sort()).toEqual(["a2", "a3", "e1", "e2"]);
});

test("an expansion of a node that is not shown is ignored", async () => {
  const { client } = fake({ edges: chain });
  const more = [{ key: "e3", side: "before" }] as const;
  expect([...(await readLineage(client, query({ more }), options)).shown].sort()).toEqual(["a2", "e1", "e2"]);
});

test("where one more hop is too much for the server, it is done without", async () => {
  const { client, asked } = fake({ edges: chain, hopsMax: 1 });
  const lineage = await readLineage(client, query({ direction: "before" }), options);
  expect([...lineage.shown].sort()).toEqual(["a2", "e1"]);
  expect(lineage.hidden.size).toBe(0);
  expect(asked.hops).toEqual([2, 1]);
});

test("where the hops themselves are too many, that is an error with the server's words", async () => {
  const { client } = fake({ edges: chain, hopsMax: 1 });
  const error = await readLineage(client, query({ hops: 5 }), options).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LineageTooLarge);
  expect(error.message).toBe("more than 3 nodes");
});

test("more nodes than a page reads: how many there are within how many hops, and no name is asked for", async () => {
  const edges = ["a2 e1", ...Array.from({ length: 20_001 }, (_, id) => `e1 a${id + 10}`)];
  const { client, asked } = fake({ edges });
  const error = await readLineage(client, query({ hops: 3 }), options).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LineageTooLarge);
  expect(error.sizes).toEqual([1, 2, 20_003]);
  expect(asked.ids).toEqual([]);
}, 30_000);

test("nodes whose answer is too long are asked for in smaller parts", async () => {
  const { client, asked } = fake({ edges: chain, idsMax: 1 });
  const lineage = await readLineage(client, query({ hops: 4 }), options);
  expect(lineage.shown.size).toBe(6);
  expect(asked.ids.filter((count) => count === 1)).toHaveLength(6);
});

test("a context is read in pages, and its events a hundred executions at a time", async () => {
  const edges = Array.from({ length: 1100 }, (_, at) => `e${at + 1} a${at + 1}`);
  const { client, asked } = fake({ edges, members: 1100 });
  const lineage = await readLineage(client, query({ root: { kind: "context", id: 1n } }), options);
  expect(lineage.shown.size).toBe(2200);
  expect(asked.starts).toEqual(Array(11).fill(100));
  expect(lineage.graph.contexts.get(1n)?.name).toBe("run");
});

test("a context that is not there is not found", async () => {
  const { client } = fake({ edges: [] });
  const reading = readLineage(client, query({ root: { kind: "context", id: 2n } }), options);
  await expect(reading).rejects.toMatchObject({ code: Code.NotFound });
});
