import { expect, test } from "vitest";
import { growthExponent, quantile, spread } from "./statistics.ts";

test("a quantile lies between the nearest values", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3], 1)).toBe(3);
  expect(quantile([5], 0.99)).toBe(5);
});

test("a spread does not depend on the order", () => {
  expect(spread([9, 1, 4])).toEqual({ median: 4, low: 1, high: 9 });
});

test("the exponent of growth is 1 for what is linear and 0 for what does not grow", () => {
  const points = (cost: (size: number) => number) =>
    [1e4, 1e5, 1e6].map((size) => ({ size, cost: cost(size) }));
  expect(growthExponent(points((size) => 3 * size))).toBeCloseTo(1);
  expect(growthExponent(points(() => 7))).toBeCloseTo(0);
  expect(growthExponent(points((size) => Math.sqrt(size)))).toBeCloseTo(0.5);
});
