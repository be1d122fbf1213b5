import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { startServerProcess } from "../support/server-process.ts";

const executions = 1000;
const outputsOfEach = 500;

let folder = "";
let file = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-scale-"));
  file = join(folder, "mlmd.db");
  await (await openStore({ sqlite: { path: file } })).close();
  fill(file);
});

afterAll(() => rm(folder, { recursive: true }));

/**
 * A million events: artifact 1 is read by a thousand executions, each of which produces 500 artifacts, and
 * each of those is read by one of another thousand executions.
 */
function fill(path: string): void {
  const database = new Database(path);
  const made = executions * outputsOfEach;
  database.exec(`
    BEGIN;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= ${made})
      INSERT INTO Artifact (id, type_id, uri, create_time_since_epoch, last_update_time_since_epoch) SELECT i, 1, '', i, i FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${2 * executions})
      INSERT INTO Execution (id, type_id, create_time_since_epoch, last_update_time_since_epoch) SELECT i, 5, i, i FROM n;
    INSERT INTO Event (artifact_id, execution_id, type, milliseconds_since_epoch) SELECT 1, id, 3, id FROM Execution WHERE id <= ${executions};
    INSERT INTO Event (artifact_id, execution_id, type, milliseconds_since_epoch) SELECT id, 1 + id % ${executions}, 4, id FROM Artifact WHERE id > 1;
    INSERT INTO Event (artifact_id, execution_id, type, milliseconds_since_epoch) SELECT id, ${executions + 1} + id % ${executions}, 3, id FROM Artifact WHERE id > 1;
    COMMIT;`);
  database.close();
}

test("a walk over a million events needs little memory, and an answer too large is refused whole", async () => {
  const limits = ["--max-lineage-nodes", "600000", "--max-lineage-events", "1100000"];
  const server = await startServerProcess(["--sqlite", file, ...limits], ["--max-old-space-size=320"]);
  const store = await openStore({ grpc: { host: "127.0.0.1", port: server.port } });
  try {
    const startingArtifacts = { filterQuery: "id = 1" };
    const graph = await store.getLineageSubgraph(
      { startingArtifacts, maxNumHops: 3, direction: "DOWNSTREAM" },
      { fieldMaskPaths: ["executions"] },
    );
    expect(graph.executions).toHaveLength(2 * executions);
  } finally {
    await store.close();
    await server.stop();
  }
  const strict = await startServerProcess(["--sqlite", file, "--max-lineage-events", "200000"]);
  const asking = await openStore({ grpc: { host: "127.0.0.1", port: strict.port } });
  try {
    await expect(
      asking.getLineageSubgraph({ startingArtifacts: { filterQuery: "id = 1" }, direction: "DOWNSTREAM" }),
    ).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      message: expect.stringMatching(/more than 200000 nodes/),
    });
  } finally {
    await asking.close();
    await strict.stop();
  }
});
