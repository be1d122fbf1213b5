import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MetadataStore, openStore } from "../../src/index.ts";
import { withoutPeeking } from "../../src/storage/sqlite/connection.ts";
import { filling, pagesOfAll, questions } from "./questions.ts";

/*
 * Explains every statement of the read path on a database of 100,000 artifacts. A scan of a node, property or
 * edge table is a failure, but where the question is about all rows.
 */

let folder = "";
let store: MetadataStore;
let explained: Database.Database;
const statements = new Set<string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-plans-"));
  const path = join(folder, "mlmd.db");
  await (await openStore({ sqlite: { path } })).close();
  const database = new Database(path);
  database.exec(`BEGIN; ${filling(100_000).join(";")}; COMMIT;`);
  database.close();
  store = await openStore({ sqlite: { path, onStatement: (text: string) => statements.add(text) } });
  explained = new Database(path, { readonly: true });
});

afterAll(async () => {
  explained.close();
  await store.close();
  await rm(folder, { recursive: true });
});

/** The steps of the statement's plan, as it is when the statement is prepared. */
function planOf(text: string): string[] {
  const placeholders = text.split("?").length - 1;
  const plan = explained.prepare(`EXPLAIN QUERY PLAN ${withoutPeeking(text)}`);
  return (plan.all(Array(placeholders).fill(null)) as { detail: string }[]).map(({ detail }) => detail);
}

/** The steps of the statement's plan that go through a whole table. */
function scans(text: string): string[] {
  return planOf(text).filter((detail) =>
    /^SCAN (?!json_each|Type\b|t\b|CONSTANT|(link|near)\b|\()/.test(detail),
  );
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

test.each(pagesOfAll)("along an index and not sorted: %s", async (_, ask) => {
  statements.clear();
  await ask(store);
  for (const text of [...statements].filter((each) => each.includes("ORDER BY n."))) {
    expect(planOf(text).join()).not.toContain("TEMP B-TREE");
  }
});

test("a scan would be found", () => {
  expect(scans("SELECT * FROM Artifact WHERE state = ?")).toEqual(["SCAN Artifact"]);
});
