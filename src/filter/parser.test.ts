import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { MlmdError } from "../errors.ts";
import type { Node, NodeShape } from "./ast.ts";
import { compileFilter } from "./compile.ts";
import { Lexer } from "./lexer.ts";
import { parse } from "./parser.ts";

/** How many inputs the two searches below try; the default keeps the check quick. */
const runs = Number(process.env.MLMD_FUZZ_RUNS ?? 500);
const timeout = 60_000 + runs * 10;

afterEach(() => vi.restoreAllMocks());

/** The text of a tree, with parentheses only where the tree has them: `filters` makes none without its own. */
function print(node: NodeShape): string {
  const not = "negated" in node && node.negated ? "NOT " : "";
  switch (node.kind) {
    case "literal":
      return printValue(node.value);
    case "name":
      return node.path.map(({ text }) => printName(text)).join(".");
    case "property":
      return `${node.isCustom ? "custom_properties" : "properties"}.\`${node.name.replaceAll("`", "``")}\`.${node.field.text}`;
    case "group":
      return `(${print(node.operand)})`;
    case "and":
    case "or":
      return node.terms.map(print).join(` ${node.kind} `);
    case "not":
      return `NOT ${print(node.operand)}`;
    case "sign":
      return `${node.operator} ${print(node.operand)}`;
    case "arithmetic":
    case "compare":
      return `${print(node.left)} ${node.operator} ${print(node.right)}`;
    case "like":
      return `${print(node.operand)} ${not}LIKE ${print(node.pattern)}`;
    case "in":
      return `${print(node.operand)} ${not}IN (${node.list.map(print).join(",")})`;
    case "between":
      return `${print(node.operand)} ${not}BETWEEN ${print(node.low)} AND ${print(node.high)}`;
    case "is":
      return `${print(node.operand)} IS ${not}${node.what}`;
    case "call":
      return `${node.name}(${node.args.map(print).join(", ")})`;
    case "case": {
      const branches = node.branches.map(({ when, result }) => `WHEN ${print(when)} THEN ${print(result)}`);
      const otherwise = node.otherwise ? ` ELSE ${print(node.otherwise)}` : "";
      return `CASE ${node.operand ? `${print(node.operand)} ` : ""}${branches.join(" ")}${otherwise} END`;
    }
  }
}

function printValue(value: (NodeShape & { kind: "literal" })["value"]): string {
  if (typeof value === "number") return `${Object.is(value, -0) ? "-" : ""}${value.toExponential()}`;
  if (typeof value !== "string") return String(value);
  const escaped = value.replace(/[^ -~]|['\\]/gu, (character) => {
    return `\\U${character.codePointAt(0)?.toString(16).padStart(8, "0")}`;
  });
  return `'${escaped}'`;
}

function printName(text: string): string {
  return /^[A-Za-z_]\w*$/.test(text) &&
    !/^(and|or|not|in|is|null|case|end|like|true|false|then|when|else)$/i.test(text)
    ? text
    : `\`${text.replaceAll("`", "``")}\``;
}

/** Any tree that has a text: an operand that is itself an operator's result comes in a group. */
const filters = fc.letrec<{ any: NodeShape; atom: NodeShape; operand: NodeShape }>((tie) => {
  const name = fc.oneof(
    fc.constantFrom("id", "name", "state", "LIVE", "contexts_a", "type", "events_0", "uri", "nothing"),
    fc.string({ minLength: 1, unit: "grapheme" }),
  );
  const named = name.map((text) => ({ text, at: 0 }));
  const field = fc.constantFrom("int_value", "double_value", "string_value", "bool_value", "id");
  const operand = tie("operand") as fc.Arbitrary<Node>;
  const any = tie("any") as fc.Arbitrary<Node>;
  const negated = fc.boolean();
  const kind = <K extends NodeShape["kind"]>(value: K) => fc.constant(value);
  const operands = fc.array(any, { minLength: 1, maxLength: 4 });
  return {
    atom: fc.oneof(
      fc.record({
        kind: kind("literal"),
        value: fc.oneof(
          fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.string({ unit: "grapheme" }),
          fc.boolean(),
          fc.constant(null),
        ),
      }),
      fc.record({ kind: kind("name"), path: fc.array(named, { minLength: 1, maxLength: 3 }) }),
      fc.record({
        kind: kind("property"),
        isCustom: fc.boolean(),
        name: fc.string({ minLength: 1, unit: "grapheme" }),
        field: field.map((text) => ({ text, at: 0 })),
      }),
    ),
    operand: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("atom"),
      fc.record({ kind: kind("group"), operand: any }),
      fc.record({ kind: kind("call"), name: fc.constantFrom("COALESCE", "ABS", "f"), args: operands }),
      fc.record(
        {
          kind: kind("case"),
          operand,
          branches: fc.array(fc.record({ when: any, result: any }), { minLength: 1, maxLength: 3 }),
          otherwise: any,
        },
        { requiredKeys: ["kind", "branches"] },
      ),
    ),
    any: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      operand,
      fc.record({
        kind: fc.constantFrom("and" as const, "or"),
        terms: fc.array(operand, { minLength: 2, maxLength: 4 }),
      }),
      fc.record({ kind: kind("not"), operand }),
      fc.record({
        kind: kind("sign"),
        operator: fc.constantFrom("-" as const, "+"),
        operand: operand.filter((node) => node.kind !== "literal"),
      }),
      fc.record({
        kind: kind("arithmetic"),
        operator: fc.constantFrom("+" as const, "-", "*", "/"),
        left: operand,
        right: operand,
      }),
      fc.record({
        kind: kind("compare"),
        operator: fc.constantFrom("=" as const, "!=", "<>", "<", "<=", ">", ">="),
        left: operand,
        right: operand,
      }),
      fc.record({ kind: kind("like"), operand, pattern: operand, negated }),
      fc.record({ kind: kind("in"), operand, list: operands, negated }),
      fc.record({ kind: kind("between"), operand, low: operand, high: operand, negated }),
      fc.record({
        kind: kind("is"),
        operand,
        what: fc.constantFrom("NULL" as const, "TRUE", "FALSE", "UNKNOWN"),
        negated,
      }),
    ),
  };
}).any;

/** The tree without what only its text gives it. */
function bare(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(bare);
  if (typeof node !== "object" || node === null) return node;
  const parts = Object.entries(node).filter(([key]) => key !== "at" && key !== "depth");
  return Object.fromEntries(parts.map(([key, part]) => [key, bare(part)]));
}

test("a tree's text gives the tree again", { timeout }, () => {
  fc.assert(
    fc.property(filters, (filter) => {
      expect(bare(parse(print(filter)))).toEqual(bare(filter));
    }),
    { numRuns: Math.min(runs, 20_000) },
  );
});

const kinds = fc.constantFrom("artifact" as const, "execution", "context");

function compiles(kind: "artifact" | "execution" | "context", text: string): void {
  try {
    compileFilter(kind, text);
  } catch (error) {
    if (!(error instanceof MlmdError) || error.code !== "INVALID_ARGUMENT") throw error;
    if (error.message.length >= 1000 || !error.message.includes("\n")) throw new Error(error.message);
  }
}

test("any text is a filter or INVALID_ARGUMENT", { timeout }, () => {
  const pieces = fc.constantFrom(
    ...[
      "id",
      "name",
      "state",
      "LIVE",
      "contexts_a",
      "events_0",
      ".",
      ".",
      "properties.",
      "`",
      "'",
      '"',
      "'''",
      "\\",
    ],
    ...[
      "(",
      ")",
      ",",
      "=",
      "!=",
      "<>",
      "<",
      "-",
      "+",
      "*",
      "/",
      "/*",
      "*/",
      "--",
      "#",
      "\n",
      " ",
      " ",
      "0x",
      "1",
      "1e",
    ],
    ...[
      "AND",
      "OR",
      "NOT",
      "IN",
      "LIKE",
      "BETWEEN",
      "IS",
      "NULL",
      "CASE",
      "WHEN",
      "THEN",
      "END",
      "COALESCE(",
      "r'",
    ],
  );
  const soup = fc
    .array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 3 })))
    .map((parts) => parts.join(""));
  fc.assert(fc.property(kinds, soup, compiles), { numRuns: runs });
});

test("a filter with changes is a filter or INVALID_ARGUMENT", { timeout }, () => {
  const changes = fc.array(
    fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.string({ unit: "binary", maxLength: 2 })),
    {
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(kinds, filters, changes, (kind, filter, edits) => {
      let text = print(filter);
      for (const [place, removed, added] of edits) {
        const at = place % (text.length + 1);
        text = text.slice(0, at) + added + text.slice(at + removed);
      }
      compiles(kind, text);
    }),
    { numRuns: runs },
  );
});

test.each([
  ["a list", (n: number) => `id IN (1${",1".repeat(n)})`],
  ["a chain", (n: number) => `true${" OR true".repeat(n)}`],
  ["strings", (n: number) => `name IN (''${",'x'".repeat(n)})`],
  ["blanks and comments", (n: number) => `true${" /**/ -- \n".repeat(n)}`],
])("each token is read once: %s", (_, make) => {
  const next = vi.spyOn(Lexer.prototype, "next");
  const count = (text: string) => {
    next.mockClear();
    parse(text);
    return next.mock.calls.length;
  };
  const base = count(make(0));
  const perPiece = count(make(1)) - base;
  expect(count(make(5000))).toBe(base + 5000 * perPiece);
});

test("the lexer moves on with each token and ends where the text ends", { timeout }, () => {
  fc.assert(
    fc.property(filters.map(print), (text) => {
      const lexer = new Lexer(text);
      let before = 0;
      for (;;) {
        const token = lexer.next();
        expect(token.at).toBeGreaterThanOrEqual(before);
        if (token.kind === "end") break;
        expect(lexer.position).toBeGreaterThan(token.at);
        before = lexer.position;
      }
      expect(lexer.position).toBe(text.length);
    }),
    { numRuns: 500 },
  );
});

test("megabytes of one thing", { timeout }, () => {
  for (const piece of [
    "x",
    " ",
    "9",
    "'",
    "`",
    "\\",
    "#\n",
    "/**/",
    "''",
    "'x',",
    "properties.",
    "é",
    "``",
    "1 ",
  ]) {
    compiles("artifact", piece.repeat(1_000_000));
    compiles("artifact", `name = '${piece.repeat(1_000_000)}`);
  }
});
