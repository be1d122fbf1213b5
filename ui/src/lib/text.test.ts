import fc from "fast-check";
import { expect, test } from "vitest";
import { count, cut, pieces, plainText } from "./text.ts";

const shown = (text: string) => pieces(text).map((piece) => piece.text);

test.each([
  ["plain ünï 🚀", ["plain ünï 🚀"]],
  ["a\u202eb", ["a", "\\u{202E}", "b"]],
  ["\u0000\u001b[31m", ["\\0", "\\u{001B}", "[31m"]],
  ["a\nb\tc", ["a", "\\n", "b", "\\t", "c"]],
  ["\u{e0041}\u200b\ufeff", ["\\u{E0041}", "\\u{200B}", "\\u{FEFF}"]],
  ["", []],
])("%j is shown as %j", (text, expected) => {
  expect(shown(text)).toEqual(expected);
});

test("line ends stay where they may", () => {
  expect(pieces("a\nb\u0007", { keepLines: true })).toEqual([
    { text: "a\nb" },
    { text: "\\u{0007}", code: "U+0007" },
  ]);
});

test("no hidden character is left, and nothing else is changed", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const found = pieces(text);
      expect(found.map((piece) => piece.text).join("")).not.toMatch(
        /[\p{Cc}\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u,
      );
      const plain = found.filter(({ code }) => code === undefined).map((piece) => piece.text);
      for (const piece of plain) expect(text).toContain(piece);
    }),
  );
});

test("a text is cut between characters", () => {
  expect(cut("abcdef", 6)).toBe("abcdef");
  expect(cut("abcdefg", 6)).toBe("abcde…");
  expect(cut("ab🚀🚀", 4)).toBe("ab…");
  expect(plainText("a\u202e".repeat(200), 4)).toBe("a\\u{202E}a…");
});

test("numbers of things", () => {
  expect([count(1, "run"), count(2, "run"), count(1000, "match", "matches")]).toEqual([
    "1 run",
    "2 runs",
    "1,000 matches",
  ]);
});
