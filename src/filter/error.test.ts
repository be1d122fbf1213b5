import { expect, test } from "vitest";
import { MlmdError } from "../errors.ts";
import { compileFilter } from "./compile.ts";
import { limits } from "./limits.ts";
import type { KindName } from "./vocabulary.ts";

function messageOf(text: string, kind: KindName = "artifact"): string {
  try {
    compileFilter(kind, text);
  } catch (error) {
    if (error instanceof MlmdError && error.code === "INVALID_ARGUMENT") return error.message;
    throw error;
  }
  throw new Error("accepted");
}

test("the message says what was expected and shows where", () => {
  expect(messageOf("name = 'a' AND id =\n\t)")).toBe(
    [
      "invalid filter at character 22: expected a value: a name, a number, a string, TRUE, FALSE, NULL, CASE or `(`; found `)`",
      "  name = 'a' AND id =  )",
      `${" ".repeat(23)}^`,
    ].join("\n"),
  );
});

test("a long filter is shown in part", () => {
  const text = `${"id = 1 OR ".repeat(1000)}idd = 2${" OR id = 3".repeat(1000)}`;
  const [first, shown, caret] = messageOf(text).split("\n");
  expect(first).toMatch(/^invalid filter at character 10001: a filter on artifacts knows no `idd`/);
  expect(shown?.slice(caret?.indexOf("^")).startsWith("idd = 2")).toBe(true);
  expect(shown?.length).toBeLessThan(100);
});

test.each([
  ["contxts_run.id = 1", "Did you mean `contexts_run`?"],
  ["contexts_run.nmae = 'x'", "Did you mean `name`?"],
  ["stat = LIVE", "Did you mean `state`?"],
  ["state = LVE", "Did you mean `LIVE`?"],
  ["properties.p.int_val = 1", "Did you mean `int_value`?"],
  ["LOWR(name) = 'a'", "Did you mean `LOWER`?"],
  ["a == 1", "write `=`"],
  ["id = 1 && id = 2", "write AND"],
])("%s: %s", (text, advice) => {
  expect(messageOf(text)).toContain(advice);
});

test("no advice where nothing is near", () => {
  expect(messageOf("zzz = 1")).not.toContain("Did you mean");
});

test.each([
  ["a long name", `${"x".repeat(100_000)} = 1`],
  ["a long string", `id = '${"x".repeat(100_000)}'`],
  ["a long property", `properties.\`${"x".repeat(100_000)}\`.int = 1`],
  ["a long field", `contexts_a.${"x".repeat(100_000)} = 1`],
  ["a long number", `id = ${"9".repeat(100_000)}`],
  ["a long text", "x".repeat(limits.length + 1)],
])("the message is bounded: %s", (_, text) => {
  expect(messageOf(text).length).toBeLessThan(1000);
});

const deep = limits.depth + 1;
test.each([
  ["parentheses", `${"(".repeat(deep)}true${")".repeat(deep)}`, "nested"],
  ["very many parentheses", "(".repeat(100_000), "nested"],
  ["NOT", `${"NOT ".repeat(100_000)}true`, "nested"],
  ["signs", `id = ${"- ".repeat(100_000)}id`, "nested"],
  ["sums", `id = 1${" + 1".repeat(deep)}`, "nested"],
  ["calls", `${"COALESCE(1,".repeat(deep)}1${")".repeat(deep)} = 1`, "nested"],
  ["cases", "CASE WHEN ".repeat(100_000), "nested"],
  ["lists", "1 IN (".repeat(100_000), "nested"],
  ["terms", `id = 1${" OR id = 1".repeat(limits.terms)}`, "terms"],
  ["alternatives", `id > 1${" OR id > 1".repeat(limits.alternatives)}`, "beside OR"],
  ["values", `id IN (1${",1".repeat(limits.listed)})`, "values in all"],
  ["doubles", `id IN (1.5${",1".repeat(limits.listedDoubles)})`, "doubles in all"],
  ["arguments", `COALESCE(1${",1".repeat(limits.arguments)}) = 1`, "at most 100 values"],
  ["neighbours", manyAliases("contexts", 19, "id"), "too many different"],
  ["properties", manyProperties(limits.tables + 1), "too many different"],
  ["a pattern", `name LIKE '${"%".repeat(limits.pattern + 1)}'`, "LIKE pattern"],
])("limit: %s", (_, text, message) => {
  expect(messageOf(text)).toContain(message);
});

function manyAliases(neighbour: string, count: number, field: string): string {
  return Array.from(
    { length: count },
    (_, i) => `(${neighbour}_${i}.${field} = 1 OR ${neighbour}_${i}.type = 'x')`,
  ).join(" AND ");
}

function manyProperties(count: number): string {
  return Array.from({ length: count }, (_, i) => `properties.p${i}.int_value = 1`).join(" AND ");
}

test.each([
  ["parentheses", `${"(".repeat(limits.depth - 2)}true${")".repeat(limits.depth - 2)}`],
  ["a chain of OR", `id = 1${" OR id = 1".repeat(3000)}`],
  ["alternatives", `id > 1${" OR id > 1".repeat(limits.alternatives - 1)}`],
  ["a list of ids", `id IN (${Array.from({ length: 100_000 }, (_, i) => 10_000_000 + i).join(", ")})`],
  ["neighbours", manyAliases("contexts", 18, "id")],
  ["events", Array.from({ length: limits.tables }, (_, i) => `events_${i}.type = INPUT`).join(" OR ")],
  ["properties", manyProperties(limits.tables)],
])("below the limit: %s", (_, text) => {
  expect(compileFilter("artifact", text).kind).toBe("artifact");
});
