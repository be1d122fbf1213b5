import { expect, test } from "vitest";
import { readState, toParams, type ViewState } from "./state.ts";

const address = (text: string) => new URLSearchParams(text);

test("an address without parameters is the usual view, which has none", () => {
  const usual = readState(address(""));
  expect(usual).toMatchObject({ direction: "both", hops: 6, grouping: undefined, find: "", isTable: false });
  expect(Object.values(toParams(usual)).filter(Boolean)).toEqual([]);
});

test("every part of a view is read back from its address", () => {
  const view: ViewState = {
    direction: "before",
    hops: 20,
    grouping: { by: "context", typeId: 7n },
    opened: new Set(["c12", "c13"]),
    more: [
      { key: "a7", side: "after" },
      { key: "e3", side: "before" },
    ],
    find: "run & <b>",
    at: "a7",
    isTable: true,
    isAll: true,
  };
  const params = Object.entries(toParams(view)).map(([name, value]) => [name, value ?? ""]);
  expect(readState(address(new URLSearchParams(params).toString()))).toEqual(view);
});

test("nonsense in an address is ignored", () => {
  const state = readState(address("direction=up&hops=-1&group=context.x&more=a7+b.before+e1.side&as=poem"));
  expect(state).toMatchObject({ direction: "both", hops: 6, grouping: undefined, more: [], isTable: false });
  expect(readState(address("hops=5000")).hops).toBe(100);
});
