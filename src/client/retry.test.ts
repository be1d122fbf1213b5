import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MlmdError } from "../errors.ts";
import { retryAborted } from "./retry.ts";

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0.01);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const aborted = new MlmdError("ABORTED", "another writer");

test("tries again what was aborted", async () => {
  const call = vi.fn<() => Promise<string>>().mockRejectedValueOnce(aborted).mockResolvedValue("done");
  expect(await retryAborted(call)).toBe("done");
  expect(call).toHaveBeenCalledTimes(2);
});

test("gives up after five attempts", async () => {
  const call = vi.fn<() => Promise<string>>().mockRejectedValue(aborted);
  await expect(retryAborted(call)).rejects.toBe(aborted);
  expect(call).toHaveBeenCalledTimes(5);
});

test.each([new MlmdError("UNAVAILABLE", "no server"), new Error("bug")])(
  "does not retry %s",
  async (error) => {
    const call = vi.fn<() => Promise<string>>().mockRejectedValue(error);
    await expect(retryAborted(call)).rejects.toBe(error);
    expect(call).toHaveBeenCalledTimes(1);
  },
);
