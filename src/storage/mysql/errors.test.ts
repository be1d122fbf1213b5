import { expect, test } from "vitest";
import { UniqueViolation } from "../../domain/ports.ts";
import { fromDriver } from "./errors.ts";

test.each([
  [1213, "ABORTED"],
  [1969, "DEADLINE_EXCEEDED"],
  [3024, "DEADLINE_EXCEEDED"],
  [1021, "RESOURCE_EXHAUSTED"],
  [1114, "RESOURCE_EXHAUSTED"],
  [1461, "RESOURCE_EXHAUSTED"],
  [1040, "UNAVAILABLE"],
  [1290, "PERMISSION_DENIED"],
  [1064, "INTERNAL"],
  [-104, "UNAVAILABLE"],
])("%d of the server or the system is %s", (number, code) => {
  expect(fromDriver(Object.assign(new Error("any"), { errno: number }))).toMatchObject({ code });
});

test.each([1062, 1048])("%d, a unique value that is taken, is for the callers inside", (number) => {
  expect(fromDriver(Object.assign(new Error("any"), { errno: number }))).toBeInstanceOf(UniqueViolation);
});
