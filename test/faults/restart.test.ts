import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MetadataStore, type MlmdError, openStore, type StoreConfig } from "../../src/index.ts";
import { type DatabaseServers, startDatabaseServers } from "../support/database-servers.ts";
import { startServerProcess } from "../support/server-process.ts";

/** These servers are killed, so they are not those of the other tests. */
let servers: DatabaseServers;
const host = "127.0.0.1";

beforeAll(async () => {
  servers = await startDatabaseServers();
});
afterAll(() => servers.stop());

const configs = {
  postgres: (port: number): StoreConfig => ({ postgresql: { host, port, user: "mlmd", dbname: "restart" } }),
  mysql: (port: number): StoreConfig => ({ mysql: { host, port, user: "root", database: "restart" } }),
};
const urls = {
  postgres: (port: number) => ["--postgres", `postgresql://mlmd@${host}:${port}/restart`],
  mysql: (port: number) => ["--mysql", `mysql://root@${host}:${port}/restart`],
};

/** Writes runs of three artifacts until told to stop; names what was acknowledged. */
async function write(
  store: MetadataStore,
  writer: number,
  acknowledged: string[],
  refused: MlmdError[],
  isOver: () => boolean,
) {
  const typeId = await store.putExecutionType({ name: "Run" });
  const artifactTypeId = await store.putArtifactType({ name: "Output" });
  for (let run = 0; !isOver(); run++) {
    const name = `${writer}-${run}`;
    const artifactAndEvents = [0, 1, 2].map((index) => ({
      artifact: { typeId: artifactTypeId, name: `${name}-${index}` },
      event: { type: "OUTPUT" as const },
    }));
    try {
      await store.putExecution({ execution: { typeId, name }, artifactAndEvents });
      acknowledged.push(name);
    } catch (error) {
      refused.push(error as MlmdError);
      await wait(20);
    }
  }
}

describe.each(["postgres", "mysql"] as const)("%s", (engine) => {
  test("a database that is killed under load and comes back: nothing acknowledged is lost, nothing is half done", async (context) => {
    const { port, missing, kill, start } = servers[engine];
    if (port === undefined) return context.skip(missing);
    const store = await openStore(configs[engine](port));
    const acknowledged: string[] = [];
    const refused: MlmdError[] = [];
    let isOver = false;
    const writing = Array.from({ length: 6 }, (_, writer) =>
      write(store, writer, acknowledged, refused, () => isOver),
    );
    await wait(500);
    await kill?.();
    const before = acknowledged.length;
    await expect(store.getArtifactTypes()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await start?.();
    await expect.poll(() => acknowledged.length, { timeout: 5000 }).toBeGreaterThan(before + 10);
    isOver = true;
    await Promise.all(writing);
    expect([...new Set(refused.map(({ code }) => code))]).toEqual(["UNAVAILABLE"]);
    const executions = await store.getExecutions();
    const names = new Set(executions.map(({ name }) => name));
    expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
    expect(await store.getEventsByExecutionIds(executions.map(({ id }) => id))).toHaveLength(
      3 * executions.length,
    );
    await store.close();
  });

  test("a server waits at its start for a database that is not there yet", async (context) => {
    const { port, missing, kill, start } = servers[engine];
    if (port === undefined) return context.skip(missing);
    await kill?.();
    const starting = startServerProcess(urls[engine](port));
    await wait(1500);
    await start?.();
    const server = await starting;
    const store = await openStore({ grpc: { host, port: server.port } });
    expect((await store.getExecutionTypes()).map(({ name }) => name)).toEqual(["Run"]);
    await store.close();
    expect(await server.stop()).toBe(0);
  });
});
