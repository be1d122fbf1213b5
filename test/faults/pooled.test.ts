import { setTimeout as wait } from "node:timers/promises";
import mysql from "mysql2/promise";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type MetadataStore, type MlmdError, openStore, type StoreConfig } from "../../src/index.ts";

/** An engine with a way to cut the connections that others have to a database. */
interface Engine {
  readonly missing: string | undefined;
  config(database: string): StoreConfig;
  /** Gives what kills all connections to the database but its own. */
  killer(database: string): Promise<{ kill(): Promise<number>; close(): Promise<void> }>;
}

const servers = { postgres: inject("postgres"), mysql: inject("mysql") };
const host = "127.0.0.1";

const engines: Readonly<Record<string, Engine>> = {
  PostgreSQL: {
    missing: servers.postgres.missing,
    config: (dbname) => ({
      postgresql: { host, port: servers.postgres.port as number, user: "mlmd", dbname },
    }),
    killer: async (dbname) => {
      const client = new pg.Client({ host, port: servers.postgres.port, user: "mlmd", database: "postgres" });
      await client.connect();
      const text = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
      return {
        kill: async () => (await client.query(text, [dbname])).rowCount ?? 0,
        close: () => client.end(),
      };
    },
  },
  MariaDB: {
    missing: servers.mysql.missing,
    config: (database) => ({ mysql: { host, port: servers.mysql.port as number, user: "root", database } }),
    killer: async (database) => {
      const connection = await mysql.createConnection({
        host,
        port: servers.mysql.port as number,
        user: "root",
      });
      const kill = async () => {
        const text = "SELECT id FROM information_schema.processlist WHERE db = ?";
        const [rows] = (await connection.query(text, [database])) as unknown as [{ id: number }[]];
        for (const { id } of rows) await connection.query(`KILL ${id}`).catch(() => {});
        return rows.length;
      };
      return { kill, close: () => connection.end() };
    },
  },
};

let databases = 0;

describe.each(Object.entries(engines))("%s", (_, engine) => {
  const open: MetadataStore[] = [];
  let database = "";
  const newStore = async () => {
    const store = await openStore(engine.config(database));
    open.push(store);
    return store;
  };

  beforeAll(() => {
    database = `faults_${process.pid}_${++databases}`;
  });
  afterAll(async () => {
    for (const store of open) await store.close();
  });

  test.skipIf(engine.missing)("several start together on an empty database", async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, newStore));
    const types = await Promise.all(stores.map((store) => store.getArtifactTypesById([1n, 2n, 3n, 4n])));
    for (const list of types) expect(list.map(({ name }) => name)).toEqual(types[0]?.map(({ name }) => name));
    expect(types[0]).toHaveLength(4);
  });

  test.skipIf(engine.missing)(
    "32 writers of two stores put the same types and contexts: one of each",
    async () => {
      const [one, two] = await Promise.all([newStore(), newStore()]);
      const write = async (store: MetadataStore, run: number) => {
        const typeId = await store.putArtifactType({ name: "Data", properties: { rows: "int" } });
        const executionTypeId = await store.putExecutionType({ name: "Step" });
        const contextTypeId = await store.putContextType({ name: "Pipeline" });
        const { contextIds } = await store.putExecution(
          {
            execution: { typeId: executionTypeId, name: `run ${run}` },
            artifactAndEvents: [
              { artifact: { typeId, externalId: "shared input" }, event: { type: "INPUT" } },
              { artifact: { typeId, name: `output ${run}` }, event: { type: "OUTPUT" } },
            ],
            contexts: [
              { typeId: contextTypeId, name: "the pipeline" },
              { typeId: contextTypeId, name: `run ${run % 4}` },
            ],
          },
          { reuseContextIfAlreadyExist: true, reuseArtifactIfAlreadyExistByExternalId: true },
        );
        return [typeId, executionTypeId, contextTypeId, contextIds[0]].join();
      };
      const runs = Array.from({ length: 32 }, (_, run) => write(run % 2 ? one : two, run));
      expect(new Set(await Promise.all(runs)).size).toBe(1);
      expect((await one.getArtifactTypes()).map(({ name }) => name)).toEqual(["Data"]);
      expect((await one.getContexts()).map(({ name }) => name).sort()).toEqual(
        ["run 0", "run 1", "run 2", "run 3", "the pipeline"].sort(),
      );
      expect(await one.getArtifacts()).toHaveLength(33);
    },
  );

  test.skipIf(engine.missing)(
    "a value that the database refuses counts before what fails after it",
    async () => {
      const store = await newStore();
      const typeId = await store.putArtifactType({ name: "Small", properties: { n: "int" } });
      const executionTypeId = await store.putExecutionType({ name: "Step" });
      const put = (n: bigint, contextTypeId: bigint) =>
        store.putExecution({
          execution: { typeId: executionTypeId },
          artifactAndEvents: [{ artifact: { typeId, properties: { n } }, event: { type: "OUTPUT" } }],
          contexts: [{ typeId: contextTypeId, name: "of no type" }],
        });
      const tooLarge = { code: "INVALID_ARGUMENT", message: expect.stringContaining("32 bits") };
      await expect(put(2n ** 40n, 9999n)).rejects.toMatchObject(tooLarge);
      await expect(put(1n, 9999n)).rejects.toMatchObject({ code: "NOT_FOUND" });
      const alone = store.putArtifacts([{ typeId, properties: { n: 2n ** 40n } }]);
      await expect(alone).rejects.toMatchObject(tooLarge);
      expect(await store.getArtifactsByType("Small")).toEqual([]);
    },
  );

  test.skipIf(engine.missing)("a property that another process declares can be written at once", async () => {
    const [one, other] = await Promise.all([newStore(), newStore()]);
    const name = "Growing";
    const typeId = await one.putArtifactType({ name });
    await one.putArtifacts([{ typeId }]);
    const unknown = one.putArtifacts([{ typeId, properties: { late: "text" } }]);
    await expect(unknown).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await other.putArtifactType({ name, properties: { late: "string" } }, { canAddFields: true });
    await one.putArtifacts([{ typeId, properties: { late: "text" } }]);
    expect((await one.getArtifactsByType(name)).map(({ properties }) => properties)).toEqual([
      {},
      { late: "text" },
    ]);
  });

  test.skipIf(engine.missing)(
    "a type put again is refused for what another process declared, unless that may be left out",
    async () => {
      const [one, other] = await Promise.all([newStore(), newStore()]);
      const type = { name: "Shared", properties: { early: "string" } } as const;
      const id = await one.putArtifactType(type);
      expect(await one.putArtifactType(type)).toBe(id);
      const more = { ...type, properties: { ...type.properties, late: "int" } } as const;
      await other.putArtifactType(more, { canAddFields: true });
      await expect(one.putArtifactType(type)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
      expect(await one.putArtifactType(type, { canOmitFields: true })).toBe(id);
      const wrong = { name: "Shared", properties: { late: "string" } } as const;
      const put = one.putArtifactType(wrong, { canAddFields: true, canOmitFields: true });
      await expect(put).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    },
  );

  test.skipIf(engine.missing)(
    "writers that lock the same nodes in opposite orders all get through",
    async () => {
      const store = await newStore();
      const typeId = await store.putArtifactType({ name: "Counter", properties: { n: "int" } });
      const ids = await store.putArtifacts([{ typeId }, { typeId }, { typeId }]);
      const put = (order: readonly bigint[], n: number) =>
        store.putArtifacts(order.map((id) => ({ id, typeId, properties: { n: BigInt(n) } })));
      await Promise.all(Array.from({ length: 40 }, (_, n) => put(n % 2 ? ids : [...ids].reverse(), n)));
      const values = (await store.getArtifactsById(ids)).map(({ properties }) => properties.n);
      // Each request wrote all three: they must agree.
      expect(new Set(values).size).toBe(1);
    },
  );

  test.skipIf(engine.missing)(
    "connections that are killed all the time lose nothing acknowledged",
    async () => {
      const store = await newStore();
      const { kill, close } = await engine.killer(database);
      const typeId = await store.putExecutionType({ name: "Killed" });
      const artifactTypeId = await store.putArtifactType({ name: "Output" });
      const acknowledged: string[] = [];
      const refused: MlmdError[] = [];
      let isOver = false;
      const writing = Array.from({ length: 8 }, async (_, writer) => {
        for (let run = 0; !isOver; run++) {
          const name = `${writer}-${run}`;
          const artifactAndEvents = [0, 1, 2].map((index) => ({
            artifact: { typeId: artifactTypeId, name: `${name}-${index}` },
            event: { type: "OUTPUT" as const },
          }));
          await store.putExecution({ execution: { typeId, name }, artifactAndEvents }).then(
            () => acknowledged.push(name),
            (error: MlmdError) => refused.push(error),
          );
        }
      });
      for (let round = 0; round < 20; round++) {
        await wait(60);
        await kill();
      }
      isOver = true;
      await Promise.all(writing);
      await close();
      // It heals by itself: the next call works.
      const executions = new Map(
        (await store.getExecutionsByType("Killed")).map(({ name, id }) => [name, id]),
      );
      expect(acknowledged.length).toBeGreaterThan(20);
      expect(acknowledged.filter((name) => !executions.has(name))).toEqual([]);
      expect([...new Set(refused.map(({ code }) => code))].filter((code) => code !== "UNAVAILABLE")).toEqual(
        [],
      );
      const events = await store.getEventsByExecutionIds([...executions.values()]);
      expect(events).toHaveLength(3 * executions.size);
    },
  );

  test.skipIf(engine.missing)("a database that cannot be reached is UNAVAILABLE", async () => {
    const config = engine.config(database) as { mysql?: object; postgresql?: object };
    const away = {
      ...(config.mysql ? { mysql: { ...config.mysql, port: 1 } } : {}),
      ...(config.postgresql ? { postgresql: { ...config.postgresql, port: 1 } } : {}),
    };
    await expect(openStore(away as StoreConfig)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
