import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { newMysqlDatabase, newPostgresDatabase } from "../support/databases.ts";
import { startExploreProcess, startServerProcess } from "../support/server-process.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-explore-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `mlmd explore` while `use` has its address; gives the exit code. */
async function explore(
  args: readonly string[],
  use: (address: string) => Promise<void>,
): Promise<number | string> {
  const explorer = await startExploreProcess(args);
  try {
    await use(explorer.address);
  } finally {
    await explorer.stop();
  }
  return explorer.stop();
}

async function call(address: string, method: string, body: object): Promise<[number, object]> {
  const response = await fetch(`${address}ml_metadata.MetadataStoreService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return [response.status, (await response.json()) as object];
}

async function expectReadOnlyPage(address: string): Promise<void> {
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(await (await fetch(`${address}artifacts/1`)).text()).toContain('<div id="root">');
  const [status, answer] = await call(address, "GetArtifactType", { typeName: "Data" });
  expect([status, answer]).toEqual([200, { artifactType: { id: expect.any(String), name: "Data" } }]);
  expect(await call(address, "PutArtifactType", { artifactType: { name: "More" } })).toEqual([
    403,
    { code: "permission_denied", message: expect.stringContaining("only reads") },
  ]);
}

test("a file is shown, and left as it was, with nothing beside it", async () => {
  const path = join(folder, "store.db");
  const made = await openStore({ sqlite: { path } });
  await made.putArtifactType({ name: "Data" });
  await made.close();
  const before = await readFile(path);
  expect(await explore(["--sqlite", path], expectReadOnlyPage)).toBe(0);
  expect((await readFile(path)).equals(before)).toBe(true);
  expect(await readdir(folder)).toEqual(["store.db"]);
});

test("a server is shown; what would change it is not passed on", async () => {
  const server = await startServerProcess(["--memory"]);
  const store = await openStore({ grpc: { host: "127.0.0.1", port: server.port } });
  await store.putArtifactType({ name: "Data" });
  expect(await explore(["--grpc", `127.0.0.1:${server.port}`], expectReadOnlyPage)).toBe(0);
  await expect(store.getArtifactType("More")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await store.close();
  await server.stop();
});

const postgres = inject("postgres");
const mysql = inject("mysql");
const engines = [
  {
    name: "PostgreSQL",
    missing: postgres.missing,
    open: async () => {
      const options = await newPostgresDatabase(postgres.port as number);
      const url = `postgresql://${options.user}@${options.host}:${options.port}/${options.dbname}`;
      return { config: { postgresql: options }, args: ["--postgres", url] };
    },
  },
  {
    name: "MariaDB",
    missing: mysql.missing,
    open: async () => {
      const options = await newMysqlDatabase(mysql.port as number);
      const url = `mysql://${options.user}@${options.host}:${options.port}/${options.database}`;
      return { config: { mysql: options }, args: ["--mysql", url] };
    },
  },
];

for (const { name, missing, open } of engines) {
  const note = missing === undefined ? "" : ` (skipped: ${missing})`;
  test.skipIf(missing !== undefined)(`a database of ${name} is shown${note}`, async () => {
    const { config, args } = await open();
    const store = await openStore(config);
    await store.putArtifactType({ name: "Data" });
    await store.close();
    expect(await explore(args, expectReadOnlyPage)).toBe(0);
  });
}
