import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileFilter } from "../../filter/compile.ts";
import { limits } from "../../filter/limits.ts";
import type { KindName } from "../../filter/vocabulary.ts";
import { sqliteDialect } from "../sqlite/dialect.ts";
import { createSchema } from "../sqlite/schema.ts";
import { filterToSql } from "./filter-to-sql.ts";
import { empty, raw, type Sql, sql } from "./fragment.ts";

const tables = { artifact: raw("Artifact"), execution: raw("Execution"), context: raw("Context") };

function query(kind: KindName, text: string): Sql {
  const { joins, condition, mayRepeat } = filterToSql(compileFilter(kind, text), sqliteDialect);
  const distinct = mayRepeat ? raw("DISTINCT ") : empty;
  return sql`SELECT ${distinct}n.id FROM ${tables[kind]} n ${joins} WHERE ${condition} ORDER BY n.id`;
}

const contextJoin = (i: number, link = "Attribution", own = "artifact_id") =>
  `JOIN ${link} l${i} ON l${i}.${own} = n.id JOIN Context j${i} ON j${i}.id = l${i}.context_id`;
/** Neighbours that the condition names are looked up first. */
const among = (i: number, condition: string, link = "Attribution", own = "artifact_id") =>
  `n.id IN (SELECT l${i}.${own} FROM ${link} l${i} JOIN Context j${i} ON j${i}.id = l${i}.context_id WHERE ${condition})`;
const namedContext = (i: number) =>
  `((j${i}.name = ?) AND j${i}.type_id IN (SELECT id FROM Type WHERE type_kind = 2))`;
const propertyJoin = (i: number, table = "ArtifactProperty", own = "artifact_id") =>
  `JOIN ${table} j${i} ON j${i}.${own} = n.id AND j${i}.name = ? AND j${i}.is_custom_property = ?`;

const type = { artifact: 1, execution: 0, context: 2 };
const typeJoin = (kind: KindName) => `JOIN Type j0 ON j0.id = n.type_id AND j0.type_kind = ${type[kind]}`;

const statements: readonly (readonly [KindName, string, string, string, readonly unknown[]])[] = [
  ["artifact", "uri = 's3://b' AND type_id = 3", "", "((n.uri = ?) AND (n.type_id = ?))", ["s3://b", 3n]],
  [
    "artifact",
    "type = 'DataSet' AND name LIKE 'a%'",
    typeJoin("artifact"),
    "((j0.name = ?) AND (n.name LIKE ? ESCAPE '\\'))",
    ["DataSet", "a%"],
  ],
  ["execution", "type = 'T'", typeJoin("execution"), "(j0.name = ?)", ["T"]],
  ["context", "type = 'T'", typeJoin("context"), "(j0.name = ?)", ["T"]],
  ["artifact", "state != LIVE", "", "((n.state != ?) OR (n.state IS NULL))", [2n]],
  [
    "execution",
    "last_known_state NOT IN (FAILED, CANCELED)",
    "",
    "((NOT (n.last_known_state IN (?, ?))) OR (n.last_known_state IS NULL))",
    [4n, 6n],
  ],
  [
    "artifact",
    "contexts_a.name = 'r' AND contexts_b.name = 'p'",
    "",
    `(${among(0, namedContext(0))} AND ${among(1, namedContext(1))})`,
    ["r", "p"],
  ],
  [
    "execution",
    "contexts_a.id = 5 OR id = 7",
    contextJoin(0, "Association", "execution_id"),
    "((j0.id = ?) OR (n.id = ?))",
    [5n, 7n],
  ],
  ["artifact", "properties.acc.double_value > 1", propertyJoin(0), "(j0.double_value > ?)", ["acc", 0n, 1]],
  [
    "artifact",
    "properties.p.int_value > 1 OR custom_properties.p.int_value > 1",
    `${propertyJoin(0)} ${propertyJoin(1)}`,
    "((j0.int_value > ?) OR (j1.int_value > ?))",
    ["p", 0n, "p", 1n, 1n, 1n],
  ],
  [
    "execution",
    "custom_properties.`my key`.string_value IS NULL",
    propertyJoin(0, "ExecutionProperty", "execution_id"),
    "(j0.string_value IS NULL)",
    ["my key", 1n],
  ],
  [
    "artifact",
    "events_0.type IN (INPUT, DECLARED_INPUT) AND events_0.execution_id = 9",
    "",
    "n.id IN (SELECT j0.artifact_id FROM Event j0 WHERE ((j0.type IN (?, ?)) AND (j0.execution_id = ?)))",
    [3n, 2n, 9n],
  ],
  [
    "artifact",
    "contexts_a.name = 'r' AND properties.p.string_value = 'x' AND state = LIVE",
    propertyJoin(1),
    `(${among(0, namedContext(0))} AND ((+j1.string_value = ?) AND (n.state = ?)))`,
    ["p", 0n, "r", "x", 2n],
  ],
  [
    "artifact",
    "name = 'a' AND properties.p.string_value = 'x'",
    propertyJoin(0),
    "(((n.name = ?) AND (+j0.string_value = ?)) AND n.type_id IN (SELECT id FROM Type WHERE type_kind = 1))",
    ["p", 0n, "a", "x"],
  ],
  [
    "artifact",
    "properties.p.string_value = 'x' AND properties.q.int_value > 1",
    `${propertyJoin(0)} ${propertyJoin(1)}`,
    "((j0.string_value = ?) AND (+j1.int_value > ?))",
    ["p", 0n, "q", 0n, "x", 1n],
  ],
  [
    "artifact",
    "contexts_a.name = 'r' OR properties.p.string_value = 'x'",
    `${contextJoin(0)} ${propertyJoin(1)}`,
    "((j0.name = ?) OR (j1.string_value = ?))",
    ["p", 0n, "r", "x"],
  ],
  [
    "artifact",
    "contexts_a.name = 'r' AND contexts_a.create_time_since_epoch > create_time_since_epoch",
    contextJoin(0),
    "(((j0.name = ?) AND (j0.create_time_since_epoch > n.create_time_since_epoch)) AND j0.type_id IN (SELECT id FROM Type WHERE type_kind = 2))",
    ["r"],
  ],
  [
    "context",
    "parent_contexts_p.type = 'Pipeline'",
    "JOIN ParentContext l0 ON l0.context_id = n.id JOIN Context j0 ON j0.id = l0.parent_context_id JOIN Type t0 ON t0.id = j0.type_id",
    "(t0.name = ?)",
    ["Pipeline"],
  ],
  [
    "context",
    "child_contexts_k.id = 4",
    "",
    among(0, "(j0.id = ?)", "ParentContext", "parent_context_id"),
    [4n],
  ],
  [
    "context",
    "artifacts_a.state = LIVE AND executions_b.id = 2",
    "JOIN Attribution l0 ON l0.context_id = n.id JOIN Artifact j0 ON j0.id = l0.artifact_id",
    "(n.id IN (SELECT l1.context_id FROM Association l1 JOIN Execution j1 ON j1.id = l1.execution_id WHERE (j1.id = ?)) AND (j0.state = ?))",
    [2n, 2n],
  ],
  [
    "artifact",
    "NOT(type_id = 1) AND (contexts_foo.type = 'bar' OR uri LIKE 'x%')",
    `${contextJoin(0)} JOIN Type t0 ON t0.id = j0.type_id`,
    "((NOT (n.type_id = ?)) AND ((t0.name = ?) OR (n.uri LIKE ? ESCAPE '\\')))",
    [1n, "bar", "x%"],
  ],
  ["artifact", "id / 2 = 0.5", "", "((CAST(n.id AS REAL) / NULLIF(?, 0)) = ?)", [2, 0.5]],
  ["artifact", "true AND NULL", "", "(? AND NULL)", [1n]],
  [
    "artifact",
    "CASE name WHEN 'a' THEN LENGTH(uri) END IS NOT NULL",
    "",
    "(NOT ((CASE n.name WHEN ? THEN LENGTH(n.uri) ELSE NULL END) IS NULL))",
    ["a"],
  ],
  [
    "artifact",
    "id IN (1,2,3,4,5,6,7,8,9)",
    "",
    "(n.id IN (SELECT value FROM json_each(?)))",
    ["[1,2,3,4,5,6,7,8,9]"],
  ],
];

test.each(statements)("%s: %s", (kind, text, joins, condition, values) => {
  const written = filterToSql(compileFilter(kind, text), sqliteDialect);
  expect(written.joins.text).toBe(joins);
  expect(written.condition.text).toBe(condition);
  expect([...written.joins.values, ...written.condition.values]).toEqual(values);
});

test.each([
  ["artifact", "properties.a.int_value = 1 AND name = 'x'", false],
  ["artifact", "contexts_a.id = 1 AND 2 = contexts_b.id", false],
  ["artifact", "contexts_a.id = 1 OR id = 1", true],
  ["artifact", "contexts_a.name = 'x'", false],
  ["artifact", "contexts_a.name LIKE 'x%'", true],
  ["artifact", "events_0.execution_id = 1", false],
  ["artifact", "events_0.execution_id > 1", true],
  ["artifact", "events_0.execution_id = 1 AND events_0.type = INPUT", false],
] as const)("%s: %s may repeat: %s", (kind, text, mayRepeat) => {
  expect(filterToSql(compileFilter(kind, text), sqliteDialect).mayRepeat).toBe(mayRepeat);
});

function openDatabase(): Database.Database {
  const database = new Database(":memory:");
  createSchema(database);
  database.defaultSafeIntegers();
  database.exec(`
    INSERT INTO Type (id, name, type_kind) VALUES (1, 'DataSet', 1), (2, 'Train', 0), (3, 'Run', 2), (4, 'DataSet', 2);
    INSERT INTO Artifact (id, type_id, uri, state, name) VALUES
      (1, 1, 's3://b', 2, 'one'), (2, 1, '', NULL, 'name'), (3, 1, 'a\\b', 4, NULL), (4, 1, 'it''s "x"', 2, 'ONE');
    INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, int_value, double_value, string_value, bool_value) VALUES
      (1, 'n', 0, 5, NULL, NULL, NULL), (2, 'n', 0, 6, NULL, NULL, NULL), (1, 'n', 1, 7, NULL, NULL, NULL),
      (2, 'acc', 0, NULL, 0.1, NULL, NULL), (3, 'ok', 0, NULL, NULL, NULL, 1), (4, 'ok', 0, NULL, NULL, NULL, 0),
      (3, 'Name', 0, NULL, NULL, 'name', NULL), (4, 'x" OR "1"="1', 0, 1, NULL, NULL, NULL),
      (4, 'big', 0, 9223372036854775807, NULL, NULL, NULL);
    INSERT INTO Execution (id, type_id, last_known_state) VALUES (1, 2, 3), (2, 2, NULL);
    INSERT INTO Context (id, type_id, name, external_id) VALUES (1, 3, 'r1', 'x'), (2, 3, 'r2', NULL), (3, 4, 'other', NULL);
    INSERT INTO Attribution (context_id, artifact_id) VALUES (1, 1), (2, 1), (2, 2), (3, 2), (1, 3), (2, 3), (3, 3);
    INSERT INTO Association (context_id, execution_id) VALUES (1, 1);
    INSERT INTO ParentContext (context_id, parent_context_id) VALUES (2, 1), (3, 1);
    INSERT INTO Event (artifact_id, execution_id, type, milliseconds_since_epoch) VALUES (1, 1, 3, 10), (2, 1, 4, 20);
  `);
  return database;
}

const database = openDatabase();

function ids(kind: KindName, text: string): bigint[] {
  const { text: statement, values } = query(kind, text);
  return database.prepare(statement).pluck().all(values) as bigint[];
}

test.each([
  ["artifact", "type = 'DataSet'", [1, 2, 3, 4]],
  ["context", "type = 'DataSet'", [3]],
  ["artifact", "name = 'name'", [2]],
  ["artifact", "name LIKE 'one'", [1, 4]],
  ["artifact", String.raw`uri = 'a\\b'`, [3]],
  ["artifact", String.raw`uri LIKE r'a\\b'`, [3]],
  ["artifact", String.raw`uri LIKE r'\_%'`, []],
  ["artifact", `uri = 'it\\'s "x"'`, [4]],
  ["artifact", "state = LIVE", [1, 4]],
  ["artifact", "state != LIVE", [2, 3]],
  ["artifact", "NOT state = LIVE", [3]],
  ["artifact", "state NOT IN (LIVE, DELETED)", [2]],
  ["artifact", "properties.n.int_value = 5 OR custom_properties.n.int_value = 7", [1]],
  ["artifact", "properties.n.string_value IS NULL", [1, 2]],
  ["artifact", "properties.acc.double_value = 0.1", [2]],
  ["artifact", "properties.acc.double_value < 1", [2]],
  ["artifact", "properties.ok.bool_value", [3]],
  ["artifact", "properties.ok.bool_value = false", [4]],
  ["artifact", "properties.ok.bool_value IN (true, false, true)", [3, 4]],
  ["artifact", "properties.ok.bool_value IS NOT TRUE", [4]],
  ["artifact", "properties.Name.string_value = 'name'", [3]],
  ["artifact", "properties.name.string_value = 'name'", []],
  ["artifact", 'properties.`x" OR "1"="1`.int_value > 0', [4]],
  ["artifact", "properties.big.int_value = 9223372036854775807", [4]],
  ["artifact", "contexts_a.id = 1 AND contexts_b.id = 2", [1, 3]],
  ["artifact", "contexts_a.name LIKE '%'", [1, 2, 3]],
  ["artifact", "contexts_a.type = 'DataSet'", [2, 3]],
  ["artifact", "contexts_a.external_id = 'x'", [1, 3]],
  ["artifact", "contexts_a.id = 5 OR true", [1, 2, 3]],
  ["artifact", "events_a.type = INPUT OR events_a.milliseconds_since_epoch = 20", [1, 2]],
  [
    "artifact",
    "contexts_a.id = 1 OR contexts_b.id = 1 OR contexts_c.id = 1 OR contexts_d.id = 1 OR events_a.type = OUTPUT",
    [1, 2],
  ],
  [
    "context",
    "artifacts_a.id = 1 OR artifacts_b.id = 2 OR executions_a.id = 9 OR parent_contexts_a.id = 9 OR true",
    [],
  ],
  ["execution", "events_a.artifact_id = 2 AND events_a.type = OUTPUT", [1]],
  ["execution", "last_known_state != COMPLETE", [2]],
  ["context", "parent_contexts_p.name = 'r1'", [2, 3]],
  ["context", "child_contexts_p.type = 'DataSet'", [1]],
  ["context", "artifacts_a.state != LIVE AND executions_e.last_known_state = COMPLETE", [1]],
  ["artifact", "id / 0 = 1 OR (id / 0) IS NULL", [1, 2, 3, 4]],
  ["artifact", "id / 2 = 0.5 OR id * 2 - 1 = 7", [1, 4]],
  ["artifact", "-id = -3", [3]],
  ["artifact", "id IN (1.5, 2)", [2]],
  ["artifact", "id BETWEEN 1.5 AND 3", [2, 3]],
  ["artifact", "id IN (NULL, 1)", [1]],
  ["artifact", "id NOT IN (NULL, 1)", []],
  ["artifact", "COALESCE(name, 'none') IN ('none', 'one')", [1, 3]],
  ["artifact", "CASE WHEN id = 1 THEN 'a' WHEN name IS NULL THEN 'b' END = 'b'", [3]],
  ["artifact", "NULLIF(LOWER(name), 'one') IS NOT NULL", [2]],
  ["artifact", "SUBSTR(name, 2, 2) = 'am' AND LENGTH(name) = 4 AND ABS(-id) = 2 AND TRIM(' x ') = 'x'", [2]],
  ["artifact", "id = 3 OR id = 3 OR name = 'one' OR id = 9 OR 2 = id", [1, 2, 3]],
  ["artifact", "NOT (id = 3 OR id = 2) AND (state = LIVE OR state = PENDING OR TRUE)", [1, 4]],
  ["artifact", "name IN ('one','b','c','d','e','f','g','h','i','j')", [1]],
] as const)("%s: %s selects %j", (kind, text, expected) => {
  expect(ids(kind, text)).toEqual(expected.map(BigInt));
});

test("what the limits admit, the database takes", () => {
  const list = Array.from({ length: limits.listed - 1 }, (_, i) => i * 1_000_000_007);
  expect(ids("artifact", `id IN (${list.join()},3)`)).toEqual([3n]);
  expect(ids("artifact", `id = 1${" OR id = 2".repeat(limits.terms / 4)}`)).toEqual([1n, 2n]);
  expect(ids("artifact", `id > 3${" OR id > 4".repeat(limits.alternatives - 1)}`)).toEqual([4n]);
  const deep = limits.depth - 3;
  expect(ids("artifact", `${"NOT ".repeat(deep - (deep % 2))}id = 2`)).toEqual([2n]);
  expect(ids("artifact", `id = 1${" + 1".repeat(limits.depth - 3)}`)).toEqual([]);
  const properties = Array.from({ length: limits.tables }, (_, i) => `properties.p${i}.int_value = 1`);
  expect(ids("artifact", properties.join(" OR "))).toEqual([]);
  const contexts = Array.from({ length: 18 }, (_, i) => `contexts_${i}.type = 'Run'`);
  expect(ids("artifact", contexts.join(" AND "))).toEqual([1n, 2n, 3n]);
  expect(ids("artifact", contexts.join(" OR "))).toEqual([1n, 2n, 3n]);
  expect(ids("artifact", contexts.map((term) => `NOT (NOT ${term})`).join(" AND "))).toEqual([1n, 2n, 3n]);
  const pinned = Array.from({ length: 18 }, (_, i) => `contexts_${i}.id = ${(i % 2) + 1}`);
  expect(ids("artifact", pinned.join(" AND "))).toEqual([1n, 3n]);
});

test("a long chain of OR beside deep nesting stays below the height that SQLite takes", () => {
  const wide = " OR id > 7".repeat(30);
  let text = "id = 1";
  for (let i = 0; i < 15; i++) text = `(${text}${wide})`;
  expect(ids("artifact", text)).toEqual([1n]);
});

test.each([
  ["artifact", "properties.x.int_value = 5", "idx_artifact_property_int"],
  ["artifact", "properties.x.double_value > 5", "idx_artifact_property_double"],
  [
    "execution",
    "custom_properties.x.string_value = 'a' AND last_known_state = COMPLETE",
    "idx_execution_property_string",
  ],
  ["context", "properties.x.string_value IN ('a', 'b')", "idx_context_property_string"],
  ["artifact", "properties.x.int_value IN (1,2,3,4,5,6,7,8,9)", "idx_artifact_property_int"],
  ["artifact", "uri = 'x'", "idx_artifact_uri"],
  ["artifact", "type = 'x' AND name = 'y'", "idx_type_name"],
  ["artifact", "contexts_a.id = 5", "sqlite_autoindex_Attribution_1"],
  ["artifact", "contexts_a.name = 'r' AND contexts_a.type = 't'", "idx_type_name"],
  ["execution", "contexts_a.id = 5 AND contexts_b.id = 6", "sqlite_autoindex_Association_1"],
  ["execution", "events_a.artifact_id = 5", "sqlite_autoindex_Event_1"],
  ["artifact", "events_a.execution_id = 5", "idx_event_execution_id"],
  ["context", "parent_contexts_a.id = 5", "idx_parentcontext_parent_context_id"],
] as const)("%s: %s is found by %s", (kind, text, index) => {
  const { text: statement, values } = query(kind, text);
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(values) as { detail: string }[];
  const details = steps.map(({ detail }) => detail);
  expect(details.join("\n")).toContain(index);
  expect(details.filter((detail) => /^SCAN (n|l\d|j\d|t\d)\b/.test(detail))).toEqual([]);
});

interface Context {
  readonly id: number;
  readonly name: string;
  readonly external_id: string | null;
}
type Condition = (chosen: readonly Context[]) => boolean | null;

const contexts: readonly Context[] = [
  { id: 1, name: "r1", external_id: "x" },
  { id: 2, name: "r2", external_id: null },
  { id: 3, name: "other", external_id: null },
];
const contextsOf: readonly (readonly number[])[] = [[], [1, 2], [2, 3], [1, 2, 3], []];
const aliases = 5;

function not(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}

/** Conditions on five neighbours, as text and as a function of the rows chosen for them. */
const conditions = fc.letrec<{ any: { text: string; holds: Condition } }>((tie) => {
  const alias = fc.nat({ max: aliases - 1 });
  return {
    any: fc.oneof(
      { depthSize: "medium" },
      fc.record({ alias, id: fc.integer({ min: 1, max: 3 }) }).map(({ alias: a, id }) => ({
        text: `contexts_${a}.id = ${id}`,
        holds: (chosen: readonly Context[]) => chosen[a]?.id === id,
      })),
      alias.map((a) => ({
        text: `contexts_${a}.external_id = 'x'`,
        holds: (chosen: readonly Context[]) =>
          chosen[a]?.external_id ? chosen[a].external_id === "x" : null,
      })),
      fc.tuple(alias, alias).map(([a, b]) => ({
        text: `contexts_${a}.name < contexts_${b}.name`,
        holds: (chosen: readonly Context[]) => (chosen[a]?.name ?? "") < (chosen[b]?.name ?? ""),
      })),
      tie("any").map(({ text, holds }) => ({
        text: `NOT (${text})`,
        holds: (chosen: readonly Context[]) => not(holds(chosen)),
      })),
      fc.tuple(tie("any"), tie("any"), fc.boolean()).map(([a, b, isAnd]) => ({
        text: `(${a.text} ${isAnd ? "AND" : "OR"} ${b.text})`,
        holds: (chosen: readonly Context[]) => {
          const [left, right] = [a.holds(chosen), b.holds(chosen)];
          if (left === !isAnd || right === !isAnd) return !isAnd;
          return left === null || right === null ? null : isAnd;
        },
      })),
    ),
  };
}).any;

function* choices(of: readonly Context[], count: number): Generator<Context[]> {
  if (count === 0) yield [];
  else for (const rest of choices(of, count - 1)) for (const each of of) yield [each, ...rest];
}

test("joins and subqueries select what the rows say", () => {
  const everyAlias = Array.from({ length: aliases }, (_, i) => `contexts_${i}.id > 0`).join(" AND ");
  fc.assert(
    fc.property(conditions, fc.boolean(), ({ text, holds }, isMany) => {
      const expected = [1n, 2n, 3n, 4n].filter((id) => {
        const own = contexts.filter((context) => contextsOf[Number(id)]?.includes(context.id));
        for (const chosen of choices(own, aliases)) if (holds(chosen) === true) return true;
        return false;
      });
      expect(ids("artifact", isMany ? `${text} AND ${everyAlias}` : text)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
