import { describe, expect, inject, test } from "vitest";
import { type MetadataStore, openStore } from "../../src/index.ts";
import { newMysqlDatabase, newPostgresDatabase } from "../support/databases.ts";

/*
 * How often the two engines behind a network are asked in one operation. Beside these there is the commit.
 */

const servers = { postgres: inject("postgres"), mysql: inject("mysql") };
let statements = 0;
const onStatement = () => {
  statements++;
};

const engines = {
  PostgreSQL: {
    missing: servers.postgres.missing,
    open: async () => {
      const settings = await newPostgresDatabase(servers.postgres.port as number);
      return openStore({ postgresql: { ...settings, onStatement } });
    },
    // Artifacts, properties, events and paths are one statement each, whatever their number.
    putExecution: { 1: 10, 10: 10, 100: 10 },
    putAttributions: { 1500: 2 },
  },
  MariaDB: {
    missing: servers.mysql.missing,
    open: async () => {
      const settings = await newMysqlDatabase(servers.mysql.port as number);
      return openStore({ mysql: { ...settings, onStatement } });
    },
    // Sets are written in sizes of three binary digits: 100 = 96 + 4, 1500 = 1024 + 448 + 28.
    putExecution: { 1: 10, 10: 10, 100: 15 },
    putAttributions: { 1500: 4 },
  },
};

async function counted(work: () => Promise<unknown>): Promise<number> {
  statements = 0;
  await work();
  return statements;
}

describe.each(Object.entries(engines))("%s", (_, engine) => {
  test.skipIf(engine.missing)("asks a bounded number of times", async () => {
    await using store = await engine.open();
    const types = {
      artifact: await store.putArtifactType({ name: "Data", properties: { n: "int" } }),
      execution: await store.putExecutionType({ name: "Run" }),
      context: await store.putContextType({ name: "Pipeline" }),
    };
    // From here on the types are known.
    await putRun(store, types, 2);
    const putExecution: Record<string, number> = {};
    for (const size of [1, 10, 100]) {
      putExecution[size] = await counted(() => putRun(store, types, size));
    }
    expect(putExecution).toEqual(engine.putExecution);
    const ids = (await store.getArtifacts()).map(({ id }) => id);
    expect(ids.length).toBe(113);
    for (const size of [1, 100]) {
      expect(await counted(() => store.getArtifactsById(ids.slice(0, size)))).toBe(1);
    }
    const more = await store.putArtifacts(Array.from({ length: 1500 }, () => ({ typeId: types.artifact })));
    const [contextId = 0n] = await store.putContexts([{ typeId: types.context, name: "many" }]);
    const attributions = more.map((artifactId) => ({ artifactId, contextId }));
    const put = () => store.putAttributionsAndAssociations(attributions, []);
    expect({ 1500: await counted(put) }).toEqual(engine.putAttributions);
  });
});

type Types = { readonly artifact: bigint; readonly execution: bigint; readonly context: bigint };

function putRun(store: MetadataStore, types: Types, size: number) {
  return store.putExecution(
    {
      execution: {
        typeId: types.execution,
        name: `run of ${size}`,
        customProperties: { size: BigInt(size) },
      },
      artifactAndEvents: Array.from({ length: size }, (_, index) => ({
        artifact: { typeId: types.artifact, name: `${size}-${index}`, properties: { n: BigInt(index) } },
        event: { type: "OUTPUT", path: ["out"] },
      })),
      contexts: [{ typeId: types.context, name: `context of ${size}` }],
    },
    { reuseContextIfAlreadyExist: true },
  );
}
