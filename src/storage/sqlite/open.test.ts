import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import Database from "better-sqlite3";
import { afterAll, describe, expect, test } from "vitest";
import { ArtifactSchema } from "../../contract/messages.ts";
import { artifactKind, contextKind, executionKind } from "../../domain/kinds.ts";
import { type Storage, UniqueViolation, type WriteTransaction } from "../../domain/ports.ts";
import { openSqlite, type SqliteOptions } from "./open.ts";

const folder = mkdtempSync(join(tmpdir(), "mlmd-sqlite-"));
const open: Storage[] = [];

afterAll(async () => {
  for (const storage of open) await storage.close();
  rmSync(folder, { recursive: true });
});

let files = 0;
const newPath = () => join(folder, `${++files}.db`);

async function storageOf(options: SqliteOptions): Promise<Storage> {
  const storage = await openSqlite({ busyTimeoutMs: 200, ...options });
  open.push(storage);
  return storage;
}

/** A database file of our layout, closed, that a test may spoil. */
async function closedFile(spoil = ""): Promise<string> {
  const path = newPath();
  await (await openSqlite({ path })).close();
  const database = new Database(path);
  if (spoil !== "") database.pragma("journal_mode = DELETE");
  database.exec(spoil);
  database.close();
  return path;
}

const artifact = (name: string) =>
  create(ArtifactSchema, { typeId: 1n, name, createTimeSinceEpoch: 1n, lastUpdateTimeSinceEpoch: 1n });
const putArtifact = (name: string) => (tx: WriteTransaction) =>
  tx.insertNodes(artifactKind, [artifact(name)]);

interface Layout {
  readonly columns: readonly {
    name: string;
    declared_type: string;
    not_null: boolean;
    default: string | null;
  }[];
  readonly primary_key: readonly string[];
  readonly unique_constraints: readonly { columns: readonly string[] }[];
  readonly indexes: readonly {
    name: string;
    columns: readonly { name: string }[];
    unique: boolean;
    where: string | null;
  }[];
}

test("reading leaves no files beside a database in WAL mode, and every byte as it was", async () => {
  const path = await closedFile();
  const before = readFileSync(path);
  const reader = await openSqlite({ path, mode: "READONLY" });
  expect(await reader.read((tx) => tx.typesById(artifactKind, [1n]))).not.toEqual([]);
  expect(existsSync(`${path}-shm`)).toBe(true);
  await reader.close();
  expect([existsSync(`${path}-wal`), existsSync(`${path}-shm`)]).toEqual([false, false]);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a reader that closes leaves the files of a writer alone", async () => {
  const path = await closedFile();
  const reader = await openSqlite({ path, mode: "READONLY" });
  const writer = await storageOf({ path });
  await writer.write(putArtifact("kept"));
  await reader.close();
  expect(existsSync(`${path}-wal`)).toBe(true);
  await writer.write(putArtifact("too"));
  await writer.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test("a new database has the original's tables, columns, constraints and indexes, and two indexes more", async () => {
  const golden = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../../test/golden/schema-v10.json"), "utf8"),
  );
  const expected = golden.dialects.sqlite.tables as Record<string, Layout>;
  const database = new Database(await closedFile(), { readonly: true });
  const names = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'sqlite_sequence'")
    .pluck()
    .all();
  expect(names).toEqual(golden.table_creation_order);
  const ours = new Set(["idx_association_execution_id", "idx_attribution_artifact_id"]);
  for (const [name, { columns, primary_key, unique_constraints, indexes }] of Object.entries(expected)) {
    const found = layoutOf(database, name);
    expect(found.columns, name).toEqual(
      columns.map((c) => ({
        name: c.name,
        declared_type: c.declared_type,
        not_null: c.not_null,
        default: c.default,
      })),
    );
    expect(found.primary_key, name).toEqual(primary_key);
    expect(found.unique_constraints, name).toEqual(unique_constraints.map((c) => ({ columns: c.columns })));
    expect(
      found.indexes.filter((index) => !ours.has(index.name)),
      name,
    ).toEqual(indexes);
  }
  expect(database.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'index'").pluck().get()).toBe(
    golden.dialects.sqlite.total_indexes + ours.size,
  );
  for (const [table, rows] of Object.entries(golden.rows_written_at_initialisation)) {
    expect(database.prepare(`SELECT * FROM ${table}`).all(), table).toEqual(rows);
  }
  database.close();
});

function layoutOf(database: Database.Database, table: string): Layout {
  const all = (pragma: string) => database.pragma(pragma) as Record<string, unknown>[];
  const columns = all(`table_info(${table})`);
  const indexes = all(`index_list(${table})`);
  const columnsOf = (name: unknown) => all(`index_info(${name})`).map((c) => c.name as string);
  const sqlOf = database.prepare("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?").pluck();
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return {
    columns: columns.map((c) => ({
      name: c.name as string,
      declared_type: c.type as string,
      not_null: c.notnull === 1,
      default: c.dflt_value as string | null,
    })),
    primary_key: columns
      .filter((c) => c.pk !== 0)
      .sort((a, b) => Number(a.pk) - Number(b.pk))
      .map((c) => c.name as string),
    unique_constraints: indexes
      .filter((index) => index.origin === "u")
      .map((index) => ({ name: index.name as string, columns: columnsOf(index.name) }))
      .sort(byName)
      .map(({ columns }) => ({ columns })),
    indexes: indexes
      .filter((index) => index.origin === "c")
      .map((index) => ({
        name: index.name as string,
        columns: columnsOf(index.name).map((name) => ({ name })),
        unique: index.unique === 1,
        where: /WHERE (.+)$/.exec(sqlOf.get(index.name) as string)?.[1] ?? null,
      }))
      .sort(byName),
  };
}

describe("databases that are refused stay byte for byte as they are", () => {
  const version = (number: number) => `UPDATE MLMDEnv SET schema_version = ${number}`;
  const version0 = `
    DROP TABLE MLMDEnv; ALTER TABLE Type RENAME COLUMN type_kind TO is_artifact_type;`;
  test.each([
    ["an older version", version(7), "FAILED_PRECONDITION", /schema version 7, .* version 10.* upgrade/],
    ["a newer version", version(11), "FAILED_PRECONDITION", /schema version 11, .* version 10.* newer/],
    ["the first layout", version0, "FAILED_PRECONDITION", /schema version 0, .* version 10/],
    ["no version", "DELETE FROM MLMDEnv", "ABORTED", /no schema version/],
    ["no version table", "DROP TABLE MLMDEnv", "ABORTED", /Missing or incomplete: MLMDEnv/],
    ["two versions", "INSERT INTO MLMDEnv VALUES (9)", "DATA_LOSS", /more than one schema version/],
    [
      "some tables",
      "DROP TABLE Event; DROP TABLE Context",
      "ABORTED",
      /Missing or incomplete: Event, Context$/,
    ],
    [
      "a column less",
      "ALTER TABLE ArtifactProperty DROP COLUMN bool_value",
      "ABORTED",
      /incomplete: ArtifactProperty$/,
    ],
  ])("%s", async (_, spoil, code, message) => {
    const path = await closedFile(spoil);
    const before = readFileSync(path);
    for (const mode of ["READWRITE_OPENCREATE", "READWRITE", "READONLY"] as const) {
      await expect(openSqlite({ path, mode })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    }
    expect(readFileSync(path)).toEqual(before);
    expect([existsSync(`${path}-wal`), existsSync(`${path}-shm`)]).toEqual([false, false]);
  });
});

test("what is not there, or no database, is said plainly", async () => {
  const missing = newPath();
  for (const mode of ["READWRITE", "READONLY"] as const) {
    await expect(openSqlite({ path: missing, mode })).rejects.toMatchObject({ code: "NOT_FOUND" });
  }
  expect(existsSync(missing)).toBe(false);
  const folderMissing = join(folder, "none", "a.db");
  await expect(openSqlite({ path: folderMissing })).rejects.toMatchObject({ code: "NOT_FOUND" });
  const text = newPath();
  writeFileSync(text, "no database at all ".repeat(500));
  await expect(openSqlite({ path: text })).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  const empty = newPath();
  writeFileSync(empty, "");
  await expect(openSqlite({ path: empty, mode: "READONLY" })).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
  });
  for (const path of [
    "bad\0name",
    "file://elsewhere/a.db",
    "file:a.db?mode=wild",
    "file:a.db?vfs=x",
    `${newPath()} `,
  ]) {
    await expect(openSqlite({ path })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  }
});

test("foreign tables stay, ours are made beside them; missing built-in types and indexes are added", async () => {
  const foreign = newPath();
  const database = new Database(foreign);
  database.exec("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')");
  database.close();
  await (await openSqlite({ path: foreign })).close();
  const after = new Database(foreign);
  expect(after.prepare("SELECT text FROM notes").pluck().all()).toEqual(["mine"]);
  after.close();
  const path = await closedFile("DELETE FROM Type WHERE id > 7; DROP INDEX idx_attribution_artifact_id");
  await (await openSqlite({ path })).close();
  const repaired = new Database(path);
  expect(repaired.prepare("SELECT name FROM Type WHERE id > 7").pluck().all()).toEqual([
    "mlmd.Evaluate",
    "mlmd.Deploy",
  ]);
  expect(
    repaired
      .prepare("SELECT count(*) FROM sqlite_master WHERE name = 'idx_attribution_artifact_id'")
      .pluck()
      .get(),
  ).toBe(1);
  repaired.close();
});

test("file: URIs and their mode", async () => {
  const path = await closedFile();
  const storage = await storageOf({ path: `file:${path}?mode=ro` });
  await expect(storage.write(putArtifact("a"))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await expect((await storageOf({ path: `file://${path}` })).write(putArtifact("a"))).resolves.toEqual([1n]);
});

test("many processes' worth of openings of one empty file all succeed", async () => {
  const path = newPath();
  const storages = await Promise.all(
    Array.from({ length: 8 }, () => storageOf({ path, busyTimeoutMs: 5000 })),
  );
  const types = await Promise.all(storages.map((storage) => storage.read((tx) => tx.allTypes(artifactKind))));
  expect(types.map((list) => list.map(({ id }) => id))).toEqual(Array(8).fill([1n, 2n, 3n, 4n]));
});

describe.each([
  ["file", () => storageOf({ path: newPath() })],
  ["memory", () => storageOf({ memory: true })],
])("transactions (%s)", (_, openOne) => {
  test("work that fails leaves nothing, and its own error is the one", async () => {
    const storage = await openOne();
    const failure = new Error("changed my mind");
    const work = async (tx: WriteTransaction) => {
      await putArtifact("a")(tx);
      throw failure;
    };
    await expect(storage.write(work)).rejects.toBe(failure);
    expect(await storage.read((tx) => tx.existingIds(artifactKind, [1n]))).toEqual(new Set());
    expect(await storage.write(putArtifact("a"))).toEqual([1n]);
  });

  test("a unique value that is taken is told from other failures", async () => {
    const storage = await openOne();
    await storage.write(putArtifact("a"));
    await expect(storage.write(putArtifact("a"))).rejects.toBeInstanceOf(UniqueViolation);
    const broken = { ...artifact("b"), typeId: null as unknown as bigint };
    await expect(storage.write((tx) => tx.insertNodes(artifactKind, [broken]))).rejects.toMatchObject({
      code: "INTERNAL",
    });
  });

  test("writes are done in order, one at a time", async () => {
    const storage = await openOne();
    const names = Array.from({ length: 50 }, (_, index) => `a${index}`);
    const ids = await Promise.all(names.map((name) => storage.write(putArtifact(name))));
    expect(ids.flat()).toEqual(names.map((_, index) => BigInt(index + 1)));
  });

  test("a transaction that is used after its end does nothing", async () => {
    const storage = await openOne();
    let leaked: WriteTransaction | undefined;
    await storage.write(async (tx) => {
      leaked = tx;
    });
    await expect(leaked?.insertNodes(artifactKind, [artifact("late")])).rejects.toThrow("ended");
    expect(await storage.read((tx) => tx.existingIds(artifactKind, [1n]))).toEqual(new Set());
  });

  test("a closed storage refuses; closing waits for what was asked before", async () => {
    const storage = await openOne();
    const written = storage.write(putArtifact("a"));
    const closed = storage.close();
    expect(await written).toEqual([1n]);
    await closed;
    await expect(storage.read(async () => 1)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });
});

test("reads see one moment and do not wait for a write that is under way", async () => {
  const storage = await storageOf({ path: newPath() });
  const { promise: held, resolve: finish } = Promise.withResolvers<void>();
  const written = storage.write(async (tx) => {
    await putArtifact("a")(tx);
    await held;
  });
  expect(await storage.read((tx) => tx.existingIds(artifactKind, [1n]))).toEqual(new Set());
  finish();
  await written;
  expect(await storage.read((tx) => tx.existingIds(artifactKind, [1n]))).toEqual(new Set([1n]));
});

test("a lock held by another process is waited for, then ABORTED", async () => {
  const path = newPath();
  const storage = await storageOf({ path, busyTimeoutMs: 100 });
  const other = new Database(path);
  other.exec("BEGIN IMMEDIATE");
  await expect(storage.write(putArtifact("a"))).rejects.toMatchObject({ code: "ABORTED" });
  expect(await storage.read((tx) => tx.existingIds(artifactKind, [1n]))).toEqual(new Set());
  const waiting = storage.write(putArtifact("a"));
  setTimeout(() => other.exec("COMMIT"), 30);
  expect(await waiting).toEqual([1n]);
  other.close();
});

test("the file is in WAL mode and commits are synchronous", async () => {
  const path = newPath();
  const storage = await storageOf({ path });
  await storage.write(putArtifact("a"));
  const copy = newPath();
  for (const suffix of ["", "-wal"]) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
  const database = new Database(copy);
  expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
  expect(database.prepare("SELECT name FROM Artifact").pluck().all()).toEqual(["a"]);
  database.close();
});

test("each port takes its few statements, whatever the size of the set", async () => {
  const counts: number[] = [];
  for (const size of [1, 100]) {
    const seen: string[] = [];
    const storage = await storageOf({ memory: true, onStatement: (text) => seen.push(text) });
    seen.length = 0;
    await storage.write(async (tx) => {
      const names = Array.from({ length: size }, (_, index) => `a${index}`);
      const ids = await tx.insertNodes(artifactKind, names.map(artifact));
      await tx.nodesById(artifactKind, ids);
      await tx.nodeIdsByName(
        artifactKind,
        names.map((name) => ({ typeId: 1n, name })),
      );
      await tx.insertMemberships(
        artifactKind,
        ids.map((nodeId) => ({ contextId: 1n, nodeId })),
      );
      await tx.membershipsByNode(artifactKind, ids);
      await tx.existingIds(executionKind, ids);
      await tx.parentLinks("child", ids);
      await tx.typesById(contextKind, ids);
    });
    counts.push(seen.length);
  }
  expect(counts[1]).toBe(counts[0]);
  expect(counts[0]).toBe(10);
});
