import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ExecutionTypeSchema, PropertyType } from "../../../src/contract/messages.ts";
import { compileFilter } from "../../../src/filter/compile.ts";
import { complete, containing, literal, nameInFilter } from "./complete.ts";

const names = {
  types: [
    create(ExecutionTypeSchema, {
      id: 1n,
      name: "Trainer",
      properties: { rate: PropertyType.DOUBLE, "my key": PropertyType.STRING, packed: PropertyType.PROTO },
    }),
  ],
  seen: ["custom_properties.host.string_value"],
};

/** What is offered where the `|` stands. */
function offered(text: string): string[] {
  const caret = text.indexOf("|");
  const { candidates } = complete("execution", text.replace("|", ""), caret, names);
  return candidates.map((candidate) => candidate.text);
}

/** The text after the first of the candidates has been taken. */
function taken(text: string): string {
  const caret = text.indexOf("|");
  const plain = text.replace("|", "");
  const { from, to, candidates } = complete("execution", plain, caret, names);
  return plain.slice(0, from) + (candidates[0]?.text ?? "") + plain.slice(to);
}

test.each([
  ["na|", "name "],
  ["NAM|", "name "],
  ["rat|", "properties.rate.double_value "],
  ["properties.`my|", "properties.`my key`.string_value "],
  ["custom|", "custom_properties.host.string_value "],
  ["properties.other.str|", "properties.other.string_value "],
  ["contexts_a.na|", "contexts_a.name "],
  ["name = 'a' AND last_k|", "name = 'a' AND last_known_state "],
  ["last_known_state = COM|", "last_known_state = COMPLETE "],
  ["last_known_state IN (NEW, CACH|", "last_known_state IN (NEW, CACHED "],
  ["events_0.type = OUT|", "events_0.type = OUTPUT "],
  ["type = 'Tr|", "type = 'Trainer' "],
  ['type IN ("Tr|', 'type IN ("Trainer" '],
  ["id > 1 an|", "id > 1 AND "],
  ["(na| = 'x')", "(name = 'x')"],
])("%s is completed", (text, expected) => {
  expect(taken(text)).toBe(expected);
});

test.each([
  ["name = 'na|"], // inside a text
  ["name = 'it\\'s na|"],
  ["name|"], // complete already
  ["state|"], // not of executions
])("nothing is offered at %s", (text) => {
  expect(offered(text).filter((candidate) => candidate.startsWith("na") || candidate === "state ")).toEqual(
    [],
  );
});

test("behind an operand come operators, behind a condition connectives", () => {
  expect(offered("name |")).toContain("LIKE ");
  expect(offered("name = 'a' |")).toEqual(["AND ", "OR "]);
  expect(offered("id = 1 AND |")).toContain("name ");
  expect(offered("|")).toContain("type ");
});

test("values become literals that the language reads back, whatever is in them", () => {
  for (const text of ["plain", "it's", "back\\slash", "100% _x", 'a"b', "line\nend\r", "`", "\u202e\u0000"]) {
    expect(() => compileFilter("artifact", `name = ${literal(text)}`)).not.toThrow();
    const plan = JSON.stringify(
      compileFilter("artifact", `name = ${literal(text)}`),
      (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value),
    );
    expect(plan).toContain(JSON.stringify(text));
    expect(() => compileFilter("artifact", `name LIKE ${containing(text)}`)).not.toThrow();
  }
  expect(nameInFilter("a`b c")).toBe("`a``b c`");
  expect(nameInFilter("plain_1")).toBe("plain_1");
});
