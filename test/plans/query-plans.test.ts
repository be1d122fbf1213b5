import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ListOptions, type MetadataStore, openStore } from "../../src/index.ts";
import { withoutPeeking } from "../../src/storage/sqlite/connection.ts";

/*
 * Explains every statement of the read path on a database of 100,000 artifacts. A scan of a node, property or
 * edge table is a failure, but where the question is about all rows.
 */

const artifacts = 100_000;
const executions = 10_000;
const contexts = 1_000;

let folder = "";
let store: MetadataStore;
let explained: Database.Database;
const statements = new Set<string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-plans-"));
  const path = join(folder, "mlmd.db");
  await (await openStore({ sqlite: { path } })).close();
  const database = new Database(path);
  fill(database);
  database.close();
  store = await openStore({ sqlite: { path, onStatement: (text: string) => statements.add(text) } });
  explained = new Database(path, { readonly: true });
});

afterAll(async () => {
  explained.close();
  await store.close();
  await rm(folder, { recursive: true });
});

/** Each artifact is the output of one execution and the input of the next; each context holds its share. */
function fill(database: Database.Database): void {
  const numbers = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  database.exec(`
    BEGIN;
    INSERT INTO Type (id, name, type_kind) VALUES (10, 'Data', 1), (11, 'Model', 1), (12, 'Train', 0), (13, 'Run', 2);
    INSERT INTO TypeProperty VALUES (10, 'day', 1), (10, 'share', 2), (10, 'split', 3), (12, 'day', 1), (13, 'day', 1);
    ${numbers(artifacts)} INSERT INTO Artifact (type_id, uri, state, name, external_id, create_time_since_epoch, last_update_time_since_epoch)
      SELECT 10 + i % 2, 'uri-' || i, i % 3, 'artifact-' || i, 'xa-' || i, i, i FROM n;
    ${numbers(executions)} INSERT INTO Execution (type_id, last_known_state, name, external_id, create_time_since_epoch, last_update_time_since_epoch)
      SELECT 12, 3, 'execution-' || i, 'xe-' || i, i, i FROM n;
    ${numbers(contexts)} INSERT INTO Context (type_id, name, external_id, create_time_since_epoch, last_update_time_since_epoch)
      SELECT 13, 'context-' || i, 'xc-' || i, i, i FROM n;
    INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, int_value) SELECT id, 'day', 0, id / 100 FROM Artifact;
    INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, double_value) SELECT id, 'share', 0, id / 7.0 FROM Artifact;
    INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, string_value) SELECT id, 'split', 0, 'split-' || id % 5000 FROM Artifact;
    INSERT INTO ExecutionProperty (execution_id, name, is_custom_property, int_value) SELECT id, 'day', 1, id FROM Execution;
    INSERT INTO ContextProperty (context_id, name, is_custom_property, int_value) SELECT id, 'day', 1, id FROM Context;
    INSERT INTO Event (artifact_id, execution_id, type, milliseconds_since_epoch)
      SELECT id, 1 + id % ${executions}, 3 + id % 2, id FROM Artifact;
    INSERT INTO EventPath (event_id, is_index_step, step_key) SELECT id, 0, 'key' FROM Event;
    INSERT INTO Attribution (context_id, artifact_id) SELECT 1 + id % ${contexts}, id FROM Artifact;
    INSERT INTO Association (context_id, execution_id) SELECT 1 + id % ${contexts}, id FROM Execution;
    INSERT INTO ParentContext (context_id, parent_context_id) SELECT id, 1 + id / 100 FROM Context WHERE id > 100;
    COMMIT;`);
}

/** The steps of the statement's plan, as it is when the statement is prepared. */
function planOf(text: string): string[] {
  const placeholders = text.split("?").length - 1;
  const plan = explained.prepare(`EXPLAIN QUERY PLAN ${withoutPeeking(text)}`);
  return (plan.all(Array(placeholders).fill(null)) as { detail: string }[]).map(({ detail }) => detail);
}

/** The steps of the statement's plan that go through a whole table. */
function scans(text: string): string[] {
  return planOf(text).filter((detail) => /^SCAN (?!json_each|Type\b|t\b|CONSTANT|link\b|\()/.test(detail));
}

/** The scans of all statements that the question leads to. */
async function scansOf(ask: (store: MetadataStore) => Promise<unknown>): Promise<string[]> {
  statements.clear();
  await ask(store);
  expect(statements.size).toBeGreaterThan(0);
  return [...statements].flatMap(scans);
}

/**
 * How many statements were prepared during `work`, by a sign of the driver: it makes a function for the rows of a
 * statement whenever that was prepared.
 */
async function preparations(work: () => Promise<unknown>): Promise<number> {
  const original = globalThis.Function;
  let count = 0;
  globalThis.Function = new Proxy(original, {
    apply(target, self, parts: string[]) {
      count++;
      return Reflect.apply(target, self, parts);
    },
  });
  try {
    await work();
  } finally {
    globalThis.Function = original;
  }
  return count;
}

const ids = [5n, 50n, 500n];
const page = (options: ListOptions): ListOptions => ({ limit: 20, ...options });

const questions: readonly [string, (store: MetadataStore) => Promise<unknown>][] = [
  ["artifacts by id", (s) => s.getArtifactsById(ids)],
  ["executions by id", (s) => s.getExecutionsById(ids)],
  ["contexts by id", (s) => s.getContextsById(ids)],
  ["artifacts and types", (s) => s.getArtifactsAndTypesByArtifactIds(ids)],
  ["artifact by type and name", (s) => s.getArtifactByTypeAndName("Data", "artifact-500")],
  ["execution by type and name", (s) => s.getExecutionByTypeAndName("Train", "execution-500")],
  ["context by type and name", (s) => s.getContextByTypeAndName("Run", "context-500")],
  ["artifacts by external id", (s) => s.getArtifactsByExternalIds(["xa-5"])],
  ["executions by external id", (s) => s.getExecutionsByExternalIds(["xe-5"])],
  ["contexts by external id", (s) => s.getContextsByExternalIds(["xc-5"])],
  ["artifacts by uri", (s) => s.getArtifactsByUri("uri-500")],
  ["events by artifact", (s) => s.getEventsByArtifactIds(ids)],
  ["events by execution", (s) => s.getEventsByExecutionIds(ids)],
  ["contexts by artifact", (s) => s.getContextsByArtifact(5n)],
  ["contexts by execution", (s) => s.getContextsByExecution(5n)],
  ["artifacts by context", (s) => s.getArtifactsByContext(5n)],
  ["artifacts by context, a page", (s) => s.getArtifactsByContext(5n, page({ orderBy: "CREATE_TIME" }))],
  ["executions by context", (s) => s.getExecutionsByContext(5n)],
  ["parent contexts", (s) => s.getParentContextsByContext(500n)],
  ["child contexts", (s) => s.getChildrenContextsByContext(5n)],
  ["one filter: id", (s) => s.getArtifacts(page({ filterQuery: "id = 500" }))],
  ["one filter: ids", (s) => s.getArtifacts(page({ filterQuery: "id IN (5, 50, 500)" }))],
  ["one filter: uri", (s) => s.getArtifacts(page({ filterQuery: "uri = 'uri-500'" }))],
  ["one filter: name", (s) => s.getArtifacts(page({ filterQuery: "name = 'artifact-500'" }))],
  [
    "one filter: type and name",
    (s) => s.getArtifacts(page({ filterQuery: "type = 'Data' AND name = 'artifact-500'" })),
  ],
  ["one filter: external id", (s) => s.getArtifacts(page({ filterQuery: "external_id = 'xa-500'" }))],
  [
    "one filter: int property",
    (s) => s.getArtifacts(page({ filterQuery: "properties.day.int_value = 500" })),
  ],
  [
    "one filter: double property",
    (s) => s.getArtifacts(page({ filterQuery: "properties.share.double_value > 14000.5" })),
  ],
  [
    "one filter: string property",
    (s) => s.getArtifacts(page({ filterQuery: "properties.split.string_value = 'split-17'" })),
  ],
  ["one filter: context id", (s) => s.getArtifacts(page({ filterQuery: "contexts_a.id = 5" }))],
  [
    "one filter: context by type and name",
    (s) => s.getArtifacts(page({ filterQuery: "contexts_a.type = 'Run' AND contexts_a.name = 'context-5'" })),
  ],
  ["one filter: context name", (s) => s.getArtifacts(page({ filterQuery: "contexts_a.name = 'context-5'" }))],
  [
    "one filter: execution of an event",
    (s) => s.getArtifacts(page({ filterQuery: "events_0.execution_id = 5" })),
  ],
  [
    "one filter: create time",
    (s) => s.getArtifacts(page({ filterQuery: "create_time_since_epoch = 99990" })),
  ],
  [
    "three terms",
    (s) =>
      s.getArtifacts(
        page({
          filterQuery: "type = 'Data' AND contexts_a.name = 'context-5' AND properties.day.int_value > 10",
        }),
      ),
  ],
  [
    "two contexts",
    (s) => s.getArtifacts(page({ filterQuery: "contexts_a.id = 5 AND contexts_b.name = 'context-5'" })),
  ],
  [
    "executions of a context",
    (s) => s.getExecutions(page({ filterQuery: "contexts_a.id = 5 AND last_known_state = COMPLETE" })),
  ],
  [
    "executions by custom property",
    (s) => s.getExecutions(page({ filterQuery: "custom_properties.day.int_value = 5" })),
  ],
  ["contexts by parent", (s) => s.getContexts(page({ filterQuery: "parent_contexts_p.id = 5" }))],
  ["contexts of an artifact", (s) => s.getContexts(page({ filterQuery: "artifacts_a.id = 5" }))],
  ["ancestors", (s) => s.getLineageSubgraph({ startingArtifacts: { filterQuery: "id = 5" }, maxNumHops: 4 })],
  [
    "descendants up to a type",
    (s) =>
      s.getLineageSubgraph({
        startingExecutions: { filterQuery: "name = 'execution-5'" },
        endingArtifacts: { filterQuery: "type = 'Model'" },
        maxNumHops: 3,
      }),
  ],
];

test.each(questions)("no scan: %s", async (_, ask) => {
  expect(await scansOf(ask)).toEqual([]);
});

test.each(questions)("nothing is prepared again: %s", async (_, ask) => {
  await ask(store);
  expect(await preparations(() => ask(store))).toBe(0);
});

test("a preparation would be found", async () => {
  const bare = explained.prepare("SELECT id FROM Artifact WHERE uri = ? ORDER BY id LIMIT ?");
  bare.all("uri-1", 1);
  expect(await preparations(async () => bare.all("uri-2", 2))).toBe(1);
});

test.each<[string, ListOptions]>([
  ["id", {}],
  ["id, descending", { isAsc: false }],
  ["create time", { orderBy: "CREATE_TIME" }],
  ["update time, descending", { orderBy: "LAST_UPDATE_TIME", isAsc: false }],
])("a page of all artifacts by %s goes along an index and is not sorted", async (_, options) => {
  statements.clear();
  // More than a page, so that a token is used too.
  await store.getArtifacts({ ...options, limit: 150 });
  for (const text of [...statements].filter((each) => each.includes("ORDER BY n."))) {
    expect(planOf(text).join()).not.toContain("TEMP B-TREE");
  }
});

test("a scan would be found", () => {
  expect(scans("SELECT * FROM Artifact WHERE state = ?")).toEqual(["SCAN Artifact"]);
});
