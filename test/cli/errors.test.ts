import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { here, mlmd, printed } from "./support.ts";

/*
 * What goes wrong ends with the exit code that docs/command-line.md lists, nothing on standard output, and one message on
 * standard error that says what to do next.
 */

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-errors-"));
  file = join(folder, "some.db");
  const store = await openStore({ sqlite: { path: file } });
  const dataType = await store.putArtifactType({ name: "Data", properties: { day: "int" } });
  const modelType = await store.putArtifactType({ name: "Model" });
  await store.putArtifactType({ name: "Report", version: "1" });
  await store.putArtifactType({ name: "Report", version: "2" });
  await store.putArtifacts([
    { typeId: dataType, name: "twin", properties: { day: 2n ** 62n } },
    { typeId: modelType, name: "twin" },
    { typeId: modelType, name: "7" },
  ]);
  await store.putExecutionType({
    name: "Step",
    properties: { epochs: "int", fast: "boolean", how: "struct" },
  });
  await store.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test.each([
  [
    [],
    2,
    /say where the metadata is, e\.g\. --sqlite \.\/mlmd\.db or --grpc localhost:8080, or set MLMD_STORE/,
  ],
  [["--sqlite", "x.db", "--grpc", "a:1"], 2, /cannot be used with/],
  [["--sqlite", "x.db", "--json", "--ndjson"], 2, /cannot be used with/],
  [["--sqlite", "/no/such.db"], 1, /does not exist; `mlmd quickstart` makes one/],
  [["--grpc", "nowhere"], 2, /--grpc needs a host and a port, such as localhost:8080, not 'nowhere'/],
  [["--mysql", "mysql://nobody@127.0.0.1:1/x"], 1, /cannot be reached/],
  [["--postgres", "postgresql://nobody@127.0.0.1:1/x"], 1, /cannot be reached/],
  [
    ["--postgres", "postgresql://a@127.0.0.1:1/x", "--password-file", "/no/file"],
    1,
    /\/no\/file cannot be read/,
  ],
])("mlmd list artifacts %j exits with %d", async (args, code, message) => {
  const outcome = await here(["list", "artifacts", ...args]);
  expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
});

test.each([
  [["list"], 2, /missing required argument 'kind'/],
  [["list", "models"], 2, /must be one of artifact, execution, context/],
  [["list", "artifacts", "--order", "name"], 2, /Allowed choices are id, created, updated/],
  [["list", "artifacts", "--limit", "0"], 2, /must be a number above 0/],
  [["list", "artifacts", "--columns", "id,size"], 1, /no column "size" of artifacts; there are id, type, /],
  [["list", "contexts", "--columns", "uri"], 1, /no column "uri" of contexts/],
  [["list", "artifacts", "--type", "model"], 1, /no artifact type "model"; there is "Model"$/m],
  [["list", "artifacts", "--type", "Nope"], 1, /no artifact type "Nope"; `mlmd types` lists them/],
  [["list", "artifacts", "--type", "Report"], 1, /has the versions "1", "2"; choose one with --type-version/],
  [["list", "artifacts", "--filter", "nme = 'x'"], 1, /Did you mean `name`\?\n {2}nme = 'x'\n {2}\^/],
  [["show", "artifact", "99"], 1, /no artifact with id 99; `mlmd list artifacts` lists them/],
  [["show", "artifact", "nobody"], 1, /no artifact is named "nobody"; `mlmd list artifacts` lists them/],
  [
    ["show", "artifact", "twin"],
    1,
    /several artifacts are named "twin": 1 \(Data\), 2 \(Model\); give the id, or/,
  ],
  [["show", "artifact", "8", "--type", "Model"], 1, /no artifact of type "Model" is named "8"/],
  [["show", "type", "Nope"], 1, /no type "Nope"; `mlmd types` lists them/],
  [["compare", "context", "1", "2"], 2, /artifact, execution/],
  [["compare", "artifact", "1", "99"], 1, /no artifact with id 99/],
  [["dag", "nope"], 1, /no context is named "nope"; `mlmd list contexts` lists them/],
  [["ancestors", "execution", "1"], 2, /Allowed choices are artifact/],
  [["descendants", "artifact", "1", "--type", "Model", "--dot"], 2, /cannot be used with/],
  [["dag", "1", "--dot", "--json"], 2, /cannot be used with/],
  [["cached"], 2, /either --execution 12 or --type Trainer/],
  [["cached", "--execution", "twelve"], 2, /must be an id/],
  [["cached", "--execution", "5"], 1, /no execution with id 5/],
  [["cached", "--type", "Step", "--property", "epochs"], 2, /a name and a value, such as epochs=3/],
  [["cached", "--type", "Step", "--property", "epochs=x"], 1, /"epochs" is an integer; "x" is not/],
  [["cached", "--type", "Step", "--property", "fast=1"], 1, /"fast" is true or false/],
  [["cached", "--type", "Step", "--property", "how=[1]"], 1, /"how" is an object of JSON/],
  [["cached", "--type", "Step", "--property", "nope=1"], 1, /no property "nope"; `mlmd types` shows/],
  [
    ["cached", "--type", "Step", "--property", "epochs=3"],
    3,
    /no finished execution of type "Step" has these/,
  ],
])("mlmd %j exits with %d", async (args, code, message) => {
  const outcome = await here([...args, "--sqlite", file]);
  expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
});

test("a server that is not there", async () => {
  const { code, stdout, stderr } = await mlmd(["types", "--grpc", `127.0.0.1:${await freePort()}`]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/is a server running there\? `mlmd serve .*` starts one\n$/);
});

test("an empty answer is an empty table, said on standard error, and an empty list of JSON", async () => {
  const nothing = ["list", "contexts", "--sqlite", file];
  expect(await here(nothing)).toEqual({ code: 0, stdout: "", stderr: "no contexts\n" });
  expect(await printed([...nothing, "--json"])).toBe("[]\n");
  expect(await printed([...nothing, "--ndjson"])).toBe("");
});

test("MLMD_STORE names the store where no option does", async () => {
  const env = { MLMD_STORE: file };
  expect(await printed(["types", "--ndjson"], env)).toBe(
    await printed(["types", "--ndjson", "--sqlite", file]),
  );
  const elsewhere = await here(["types"], { MLMD_STORE: "grpc://nowhere" });
  expect(elsewhere.stderr).toContain("needs a host and a port");
  expect((await here(["types"], { MLMD_STORE: "mysql://a@127.0.0.1:1/b" })).stderr).toContain(
    "cannot be reached",
  );
  expect((await here(["types", "--sqlite", file], { MLMD_STORE: "grpc://nowhere" })).code).toBe(0);
});

test("digits are an id, and with a type a name", async () => {
  const { artifact } = JSON.parse(
    await printed(["show", "artifact", "7", "--type", "Model", "--json", "--sqlite", file]),
  );
  expect(artifact).toMatchObject({ id: "3", name: "7" });
});

test("integers keep all their digits", async () => {
  const [first] = JSON.parse(await printed(["list", "artifacts", "--json", "--sqlite", file]));
  expect(first.properties.day.intValue).toBe("4611686018427387904");
});

test("reading leaves the file, and its folder, as they are", async () => {
  const before = readFileSync(file);
  await printed(["list", "artifacts", "--sqlite", file]);
  await printed(["show", "artifact", "1", "--sqlite", file]);
  await printed(["stats", "--sqlite", file]);
  await printed(["doctor", "--sqlite", file]);
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual(["some.db"]);
});
