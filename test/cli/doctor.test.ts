import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, describe, expect, test } from "vitest";
import { openStore, type StoreConfig } from "../../src/index.ts";
import { startServer } from "../../src/rpc/server.ts";
import { engines } from "../support/engines.ts";
import { here, printed } from "./support.ts";

/*
 * Databases of each engine with what goes wrong in practice. What `mlmd doctor` says to do is done here, word for word,
 * after which it finds nothing any more.
 */

const folder = mkdtempSync(join(tmpdir(), "mlmd-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Patient {
  readonly name: string;
  readonly missing: string | undefined;
  config(database: string): StoreConfig;
  args(database: string): string[];
  run(database: string, ...statements: string[]): Promise<unknown>;
  create(database: string): Promise<unknown>;
  readonly dropIndex: string;
}

const file = (database: string) => join(folder, `${database}.db`);

const sqlite: Patient = {
  name: "SQLite",
  missing: undefined,
  config: (database) => ({ sqlite: { path: file(database) } }),
  args: (database) => ["--sqlite", file(database)],
  run: async (database, ...statements) => {
    const opened = new Database(file(database));
    for (const statement of statements) opened.exec(statement);
    opened.close();
  },
  create: async (database) => writeFileSync(file(database), ""),
  dropIndex: "DROP INDEX idx_event_execution_id",
};

const patients: readonly Patient[] = [
  sqlite,
  ...engines.map((engine) => ({
    ...engine,
    create: (database: string) => engine.run(undefined, `CREATE DATABASE ${database}`),
    dropIndex: `DROP INDEX idx_event_execution_id${engine.name === "MariaDB" ? " ON Event" : ""}`,
  })),
];

interface Diagnosis {
  readonly schemaVersion?: number;
  readonly checks: readonly { name: string; findings: readonly { problem: string; advice: string }[] }[];
}

describe.each(patients)("$name", ({ missing, config, args, run, create, dropIndex }) => {
  async function healthy(database: string): Promise<void> {
    const store = await openStore(config(database));
    const typeId = await store.putArtifactType({ name: "Data", properties: { day: "int" } });
    await store.putExecutionType({ name: "Data" });
    const executionTypeId = await store.putExecutionType({ name: "Step", version: "1" });
    await store.putExecutionType({ name: "Step", version: "2" });
    await store.putExecution({
      execution: { typeId: executionTypeId },
      artifactAndEvents: [
        { artifact: { typeId, properties: { day: 1n } }, event: { type: "OUTPUT", path: ["x"] } },
      ],
    });
    await store.close();
  }

  async function diagnose(database: string): Promise<Diagnosis & { problems: string[]; advice: string[] }> {
    const { code, stdout, stderr } = await here(["doctor", "--json", ...args(database)]);
    const diagnosis: Diagnosis = JSON.parse(stdout);
    const findings = diagnosis.checks.flatMap((check) => check.findings);
    expect(code).toBe(findings.length === 0 ? 0 : 3);
    if (findings.length > 0) expect(stderr).toMatch(/to look after; nothing was changed\n$/);
    return {
      ...diagnosis,
      problems: findings.map(({ problem }) => problem),
      advice: findings.map(({ advice }) => advice),
    };
  }

  test.skipIf(missing)("a healthy database", async () => {
    await healthy("healthy");
    expect(await printed(["doctor", ...args("healthy")])).toMatch(
      /^schema {6}ok: version 10: .*\n(files .*ok.*\n)?indexes {5}ok.*\nreferences {2}ok.*\ntypes {7}ok.*\n$/,
    );
  });

  test.skipIf(missing)("an ill one, and what to do about it", async () => {
    await healthy("ill");
    await run(
      "ill",
      dropIndex,
      "INSERT INTO Event (artifact_id, execution_id, type) VALUES (98, 1, 3), (99, 1, 3), (1, 97, 3)",
      "INSERT INTO EventPath (event_id, is_index_step, step_key) SELECT event_id + 50, is_index_step, step_key FROM EventPath",
      "INSERT INTO Attribution (context_id, artifact_id) VALUES (7, 1)",
      "INSERT INTO Type (name, version, type_kind) VALUES ('Data', NULL, 1), ('Step', '2', 0), ('Step', '3', 0)",
      "INSERT INTO TypeProperty (type_id, name, data_type) SELECT MAX(id), 'night', 3 FROM Type WHERE name = 'Data'",
      "UPDATE Artifact SET type_id = (SELECT MAX(id) FROM Type WHERE name = 'Data') WHERE id = 1",
    );
    const found = await diagnose("ill");
    expect(found.schemaVersion).toBe(10);
    expect(found.problems).toEqual([
      "the index idx_event_execution_id is missing: some questions read whole tables",
      "2 rows of Event name an artifact that does not exist (artifact_id 98, 99)",
      "1 row of Event names an execution that does not exist (execution_id 97)",
      "1 row of EventPath names an event that does not exist (event_id 51)",
      "1 row of Attribution names a context that does not exist (context_id 7)",
      expect.stringMatching(/^the artifact type "Data" is there 2 times, with the ids 10, \d+$/),
      expect.stringMatching(
        /^the execution type "Step", version "2", is there 2 times, with the ids \d+, \d+$/,
      ),
    ]);
    expect(await diagnose("ill")).toEqual(found);
    const statements = found.advice.flatMap(
      (advice) => advice.match(/(?:CREATE INDEX|DELETE|UPDATE|INSERT) .*?;/g) ?? [],
    );
    expect(statements).toHaveLength(5 + 2 * 5);
    await run("ill", ...statements);
    expect((await diagnose("ill")).problems).toEqual([]);
    const store = await openStore(config("ill"));
    expect(await store.getArtifactsByType("Data")).toMatchObject([{ id: 1n, properties: { day: 1n } }]);
    expect((await store.getArtifactType("Data")).properties).toEqual({ day: "int", night: "string" });
    await store.close();
  });

  test.skipIf(missing)("a node whose type is gone", async () => {
    await healthy("gone");
    await run("gone", "DELETE FROM Type WHERE name = 'Step' AND version = '1'");
    const { problems, advice } = await diagnose("gone");
    expect(problems).toEqual([expect.stringMatching(/^1 row of Execution names a type that does not exist/)]);
    expect(advice).toEqual(["restore the type from a backup; until then these nodes have no type"]);
  });

  test.skipIf(missing)("other schema versions, and what is no whole schema", async () => {
    await healthy("version");
    await run("version", "UPDATE MLMDEnv SET schema_version = 11");
    const newer = await diagnose("version");
    expect([newer.schemaVersion, newer.checks.length]).toEqual([11, 1]);
    expect(newer.problems).toEqual([
      expect.stringMatching(/has schema version 11, this release works with version 10/),
    ]);
    expect(newer.advice).toEqual(["it was made by a newer release, which is needed to open it"]);

    await run("version", "UPDATE MLMDEnv SET schema_version = 9");
    expect((await diagnose("version")).advice).toEqual([expect.stringMatching(/`mlmd migrate up`/)]);

    await run("version", "INSERT INTO MLMDEnv (schema_version) VALUES (10)");
    const twice = await diagnose("version");
    expect(twice.schemaVersion).toBeUndefined();
    expect(twice.problems).toEqual(["the database has more than one schema version"]);
    expect(twice.advice).toEqual([expect.stringMatching(/restore a backup$/)]);

    await run("version", "DELETE FROM MLMDEnv WHERE schema_version = 9", "DROP TABLE Attribution");
    expect((await diagnose("version")).problems).toEqual([expect.stringMatching(/Missing.*: Attribution/)]);
  });

  test.skipIf(missing)("an empty database", async () => {
    await create("blank");
    const { problems, advice } = await diagnose("blank");
    expect(problems).toEqual(["the database holds no metadata"]);
    expect(advice).toEqual([expect.stringContaining("mlmd serve")]);
    const { stderr } = await here(["stats", ...args("blank")]);
    expect(stderr).toMatch(/^mlmd: the database is empty/);
  });

  test.skipIf(missing)("stats counts the same inside and over gRPC", async () => {
    await healthy("counted");
    const store = await openStore(config("counted"));
    const type = await store.getArtifactType("Data");
    const states = ["LIVE", "LIVE", "DELETED", undefined] as const;
    await store.putArtifacts(states.map((state) => ({ typeId: type.id, state })));
    const contextTypeId = await store.putContextType({ name: "Run" });
    await store.putContexts(["a", "b"].map((name) => ({ typeId: contextTypeId, name })));
    const server = await startServer({ service: store.rpc, host: "127.0.0.1", port: 0 });
    const inside = await printed(["stats", "--json", ...args("counted")]);
    const outside = await printed(["stats", "--json", "--grpc", `127.0.0.1:${server.port}`]);
    await server.close();
    await store.close();
    expect(JSON.parse(outside)).toEqual(JSON.parse(inside));
    expect(JSON.parse(inside)).toMatchObject([
      { kind: "artifact", type: "Data", count: 5, states: { LIVE: 2, DELETED: 1 } },
      { kind: "execution", type: "Step", version: "1", count: 1, states: {} },
      { kind: "context", type: "Run", count: 2, states: {} },
    ]);
    expect(await printed(["stats", ...args("counted")])).toMatch(/\nartifact +Data +5 +LIVE 2, DELETED 1 /);
  });
});

test("a damaged file is found out, and not changed by that", async () => {
  const store = await openStore(sqlite.config("damaged"));
  const typeId = await store.putArtifactType({ name: "Data" });
  const uri = "x".repeat(500);
  await store.putArtifacts(Array.from({ length: 500 }, (_, index) => ({ typeId, name: `a${index}`, uri })));
  await store.close();
  const bytes = readFileSync(file("damaged"));
  // A page amid the rows.
  bytes.fill(0xa5, bytes.length - 40 * 4096, bytes.length - 38 * 4096);
  writeFileSync(file("damaged"), bytes);
  const { code, stdout } = await here(["doctor", "--json", ...sqlite.args("damaged")]);
  expect(code).toBe(3);
  const { checks } = JSON.parse(stdout) as Diagnosis;
  const [finding] = checks.find(({ name }) => name === "files")?.findings ?? [];
  expect(finding?.problem).toMatch(/^the file is damaged: /);
  expect(finding?.advice).toMatch(/^restore a backup/);
  expect(readFileSync(file("damaged")).equals(bytes)).toBe(true);
});

test("what is no database, or no file, or a server, is said", async () => {
  writeFileSync(file("notes"), "these are my notes\n".repeat(100));
  expect((await here(["doctor", ...sqlite.args("notes")])).stderr).toMatch(/not a (SQLite )?database/);
  expect((await here(["doctor", ...sqlite.args("none")])).stderr).toMatch(/does not exist/);
  const { code, stderr } = await here(["doctor"]);
  expect([code, stderr.split("\n")[0]]).toEqual([
    2,
    "error: say where the metadata is, e.g. --sqlite ./mlmd.db, or set MLMD_STORE",
  ]);
});
