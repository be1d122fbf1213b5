import { describe, expect, test } from "vitest";
import { pad, shorten, visible, visibleJson, widthOf, wrapped } from "./text.ts";

describe("visible", () => {
  test.each([
    ["plain text, ä, 漢字, שלום", "plain text, ä, 漢字, שלום"],
    ["two\nlines\tand\rmore", "two\\nlines\\tand\\rmore"],
    ["\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"],
    ["\x9b2J and \x07", "\\x9b2J and \\x07"],
    ["abc\u202edcba\u2066", "abc\\u{202e}dcba\\u{2066}"],
    ["\u2028\u2029\ufeff\u200b", "\\u{2028}\\u{2029}\\u{feff}\\u{200b}"],
    ["half \ud800", "half \\u{d800}"],
    ["tag \u{e0041}", "tag \\u{e0041}"],
    ["👩\u200d🔬", "👩\u200d🔬"],
  ])("%j", (text, expected) => {
    expect(visible(text)).toBe(expected);
  });
});

test("JSON stays the same value", () => {
  const value = { "\x7f\x9b": "\u202e\u{e0041}\n\ud800", plain: 1 };
  const text = visibleJson(JSON.stringify(value, undefined, 2));
  expect(JSON.parse(text)).toEqual(value);
  expect(text).not.toMatch(/[\x7f-\x9f\u202e]|\u{e0041}/u);
});

describe("shorten", () => {
  test.each([
    ["short", 5, "end", "short"],
    ["shorter", 5, "end", "shor…"],
    ["s3://data/model", 8, "start", "…a/model"],
    ["漢字漢字", 5, "end", "漢字…"],
    ["漢字漢字", 4, "end", "漢…"],
    ["漢字漢字", 4, "start", "…字"],
    ["e\u0301".repeat(4), 3, "end", "e\u0301e\u0301…"],
    ["👩\u200d🔬👩\u200d🔬", 3, "end", "👩\u200d🔬…"],
    ["x", 0, "end", ""],
  ] as const)("%j to %d columns at the %s", (text, width, cut, expected) => {
    const short = shorten(text, width, cut);
    expect(short).toBe(expected);
    expect(widthOf(short)).toBeLessThanOrEqual(width);
  });

  test("a text of combining marks without end", () => {
    const zalgo = `a${"\u0301".repeat(1_000_000)}`;
    expect(shorten(zalgo, 10).length).toBeLessThan(1000);
    expect(shorten(zalgo, 10, "start").length).toBeLessThan(1000);
  });
});

test("pad counts columns, not characters", () => {
  expect(pad("漢", 4)).toBe("漢  ");
  expect(pad("e\u0301", 3, "right")).toBe("  e\u0301");
});

test("wrapped fills lines and loses nothing", () => {
  expect(wrapped("漢字ab", 3)).toEqual(["漢", "字a", "b"]);
  expect(wrapped("", 3)).toEqual([""]);
});
