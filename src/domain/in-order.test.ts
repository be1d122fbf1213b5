import { expect, test } from "vitest";
import { inOrder } from "./in-order.ts";

test("what was collected before a failure is flushed first, and its failure wins", async () => {
  const flushed: number[][] = [];
  const handle = (item: number) => {
    if (item === 3) throw new Error("bad item");
    return item * 10;
  };
  const flush = async (results: number[]) => void flushed.push(results);
  await expect(inOrder([1, 2, 3, 4], handle, flush)).rejects.toThrow("bad item");
  expect(flushed).toEqual([[10, 20]]);
  const failing = () => Promise.reject(new Error("taken"));
  await expect(inOrder([1, 2, 3], handle, failing)).rejects.toThrow("taken");
});

test("results keep the order of the items", async () => {
  const handle = (item: number) => (item % 2 === 0 ? item : Promise.resolve(item));
  expect(await inOrder([3, 2, 1], handle, async () => {})).toEqual([3, 2, 1]);
});
