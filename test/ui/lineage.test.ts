import { readFile } from "node:fs/promises";
import type { Browser, Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MetadataStore, openStore } from "../../src/index.ts";
import { accessibilityFaults, browserNote, installedBrowser, launchBrowser } from "../support/browser.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const installed = installedBrowser();
const hostile = `<script>document.title="hit"</script>\u202egnp.\u0007&"'`;

interface Types {
  readonly artifact: bigint;
  readonly model: bigint;
  readonly prepare: bigint;
  readonly train: bigint;
  readonly run: bigint;
}

/** Ids of one run: table -> prepare -> data -> train -> model. The table is shared. */
interface Run {
  readonly executions: readonly bigint[];
  readonly data: bigint;
  readonly model: bigint;
  readonly context: bigint;
}

let server: ServerProcess;
let limited: ServerProcess;
let browser: Browser;
let page: Page;
let faults: string[];
let types: Types;
let table: bigint;
let runs: Run[];
let hostileId: bigint;
let bigTable: bigint;

async function putTypes(store: MetadataStore): Promise<Types> {
  return {
    artifact: await store.putArtifactType({ name: "Data" }),
    model: await store.putArtifactType({ name: "Model" }),
    prepare: await store.putExecutionType({ name: "Prepare" }),
    train: await store.putExecutionType({ name: "Train" }),
    run: await store.putContextType({ name: "Run" }),
  };
}

async function putRun(store: MetadataStore, tableId: bigint, name: string): Promise<Run> {
  const { executionIds, artifactIds, contextIds } = await store.putLineageSubgraph({
    executions: [
      { typeId: types.prepare, name: `prepare-${name}`, lastKnownState: "COMPLETE" },
      { typeId: types.train, name: `train-${name}`, lastKnownState: name === "2" ? "FAILED" : "COMPLETE" },
    ],
    artifacts: [
      { typeId: types.artifact, name: `data-${name}`, uri: `s3://data/${name}` },
      { typeId: types.model, name: `model-${name}`, uri: `s3://models/${name}` },
    ],
    contexts: [{ typeId: types.run, name: `run-${name}` }],
    eventEdges: [
      { executionIndex: 0, event: { artifactId: tableId, type: "INPUT", path: ["table"] } },
      { executionIndex: 0, artifactIndex: 0, event: { type: "OUTPUT", path: ["examples", 0] } },
      { executionIndex: 1, artifactIndex: 0, event: { type: "INPUT", path: ["examples", 0] } },
      { executionIndex: 1, artifactIndex: 1, event: { type: "OUTPUT", path: ["model"] } },
    ],
  });
  const [data, model] = artifactIds as [bigint, bigint];
  return { executions: executionIds, data, model, context: contextIds[0] as bigint };
}

async function putHostile(store: MetadataStore): Promise<bigint> {
  const [typeId] = [await store.putArtifactType({ name: "<b>Type</b>" })];
  const { artifactIds } = await store.putLineageSubgraph({
    executions: [{ typeId: types.train, name: "reads" }],
    artifacts: [{ typeId, name: hostile, uri: "javascript:document.title='hit'" }],
    eventEdges: [
      { executionIndex: 0, artifactIndex: 0, event: { type: "INPUT", path: ["</text><script>", hostile] } },
    ],
  });
  return artifactIds[0] as bigint;
}

/** One table that 1,250 runs of two steps read: 5,001 nodes. */
async function putBig(store: MetadataStore): Promise<bigint> {
  const count = 1250;
  const [tableId] = await store.putArtifacts([{ typeId: types.artifact, name: "big table" }]);
  const steps = Array.from({ length: count }, (_, run) => run);
  await store.putLineageSubgraph({
    executions: steps.flatMap((run) => [
      { typeId: types.prepare, name: `big-prepare-${run}` },
      { typeId: types.train, name: `big-train-${run}` },
    ]),
    artifacts: steps.flatMap((run) => [
      { typeId: types.artifact, name: `big-data-${run}` },
      { typeId: types.model, name: `big-model-${run}` },
    ]),
    eventEdges: steps.flatMap((run) => [
      { executionIndex: 2 * run, event: { artifactId: tableId, type: "INPUT" } as const },
      { executionIndex: 2 * run, artifactIndex: 2 * run, event: { type: "OUTPUT" } as const },
      { executionIndex: 2 * run + 1, artifactIndex: 2 * run, event: { type: "INPUT" } as const },
      { executionIndex: 2 * run + 1, artifactIndex: 2 * run + 1, event: { type: "OUTPUT" } as const },
    ]),
  });
  return tableId as bigint;
}

const canvas = () => page.getByRole("application", { name: "Lineage graph" });
const status = () => page.locator(".lineage-picture [role=status]");
const boxes = (count: number) => canvas().and(page.locator(`[data-boxes="${count}"]`));
const param = (name: string) => new URL(page.url()).searchParams.get(name);

async function open(path: string, on: ServerProcess = server): Promise<void> {
  await page.goto(`http://127.0.0.1:${on.port}${path}`);
}

async function download(format: "SVG" | "PNG" | "JSON"): Promise<Download> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: `Download as ${format}` }).click(),
  ]);
  return file;
}

async function textOf(file: Download): Promise<string> {
  return readFile(await file.path(), "utf8");
}

describe.skipIf(installed.missing !== undefined)(`the lineage page${browserNote(installed)}`, () => {
  beforeAll(async () => {
    [server, limited, browser] = await Promise.all([
      startServerProcess(["--memory"]),
      startServerProcess(["--memory", "--max-lineage-nodes", "5"]),
      launchBrowser(installed),
    ]);
    for (const { port } of [limited, server]) {
      const store = await openStore({ grpc: { host: "127.0.0.1", port } });
      types = await putTypes(store);
      table = (await store.putArtifacts([{ typeId: types.artifact, name: "table" }]))[0] as bigint;
      runs = [];
      for (const name of ["1", "2", "3"]) runs.push(await putRun(store, table, name));
      hostileId = await putHostile(store);
      if (port === server.port) bigTable = await putBig(store);
      await store.close();
    }
  });
  afterAll(() => Promise.all([browser?.close(), server?.stop(), limited?.stop()]));

  beforeEach(async () => {
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
    page = await context.newPage();
    faults = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
  });
  afterEach(async () => {
    await page.context().close();
    expect(faults).toEqual([]);
  });

  const [modelPath, tablePath] = [
    () => `/lineage/artifacts/${runs[0]?.model}`,
    () => `/lineage/artifacts/${table}`,
  ];

  test("ancestors and descendants of an artifact, laid out in a worker", async () => {
    const workers: string[] = [];
    page.on("worker", (worker) => workers.push(new URL(worker.url()).pathname));
    await open(modelPath());
    await boxes(5).waitFor();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toMatch(
      /Lineage of\s+model-1\s+5 nodes, 4 edges/,
    );
    expect(workers).toHaveLength(1);
    expect(await page.title()).toContain("model-1");
    await page.getByRole("combobox", { name: "Show" }).selectOption("Descendants");
    await boxes(1).waitFor();
    expect(param("direction")).toBe("after");
  });

  test("nothing of it is loaded before it is opened", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await open("/");
    await page.waitForLoadState("networkidle");
    expect(asked.filter((url) => /lineage|worker/.test(url))).toEqual([]);
    await open(modelPath());
    await boxes(5).waitFor();
    expect(asked.filter((url) => /lineage-page|worker/.test(url)).length).toBeGreaterThan(1);
    expect(asked.filter((url) => !url.startsWith(`http://127.0.0.1:${server.port}/`))).toEqual([]);
  });

  test("shapes of both kinds are painted", async () => {
    await open(modelPath());
    await boxes(5).waitFor();
    const seen = () =>
      page.evaluate(() => {
        const element = document.querySelector("canvas") as HTMLCanvasElement;
        const context = element.getContext("2d") as CanvasRenderingContext2D;
        const { data } = context.getImageData(0, 0, element.width, element.height);
        const pixels = new Set(new Uint32Array(data.buffer));
        return ["--artifact-ground", "--execution-ground"].map((name) => {
          const probe = document.createElement("i");
          probe.style.color = `var(${name})`;
          document.body.append(probe);
          const [red = 0, green = 0, blue = 0] =
            getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
          return pixels.has(((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
        });
      });
    await expect.poll(seen).toEqual([true, true]);
  });

  test("hop by hop: one more on a side of a node, and back again", async () => {
    await open(`${modelPath()}?hops=1&direction=before&at=e${runs[0]?.executions[1]}`);
    await boxes(2).waitFor();
    expect(await page.getByRole("button", { name: "Show what it came from" }).textContent()).toContain(
      "(+1)",
    );
    await canvas().focus();
    await page.keyboard.press("Shift+ArrowLeft");
    await boxes(3).waitFor();
    expect(param("more")).toBe(`e${runs[0]?.executions[1]}.before`);
    await page.reload();
    await boxes(3).waitFor();
    await canvas().focus();
    await page.keyboard.press("Shift+ArrowLeft");
    await boxes(2).waitFor();
    await page.getByLabel("Hops").selectOption("4");
    await boxes(5).waitFor();
  });

  test("arrow keys move along edges, Enter opens the node, Back returns to the view", async () => {
    await open(modelPath());
    await boxes(5).waitFor();
    await canvas().focus();
    await expect.poll(() => status().textContent()).toContain("artifact model-1");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => status().textContent()).toContain("execution train-1");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => status().textContent()).toContain("data-1, Data");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => status().textContent()).toContain("train-1");
    await expect.poll(() => param("at")).toBe(`e${runs[0]?.executions[1]}`);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/executions/${runs[0]?.executions[1]}`);
    await page.goBack();
    await boxes(5).waitFor();
    expect(await page.getByRole("complementary", { name: "Selected" }).textContent()).toContain("train-1");
  });

  test("by mouse: a press selects, a drag and the wheel move the picture, a double click opens", async () => {
    await open(modelPath());
    await boxes(5).waitFor();
    const panel = page.getByRole("complementary", { name: "Selected" });
    const { x, y, width, height } = (await canvas().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    // Five boxes in a row, of which the third is in the middle.
    const middle = { x: x + width / 2, y: y + height / 2 };
    await page.mouse.click(middle.x, middle.y);
    await expect.poll(() => panel.textContent()).toContain("data-1");
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    await page.mouse.move(middle.x, middle.y);
    await page.mouse.down();
    await page.mouse.move(middle.x - 100, middle.y + 150, { steps: 3 });
    await page.mouse.up();
    await page.mouse.click(middle.x, middle.y);
    expect(await panel.count()).toBe(0);
    await page.mouse.move(middle.x - 100, middle.y + 150);
    await page.mouse.wheel(0, -300);
    await page.mouse.dblclick(middle.x - 100, middle.y + 150);
    await page.waitForURL(`**/artifacts/${runs[0]?.data}`);
  });

  test("a run as a graph, and all of a table's grouped by type and by run", async () => {
    await open(`/lineage/contexts/${runs[1]?.context}`);
    await boxes(5).waitFor();
    await open(tablePath());
    await boxes(13).waitFor();
    await page.getByLabel("Group by").selectOption("type");
    await boxes(4).waitFor();
    expect(param("group")).toBe("type");
    await canvas().focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => status().textContent()).toMatch(/Prepare, 3 executions/);
    await page.keyboard.press("Enter");
    await boxes(6).waitFor();
    await page.getByLabel("Group by").selectOption("Run (3)");
    await boxes(4).waitFor();
    await page.reload();
    await boxes(4).waitFor();
  });

  test("a search says how many it found and goes from one to the next", async () => {
    await open(tablePath());
    await boxes(13).waitFor();
    await page.getByRole("searchbox", { name: "Find" }).fill("MODEL");
    await page.getByText("3 nodes found").waitFor();
    const visited: (string | null)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await page.keyboard.press("Enter");
      await expect.poll(() => param("at")).not.toBe(visited.at(-1) ?? null);
      visited.push(param("at"));
    }
    expect(new Set(visited)).toEqual(new Set(runs.map(({ model }) => `a${model}`)));
    expect(param("find")).toBe("MODEL");
  });

  test("the same graph as a table, with the paths of events", async () => {
    await open(`${modelPath()}?as=table`);
    await page.getByRole("table").waitFor();
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "train-1" }) });
    expect(await row.getByRole("cell").allTextContents()).toEqual([
      "execution",
      "Train",
      "COMPLETE",
      expect.stringMatching(/data-1 #\d+ examples\[0\]/),
      expect.stringMatching(/model-1 #\d+ model/),
    ]);
    expect(await page.getByRole("row").count()).toBe(6);
  });

  test("downloads: a picture as SVG and PNG, and the graph as JSON", async () => {
    await open(modelPath());
    await boxes(5).waitFor();
    const svg = await download("SVG");
    expect(svg.suggestedFilename()).toBe(`lineage-artifact-${runs[0]?.model}.svg`);
    const text = await textOf(svg);
    const parsed = await page.evaluate((source) => {
      const document = new DOMParser().parseFromString(source, "image/svg+xml");
      const texts = (selector: string) =>
        [...document.querySelectorAll(selector)].map((one) => one.textContent ?? "");
      return {
        keys: document.querySelectorAll("[data-key]").length,
        texts: texts("text"),
        root: document.documentElement.nodeName,
      };
    }, text);
    expect(parsed).toMatchObject({ root: "svg", keys: 5 });
    expect(parsed.texts).toEqual(expect.arrayContaining(["model-1", "examples[0]", "train-1"]));
    const png = await readFile(await (await download("PNG")).path());
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    const width = Number(/^<svg[^>]* width="(\d+)"/.exec(text)?.[1]);
    expect(Math.abs(png.readUInt32BE(16) - 2 * width)).toBeLessThanOrEqual(2);
    const json = JSON.parse(await textOf(await download("JSON")));
    expect(json.root).toEqual({ kind: "artifact", id: String(runs[0]?.model) });
    expect(json.nodes).toHaveLength(5);
    expect(json.edges).toContainEqual({
      from: { kind: "artifact", id: String(runs[0]?.data) },
      to: { kind: "execution", id: String(runs[0]?.executions[1]) },
      labels: ["examples[0]"],
    });
  });

  test("hostile names are text in the picture's file, in the panel and in the table", async () => {
    await open(`/lineage/artifacts/${hostileId}?at=a${hostileId}`);
    await boxes(2).waitFor();
    const panel = page.getByRole("complementary", { name: "Selected" });
    expect(await panel.textContent()).toContain('<script>document.title="hit"</script>');
    expect(await panel.textContent()).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    expect(await panel.locator("script, b").count()).toBe(0);
    const svg = await textOf(await download("SVG"));
    const elements = await page.evaluate((source) => {
      const document = new DOMParser().parseFromString(source, "image/svg+xml");
      return [...new Set([...document.querySelectorAll("*")].map(({ nodeName }) => nodeName))].sort();
    }, svg);
    expect(elements).toEqual(["g", "path", "rect", "svg", "text", "title"]);
    expect(svg).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    await page.getByRole("button", { name: "Table" }).click();
    await page.getByRole("rowheader").filter({ hasText: "<script>" }).waitFor();
    expect(await page.locator("table script, table b").count()).toBe(0);
    expect(await page.title()).not.toBe("hit");
  });

  test("five thousand nodes are grouped, and can be drawn", async () => {
    await open(`/lineage/artifacts/${bigTable}`);
    await boxes(4).waitFor();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain("5,001 nodes");
    await page.getByLabel("Group by").selectOption("none");
    await page.getByRole("heading", { name: "5,001 boxes are more than can be read" }).waitFor();
    for (const name of ["Group by type", "Only 3 hops"]) {
      expect(await page.getByRole("button", { name }).isVisible()).toBe(true);
    }
    await page.getByRole("button", { name: "Draw all 5,001" }).click();
    await boxes(5001).waitFor();
    // The page answers while so much is on it.
    await page.getByRole("button", { name: "Fit" }).click();
    await page.getByRole("searchbox", { name: "Find" }).fill("big-model-1249");
    await page.getByText("1 node found").waitFor();
    const { x, y, width, height } = (await canvas().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.keyboard.press("Enter");
    await expect
      .poll(() => page.getByRole("complementary", { name: "Selected" }).textContent())
      .toContain("big-model-1249");
    // It was brought into the middle.
    await page.mouse.click(x + width / 2, y + height / 2);
    expect(await page.getByRole("complementary", { name: "Selected" }).textContent()).toContain(
      "big-model-1249",
    );
    await page.getByRole("button", { name: "Table" }).click();
    await page.getByText("1 of 5001 nodes").waitFor();
  });

  test("a layout says that it is going on, can be cancelled and begun again", async () => {
    let isHeld = true;
    const held: (() => Promise<void>)[] = [];
    await page.route(/worker/, (route) => {
      if (isHeld) held.push(() => route.abort());
      else return route.continue();
    });
    await open(modelPath());
    await page.getByText("Laying out 5 boxes").waitFor();
    // The page works while the worker does not.
    await page.getByLabel("Hops").selectOption("3");
    await page.getByText("Laying out 4 boxes").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("The layout was cancelled").waitFor();
    expect(page.workers()).toHaveLength(0);
    isHeld = false;
    await page.getByRole("button", { name: "Lay out" }).click();
    await boxes(4).waitFor();
    await Promise.allSettled(held.map((end) => end()));
  });

  test("where the server's limit is reached, the page says so and offers fewer hops", async () => {
    await open(`/lineage/artifacts/${table}?direction=after`, limited);
    await page.getByRole("heading", { name: "This lineage is too large to show at once" }).waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("5 nodes");
    faults = [];
    await page.getByRole("button", { name: "Only 3 hops" }).click();
    await page.getByRole("button", { name: "Only 1 hop" }).click();
    await boxes(4).waitFor();
    faults = [];
  });

  test("a node that is not there is not found", async () => {
    await open("/lineage/artifacts/99999999");
    await page.getByRole("alert").getByText("Not found").waitFor();
    faults = [];
  });

  test.each(["light", "dark"] as const)("axe finds nothing serious in the %s theme", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open(`${tablePath()}?at=a${table}`);
    await boxes(13).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Table" }).click();
    await page.getByRole("table").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await open(`/lineage/artifacts/${bigTable}?group=none`);
    await page.getByRole("button", { name: "Group by type" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  test("on a phone the picture and the facts stand below each other", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(`${modelPath()}?at=a${runs[0]?.model}`);
    await boxes(5).waitFor();
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(widths[0]).toBeLessThanOrEqual(widths[1] as number);
    const [picture, panel] = await Promise.all([
      canvas().boundingBox(),
      page.getByRole("complementary", { name: "Selected" }).boundingBox(),
    ]);
    expect(panel?.y).toBeGreaterThanOrEqual((picture?.y ?? 0) + (picture?.height ?? 0));
  });
});
