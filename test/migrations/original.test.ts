import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { openMigrator } from "../../src/open.ts";
import {
  type Backend,
  backendNames,
  backends,
  missingBackend,
  newDatabaseName,
} from "../support/backends.ts";
import { originalPython, skipNote } from "../support/python.ts";
import {
  engineUnderTest,
  type MigrationEngineUnderTest,
  migratedDatabase,
  oldestVersion,
} from "./engines.ts";
import { runOriginal, type Task } from "./support.ts";

const original = await originalPython();
const servers = { postgres: inject("postgres"), mysql: inject("mysql") };
const versions = Array.from({ length: 10 }, (_, version) => version);

/** What has been shown, by version: a table at the end of the run. */
const shown = new Map(versions.map((version) => [version, new Map<string, string>()]));
const show = (version: number, backend: Backend, what: string) => {
  const cells = shown.get(version);
  const name = backendNames[backend];
  cells?.set(name, [cells.get(name), what].join(" ").trim());
};

describe.each(backends)(`migrations against the original's on %s${skipNote(original)}`, (backend) => {
  const why = original.missing ?? missingBackend(backend, servers);
  const python = original.python as string;
  const reachable = versions.slice(oldestVersion[backend]);
  const prefix = newDatabaseName(`original_${backend}`);
  let folder = "";
  let engine: MigrationEngineUnderTest;
  const name = (purpose: string, version: number | string) => `${prefix}_${purpose}_${version}`;
  const database = (named: string) => migratedDatabase(backend, named, { servers, folder });
  const full = name("full", 10);
  const copyAll = async (from: (version: number) => string, purpose: string) => {
    for (const version of reachable) await engine.databases.copy(from(version), name(purpose, version));
  };
  const runOnAll = (purpose: string, tasks: (version: number) => [Task[0], number?][]) =>
    runOriginal(
      python,
      reachable.flatMap((version) =>
        tasks(version).map(([task, ...rest]): Task => {
          return [task, database(name(purpose, version)).original, ...rest];
        }),
      ),
    );

  /** `full`; taken back by the original (`theirs`); with double events (`old`); brought up again by it (`up`). */
  beforeAll(async () => {
    if (why !== undefined) return;
    folder = await mkdtemp(join(tmpdir(), "mlmd-migrations-"));
    engine = await engineUnderTest(backend, { servers, folder });
    await runOriginal(python, [["fill", database(full).original, engine.values]]);
    await engine.databases.query(full, engine.prepared);
    await copyAll(() => full, "theirs");
    await runOnAll("theirs", (version) => [["downgrade", version]]);
    await copyAll((version) => name("theirs", version), "old");
    for (const version of reachable.filter((older) => older < 8))
      await engine.databases.query(name("old", version), doubleEvents);
    await copyAll((version) => name("old", version), "up");
    await runOnAll("up", () => [["upgrade"]]);
  });
  afterAll(async () => {
    await engine?.databases.close?.();
    if (folder) await rm(folder, { recursive: true });
  });

  describe.skipIf(why !== undefined)(backendNames[backend], () => {
    test.each(reachable)(
      "an upgrade from version %i: schema and rows as after the original's",
      async (version) => {
        const mine = name("mine_up", version);
        await engine.databases.copy(name("old", version), mine);
        expect(await engine.databases.layout(mine)).toEqual(engine.layoutOfVersion(version));
        const migrator = await openMigrator(database(mine).migration);
        expect(await migrator.up()).toEqual({ from: version, to: 10 });
        expect(await engine.databases.layout(mine)).toEqual(engine.upgraded);
        expect(engine.kept(await engine.databases.rows(mine))).toEqual(
          engine.kept(await engine.databases.rows(name("up", version))),
        );
        show(version, backend, "up");
      },
    );

    test.each(reachable)(
      "a downgrade to version %i: schema and rows as after the original's",
      async (version) => {
        const mine = name("mine_down", version);
        await engine.databases.copy(full, mine);
        const migrator = await openMigrator(database(mine).migration);
        expect(await migrator.down(version)).toEqual({ from: 10, to: version });
        expect(await engine.databases.layout(mine)).toEqual(engine.layoutOfVersion(version));
        expect(await engine.databases.rows(mine)).toEqual(
          await engine.databases.rows(name("theirs", version)),
        );
        show(version, backend, "down");
      },
    );

    test("the original upgrades and reads what ours wrote and took back", async () => {
      const source = name("ours", 10);
      const store = await openStore(database(source).ours);
      const typeId = await store.putArtifactType({ name: "Data", properties: { rows: "int" } });
      await store.putArtifacts([{ typeId, uri: "s3://bucket/ä", name: "a", properties: { rows: 3n } }]);
      await store.close();
      await engine.databases.query(source, engine.prepared);
      await copyAll(() => source, "ours");
      for (const version of reachable) {
        const mine = name("ours", version);
        await (await openMigrator(database(mine).migration)).down(version);
        expect(await engine.databases.layout(mine)).toEqual(engine.layoutOfVersion(version));
      }
      const read = (await runOnAll("ours", () => [["upgrade"], ["read"]])).map((line) => JSON.parse(line));
      expect(read.map(({ artifacts }) => artifacts)).toEqual(
        reachable.map((version) => [[1, "s3://bucket/ä", version < 5 ? "" : "a"]]),
      );
      for (const { types } of read) expect(types).toContain("Data");
      for (const version of reachable) show(version, backend, "opened");
    });

    test("ours reads every database that the original has taken back", async () => {
      for (const version of reachable) {
        const mine = name("read", version);
        await engine.databases.copy(name("old", version), mine);
        const store = await openStore(database(mine).upgrading);
        const artifacts = await store.getArtifacts();
        expect(artifacts.map(({ id, uri }) => [id, uri])).toEqual([
          [1n, "s3://bucket/ä"],
          [2n, ""],
          [3n, ""],
        ]);
        const { bits, text } = engine.values;
        expect(artifacts[0]?.properties).toMatchObject({ i: 2n ** BigInt(bits) - 1n, d: 0.125, s: text });
        expect((await store.getContexts()).map(({ name }) => name)).toEqual(
          version < 3 ? [] : ["pipeline", "part 'of' it"],
        );
        await store.close();
      }
    });
  });
});

afterAll(() => {
  const rows = [...shown].map(([version, cells]) => [version, Object.fromEntries(cells)]);
  console.log("\nUpgraded (up) and taken back (down) like the original does it; ours opened by it:");
  console.table(Object.fromEntries(rows));
});

/** Before version 8 an event could be there twice; and paths of events that are not there at all. */
const doubleEvents = `
  INSERT INTO Event (id, artifact_id, execution_id, type, milliseconds_since_epoch)
    SELECT id + 100, artifact_id, execution_id, type, 99 FROM Event WHERE id <= 2;
  INSERT INTO Event (id, artifact_id, execution_id, type, milliseconds_since_epoch)
    SELECT id + 200, artifact_id, execution_id, type, 98 FROM Event WHERE id = 1;
  INSERT INTO EventPath (event_id, is_index_step, step_index, step_key)
    VALUES (102, TRUE, 5, NULL), (102, FALSE, NULL, 'late'), (4711, FALSE, NULL, 'of nothing')`;
