import { expect, test } from "vitest";
import { check } from "./tidy-rules.ts";

/** The findings for some files that an entry imports, so that they do not count as dead. */
function findings(files: Record<string, string>): string[] {
  const entry = Object.keys(files).map((name) => `import "${name.replace("src/", "./")}";`);
  return check(new Map([...Object.entries(files), ["src/index.ts", entry.join("\n")]])).filter(
    (finding) => !finding.startsWith("src/index.ts"),
  );
}

test.each([
  ["src/domain/a.ts", 'import { x } from "../storage/sql/x.ts";', "domain may not import from storage/sql"],
  ["src/filter/a.ts", 'import type { x } from "../domain/x.ts";', "filter may not import from domain"],
  [
    "src/storage/sql/a.ts",
    'await import("../sqlite/x.ts")',
    "storage/sql may not import from storage/sqlite",
  ],
  [
    "src/storage/sql/a.ts",
    'import { x } from "../../domain/nodes/put-nodes.ts";',
    "storage/sql may not import from domain",
  ],
  ["src/domain/ports.ts", 'import { x } from "./store.ts";', "domain/ports may not import from domain"],
  ["src/other/a.ts", "", "belongs to no layer"],
  ["src/client/a.ts", 'import { x } from "../rpc/x.ts";', "client may not import from rpc"],
  [
    "src/domain/a.ts",
    'import Database from "better-sqlite3";',
    "only storage/sqlite may import better-sqlite3",
  ],
  ["src/domain/a.ts", 'console.log("x")', "only the command line writes to the terminal"],
  ["src/domain/a.ts", `// ${"TO" + "DO"}: later`, "unfinished work belongs in an issue"],
  ["docs/a.md", `by an ${"assis" + "tant"}`, "not a word of this project"],
  ["docs/a.md", `see ${"/ho" + "me"}/me/file`, "a path of one machine"],
  ["docs/a.md", `from registry.${"npmjs"}.org`, "the host of a package registry"],
  ["test/a.test.ts", `test.${"only"}("x", () => {})`, "a test that shuts out all others"],
  [
    "test/a.test.ts",
    'import { x } from "../' + 'dist/index.js";',
    "tests and scripts import the source, not what was built of it",
  ],
])("%s with %s", (name, text, what) => {
  expect(findings({ [name]: text })).toEqual([`${name}:1: ${what}`]);
});

test("a file that nobody imports is found", () => {
  expect(check(new Map([["src/domain/dead.ts", ""]]))).toEqual([
    "src/domain/dead.ts:1: no other file imports this one",
  ]);
});

test("a file that is too long is found", () => {
  expect(findings({ "src/domain/a.ts": "\n".repeat(600) })).toEqual([
    "src/domain/a.ts:600: more than 600 lines",
  ]);
  expect(findings({ "src/client/store.ts": "\n".repeat(600) })).toEqual([]);
});

test("a lockfile that has better-sqlite3 compiled is found", () => {
  const lock = (fact: string) =>
    `{\n"node_modules/better-sqlite3": {\n${fact}    },\n"x": { "gypfile": false }`;
  expect(findings({ "package-lock.json": lock('"gypfile": false\n') })).toEqual([]);
  expect(findings({ "package-lock.json": lock("") })).toEqual([
    'package-lock.json:2: better-sqlite3 lacks "gypfile": false, so npm ci would compile it',
  ]);
});

test("what is allowed is not found", () => {
  const files = {
    "src/domain/a.ts": 'import { x } from "../filter/x.ts";\nimport { y } from "./y.ts";',
    "src/storage/sql/a.ts": 'import { kinds } from "../../domain/kinds.ts";',
    "src/filter/x.ts": 'import type { e } from "../errors.ts";',
    "src/cli/a.ts": 'import { Command } from "commander";\nconsole.log("x");',
    "src/rpc/a.test.ts": 'import { x } from "../storage/sqlite/open.ts";',
  };
  expect(findings(files)).toEqual([]);
});
