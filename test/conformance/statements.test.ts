import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  LineageSubgraphQueryOptions_Direction as Direction,
  Event_Type,
  LineageSubgraphQueryOptions_StartingNodesSchema,
} from "../../src/contract/messages.ts";
import { openStore, type StoreConfig } from "../../src/index.ts";
import { newMysqlDatabase, newPostgresDatabase } from "../support/databases.ts";
import {
  everyProperty,
  everyValue,
  int,
  makeNodes,
  type NodeInit,
  type Subject,
  string,
  subjectOf,
} from "./support.ts";

/*
 * The cost that matters is round trips, so an operation takes a fixed number of statements, whatever the number
 * of nodes, properties and edges in it. A write of many rows is one: SQLite runs it for each row,
 * MySQL cuts it into pieces, whose number is in test/plans/round-trips.test.ts. Not counted: BEGIN and COMMIT. The
 * types are known from before, except where types are put.
 */

const { INPUT, OUTPUT } = Event_Type;

const many = <T>(count: number, item: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => item(at + 1));
const ids = (count: number) => many(count, BigInt);

const texts: string[] = [];
let subject: Subject;

const onStatement = (text: string) => {
  texts.push(text);
};

interface Engine {
  /** Whether a set of rows is written in pieces. */
  readonly cutsSets?: true;
  /** Whether a statement is a round trip: two queries are one then. */
  readonly unites?: true;
  readonly missing?: string | undefined;
  config(): Promise<StoreConfig>;
}

const servers = { postgres: inject("postgres"), mysql: inject("mysql") };

const engines: Readonly<Record<string, Engine>> = {
  SQLite: { config: async () => ({ sqlite: { path: ":memory:", onStatement } }) },
  PostgreSQL: {
    cutsSets: true,
    unites: true,
    missing: servers.postgres.missing,
    config: async () => ({
      postgresql: { ...(await newPostgresDatabase(servers.postgres.port as number)), onStatement },
    }),
  },
  MariaDB: {
    cutsSets: true,
    unites: true,
    missing: servers.mysql.missing,
    config: async () => ({
      mysql: { ...(await newMysqlDatabase(servers.mysql.port as number)), onStatement },
    }),
  },
};

async function open(engine: Engine): Promise<void> {
  subject = subjectOf(await openStore(await engine.config()));
}

async function statementsOf(call: () => Promise<unknown>, engine: Engine): Promise<number> {
  texts.length = 0;
  await call();
  return engine.cutsSets ? sets(texts) : texts.length;
}

/** The statements, but the pieces of one set as one: they follow one another, and differ in their number of rows. */
function sets(statements: readonly string[]): number {
  const writes = statements.map((text) => /^(?:INSERT INTO|UPDATE|DELETE FROM) \w+/.exec(text)?.[0]);
  return writes.filter((write, index) => write === undefined || write !== writes[index - 1]).length;
}

interface Count {
  readonly name: string;
  readonly sizes: readonly [few: number, many: number];
  /** `round` differs between the two runs of a row, to make names that are new. */
  readonly call: (subject: Subject, size: number, round: number) => Promise<unknown>;
  /** Of either size. */
  readonly statements: number;
  /** Behind a network, where two queries are one statement, and where writers may have to take a lock. */
  readonly united?: number;
}

const properties = { ...everyValue };
const artifact = (fields: NodeInit = {}) => ({
  typeId: 10n,
  properties,
  customProperties: { c: int(1), d: string("text") },
  ...fields,
});
const execution = (fields: NodeInit = {}) => ({ ...artifact(fields), typeId: 11n });
const context = (name: string, fields: NodeInit = {}) => ({ ...artifact(fields), typeId: 12n, name });
const path = { steps: [{ value: { case: "key" as const, value: "k" } }] };
const reuse = { reuseContextIfAlreadyExist: true, reuseArtifactIfAlreadyExistByExternalId: true };

const writes: readonly Count[] = [
  {
    name: "PutTypes, new",
    sizes: [1, 100],
    call: ({ rpc }, size, round) =>
      rpc.putTypes({
        artifactTypes: many(size, (n) => ({
          name: `new ${round} ${n}`,
          externalId: `${round} ${n}`,
          properties: everyProperty,
          baseType: 1,
        })),
      }),
    statements: 7,
    united: 6,
  },
  {
    name: "PutTypes, stored, with another property each",
    sizes: [1, 100],
    call: ({ rpc }, size, round) =>
      rpc.putTypes({
        artifactTypes: many(size, (n) => ({ name: `stored ${n}`, properties: { [`p${round}`]: 1 } })),
        canAddFields: true,
        canOmitFields: true,
      }),
    statements: 3,
  },
  {
    name: "PutTypes, unchanged",
    sizes: [1, 100],
    call: ({ rpc }, size) => rpc.putTypes({ contextTypes: many(size, (n) => ({ name: `stored ${n}` })) }),
    statements: 2,
    united: 1,
  },
  {
    name: "PutTypes, unchanged, where properties may be left out",
    sizes: [1, 100],
    call: ({ rpc }, size) =>
      rpc.putTypes({ contextTypes: many(size, (n) => ({ name: `stored ${n}` })), canOmitFields: true }),
    statements: 0,
  },
  {
    name: "PutArtifacts, new",
    sizes: [1, 100],
    call: ({ artifact: { put } }, size) => put(many(size, (n) => artifact({ uri: `${n}` }))),
    statements: 2,
  },
  {
    name: "PutArtifacts, of different types",
    sizes: [1, 100],
    call: async ({ rpc, artifact: { put } }, size) => {
      const { artifactTypeIds } = await rpc.putTypes({
        artifactTypes: many(size, (n) => ({ name: `stored ${n}` })),
        canOmitFields: true,
      });
      texts.length = 0;
      await put(artifactTypeIds.map((typeId) => ({ typeId, customProperties: { c: int(1) } })));
    },
    statements: 2,
  },
  {
    name: "PutArtifacts, stored, every property changed or dropped",
    sizes: [1, 100],
    call: ({ artifact: { put } }, size, round) =>
      put(ids(size).map((id) => ({ id, properties, customProperties: { [`c${round}`]: int(round) } }))),
    statements: 5,
  },
  {
    name: "PutArtifacts, stored, masked",
    sizes: [1, 100],
    call: ({ artifact: { put } }, size, round) =>
      put(
        ids(size).map((id) => ({ id, state: round, properties: { i: int(round) } })),
        { paths: ["state", "properties.i"] },
      ),
    statements: 4,
  },
  {
    name: "PutArtifacts, stored, with new external ids, and new ones",
    sizes: [1, 50],
    call: ({ artifact: { put } }, size, round) =>
      put([
        ...many(size, (n) => ({ id: BigInt(n), externalId: `stored ${round} ${n}` })),
        ...many(size, (n) => artifact({ externalId: `new ${round} ${n}` })),
      ]),
    // What changes unique values is written before what comes after it.
    statements: 6,
  },
  {
    name: "PutExecutions, new",
    sizes: [1, 100],
    call: ({ execution: { put } }, size) => put(many(size, () => execution())),
    statements: 2,
  },
  {
    name: "PutContexts, new",
    sizes: [1, 100],
    call: ({ context: { put } }, size, round) => put(many(size, (n) => context(`new ${round} ${n}`))),
    statements: 2,
  },
  {
    name: "PutEvents",
    sizes: [1, 100],
    call: ({ rpc }, size, round) =>
      rpc.putEvents({
        events: ids(size).map((artifactId) => ({ artifactId, executionId: 1n, type: round, path })),
      }),
    statements: 3,
  },
  {
    name: "PutAttributionsAndAssociations",
    sizes: [1, 100],
    call: ({ rpc }, size, round) =>
      rpc.putAttributionsAndAssociations({
        attributions: ids(size).map((artifactId) => ({ artifactId, contextId: BigInt(round) })),
        associations: ids(size).map((executionId) => ({ executionId, contextId: BigInt(round) })),
      }),
    statements: 3,
  },
  {
    name: "PutParentContexts",
    sizes: [1, 90],
    call: ({ rpc }, size, round) =>
      rpc.putParentContexts({
        parentContexts: many(size, (n) => ({ childId: BigInt(n), parentId: BigInt(90 + round) })),
      }),
    statements: 3,
    united: 4,
  },
  {
    name: "PutExecution, all new",
    sizes: [1, 20],
    call: ({ rpc }, size, round) =>
      rpc.putExecution({
        execution: execution(),
        artifactEventPairs: many(size, () => ({ artifact: artifact(), event: { type: OUTPUT, path } })),
        contexts: many(size, (n) => context(`run ${round} ${n}`)),
      }),
    statements: 10,
  },
  {
    name: "PutExecution, artifacts and contexts reused",
    sizes: [1, 20],
    call: ({ rpc }, size) =>
      rpc.putExecution({
        execution: execution(),
        artifactEventPairs: many(size, (n) => ({
          artifact: artifact({ externalId: `kept ${n}` }),
          event: { type: INPUT },
        })),
        contexts: many(size, (n) => context(`c${n}`)),
        options: reuse,
      }),
    statements: 10,
  },
  {
    name: "PutExecution, events of stored artifacts",
    sizes: [1, 20],
    call: ({ rpc }, size) =>
      rpc.putExecution({
        execution: execution(),
        artifactEventPairs: ids(size).map((artifactId) => ({ event: { artifactId, type: INPUT } })),
      }),
    statements: 4,
  },
  {
    name: "PutLineageSubgraph, all new",
    sizes: [10, 100],
    call: ({ rpc }, size, round) =>
      rpc.putLineageSubgraph({
        artifacts: many(size, () => artifact()),
        executions: many(size, () => execution()),
        contexts: many(2, (n) => context(`graph ${round} ${n}`)),
        eventEdges: many(size, (n) => ({
          artifactIndex: n - 1,
          executionIndex: n - 1,
          event: { type: OUTPUT, path },
        })),
      }),
    statements: 16,
    united: 13,
  },
  {
    name: "PutLineageSubgraph, artifacts and contexts reused",
    sizes: [10, 100],
    call: ({ rpc }, size, round) =>
      rpc.putLineageSubgraph({
        artifacts: many(size, (n) => artifact({ externalId: `kept ${n}`, uri: `${round}` })),
        executions: many(size, () => execution()),
        contexts: many(size, (n) => context(`c${n}`)),
        eventEdges: many(size, (n) => ({
          artifactIndex: n - 1,
          executionIndex: n - 1,
          event: { type: INPUT },
        })),
        options: reuse,
      }),
    statements: 16,
    united: 13,
  },
];

const reads: readonly Count[] = [
  {
    name: "GetArtifactsByID",
    sizes: [1, 100],
    call: ({ artifact: { byId } }, size) => byId(ids(size)),
    statements: 2,
    united: 1,
  },
  {
    name: "GetArtifactsByID with types",
    sizes: [1, 100],
    call: ({ rpc }, size) => rpc.getArtifactsByID({ artifactIds: ids(size), populateArtifactTypes: true }),
    statements: 4,
    united: 2,
  },
  {
    name: "GetArtifactsByURI",
    sizes: [1, 100],
    call: ({ rpc }, size) => rpc.getArtifactsByURI({ uris: many(size, (n) => `a${n}`) }),
    statements: 2,
    united: 1,
  },
  {
    name: "GetArtifactsByExternalIds",
    sizes: [1, 100],
    call: ({ artifact: { byExternalIds } }, size) => byExternalIds(many(size, (n) => `kept ${n}`)),
    statements: 2,
    united: 1,
  },
  {
    name: "GetContextByTypeAndName",
    sizes: [1, 100],
    call: ({ rpc }, n) => rpc.getContextByTypeAndName({ typeName: "C", contextName: `c${n}` }),
    statements: 2,
    united: 1,
  },
  {
    name: "GetArtifactTypesByID",
    sizes: [1, 100],
    call: ({ artifact: { typesById } }, size) => typesById(ids(size)),
    statements: 2,
    united: 1,
  },
  {
    name: "GetArtifactsByType, a page",
    sizes: [1, 100],
    call: ({ artifact: { byType } }, size) => byType("A", { maxResultSize: size }),
    statements: 3,
    united: 2,
  },
  {
    name: "GetArtifactsByContext",
    sizes: [1, 9],
    call: ({ artifact: { byContext } }, contextId) => byContext(BigInt(contextId)),
    statements: 2,
    united: 1,
  },
  {
    name: "GetArtifactsByContext, a page",
    sizes: [1, 100],
    call: ({ artifact: { byContext } }, size) => byContext(9n, { maxResultSize: size }),
    statements: 2,
  },
  {
    name: "GetArtifactsByContext, a filtered page",
    sizes: [1, 100],
    call: ({ artifact: { byContext } }, size) =>
      byContext(9n, { maxResultSize: size, filterQuery: "properties.i.int_value < 5 AND contexts_a.id > 0" }),
    statements: 3,
    united: 2,
  },
  {
    name: "GetEventsByArtifactIDs",
    sizes: [1, 100],
    call: ({ rpc }, size) => rpc.getEventsByArtifactIDs({ artifactIds: ids(size) }),
    statements: 2,
    united: 1,
  },
  {
    name: "GetContextsByArtifact",
    sizes: [101, 200],
    call: ({ rpc }, id) => rpc.getContextsByArtifact({ artifactId: BigInt(id) }),
    statements: 2,
    united: 1,
  },
  {
    name: "GetParentContextsByContexts",
    sizes: [1, 90],
    call: ({ rpc }, size) => rpc.getParentContextsByContexts({ contextIds: ids(size) }),
    statements: 3,
    united: 2,
  },
];

describe.each(Object.entries(engines))("number of statements on %s", (_, engine) => {
  beforeAll(async () => {
    if (engine.missing !== undefined) return;
    await open(engine);
    const { rpc, artifact: artifacts } = subject;
    await makeNodes(subject, { artifacts: 100, executions: 100, contexts: 100 });
    await artifacts.byType("A", { maxResultSize: 1 });
    await artifacts.put(ids(100).map((id) => ({ id, uri: `a${id}`, customProperties: { c0: int(0) } })));
    await artifacts.put(many(100, (n) => artifact({ externalId: `kept ${n}` })));
    const types = many(100, (n) => ({ name: `stored ${n}` }));
    await rpc.putTypes({ artifactTypes: types, contextTypes: types });
    await rpc.putEvents({
      events: ids(100).map((artifactId) => ({ artifactId, executionId: 9n, type: OUTPUT, path })),
    });
    await rpc.putAttributionsAndAssociations({
      attributions: many(100, (n) => ({ artifactId: 100n + BigInt(n), contextId: 9n })),
    });
    await rpc.putParentContexts({ parentContexts: ids(90).map((childId) => ({ childId, parentId: 99n })) });
  });
  afterAll(() => engine.missing ?? subject.store.close());

  test.skipIf(engine.missing).each([...reads, ...writes])(
    "$name: $statements for $sizes",
    async ({ sizes, call, statements, united }) => {
      const counted: number[] = [];
      for (const [at, size] of sizes.entries()) {
        counted.push(await statementsOf(() => call(subject, size, at + 1), engine));
      }
      const expected = engine.unites ? (united ?? statements) : statements;
      expect(counted).toEqual([expected, expected]);
    },
  );
});

describe.each(Object.entries(engines))("number of statements of a lineage walk on %s", (_, engine) => {
  /** How many chains there are side by side, each of seven artifacts and the six executions between them. */
  const widths = [1, 30];
  const length = 7;

  /** One artifact into the first executions of all chains; then execution, artifact, … along each. */
  async function chains(width: number): Promise<void> {
    await makeNodes(subject, { artifacts: 1 + width * (length - 1), executions: width * (length - 1) });
    const events = many(width, (chain) =>
      many(length - 1, (step) => {
        const executionId = BigInt((chain - 1) * (length - 1) + step);
        const source = step === 1 ? 1n : executionId;
        return [
          { artifactId: source, executionId, type: INPUT },
          { artifactId: executionId + 1n, executionId, type: OUTPUT },
        ];
      }).flat(),
    ).flat();
    await subject.rpc.putEvents({ events });
  }

  async function walk(hops: number, options: object = {}, paths: string[] = ["artifacts"]) {
    const start = create(LineageSubgraphQueryOptions_StartingNodesSchema, { filterQuery: "id = 1" });
    const request = {
      lineageSubgraphQueryOptions: {
        startingNodes: { case: "startingArtifacts", value: start },
        maxNumHops: BigInt(hops),
        ...options,
      },
      readMask: { paths },
    };
    texts.length = 0;
    const { lineageSubgraph } = await subject.rpc.getLineageSubgraph(request as object);
    return { statements: texts.length, artifacts: lineageSubgraph?.artifacts.length };
  }

  const more = engine.unites ? 6 : 10;
  /** Of so many hops; where a statement is no round trip, nothing is read ahead. */
  const bothWays = (hops: number) => (engine.unites ? Math.ceil(hops / 4) : hops);
  const oneWay = (hops: number) =>
    engine.unites ? Math.min(hops, 1) + Math.ceil(Math.max(hops - 4, 0) / 16) : hops;

  for (const width of widths) {
    test.skipIf(engine.missing)(
      `one for the start, one for every few hops where they are read ahead, ${width} nodes wide`,
      async () => {
        await open(engine);
        await chains(width);
        for (let hops = 0; hops <= 2 * (length - 1); hops++) {
          const artifacts = 1 + width * Math.floor(hops / 2);
          expect(await walk(hops)).toEqual({ statements: 1 + bothWays(hops), artifacts });
          const downstream = await walk(hops, { direction: Direction.DOWNSTREAM });
          expect(downstream).toEqual({ statements: 1 + oneWay(hops), artifacts });
        }
        await subject.store.close();
      },
    );

    test.skipIf(engine.missing)(
      `an ending filter takes one for each hop, and one more for each hop to its kind, ${width} nodes wide`,
      async () => {
        await open(engine);
        await chains(width);
        const endings = { endingExecutions: { filterQuery: "id > 1000" } };
        expect((await walk(0, endings)).statements).toBe(1);
        expect((await walk(6, endings)).statements).toBe(1 + 6 + 3);
        const both = { ...endings, endingArtifacts: { filterQuery: "uri = 'none'" } };
        expect((await walk(6, both)).statements).toBe(1 + 1 + 6 + 6);
        await subject.store.close();
      },
    );

    test.skipIf(engine.missing)(`the whole answer takes ${more} more, ${width} nodes wide`, async () => {
      await open(engine);
      await chains(width);
      expect((await walk(12, {}, [])).statements).toBe(1 + bothWays(12) + more);
      await subject.store.close();
    });
  }

  test.skipIf(engine.missing)("one for each hop that begins with more than a hundred nodes", async () => {
    await open(engine);
    await chains(101);
    expect(await walk(12)).toEqual({
      statements: engine.unites ? 1 + 1 + 8 : 1 + 12,
      artifacts: 1 + 101 * 6,
    });
    await subject.store.close();
  });
});
