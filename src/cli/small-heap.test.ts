import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const module = new URL("./small-heap.ts", import.meta.url).href;

/** Keeps much for a while, with pauses, as calls do; prints the most megabytes that the room for new objects had. */
const script = `
  import { setImmediate } from "node:timers/promises";
  import { getHeapSpaceStatistics } from "node:v8";
  const { keepHeapSmall } = await import(${JSON.stringify(module)});
  keepHeapSmall();
  const kept = [];
  let most = 0;
  for (let round = 0; round < 500; round++) {
    kept[round % 100] = Array.from({ length: 2000 }, (_, index) => ({ index }));
    await setImmediate();
    const { space_size } = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
    most = Math.max(most, space_size / 1024 / 1024);
  }
  console.log(most);
`;

test("the room for new objects grows, and not without limit", () => {
  const most = Number(execFileSync(process.execPath, ["--input-type=module", "--eval", script]));
  expect(most).toBeGreaterThan(2);
  expect(most).toBeLessThanOrEqual(16);
});
