import { expect, test } from "vitest";
import { nodeOf } from "./graph-for-tests.ts";
import { matching } from "./search.ts";

const nodes = [
  nodeOf("a7", { type: "Model", name: "Churn", uri: "s3://m/17", state: "LIVE" }),
  nodeOf("e7", { type: "Trainer", name: "", state: "FAILED" }),
  nodeOf("a17", { type: "Data", name: "#7" }),
];
const found = (text: string) => matching(nodes, text).map(({ key }) => key);

test("a text is looked for in names, types, URIs and states, whatever its case", () => {
  expect(found("churn")).toEqual(["a7"]);
  expect(found(" TRAIN ")).toEqual(["e7"]);
  expect(found("s3://")).toEqual(["a7"]);
  expect(found("failed")).toEqual(["e7"]);
  expect(found("17")).toEqual(["a7", "a17"]);
  expect(found("")).toEqual([]);
});

test("a number with its sign is an id alone", () => {
  expect(found("#7")).toEqual(["a7", "e7"]);
});
