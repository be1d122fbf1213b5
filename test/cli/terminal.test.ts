import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { startServer } from "../../src/rpc/server.ts";
import { here, mlmd, printed } from "./support.ts";

/*
 * Nothing that is stored can do anything to a terminal, every line fits it, and a list without end is printed as it is
 * read.
 */

const main = join(import.meta.dirname, "../../dist/cli/main.js");
let folder: string;
let hostile: string;
let long: string;

/** Escape sequences in both encodings, a way to overwrite the line, text that is turned round, markup. */
const nasty = "\x1b[2J\x9b31m\r\b\x07\nx\u202e\u2066\u2028\u200b\u{e0041}\"'`<b>&amp;\\N%%{init}%%;#35;|]()[";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-terminal-"));
  hostile = join(folder, "hostile.db");
  long = join(folder, "long.db");
  const store = await openStore({ sqlite: { path: hostile } });
  const name = (text: string) => `${text} ${nasty}`;
  const properties = { [name("p")]: "string" } as const;
  const values = { [name("p")]: name("value") };
  const typeId = await store.putArtifactType({ name: name("Data"), properties, description: nasty });
  const executionTypeId = await store.putExecutionType({ name: name("Step"), properties, version: nasty });
  const contextTypeId = await store.putContextType({ name: name("Run"), externalId: nasty });
  const artifact = {
    ...{ typeId, name: name("a"), uri: name("uri"), externalId: name("e"), properties: values },
    customProperties: { [name("s")]: { [nasty]: [nasty] }, big: "\x1b[31m漢".repeat(100_000) },
  };
  const context = { typeId: contextTypeId, name: name("c"), customProperties: { big: nasty } };
  for (const input of [undefined, 1n]) {
    await store.putExecution(
      {
        execution: { typeId: executionTypeId, name: name(`x${input}`), lastKnownState: "COMPLETE" },
        artifactAndEvents: [
          ...(input === undefined
            ? []
            : [{ event: { artifactId: input, type: "INPUT", path: [nasty] } as const }]),
          {
            artifact: input === undefined ? artifact : { ...artifact, name: "b", externalId: "b", uri: "" },
            event: { type: "OUTPUT", path: [nasty, 0] },
          },
        ],
        contexts: [context],
      },
      { reuseContextIfAlreadyExist: true },
    );
  }
  await store.close();

  const many = await openStore({ sqlite: { path: long } });
  const rowType = await many.putArtifactType({ name: "Row" });
  const rows = Array.from({ length: 3000 }, (_, index) => ({
    ...{ typeId: rowType, name: `row-${index}`, uri: `s3://bucket/a/folder/with/a/name/${index}` },
  }));
  await many.putArtifacts(rows);
  await many.close();
});
afterAll(() => rm(folder, { recursive: true }));

const commands = [
  ["list", "artifacts"],
  ["list", "artifacts", "--columns", "id,external_id,uri,custom_properties.big"],
  ["list", "executions"],
  ["list", "contexts"],
  ["show", "artifact", "1"],
  ["show", "execution", "2"],
  ["show", "context", "1"],
  ["show", "type", "10"],
  ["compare", "artifact", "1", "2"],
  ["compare", "execution", "1", "2"],
  ["dag", "1"],
  ["ancestors", "artifact", "2"],
  ["descendants", "artifact", "1"],
  ["cached", "--execution", "2"],
  ["types"],
];

describe.each(commands.map((args) => [args.join(" "), args] as const))("mlmd %s", (_, args) => {
  const isGraph = ["dag", "ancestors", "descendants"].includes(args[0] as string);
  const formats = [[], ["--json"], ["--ndjson"], ...(isGraph ? [["--dot"], ["--mermaid"]] : [])];

  test("shows hostile text as text", async () => {
    for (const format of formats) {
      const { stdout, stderr } = await here([...args, ...format, "--sqlite", hostile]);
      const where = format.join();
      expect(stdout + stderr, where).not.toMatch(
        /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200b\u202e\u2066\u{e0041}]/u,
      );
      expect(stdout + stderr, where).not.toBe("");
      if (format[0] === "--json" && stdout !== "") expect(JSON.parse(stdout)).toBeDefined();
    }
  });

  test("fits the terminal", async () => {
    for (const columns of [60, 80, 200]) {
      const { stdout } = await here([...args, "--sqlite", hostile], { COLUMNS: String(columns) });
      const wide = stdout.split("\n").filter((line) => stringWidth(line) > columns);
      expect(wide, `${columns} columns`).toEqual([]);
    }
  });
});

test("errors show hostile text as text", async () => {
  const { code, stderr } = await mlmd(["show", "artifact", nasty, "--sqlite", hostile]);
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
});

test("a long list is printed whole, and stops without a word where nobody reads on", async () => {
  expect((await printed(["list", "artifacts", "--sqlite", long])).split("\n")).toHaveLength(3002);
  const items = JSON.parse(await printed(["list", "artifacts", "--json", "--sqlite", long]));
  expect(items.map(({ id }: { id: string }) => id)).toEqual(
    Array.from({ length: 3000 }, (_, at) => `${at + 1}`),
  );
  for (const format of ["", "--json", "--ndjson"]) {
    const command = `"$0" "$1" list artifacts --sqlite "$2" ${format} | head -n 2; echo "exit \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)("bash", [
      "-c",
      command,
      process.execPath,
      main,
      long,
    ]);
    expect(stdout.split("\n")[2]).toBe("exit 0");
    expect(stderr).toBe("");
  }
});

test("texts of any length come from a server too", async () => {
  const store = await openStore({ fake: true });
  const typeId = await store.putArtifactType({ name: "Report" });
  const text = "x".repeat(200_000);
  for (let at = 0; at < 50; at += 10) {
    const names = Array.from({ length: 10 }, (_, index) => `report-${at + index}`);
    await store.putArtifacts(names.map((name) => ({ typeId, name, customProperties: { text } })));
  }
  const server = await startServer({ service: store.rpc, host: "127.0.0.1", port: 0 });
  const list = ["list", "artifacts", "--ndjson", "--grpc", `127.0.0.1:${server.port}`];
  const lines = (await printed(list)).trimEnd().split("\n");
  await server.close();
  await store.close();
  expect(lines).toHaveLength(50);
  expect(JSON.parse(lines[49] as string).customProperties.text.stringValue).toBe(text);
});

test("colours only where they are wanted", async () => {
  const list = ["list", "artifacts", "--limit", "1", "--sqlite", long];
  const title = async (env: NodeJS.ProcessEnv) => (await mlmd(list, { env })).stdout.split("\n")[0];
  expect(await title({})).toBe("ID  TYPE  NAME   URI                                 CREATED");
  expect(await title({ FORCE_COLOR: "1" })).toContain("\x1b[1mID");
  expect(await title({ NO_COLOR: "1" })).not.toContain("\x1b");
});

test("a list over one kind of database loads nothing of the others", async () => {
  const coverage = join(folder, "coverage");
  await mlmd(["list", "artifacts", "--limit", "1", "--sqlite", long], {
    env: { NODE_V8_COVERAGE: coverage },
  });
  const loaded = readdirSync(coverage)
    .map((file) => readFileSync(join(coverage, file), "utf8"))
    .join();
  expect(loaded).toContain("node_modules/better-sqlite3/");
  for (const other of ["mysql2", "pg", "@grpc/grpc-js", "pino", "@connectrpc/connect"]) {
    expect(loaded).not.toContain(`node_modules/${other}/`);
  }
});
