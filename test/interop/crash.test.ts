import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { type MetadataStore, openStore } from "../../src/index.ts";
import { startServerProcess } from "../support/server-process.ts";

/** 5 rounds unless told otherwise; the long run is `CRASH_ROUNDS=100 npx vitest run test/interop/crash.test.ts`. */
const rounds = Number(process.env.CRASH_ROUNDS ?? 5);
const clients = 8;
const artifactsPerRun = 3;

test(`kill -9 while ${clients} clients write loses nothing acknowledged and leaves nothing half done`, {
  timeout: 60_000 + rounds * 5_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "mlmd-crash-"));
  const file = join(folder, "mlmd.db");
  const acknowledged = new Set<string>();
  try {
    for (let round = 0; round < rounds; round++) {
      const server = await startServerProcess(["--sqlite", file]);
      const stores = await Promise.all(
        Array.from({ length: clients }, () => openStore({ grpc: { host: "127.0.0.1", port: server.port } })),
      );
      const before = acknowledged.size;
      const writing = stores.map((store, client) => writeRuns(store, `${round}-${client}`, acknowledged));
      while (acknowledged.size === before) await wait(10);
      await wait(Math.random() * 350);
      expect(await server.stop("SIGKILL")).toBe("SIGKILL");
      await Promise.all(writing);
      await Promise.all(stores.map((store) => store.close()));
      expect(acknowledged.size).toBeGreaterThan(before);
      await checkRuns(file, acknowledged);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Records runs until the server is gone. */
async function writeRuns(store: MetadataStore, client: string, acknowledged: Set<string>): Promise<void> {
  try {
    const artifactType = await store.putArtifactType({ name: "Data" });
    const executionType = await store.putExecutionType({ name: "Run" });
    const contextType = await store.putContextType({ name: "Pipeline" });
    for (let number = 0; ; number++) {
      const name = `${client}-${number}`;
      await store.putExecution({
        execution: { typeId: executionType, name, customProperties: { name } },
        artifactAndEvents: Array.from({ length: artifactsPerRun }, (_, index) => ({
          artifact: { typeId: artifactType, name: `${name}-${index}`, customProperties: { run: name } },
          event: { type: "OUTPUT", path: ["out", index] },
        })),
        contexts: [{ typeId: contextType, name }],
      });
      acknowledged.add(name);
    }
  } catch (error) {
    expect(error).toMatchObject({ code: "UNAVAILABLE" });
  }
}

/** Everything acknowledged is there, and every run that is there is there as a whole. */
async function checkRuns(file: string, acknowledged: ReadonlySet<string>): Promise<void> {
  await using store = await openStore({ sqlite: { path: file } });
  const executions = await store.getExecutions();
  const names = new Set(executions.map(({ name }) => name));
  expect([...acknowledged].filter((name) => !names.has(name))).toEqual([]);
  const runOf = new Map(
    (await store.getArtifacts()).map(({ id, customProperties }) => [id, customProperties.run]),
  );
  const contexts = new Map((await store.getContexts()).map(({ id, name }) => [name, id]));
  expect([runOf.size, contexts.size]).toEqual([executions.length * artifactsPerRun, executions.length]);
  const events = Map.groupBy(
    await store.getEventsByExecutionIds(executions.map(({ id }) => id)),
    ({ executionId }) => executionId,
  );
  for (const { id, name, customProperties } of executions) {
    expect(customProperties).toEqual({ name });
    expect(events.get(id)?.map(({ artifactId }) => runOf.get(artifactId))).toEqual(
      Array(artifactsPerRun).fill(name),
    );
  }
  const last = executions.slice(-20);
  for (const { id, name } of last) {
    const context = contexts.get(name as string) as bigint;
    expect((await store.getContextsByExecution(id)).map((found) => found.id)).toEqual([context]);
    expect(await store.getArtifactsByContext(context)).toHaveLength(artifactsPerRun);
  }
}
