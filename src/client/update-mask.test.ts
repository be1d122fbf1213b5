import { expect, test } from "vitest";
import { toUpdateMask } from "./update-mask.ts";

test("spells the paths as the contract does", () => {
  const paths = ["uri", "externalId", "properties", "customProperties.a.B", "properties."] as const;
  expect(toUpdateMask("artifact", paths)).toEqual({
    paths: ["uri", "external_id", "properties", "custom_properties.a.B", "properties."],
  });
  expect(toUpdateMask("execution", ["lastKnownState"])).toEqual({ paths: ["last_known_state"] });
  expect(toUpdateMask("context", undefined)).toBeUndefined();
});

test.each(["", "ur", "uri.x", "custom_properties", "id", "lastKnownState"])("refuses %j", (path) => {
  expect(() => toUpdateMask("artifact", [path as "uri"])).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("it may be name,"),
    }),
  );
});
