import { expect } from "vitest";
import { type Artifact, Event_Type, PropertyType } from "../../src/contract/messages.ts";
import { MlmdError } from "../../src/index.ts";
import {
  conformance,
  dump,
  idsOf,
  int,
  kindNames,
  makeNodes,
  makeType,
  makeTypes,
  noValue,
  plain,
  type Refusal,
  refusals,
  setClock,
} from "./support.ts";

const { INPUT, OUTPUT } = Event_Type;

const many = <T>(count: number, item: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => item(at + 1));
const edges = (type: Event_Type) =>
  many(10, (n) => ({ artifactId: BigInt(n), executionId: BigInt(n), type }));

/** Long requests of which only the very last step fails; 10 nodes of each kind are stored. */
const lastStepFails: (Omit<Refusal, "gist"> & { gist?: RegExp })[] = [
  {
    name: "PutTypes: the last of 30 types has no name",
    code: "INVALID_ARGUMENT",
    call: ({ rpc }) =>
      rpc.putTypes({
        artifactTypes: [
          ...many(10, (n) => ({ name: `t${n}`, properties: { p: PropertyType.INT }, baseType: 1 })),
          { name: "A", properties: { more: PropertyType.INT } },
        ],
        executionTypes: many(10, (n) => ({ name: `t${n}` })),
        contextTypes: [...many(9, (n) => ({ name: `t${n}` })), {}],
        canAddFields: true,
        canOmitFields: true,
      }),
  },
  {
    name: "PutTypes: the last type's external id is taken",
    code: "ALREADY_EXISTS",
    call: ({ rpc }) =>
      rpc.putTypes({
        artifactTypes: [{ name: "s", externalId: "t" }],
        contextTypes: [{ name: "t", externalId: "t" }],
      }),
  },
  ...kindNames.map((kind, at) => ({
    name: `Put ${kind}s: the last of 30 has a taken external id`,
    code: "ALREADY_EXISTS" as const,
    call: async (subject: Parameters<Refusal["call"]>[0]) => {
      const typeId = BigInt(10 + at);
      const fresh = many(20, (n) => ({
        typeId,
        name: `new ${n}`,
        externalId: `${n}`,
        customProperties: { c: int(n) },
      }));
      const updated = many(9, (n) => ({
        id: BigInt(n),
        name: `renamed ${n}`,
        externalId: `old ${n}`,
        properties: { i: int(n) },
      }));
      return subject[kind].put([...fresh, ...updated, { typeId, name: "last", externalId: "5" }]);
    },
  })),
  {
    name: "PutArtifacts: the last one has a custom property without value",
    code: "INVALID_ARGUMENT",
    call: ({ artifact }) =>
      artifact.put([
        ...many(20, (n) => ({ typeId: 10n, uri: `${n}` })),
        { typeId: 10n, customProperties: { c: noValue } },
      ]),
  },
  {
    name: "PutEvents: the last of 21 exists",
    code: "ALREADY_EXISTS",
    call: ({ rpc }) =>
      rpc.putEvents({
        events: [...edges(INPUT), ...edges(OUTPUT), { artifactId: 1n, executionId: 1n, type: INPUT }],
      }),
  },
  {
    name: "PutAttributionsAndAssociations: the last one's execution is unknown",
    code: "INVALID_ARGUMENT",
    call: ({ rpc }) =>
      rpc.putAttributionsAndAssociations({
        attributions: many(10, (n) => ({ artifactId: BigInt(n), contextId: 1n })),
        associations: [
          ...many(10, (n) => ({ executionId: BigInt(n), contextId: 1n })),
          { executionId: 99n, contextId: 1n },
        ],
      }),
  },
  {
    name: "PutParentContexts: the last of 10 closes a cycle",
    code: "INVALID_ARGUMENT",
    call: ({ rpc }) =>
      rpc.putParentContexts({
        parentContexts: [
          ...many(9, (n) => ({ childId: BigInt(n), parentId: BigInt(n + 1) })),
          { childId: 10n, parentId: 1n },
        ],
      }),
  },
  {
    name: "PutExecution: the last context is unknown",
    code: "NOT_FOUND",
    call: ({ rpc }) =>
      rpc.putExecution({
        execution: { id: 1n, lastKnownState: 3 },
        artifactEventPairs: [
          ...many(10, (n) => ({ artifact: { typeId: 10n, uri: `new ${n}` }, event: { type: OUTPUT } })),
          ...many(10, (n) => ({ artifact: { id: BigInt(n), uri: `changed ${n}` }, event: { type: INPUT } })),
        ],
        contexts: [{ typeId: 12n, name: "new" }, { id: 1n }, { id: 99n }],
        options: { forceReuseContext: true },
      }),
  },
  {
    name: "PutExecution: the last event exists twice",
    code: "ALREADY_EXISTS",
    call: ({ rpc }) =>
      rpc.putExecution({
        execution: { typeId: 11n },
        artifactEventPairs: [
          ...many(10, (n) => ({ event: { artifactId: BigInt(n), type: INPUT } })),
          { event: { artifactId: 1n, type: INPUT } },
        ],
      }),
  },
  {
    name: "PutLineageSubgraph: the last event has no type",
    code: "INVALID_ARGUMENT",
    call: ({ rpc }) =>
      rpc.putLineageSubgraph({
        contexts: [
          { typeId: 12n, name: "new" },
          { id: 1n, typeId: 12n, name: "renamed" },
        ],
        artifacts: [
          ...many(10, (n) => ({ typeId: 10n, uri: `${n}` })),
          { id: 1n, typeId: 10n, uri: "changed" },
        ],
        executions: [
          ...many(10, (n) => ({ typeId: 11n, name: `${n}` })),
          { id: 1n, typeId: 11n, lastKnownState: 3 },
        ],
        eventEdges: [
          ...many(10, (n) => ({ artifactIndex: n, executionIndex: n, event: { type: INPUT } })),
          { artifactIndex: 0, executionIndex: 0, event: {} },
        ],
      }),
  },
];

refusals(
  "transactions: a call that fails in its last step leaves nothing",
  (subject) => makeNodes(subject, { artifacts: 10, executions: 10, contexts: 10 }),
  lastStepFails.map((refusal) => ({ gist: /./, ...refusal })),
);

/** How many calls succeeded, and the codes of those that did not. */
async function outcomes(calls: Promise<unknown>[]): Promise<{ ok: number; codes: Set<string> }> {
  const settled = await Promise.allSettled(calls);
  const reasons = settled.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  const codes = new Set(
    reasons.map((reason) => (reason instanceof MlmdError ? reason.code : String(reason))),
  );
  return { ok: settled.length - reasons.length, codes };
}

conformance("transactions: concurrent writers", (test) => {
  test("no update is lost where writers check the update time", async (subject) => {
    const { artifact } = subject;
    const { node } = await makeType(artifact);
    const id = await artifact.put1(node({ customProperties: { count: int(0) } }));
    const increment = async (): Promise<void> => {
      for (;;) {
        const read = await artifact.get(id);
        const count = read.customProperties?.count?.value?.value as bigint;
        try {
          await artifact.put([{ ...read, customProperties: { count: int(count + 1n) } }], { abort: true });
          return;
        } catch (error) {
          if (!(error instanceof MlmdError && error.code === "FAILED_PRECONDITION")) throw error;
        }
      }
    };
    await Promise.all(many(12, increment));
    expect((await artifact.get(id)).customProperties).toEqual({ count: int(12) });
  });

  test("masked updates of different keys all arrive", async (subject) => {
    const { artifact } = subject;
    const { node } = await makeType(artifact);
    const id = await artifact.put1(node());
    await Promise.all(
      many(20, (n) =>
        artifact.put1({ id, customProperties: { [`k${n}`]: int(n) } }, [`custom_properties.k${n}`]),
      ),
    );
    expect((await artifact.get(id)).customProperties).toEqual(
      Object.fromEntries(many(20, (n) => [`k${n}`, int(n)] as const)),
    );
  });

  for (const kind of kindNames) {
    test(`${kind} types: everyone who puts the same new type gets the same id`, async ({ [kind]: calls }) => {
      const ids = await Promise.all(
        many(20, (n) =>
          calls.putType(
            { name: "T", properties: { [`p${n % 5}`]: 1 } },
            { canAddFields: true, canOmitFields: true },
          ),
        ),
      );
      expect(new Set(ids).size).toBe(1);
      const types = await calls.types();
      expect(types).toHaveLength(1);
      expect(Object.keys(types[0]?.properties ?? {}).sort()).toEqual(["p0", "p1", "p2", "p3", "p4"]);
    });

    test(`${kind}s: of those who put the same name, one succeeds`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const { ok, codes } = await outcomes(many(10, () => calls.put1(node({ name: "n" }))));
      expect({ ok, codes }).toEqual({ ok: 1, codes: new Set(["ALREADY_EXISTS"]) });
      expect((await calls.list()).nodes).toHaveLength(1);
    });

    test(`${kind}s: every id is given once`, async ({ [kind]: calls }) => {
      const { node } = await makeType(calls);
      const ids = (
        await Promise.all(many(20, (n) => calls.put(many(5, (m) => node({ name: `${n} ${m}` })))))
      ).flat();
      expect(new Set(ids).size).toBe(100);
      expect(idsOf((await calls.list()).nodes)).toHaveLength(100);
    });
  }

  test("runs that share their contexts all succeed, and make each context once", async (subject) => {
    const { rpc, context } = subject;
    const { artifactType, executionType, contextType } = await makeTypes(subject);
    const answers = await Promise.all(
      many(20, (n) =>
        rpc.putExecution({
          execution: { typeId: executionType, name: `run ${n}` },
          artifactEventPairs: [
            { artifact: { typeId: artifactType, externalId: "shared" }, event: { type: INPUT } },
          ],
          contexts: [
            { typeId: contextType, name: "pipeline" },
            { typeId: contextType, name: "experiment" },
          ],
          options: { reuseContextIfAlreadyExist: true, reuseArtifactIfAlreadyExistByExternalId: true },
        }),
      ),
    );
    expect(new Set(answers.map(({ executionId }) => executionId)).size).toBe(20);
    expect(new Set(answers.map(({ artifactIds, contextIds }) => `${artifactIds} ${contextIds}`)).size).toBe(
      1,
    );
    expect((await context.list()).nodes).toHaveLength(2);
    // Which ids they have depends on whose attempts were given up.
    const { artifactIds = [], contextIds: [contextId = 0n] = [] } = answers[0] ?? {};
    expect((await subject.execution.byContext(contextId)).nodes).toHaveLength(20);
    expect((await rpc.getEventsByArtifactIDs({ artifactIds })).events).toHaveLength(20);
  });

  test("the same attribution by many is stored once; the same event, or parent link, succeeds once", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { artifacts: 1, executions: 1, contexts: 2 });
    const attributions = [{ artifactId: 1n, contextId: 1n }];
    const attributed = await outcomes(many(10, () => rpc.putAttributionsAndAssociations({ attributions })));
    expect(attributed.ok).toBe(10);
    expect((await rpc.getContextsByArtifact({ artifactId: 1n })).contexts).toHaveLength(1);
    const once = { ok: 1, codes: new Set(["ALREADY_EXISTS"]) };
    const events = [{ artifactId: 1n, executionId: 1n, type: INPUT }];
    expect(await outcomes(many(10, () => rpc.putEvents({ events })))).toEqual(once);
    expect((await rpc.getEventsByArtifactIDs({ artifactIds: [1n] })).events).toHaveLength(1);
    const parentContexts = [{ childId: 1n, parentId: 2n }];
    expect(await outcomes(many(10, () => rpc.putParentContexts({ parentContexts })))).toEqual(once);
  });

  test("two links that would close a cycle together are not both stored", async (subject) => {
    const { rpc } = subject;
    await makeNodes(subject, { contexts: 2 });
    const link = (childId: bigint, parentId: bigint) =>
      rpc.putParentContexts({ parentContexts: [{ childId, parentId }] });
    const { ok, codes } = await outcomes([link(1n, 2n), link(2n, 1n)]);
    expect({ ok, codes }).toEqual({ ok: 1, codes: new Set(["INVALID_ARGUMENT"]) });
  });

  test("readers see each write whole or not at all", async (subject) => {
    const { rpc, artifact } = subject;
    await makeNodes(subject, { artifacts: 5 });
    await artifact.put(many(5, (n) => ({ id: BigInt(n), uri: "0" })));
    let isWriting = true;
    const write = async () => {
      for (let round = 1; round <= 30; round++) {
        await artifact.put(
          many(5, (n) => ({ id: BigInt(n), uri: `${round}`, customProperties: { round: int(round) } })),
        );
      }
      isWriting = false;
    };
    const read = async (ask: () => Promise<{ artifacts: Artifact[] }>) => {
      while (isWriting) {
        const { artifacts } = await ask();
        const seen = artifacts.map(
          ({ uri, customProperties }) => `${uri} ${customProperties.round?.value.value ?? 0}`,
        );
        expect(seen).toHaveLength(5);
        expect(new Set(seen).size, seen.join()).toBe(1);
      }
    };
    const lookUp = () => rpc.getArtifactsByID({ artifactIds: [1n, 2n, 3n, 4n, 5n] });
    await Promise.all([write(), read(() => rpc.getArtifacts()), read(lookUp)]);
  });

  test("a failing call between others takes nothing of them along", async (subject) => {
    const { artifact } = subject;
    const { node } = await makeType(artifact);
    const calls = many(30, (n) =>
      artifact.put(
        n % 3 === 0
          ? [node({ name: `${n}` }), node({ properties: { nope: int(1) } })]
          : [node({ name: `${n}` })],
      ),
    );
    const { ok, codes } = await outcomes(calls);
    expect({ ok, codes }).toEqual({ ok: 20, codes: new Set(["INVALID_ARGUMENT"]) });
    const names = (await artifact.list()).nodes.map(({ name }) => Number(name)).sort((a, b) => a - b);
    expect(names).toEqual(many(30, (n) => n).filter((n) => n % 3 !== 0));
  });
});

conformance("transactions: order within a request", (test) => {
  test("of several failures the first in request order is reported, also one that only the write finds", async (subject) => {
    const { artifact } = subject;
    const { node } = await makeType(artifact);
    await artifact.put1(node({ name: "taken" }));
    const [taken, broken] = [node({ name: "taken" }), node({ properties: { nope: int(1) } })];
    const codeOf = async (nodes: object[]) => (await outcomes([artifact.put(nodes)])).codes;
    expect(await codeOf([taken, broken])).toEqual(new Set(["ALREADY_EXISTS"]));
    expect(await codeOf([broken, taken])).toEqual(new Set(["INVALID_ARGUMENT"]));
  });

  test("names can be swapped only over a third one", async (subject) => {
    const { context } = subject;
    const { node } = await makeType(context);
    await context.put([node({ name: "a" }), node({ name: "b" })]);
    const rename = (id: bigint, name: string) => ({ id, name });
    setClock(5000);
    const { codes } = await outcomes([context.put([rename(1n, "b"), rename(2n, "a")])]);
    expect(codes).toEqual(new Set(["ALREADY_EXISTS"]));
    await context.put([rename(1n, "tmp"), rename(2n, "a"), rename(1n, "b")]);
    expect((await context.byId([1n, 2n])).map(({ name }) => name)).toEqual(["b", "a"]);
  });

  test("an unchanged store dumps equal, a changed one does not", async (subject) => {
    await makeNodes(subject, { artifacts: 2, executions: 1, contexts: 2 });
    const before = await dump(subject);
    expect(await dump(subject)).toEqual(before);
    const { rpc, artifact } = subject;
    const changes = [
      () => rpc.putEvents({ events: [{ artifactId: 1n, executionId: 1n, type: INPUT }] }),
      () => rpc.putAttributionsAndAssociations({ attributions: [{ artifactId: 1n, contextId: 1n }] }),
      () => rpc.putAttributionsAndAssociations({ associations: [{ executionId: 1n, contextId: 1n }] }),
      () => rpc.putParentContexts({ parentContexts: [{ childId: 1n, parentId: 2n }] }),
      () => artifact.put1({ id: 1n, uri: "changed" }),
      () => artifact.putType({ name: "new" }),
      () => artifact.putType({ name: "mlmd.Model", properties: { p: 1 } }, { canAddFields: true }),
    ];
    let last: unknown = before;
    for (const change of changes) {
      plain(await change());
      const next = await dump(subject);
      expect(next).not.toEqual(last);
      last = next;
    }
  });
});
