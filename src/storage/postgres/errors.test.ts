import { expect, test } from "vitest";
import { UniqueViolation } from "../../domain/ports.ts";
import { fromDriver } from "./errors.ts";

test.each([
  ["40P01", "ABORTED"],
  ["57014", "DEADLINE_EXCEEDED"],
  ["57P01", "UNAVAILABLE"],
  ["53100", "RESOURCE_EXHAUSTED"],
  ["53200", "RESOURCE_EXHAUSTED"],
  ["53300", "UNAVAILABLE"],
  ["25P03", "UNAVAILABLE"],
  ["25006", "PERMISSION_DENIED"],
  ["XX000", "INTERNAL"],
  ["ECONNRESET", "UNAVAILABLE"],
])("%s of the server or the system is %s", (state, code) => {
  expect(fromDriver(Object.assign(new Error("any"), { code: state }))).toMatchObject({ code });
});

test("a unique value that is taken is for the callers inside", () => {
  expect(fromDriver(Object.assign(new Error("any"), { code: "23505" }))).toBeInstanceOf(UniqueViolation);
});
