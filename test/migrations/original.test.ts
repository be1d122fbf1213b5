import { copyFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { sqliteMigrator } from "../../src/storage/sqlite/migrator.ts";
import { originalPython, skipNote } from "../support/python.ts";
import {
  layoutOfFile,
  layoutOfVersion,
  rowsOfFile,
  runOriginal,
  type Task,
  withDatabase,
} from "./support.ts";

const original = await originalPython();
const versions = Array.from({ length: 10 }, (_, version) => version);

describe.skipIf(original.missing !== undefined)(
  `migrations against the original's${skipNote(original)}`,
  () => {
    const python = original.python as string;
    let folder = "";
    const file = (name: string) => join(folder, name);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "mlmd-migrations-"));
      await runOriginal(python, [["fill", file("full.db")]]);
      for (const version of versions) copyFileSync(file("full.db"), file(`theirs-${version}.db`));
      await runOriginal(
        python,
        versions.map((version): Task => ["downgrade", file(`theirs-${version}.db`), version]),
      );
      for (const version of versions) {
        copyFileSync(file(`theirs-${version}.db`), file(`old-${version}.db`));
        withDatabase(file(`old-${version}.db`), (database) => {
          if (version < 8) database.exec(doubleEvents);
        });
        copyFileSync(file(`old-${version}.db`), file(`up-theirs-${version}.db`));
      }
      await runOriginal(
        python,
        versions.map((version): Task => ["upgrade", file(`up-theirs-${version}.db`)]),
      );
    });
    afterAll(() => rm(folder, { recursive: true }));

    test.each(versions)(
      "an upgrade from version %i: schema and rows as after the original's",
      async (version) => {
        const mine = file(`up-mine-${version}.db`);
        copyFileSync(file(`old-${version}.db`), mine);
        expect(layoutOfFile(mine)).toEqual(layoutOfVersion(version));
        const migrator = await sqliteMigrator({ path: mine });
        expect(await migrator.up()).toEqual({ from: version, to: 10 });
        expect(layoutOfFile(mine)).toEqual(layoutOfVersion(10));
        expect(rowsOfFile(mine)).toEqual(rowsOfFile(file(`up-theirs-${version}.db`)));
      },
    );

    test.each(versions)(
      "a downgrade to version %i: schema and rows as after the original's",
      async (version) => {
        const mine = file(`down-mine-${version}.db`);
        copyFileSync(file("full.db"), mine);
        const migrator = await sqliteMigrator({ path: mine });
        expect(await migrator.down(version)).toEqual({ from: 10, to: version });
        expect(layoutOfFile(mine)).toEqual(layoutOfVersion(version));
        expect(rowsOfFile(mine)).toEqual(rowsOfFile(file(`theirs-${version}.db`)));
      },
    );

    test("the original upgrades and reads what ours wrote and took back", async () => {
      const source = file("ours.db");
      const store = await openStore({ sqlite: { path: source } });
      const typeId = await store.putArtifactType({ name: "Data", properties: { rows: "int" } });
      await store.putArtifacts([{ typeId, uri: "s3://bucket/ä", name: "a", properties: { rows: 3n } }]);
      await store.close();
      const tasks: Task[] = [];
      for (const version of versions) {
        const copy = file(`ours-${version}.db`);
        copyFileSync(source, copy);
        await (await sqliteMigrator({ path: copy })).down(version);
        expect(layoutOfFile(copy)).toEqual(layoutOfVersion(version));
        tasks.push(["upgrade", copy], ["read", copy]);
      }
      const read = (await runOriginal(python, tasks)).map((line) => JSON.parse(line));
      expect(read.map(({ artifacts }) => artifacts)).toEqual(
        versions.map((version) => [[1, "s3://bucket/ä", version < 5 ? "" : "a"]]),
      );
      for (const { types } of read) expect(types).toContain("Data");
    });

    test("ours reads every database that the original has taken back", async () => {
      for (const version of versions) {
        const copy = file(`read-${version}.db`);
        copyFileSync(file(`old-${version}.db`), copy);
        const store = await openStore({ sqlite: { path: copy, enableUpgradeMigration: true } });
        const artifacts = await store.getArtifacts();
        expect(artifacts.map(({ id, uri }) => [id, uri])).toEqual([
          [1n, "s3://bucket/ä"],
          [2n, ""],
          [3n, ""],
        ]);
        expect(artifacts[0]?.properties).toMatchObject({ i: 2n ** 63n - 1n, d: 0.125 });
        expect((await store.getContexts()).map(({ name }) => name)).toEqual(
          version < 3 ? [] : ["pipeline", "part 'of' it"],
        );
        await store.close();
      }
    });
  },
);

/** Before version 8 an event could be there twice; and paths of events that are not there at all. */
const doubleEvents = `
  INSERT INTO Event (id, artifact_id, execution_id, type, milliseconds_since_epoch)
    SELECT id + 100, artifact_id, execution_id, type, 99 FROM Event WHERE id <= 2;
  INSERT INTO Event (id, artifact_id, execution_id, type, milliseconds_since_epoch)
    SELECT id + 200, artifact_id, execution_id, type, 98 FROM Event WHERE id = 1;
  INSERT INTO EventPath (event_id, is_index_step, step_index, step_key)
    VALUES (102, 1, 5, NULL), (102, 0, NULL, 'late'), (4711, 0, NULL, 'of nothing')`;
