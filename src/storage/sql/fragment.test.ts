import { expect, test } from "vitest";
import { empty, join, raw, sql } from "./fragment.ts";

test("values are bound, fragments are spliced in with their values", () => {
  const condition = sql`name = ${"x'; DROP TABLE Artifact; --"}`;
  const query = sql`SELECT id FROM ${raw("Artifact")} WHERE id > ${5n} AND ${condition} LIMIT ${1n}`;
  expect(query.text).toBe("SELECT id FROM Artifact WHERE id > ? AND name = ? LIMIT ?");
  expect(query.values).toEqual([5n, "x'; DROP TABLE Artifact; --", 1n]);
});

test("lists are joined in order; an empty part leaves nothing", () => {
  const terms = [sql`a = ${1n}`, sql`b = ${null}`, sql`c = ${2.5}`];
  expect(join(terms, " OR ")).toMatchObject({ text: "a = ? OR b = ? OR c = ?", values: [1n, null, 2.5] });
  expect(join([], ", ")).toMatchObject({ text: "", values: [] });
  expect(sql`x${empty}y`.text).toBe("xy");
});

test("text from outside cannot become SQL", () => {
  const outside: string = JSON.parse('"id"');
  // @ts-expect-error only literals of the program are taken
  raw(outside);
  // What only looks like a fragment is a value, which no driver binds.
  const forged = { text: "1 = 1", values: [] } as unknown as string;
  expect(sql`WHERE ${forged}`.text).toBe("WHERE ?");
});
