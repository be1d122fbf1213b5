import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { format, promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { targets } from "../support/targets.ts";
import { provideStore } from "./mlmd.ts";

// The TypeScript of a page is one program, or several where more than one block opens a store. A program must compile,
// and print what the comments behind `console.log` say.

const root = resolve(import.meta.dirname, "../..");
const pages = ["docs/library.md", "README.md"].filter((page) => existsSync(join(root, page)));
const examples = pages.flatMap((page) =>
  programs(page).map((source, index) => ({ name: `${page}, program ${index + 1}`, source })),
);

function programs(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const blocks = Array.from(text.matchAll(/^```ts\n(.*?)^```$/gms), ([, block]) => block as string);
  const starts = blocks.flatMap((block, index) => (block.includes("openStore(") ? [index] : []));
  return starts.map((start, index) => blocks.slice(index === 0 ? 0 : start, starts[index + 1]).join("\n"));
}

function expectedOutput(source: string): string[] {
  return Array.from(source.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, text]) => text as string);
}

test.each(pages)("%s has an example", (page) => {
  expect(programs(page)).not.toHaveLength(0);
});

describe.each(examples)("$name", ({ source }) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mlmd-example-"));
    const path = (file: string) => JSON.stringify(join(root, file));
    await writeFile(
      join(folder, "program.ts"),
      source.replaceAll('from "mlmd"', `from ${path("test/library/mlmd.ts")}`),
    );
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(
      join(folder, "tsconfig.json"),
      `{ "extends": ${path("tsconfig.json")}, "include": ["program.ts"], "compilerOptions":
        { "rewriteRelativeImportExtensions": false, "types": ["node"], "typeRoots": [${path("node_modules/@types")}] } }`,
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("every printed line is explained", () => {
    expect(source.match(/console\.log/g) ?? []).toHaveLength(expectedOutput(source).length);
  });

  test("compiles", async () => {
    const tsc = join(root, "node_modules/.bin/tsc");
    await promisify(execFile)(tsc, ["-p", folder]).catch(({ stdout }) => expect(stdout).toBe(""));
  });

  test.for(targets)("runs: $name", async ({ name, missing, open }, context) => {
    if (missing !== undefined) return context.skip(missing);
    const { store, close } = await open();
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...values) => {
      printed.push(format(...values));
    });
    try {
      provideStore(store);
      await import(`${join(folder, "program.ts")}?target=${encodeURIComponent(name)}`);
    } finally {
      log.mockRestore();
      await close();
    }
    expect(printed).toEqual(expectedOutput(source));
  });
});
