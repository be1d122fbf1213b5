import { create } from "@bufbuild/protobuf";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { ArtifactSchema } from "../../contract/messages.ts";
import { artifactKind } from "../../domain/kinds.ts";
import { SqliteConnection } from "./connection.ts";
import { createSchema } from "./schema.ts";

function newDatabase(): Database.Database {
  const database = new Database(":memory:", { timeout: 0 });
  database.defaultSafeIntegers(true);
  createSchema(database);
  return database;
}

/** Makes the driver fail on the statement. */
function failOn(database: Database.Database, statement: string): void {
  const { prepare } = Object.getPrototypeOf(database) as Database.Database;
  database.prepare = ((text: string) => {
    if (text === statement) throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_FSYNC");
    return prepare.call(database, text);
  }) as typeof prepare;
}

const ids = (connection: SqliteConnection) =>
  connection.transaction("BEGIN", (tx) => tx.existingIds(artifactKind, [1n]));

test("after a rollback that fails the next transaction has a new connection", async () => {
  const opened: Database.Database[] = [];
  const connection = new SqliteConnection(() => {
    const database = newDatabase();
    opened.push(database);
    return database;
  }, 0);
  const [first] = opened as [Database.Database];
  failOn(first, "ROLLBACK");
  const failure = new Error("first");
  await expect(connection.transaction("BEGIN IMMEDIATE", () => Promise.reject(failure))).rejects.toBe(
    failure,
  );
  expect(first.open).toBe(false);
  expect(await ids(connection)).toEqual(new Set());
  expect(opened.length).toBe(2);
});

test("a commit that fails is rolled back and told by its code", async () => {
  const database = newDatabase();
  const connection = new SqliteConnection(() => database, 0);
  failOn(database, "COMMIT");
  await expect(connection.transaction("BEGIN IMMEDIATE", async () => 1)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    cause: { code: "SQLITE_IOERR_FSYNC" },
  });
  expect(database.inTransaction).toBe(false);
});

test.each([
  ["SQLITE_BUSY_SNAPSHOT", "ABORTED"],
  ["SQLITE_FULL", "RESOURCE_EXHAUSTED"],
  ["SQLITE_CORRUPT_VTAB", "DATA_LOSS"],
  ["SQLITE_READONLY_DBMOVED", "PERMISSION_DENIED"],
  ["SQLITE_CANTOPEN", "UNAVAILABLE"],
  ["SQLITE_MISMATCH", "INTERNAL"],
])("%s is %s, and its text stays in the process", async (driverCode, code) => {
  const fails = () => {
    throw new Database.SqliteError("secret UNIQUE text", driverCode);
  };
  const connection = new SqliteConnection(newDatabase, 0);
  const error = await connection.retryWhileBusy(fails).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, cause: { code: driverCode } });
  expect((error as Error).message).not.toContain("secret");
});

test("a set of any size is inserted in its order, and each row's id is given", async () => {
  const connection = new SqliteConnection(newDatabase, 0);
  for (const count of [1, 3, 4, 5, 63, 64, 65, 150]) {
    const names = Array.from({ length: count }, (_, index) => `${count}-${index}`);
    const nodes = names.map((name) => create(ArtifactSchema, { typeId: 1n, name }));
    await connection.transaction("BEGIN", async (tx) => {
      const ids = await tx.insertNodes(artifactKind, nodes);
      const stored = await tx.nodesById(artifactKind, ids);
      expect(stored.map(({ name }) => name)).toEqual(names);
      expect(stored.map(({ id }) => id)).toEqual(ids);
    });
  }
});

test("statements are reported once for a set of rows, not at all for an empty one", async () => {
  const seen: string[] = [];
  const connection = new SqliteConnection(newDatabase, 0, (text) => seen.push(text));
  const links = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ childId: BigInt(i), parentId: 0n }));
  await connection.transaction("BEGIN", (tx) => tx.insertParentLinks(links(50)));
  await connection.transaction("BEGIN", (tx) => tx.insertParentLinks([]));
  expect(seen).toEqual(["INSERT INTO ParentContext (context_id, parent_context_id) VALUES (?, ?)"]);
});
