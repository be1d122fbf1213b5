import { expect } from "vitest";
import { conformance, idsOf, makeNodes, plain, refused, untimed } from "./support.ts";

conformance("memberships: attributions and associations", (test) => {
  test("members and contexts find each other, in ascending id", async (subject) => {
    const { rpc, artifact, execution } = subject;
    await makeNodes(subject, { artifacts: 3, executions: 3, contexts: 3 });
    const attributions = [
      [2n, 3n],
      [2n, 1n],
      [3n, 1n],
      [1n, 3n],
    ] as const;
    const associations = [
      [3n, 2n],
      [1n, 2n],
      [1n, 1n],
    ] as const;
    const answer = await rpc.putAttributionsAndAssociations({
      attributions: attributions.map(([contextId, artifactId]) => ({ contextId, artifactId })),
      associations: associations.map(([contextId, executionId]) => ({ contextId, executionId })),
    });
    expect(plain(answer)).toEqual({});
    expect(idsOf((await artifact.byContext(2n)).nodes)).toEqual([1n, 3n]);
    expect(idsOf((await execution.byContext(1n)).nodes)).toEqual([1n, 2n]);
    expect(idsOf(await artifact.contextsOf(1n))).toEqual([2n, 3n]);
    expect(idsOf(await artifact.contextsOf(3n))).toEqual([1n, 2n]);
    expect(idsOf(await execution.contextsOf(2n))).toEqual([1n, 3n]);
  });

  test("whole nodes come back", async (subject) => {
    const { rpc, artifact, context } = subject;
    await makeNodes(subject, { artifacts: 1, contexts: 1 });
    await rpc.putAttributionsAndAssociations({ attributions: [{ contextId: 1n, artifactId: 1n }] });
    expect((await artifact.byContext(1n)).nodes).toEqual([await artifact.get(1n)]);
    expect(await artifact.contextsOf(1n)).toEqual([await context.get(1n)]);
    expect(untimed((await artifact.contextsOf(1n))[0])).toMatchObject({ type: "C", name: "c1" });
  });

  test("a pair that is stored, or twice in the request, is fine", async (subject) => {
    const { rpc, artifact, execution } = subject;
    await makeNodes(subject, { artifacts: 1, executions: 1, contexts: 1 });
    const attributions = [
      { contextId: 1n, artifactId: 1n },
      { contextId: 1n, artifactId: 1n },
    ];
    const associations = [
      { contextId: 1n, executionId: 1n },
      { contextId: 1n, executionId: 1n },
    ];
    for (let round = 0; round < 2; round++) {
      await rpc.putAttributionsAndAssociations({ attributions, associations });
    }
    expect(idsOf((await artifact.byContext(1n)).nodes)).toEqual([1n]);
    expect(idsOf((await execution.byContext(1n)).nodes)).toEqual([1n]);
  });

  test("an empty request is fine", async ({ rpc }) => {
    await rpc.putAttributionsAndAssociations();
  });

  const bad = [
    ["an unknown context", { contextId: 99n, artifactId: 1n }, /context.*99/],
    ["an unknown artifact", { contextId: 1n, artifactId: 98n }, /artifact.*98/],
    ["both unknown: the context is reported", { contextId: 99n, artifactId: 98n }, /context.*99/],
    ["no context id", { artifactId: 1n }, /context/],
    ["no artifact id", { contextId: 1n }, /artifact/],
  ] as const;
  for (const [name, attribution, gist] of bad) {
    test(`${name} -> INVALID_ARGUMENT, and nothing of the request is stored`, async (subject) => {
      const { rpc, artifact, execution } = subject;
      await makeNodes(subject, { artifacts: 1, executions: 1, contexts: 1 });
      const good = { contextId: 1n, artifactId: 1n };
      await refused(
        rpc.putAttributionsAndAssociations({ attributions: [good, attribution] }),
        "INVALID_ARGUMENT",
        gist,
      );
      const { artifactId: executionId, ...context } = { artifactId: undefined, ...attribution };
      const association = { ...context, ...(executionId === undefined ? {} : { executionId }) };
      const associations = [{ contextId: 1n, executionId: 1n }, association];
      const kind = new RegExp(gist.source.replace("artifact", "execution"));
      await refused(
        rpc.putAttributionsAndAssociations({ attributions: [good], associations }),
        "INVALID_ARGUMENT",
        kind,
      );
      expect((await artifact.byContext(1n)).nodes).toEqual([]);
      expect((await execution.byContext(1n)).nodes).toEqual([]);
    });
  }

  test("contexts of an unknown node, or of one in no context, are NOT_FOUND", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1, contexts: 1 });
    for (const calls of [subject.artifact, subject.execution]) {
      await refused(calls.contextsOf(1n), "NOT_FOUND", /context/);
      await refused(calls.contextsOf(99n), "NOT_FOUND", /context/);
    }
    await refused(subject.rpc.getContextsByArtifact(), "NOT_FOUND");
    await refused(subject.rpc.getContextsByExecution(), "NOT_FOUND");
  });

  test("members of an unknown context, or of an empty one, are none", async (subject) => {
    await makeNodes(subject, { artifacts: 1, executions: 1, contexts: 1 });
    for (const calls of [subject.artifact, subject.execution]) {
      expect(await calls.byContext(1n)).toEqual({ nodes: [], nextPageToken: undefined });
      expect(await calls.byContext(99n)).toEqual({ nodes: [], nextPageToken: undefined });
    }
    expect(plain(await subject.rpc.getArtifactsByContext())).toEqual({});
    expect(plain(await subject.rpc.getExecutionsByContext())).toEqual({});
  });

  test("two contexts with the same 102 members give them in the same order", async (subject) => {
    const { rpc, artifact } = subject;
    await makeNodes(subject, { artifacts: 102, contexts: 2 });
    const members = (contextId: bigint, ids: bigint[]) =>
      ids.map((artifactId) => ({ contextId, artifactId }));
    const ids = Array.from({ length: 102 }, (_, index) => BigInt(index + 1));
    const attributions = [...members(1n, ids), ...members(2n, [...ids].reverse())];
    await rpc.putAttributionsAndAssociations({ attributions });
    expect(await artifact.byContext(1n)).toEqual(await artifact.byContext(2n));
    expect(idsOf((await artifact.byContext(2n)).nodes)).toEqual(ids);
  });
});
