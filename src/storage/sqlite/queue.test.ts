import { expect, test } from "vitest";
import { Queue } from "./queue.ts";

test("jobs run one at a time in the order in which they came, also behind a failure", async () => {
  const queue = new Queue(10);
  const log: string[] = [];
  const job = (name: string, fails = false) =>
    queue.run(async () => {
      log.push(`${name} starts`);
      await Promise.resolve();
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([job("a"), job("b", true), job("c")]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(log).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
});

test("a full queue refuses, and takes jobs again when it is shorter", async () => {
  const queue = new Queue(2);
  const waiting = [queue.run(async () => 1), queue.run(async () => 2)];
  await expect(queue.run(async () => 3)).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  expect(await Promise.all(waiting)).toEqual([1, 2]);
  await queue.idle();
  expect(await queue.run(async () => 4)).toBe(4);
});

test("a long queue lets timers in between", async () => {
  const queue = new Queue(1000);
  let done = 0;
  const busy = async () => {
    const end = performance.now() + 1;
    while (performance.now() < end);
    done++;
  };
  const jobs = Array.from({ length: 100 }, () => queue.run(busy));
  let doneAtTimer = -1;
  setTimeout(() => {
    doneAtTimer = done;
  }, 5);
  await Promise.all(jobs);
  expect(doneAtTimer).toBeGreaterThanOrEqual(0);
  expect(doneAtTimer).toBeLessThan(100);
});
