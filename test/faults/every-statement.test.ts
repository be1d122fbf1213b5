import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, inject, test } from "vitest";
import { type MetadataStore, type MlmdError, openStore, type StoreConfig } from "../../src/index.ts";
import { newDatabaseName } from "../support/backends.ts";

const servers = { postgres: inject("postgres"), mysql: inject("mysql") };
const host = "127.0.0.1";

/** Kills connections while this thread stands still, so that the next statement finds its own one gone. */
class Killer {
  readonly #signal = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;

  private constructor(engine: string, port: number, database: string) {
    const workerData = { engine, port, database, signal: this.#signal };
    this.#worker = new Worker(join(import.meta.dirname, "kill-worker.ts"), { workerData });
  }

  static async start(engine: string, port: number, database: string): Promise<Killer> {
    const killer = new Killer(engine, port, database);
    await once(killer.#worker, "message");
    return killer;
  }

  kill(): void {
    this.#order("kill");
  }

  end(): void {
    this.#order("end");
  }

  #order(message: "kill" | "end"): void {
    Atomics.store(this.#signal, 0, 0);
    this.#worker.postMessage(message);
    if (Atomics.wait(this.#signal, 0, 0, 10_000) === "timed-out") throw new Error("nothing was killed");
  }
}

describe.each(["postgres", "mysql"] as const)("%s", (engine) => {
  const { port = 0, missing } = servers[engine];

  test.skipIf(missing !== undefined)(
    "a connection that is killed before any statement of a PutExecution: done once or, with its commit, perhaps not",
    async () => {
      const database = newDatabaseName("statements");
      let onStatement = () => {};
      const settings = { host, port, connectionsMax: 2, onStatement: () => onStatement() };
      const config: StoreConfig =
        engine === "postgres"
          ? { postgresql: { ...settings, user: "mlmd", dbname: database } }
          : { mysql: { ...settings, user: "root", database } };
      await using store = await openStore(config);
      const put = await putter(store);
      const killer = await Killer.start(engine, port, database);

      // From here on the types are known.
      await put("first");
      let statements = 0;
      onStatement = () => {
        statements++;
      };
      await put("counted");
      const total = statements;
      expect(total).toBeGreaterThan(5);

      /** The last statements are sent together with the commit: whether that was done cannot be known. */
      const unknown = new Map<number, MlmdError>();
      for (let last = 1; last <= total; last++) {
        let left = last;
        onStatement = () => {
          if (--left === 0) killer.kill();
        };
        await put(`killed before ${last}`).catch((error: MlmdError) => unknown.set(last, error));
        expect(left).toBeLessThanOrEqual(0);
      }
      onStatement = () => {};
      killer.end();

      for (const [last, { code, message }] of unknown) {
        expect([code, message]).toEqual(["UNAVAILABLE", expect.stringContaining("is not known")]);
        expect(last).toBeGreaterThan(total / 2);
      }

      const executions = await store.getExecutions();
      const names = executions.map(({ name }) => name);
      const certain = Array.from({ length: total }, (_, index) => index + 1).filter(
        (last) => !unknown.has(last),
      );
      expect(new Set(names).size).toBe(names.length);
      expect(names).toEqual(
        expect.arrayContaining(["first", "counted", ...certain.map((last) => `killed before ${last}`)]),
      );
      expect(await store.getEventsByExecutionIds(executions.map(({ id }) => id))).toHaveLength(
        3 * executions.length,
      );
      expect(await store.getArtifacts()).toHaveLength(3 * executions.length);
      expect(await store.getContexts()).toHaveLength(1);
      for (const { id } of executions) expect(await store.getContextsByExecution(id)).toHaveLength(1);
    },
  );
});

/** Gives what puts a run of three artifacts into a context that is there. */
async function putter(store: MetadataStore): Promise<(name: string) => Promise<unknown>> {
  const typeId = await store.putExecutionType({ name: "Run" });
  const artifactTypeId = await store.putArtifactType({ name: "Output", properties: { n: "int" } });
  const contextTypeId = await store.putContextType({ name: "Pipeline" });
  await store.putContexts([{ typeId: contextTypeId, name: "all" }]);
  return (name) =>
    store.putExecution(
      {
        execution: { typeId, name, customProperties: { note: name } },
        artifactAndEvents: [0n, 1n, 2n].map((n) => ({
          artifact: { typeId: artifactTypeId, name: `${name}-${n}`, properties: { n } },
          event: { type: "OUTPUT" as const, path: ["out", n] },
        })),
        contexts: [{ typeId: contextTypeId, name: "all" }],
      },
      { reuseContextIfAlreadyExist: true },
    );
}
