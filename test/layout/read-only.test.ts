import { describe, expect, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { engines } from "../support/engines.ts";

/*
 * A database behind a network that is opened for reading stays as it is, also where it lacks something
 * (SQLite's: src/storage/sqlite/open.test.ts).
 */

const catalogs = {
  PostgreSQL: {
    indexes: "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    databases: "SELECT datname FROM pg_database",
    dropIndex: "DROP INDEX idx_attribution_artifact_id",
  },
  MariaDB: {
    indexes: "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()",
    databases: "SHOW DATABASES",
    dropIndex: "DROP INDEX idx_attribution_artifact_id ON Attribution",
  },
};

describe.each(engines)("$name", ({ name, missing, config, run }) => {
  const { indexes, databases, dropIndex } = catalogs[name];

  test.skipIf(missing)("a database without our index is read and not completed", async () => {
    const writer = await openStore(config("read_only"));
    const id = await writer.putArtifactType({ name: "Data" });
    await writer.close();
    await run("read_only", dropIndex);
    const before = (await run("read_only", indexes)).sort();

    const store = await openStore(config("read_only", { readOnly: true }));
    expect((await store.getArtifactTypes()).map((type) => type.id)).toEqual([id]);
    await expect(store.putArtifactType({ name: "More" })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    await store.close();
    expect((await run("read_only", indexes)).sort()).toEqual(before);
    expect(before).not.toContain("idx_attribution_artifact_id");
  });

  test.skipIf(missing)("a missing database is not created, an empty one not filled", async () => {
    const open = (database: string) => openStore(config(database, { readOnly: true }));
    await expect(open("read_only_missing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await run(undefined, databases)).not.toContain("read_only_missing");
    await run(undefined, "CREATE DATABASE read_only_empty");
    await expect(open("read_only_empty")).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(await run("read_only_empty", indexes)).toEqual([]);
  });
});
