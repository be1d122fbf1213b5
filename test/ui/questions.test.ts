import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPipeline } from "../../src/cli/quickstart/pipeline.ts";
import {
  ancestors,
  cacheKeyOf,
  compareArtifacts,
  contextLineage,
  descendants,
  findCachedExecution,
  type Lineage,
  type MetadataStore,
  openStore,
} from "../../src/index.ts";
import { printed } from "../cli/support.ts";
import { browserNote, installedBrowser, launchBrowser } from "../support/browser.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/*
 * The seven questions of the library, the command line and the page, asked of one store: the answers are the same. The
 * page gets the store from a server, the command line opens the file, the library does both.
 */

const installed = installedBrowser();

let folder: string;
let file: string;
let server: ServerProcess;
let store: MetadataStore;
let browser: Browser;
let page: Page;

async function json(...args: string[]) {
  return JSON.parse(await printed([...args, "--json", "--sqlite", file]));
}

/** The nodes that a part of the page links to, as `artifacts/3`. */
async function linked(path: string, selector: string): Promise<string[]> {
  await page.goto(`http://127.0.0.1:${server.port}${path}`, { waitUntil: "networkidle" });
  const links = page.locator(`${selector} a[href*="/"]`);
  await links.first().waitFor();
  const hrefs = await links.evaluateAll((found) => found.map((link) => link.getAttribute("href") ?? ""));
  return hrefs.flatMap((href) => /^\/((?:artifact|execution)s\/\d+)$/.exec(href)?.[1] ?? []).sort();
}

type Ids = readonly { readonly id: bigint | string }[];

function keys({ artifacts = [], executions = [] }: { artifacts?: Ids; executions?: Ids }): string[] {
  return [
    ...artifacts.map(({ id }) => `artifacts/${id}`),
    ...executions.map(({ id }) => `executions/${id}`),
  ].sort();
}

/** The same graph from all three. `start` is on the page, but not in the answers, which are about the others. */
async function expectSameGraph(
  lineage: Lineage,
  args: string[],
  path: string,
  start?: string,
): Promise<void> {
  const expected = keys(lineage);
  expect(expected.length).toBeGreaterThan(2);
  expect(keys(await json(...args))).toEqual(expected);
  const onPage = await linked(`${path}&as=table&hops=100`, ".lineage-table tbody th");
  expect(onPage.filter((key) => key !== start)).toEqual(expected);
}

describe.skipIf(installed.missing !== undefined)(`the seven questions${browserNote(installed)}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mlmd-questions-"));
    file = join(folder, "example.db");
    server = await startServerProcess(["--sqlite", file]);
    store = await openStore({ grpc: { host: "127.0.0.1", port: server.port } });
    await runPipeline(store);
    browser = await launchBrowser(installed);
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
  });
  afterAll(async () => {
    await browser?.close();
    await store?.close();
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  test("1. all artifacts of a type", async () => {
    const expected = keys({ artifacts: await store.getArtifactsByType("Model") });
    expect(expected).toHaveLength(3);
    expect(keys({ artifacts: await json("list", "artifacts", "--type", "Model") })).toEqual(expected);
    expect(await linked("/artifacts?type=Model", "main tbody")).toEqual(expected);
  });

  test("2. what differs between two artifacts", async () => {
    const [left, right] = await store.getArtifactsById([4n, 12n]);
    if (!left || !right) throw new Error("they are there");
    const { properties } = compareArtifacts(left, right);
    const names = Object.keys(properties).sort();
    expect(names).toEqual(["accuracy", "confusion", "log_loss"]);
    const answer = await json("compare", "artifact", "4", "12");
    expect(Object.keys(answer.properties).sort()).toEqual(names);
    expect(answer.properties.accuracy).toEqual({
      left: { doubleValue: 0.9091 },
      right: { doubleValue: 0.9706 },
    });
    expect(properties.accuracy).toEqual({ left: 0.9091, right: 0.9706 });

    await page.goto(`http://127.0.0.1:${server.port}/compare/artifacts?ids=4,12`, {
      waitUntil: "networkidle",
    });
    const group = page.locator("table.compare tbody", { hasText: "Properties" }).first();
    const rows = await group.locator("tr.differs").allInnerTexts();
    const cells = rows.map((row) => row.split("\t").map((cell) => cell.trim()));
    expect(cells.map(([name]) => name?.split(/\s/)[0])).toEqual(expect.arrayContaining(names));
    expect(cells.find(([name]) => name?.startsWith("accuracy"))?.slice(1)).toEqual([
      "0.9091",
      "0.9706",
      expect.stringMatching(/^\+0\.0615 /),
    ]);
    expect(await printed(["compare", "artifact", "4", "12", "--sqlite", file])).toMatch(
      /properties\.accuracy +0\.9091 +0\.9706 +\+0\.0615\n/,
    );
  });

  test("3. the graph of a run", async () => {
    const [run] = await store.getContexts({ filterQuery: "name = 'run-2'" });
    if (!run) throw new Error("it is there");
    await expectSameGraph(
      await contextLineage(store, run.id),
      ["dag", "run-2"],
      `/lineage/contexts/${run.id}?direction=both`,
    );
  });

  test("4. how an artifact came about", async () => {
    await expectSameGraph(
      await ancestors(store, 13n),
      ["ancestors", "artifact", "13"],
      "/lineage/artifacts/13?direction=before",
      "artifacts/13",
    );
  });

  test("5. what was made from an artifact", async () => {
    await expectSameGraph(
      await descendants(store, 1n),
      ["descendants", "artifact", "1"],
      "/lineage/artifacts/1?direction=after",
      "artifacts/1",
    );
  });

  test("6. only the models among that", async () => {
    const { artifacts } = await descendants(store, 1n, { type: "Model" });
    const expected = keys({ artifacts });
    expect(expected).toHaveLength(2);
    const answer = await json("descendants", "artifact", "1", "--type", "Model");
    expect(keys({ artifacts: answer.artifacts })).toEqual(expected);
    await linked("/lineage/artifacts/1?direction=after&as=table&hops=100", ".lineage-table tbody th");
    const rows = page.locator(".lineage-table tbody tr", { has: page.locator("td", { hasText: /^Model$/ }) });
    const hrefs = await rows
      .locator("th a")
      .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    expect(hrefs.map((href) => href?.slice(1)).sort()).toEqual(expected);
  });

  test("7. whether a step had run before", async () => {
    const [step] = await store.getExecutions({ filterQuery: "name = 'run-2.StatisticsGen'" });
    if (!step) throw new Error("it is there");
    const found = await findCachedExecution(store, await cacheKeyOf(store, step));
    if (!found) throw new Error("it did");
    const answer = await json("cached", "--execution", String(step.id));
    expect(answer.execution.id).toBe(String(found.execution.id));
    expect(keys({ artifacts: answer.outputs })).toEqual(keys({ artifacts: found.outputs }));
    const usable = await linked(`/executions/${step.id}/cached`, "main [role=status]");
    expect(usable).toEqual([`executions/${found.execution.id}`]);
  });
});
