import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { contextKind } from "../../domain/kinds.ts";
import type { WriteTransaction } from "../../domain/ports.ts";
import { SqliteConnection } from "./connection.ts";
import { GroupCommit } from "./group-commit.ts";
import { Queue } from "./queue.ts";
import { createSchema } from "./schema.ts";

const link = (childId: number) => async (tx: WriteTransaction) => {
  await tx.insertParentLinks([{ childId: BigInt(childId), parentId: 0n }]);
  return childId;
};

/** A group ends by the clock: with one that stands still, how slow the machine is makes no difference. */
beforeEach(() => {
  vi.spyOn(performance, "now").mockReturnValue(0);
});
afterEach(() => vi.restoreAllMocks());

/** Writes over a database that records what controls its transactions, and can be made to fail there. */
function open() {
  const database = new Database(":memory:", { timeout: 0 });
  database.defaultSafeIntegers(true);
  createSchema(database);
  const controls: string[] = [];
  const failing = new Set<string>();
  const { prepare } = Object.getPrototypeOf(database) as Database.Database;
  database.prepare = ((text: string) => {
    const statement = prepare.call(database, text);
    const isControl = /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/.test(text);
    if (!isControl) return statement;
    return {
      run() {
        controls.push(text);
        if (failing.has(text)) throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_FSYNC");
        return statement.run([]);
      },
    };
  }) as typeof prepare;
  const connection = new SqliteConnection(() => database, 0);
  const queue = new Queue(10);
  const writes = new GroupCommit(connection, queue, 1000);
  const stored = () =>
    (database.prepare("SELECT context_id FROM ParentContext").pluck().all() as bigint[]).map(Number);
  return { database, connection, queue, writes, controls, failing, stored };
}

const count = (texts: readonly string[], text: string) => texts.filter((each) => each === text).length;

test("writes that wait together share a commit and are answered after it", async () => {
  const { writes, controls, stored } = open();
  const commitsAtAnswer: number[] = [];
  const write = async (id: number) => {
    expect(await writes.run(link(id))).toBe(id);
    commitsAtAnswer.push(count(controls, "COMMIT"));
  };
  await Promise.all([1, 2, 3, 4, 5].map(write));
  expect(commitsAtAnswer).toEqual([1, 1, 1, 1, 1]);
  expect(stored()).toEqual([1, 2, 3, 4, 5]);
  await write(6);
  expect(count(controls, "COMMIT")).toBe(2);
});

test("a write that fails leaves nothing, and leaves the others whole", async () => {
  const { writes, controls, stored } = open();
  const failure = new Error("refused");
  const fails = async (tx: WriteTransaction) => {
    await link(2)(tx);
    throw failure;
  };
  const [first, second, third, again] = await Promise.allSettled(
    [link(1), fails, link(3), link(1)].map((work) => writes.run<unknown>(work)),
  );
  expect([first, third]).toEqual([
    { status: "fulfilled", value: 1 },
    { status: "fulfilled", value: 3 },
  ]);
  expect(second).toEqual({ status: "rejected", reason: failure });
  expect(again).toMatchObject({ status: "rejected", reason: { name: "UniqueViolation" } });
  expect(count(controls, "COMMIT")).toBe(1);
  expect(stored()).toEqual([1, 3]);
});

test("a first write that fails is refused alone", async () => {
  const { writes, controls, stored } = open();
  const fails = async (tx: WriteTransaction) => {
    await link(1)(tx);
    throw new Error("refused");
  };
  const settled = await Promise.allSettled(
    [fails, link(2), link(1)].map((work) => writes.run<unknown>(work)),
  );
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  expect(controls.filter((text) => text === "ROLLBACK" || text === "COMMIT")).toEqual(["ROLLBACK", "COMMIT"]);
  expect(stored()).toEqual([2, 1]);
});

test("a commit that fails fails its whole group, the refused ones too, and nothing of it is stored", async () => {
  const { writes, failing, stored } = open();
  failing.add("COMMIT");
  const refused = () => Promise.reject(new Error("refused"));
  const settled = await Promise.allSettled(
    [link(1), refused, link(3)].map((work) => writes.run<unknown>(work)),
  );
  const failed = { status: "rejected", reason: { code: "UNAVAILABLE" } };
  expect(settled).toMatchObject([failed, failed, failed]);
  expect(stored()).toEqual([]);
  failing.clear();
  expect(await writes.run(link(4))).toBe(4);
  expect(stored()).toEqual([4]);
});

test("where SQLite gives up the transaction its whole group fails, and the next write works", async () => {
  const { database, writes, stored } = open();
  const lost = async () => {
    database.exec("ROLLBACK");
    throw new Error("lost");
  };
  const settled = await Promise.allSettled([link(1), lost].map((work) => writes.run<unknown>(work)));
  const failed = { status: "rejected", reason: { message: "lost" } };
  expect(settled).toMatchObject([failed, failed]);
  expect(await writes.run(link(3))).toBe(3);
  expect(stored()).toEqual([3]);
});

test("a lock that is not given fails the writes that waited for it, not those that came later", async () => {
  const { writes, failing } = open();
  failing.add("BEGIN IMMEDIATE");
  let later: Promise<number> | undefined;
  const first = writes.run(link(1)).catch((error: unknown) => {
    failing.clear();
    later = writes.run(link(2));
    return error;
  });
  expect(await first).toMatchObject({ code: "UNAVAILABLE" });
  expect(await later).toBe(2);
});

test("a group ends after some milliseconds, so that its first write does not wait for all the others", async () => {
  vi.restoreAllMocks();
  const { writes, controls } = open();
  const slow = async (tx: WriteTransaction) => {
    const end = performance.now() + 4;
    while (performance.now() < end);
    await tx.existingIds(contextKind, [1n]);
  };
  const commits = await Promise.all(
    Array.from({ length: 12 }, () => writes.run(slow).then(() => count(controls, "COMMIT"))),
  );
  expect(commits[0]).toBe(1);
  expect(new Set(commits).size).toBeGreaterThan(2);
});

test("what outlives its write cannot write into the next one", async () => {
  const { writes, stored } = open();
  const late = Promise.withResolvers<unknown>();
  const leaks = async (tx: WriteTransaction) => {
    void Promise.resolve()
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(() => link(9)(tx))
      .then(late.resolve, late.reject);
  };
  // Watched from the start: which comes first, the commit or the late write, is open.
  const refused = expect(late.promise).rejects.toThrow("the transaction has ended");
  await Promise.all([writes.run(leaks), writes.run(link(1))]);
  await refused;
  expect(stored()).toEqual([1]);
});

test("one too many is refused; closing waits for all the others", async () => {
  const { connection, queue, stored } = open();
  const writes = new GroupCommit(connection, queue, 2);
  const accepted = [writes.run(link(1)), writes.run(link(2))];
  await expect(writes.run(link(3))).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  await queue.idle();
  expect(stored()).toEqual([1, 2]);
  expect(await Promise.all(accepted)).toEqual([1, 2]);
});
