import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { accessibilityFaults, browserNote, installedBrowser, launchBrowser } from "../support/browser.ts";
import { originalPython, skipNote } from "../support/python.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const installed = installedBrowser();
const original = await originalPython();
const isMissing = installed.missing !== undefined || original.missing !== undefined;

// Ids in the example that tests/ui/example.py writes.
const dataset = 1;
const firstModel = 2;
const firstTrainer = 2;
const repeatingTrainer = 16;
const hostile = 24;
const pipeline = 1;

let server: ServerProcess;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What went wrong in the browser, and which hosts it asked. */
let faults: string[];
let hosts: Set<string>;

const at = (path: string) => `http://127.0.0.1:${server.port}${path}`;

/** Waits until everything that the view asks for is there. */
async function visit(path: string): Promise<void> {
  await page.goto(at(path), { waitUntil: "networkidle" });
}

async function newContext(options: object = {}): Promise<BrowserContext> {
  const made = await browser.newContext({
    locale: "en-US",
    timezoneId: "America/New_York",
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  made.setDefaultTimeout(15_000);
  return made;
}

/** As a person sees it: styled, and without what is hidden. */
function seen(locator: Locator | string): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: what is seen is the point
  return (typeof locator === "string" ? page.locator(locator) : locator).innerText();
}

async function texts(selector: string): Promise<string[]> {
  return (await page.locator(selector).allInnerTexts()).map((text) => text.trim());
}

describe.skipIf(isMissing)(`pages in a browser${browserNote(installed)}${skipNote(original)}`, () => {
  beforeAll(async () => {
    server = await startServerProcess(["--memory"]);
    const script = join(import.meta.dirname, "example.py");
    await promisify(execFile)(original.python as string, [script, "127.0.0.1", String(server.port)]);
    browser = await launchBrowser(installed);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    context = await newContext({ permissions: ["clipboard-read", "clipboard-write"] });
    page = await context.newPage();
    faults = [];
    hosts = new Set();
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("dialog", (dialog) => faults.push(`dialog ${dialog.message()}`));
    page.on("console", (message) => {
      // The contract answers NOT_FOUND for no neighbours, which the browser reports as an error of its own.
      if (message.type() === "error" && !message.text().includes("404")) faults.push(message.text());
    });
    page.on("request", (request) => hosts.add(new URL(request.url()).host));
  });
  afterEach(async () => {
    expect([...hosts]).toEqual([`127.0.0.1:${server.port}`]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("start: what is in the store, the newest runs, the types with their numbers", async () => {
    await visit("/");
    expect(await texts(".card")).toEqual(["24\nartifacts", "24\nexecutions", "13\ncontexts"]);
    const runs = page.locator(".panel", { has: page.getByRole("heading", { name: "Newest runs" }) });
    expect(await seen(runs.locator("li").first())).toMatch(/^train-12\s+Trainer\s+FAILED\s+just now$/);
    const types = page.locator(".panel", { has: page.getByRole("heading", { name: "Artifact types" }) });
    expect((await types.locator("li").allInnerTexts()).map((text) => text.split("\n"))).toEqual([
      ["Dataset", "2"],
      ["Model", "11"],
      ["Metrics", "11"],
    ]);
    await types.getByRole("button", { name: "Show 1 without artifacts" }).click();
    expect(await types.locator("li").count()).toBe(4);
    await types.getByRole("link", { name: "Model" }).click();
    await page.getByText("11 artifacts", { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe("?type=Model");
  });

  test.each([
    ["wine-model-07", "Artifacts", ["wine-model-07"]],
    ["s3://lab/models/wine/03", "Artifacts", ["wine-model-03"]],
    ["dataset:wine-quality:2026-10", "Artifacts", ["wine-quality"]],
    ["16", "Executions", ["train-08"]],
    ["100% _nothing'\\", "Contexts", []],
  ])("search by name, URI, id and external id: %s", async (query, section, names) => {
    await visit("/");
    await page.keyboard.press("/");
    await page.keyboard.type(query);
    await page.keyboard.press("Enter");
    const found = page.locator("main section", { has: page.getByRole("heading", { name: section }) }).first();
    if (names.length === 0) await found.getByText("None found.").waitFor();
    else await found.locator("tbody tr").first().waitFor();
    expect(await found.locator(".node-link").allInnerTexts()).toEqual(names);
  });

  test("the filter box completes names, says what is wrong where, and then filters", async () => {
    await visit("/");
    const box = page.getByRole("combobox", { name: "Filter artifacts" });
    await box.click();
    await page.keyboard.type("acc");
    expect(await texts("[role=option]")).toEqual(["properties.accuracy.double_value\nof Metrics"]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await box.inputValue()).toBe("properties.accuracy.double_value ");
    await page.keyboard.type("> 0.91 AND type = 'Met");
    expect(await texts("[role=option]")).toEqual(["Metrics'\na type"]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await page.keyboard.type("AND nmae = 'a'");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    const problem = page.locator(".filter-problem");
    expect(await seen(problem)).toMatch(
      /character 66: a filter on artifacts knows no `nmae`[\s\S]*Did you mean `name`/,
    );
    const [, place = "", caret = ""] = (await seen(problem)).trimEnd().split(/\n+/);
    expect(place.slice(caret.indexOf("^"))).toMatch(/^nmae/);
    expect(await box.getAttribute("aria-invalid")).toBe("true");
    await box.fill("properties.accuracy.double_value > 0.91 AND type = 'Metrics'");
    await problem.waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await page.getByText("3 artifacts", { exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/artifacts");
  });

  test("a list: columns, order, state and filter are in the address, and a link shows the same", async () => {
    await visit("/executions");
    await page.getByRole("combobox", { name: "Type" }).selectOption("Trainer");
    await page.getByRole("combobox", { name: "State" }).selectOption("COMPLETE");
    await page.getByText("Columns", { exact: true }).click();
    await page.getByLabel("learning_rate").check();
    await page.getByLabel("Created").uncheck();
    await page.getByText("Columns", { exact: true }).click();
    await page.getByRole("button", { name: "ID" }).click();
    await page.getByRole("button", { name: "ID" }).click();
    const box = page.getByRole("combobox", { name: "Filter executions" });
    await box.fill("contexts_a.name = 'wine-quality' -- of the pipeline");
    await box.press("Escape");
    await box.press("Enter");
    await page.getByText("11 executions", { exact: true }).waitFor();
    const rows = await texts("tbody tr");
    expect(rows[0]).toMatch(/^2\s+train-01\s+Trainer\s+COMPLETE\s+0\.5$/);
    expect(await seen(page.locator("th[aria-sort=ascending]"))).toMatch(/^ID/);
    const other = await context.newPage();
    await other.goto(page.url(), { waitUntil: "networkidle" });
    expect(await other.locator("tbody tr").allInnerTexts()).toEqual(
      await page.locator("tbody tr").allInnerTexts(),
    );
    expect(await other.locator("thead th").allInnerTexts()).toEqual(
      await page.locator("thead th").allInnerTexts(),
    );
    await page.goBack();
    await page.getByText("11 executions", { exact: true }).waitFor();
    expect(await box.inputValue()).toBe("");
  });

  test("a node: properties by kind, tree, folded text, events with paths, contexts, raw message", async () => {
    await visit(`/executions/${firstTrainer}`);
    expect(await texts(".properties tbody tr")).toEqual([
      "epochs\tinteger\t15",
      "learning_rate\tdouble\t0.5",
      expect.stringMatching(/^settings\tstruct\t\s*\{3\}/),
      "host\tstring, custom\tgpu-1",
    ]);
    await page.getByText("optimizer:").click();
    await page.getByText("beta:").click();
    await page.getByText("0.999").waitFor();
    expect(await page.locator(".tree .tree .tree li").allInnerTexts()).toEqual(["0: 0.9", "1: 0.999"]);
    const inputs = page.getByRole("region", { name: "Inputs" });
    expect(await seen(inputs.locator("tbody tr"))).toMatch(
      /^examples\[0\]\s+wine-quality\s+Dataset\s+INPUT\s/,
    );
    expect(
      await page.getByRole("region", { name: "Contexts" }).locator(".node-link").allInnerTexts(),
    ).toEqual(["wine-quality", "wine-quality-run-01"]);
    await page.getByText("Raw message").click();
    expect(JSON.parse(await seen(page.locator(".raw bdi")))).toMatchObject({
      id: "2",
      name: "train-01",
    });
    await inputs.getByRole("link", { name: "wine-quality" }).click();
    await page.getByRole("heading", { name: "wine-quality LIVE" }).waitFor();
    await page.getByRole("button", { name: "Copy the URI" }).click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      "s3://lab/data/wine-quality/2026-10",
    );
    await page.getByRole("region", { name: "Read by" }).waitFor();
    expect(await page.getByRole("region", { name: "Read by" }).locator("tbody tr").count()).toBe(23);
  });

  test("a context: parents and children, executions and artifacts", async () => {
    await visit(`/contexts/${pipeline}`);
    expect(await page.getByRole("region", { name: "Children" }).locator("tbody tr").count()).toBe(12);
    expect(await page.getByRole("region", { name: "Executions" }).locator("tbody tr").count()).toBe(24);
    await page.getByRole("link", { name: "wine-quality-run-12" }).click();
    const parents = page.getByRole("region", { name: "Parents" });
    await parents.waitFor();
    expect(await parents.locator(".node-link").allInnerTexts()).toEqual(["wine-quality"]);
    await visit("/contexts/99");
    expect(await texts("h1")).toEqual(["There is no context 99"]);
  });

  test("two nodes compared: typed differences, exact numbers, other ends by path", async () => {
    await visit(`/artifacts/${firstModel}`);
    await page.getByRole("link", { name: "Compare with…" }).click();
    const other = page.locator(".suggestions li", { hasText: "wine-model-03" });
    await other.getByRole("button", { name: "Add" }).click();
    await page.getByText("7 rows differ").waitFor();
    const row = page.locator(".compare tr", { hasText: "size_bytes" });
    expect((await seen(row)).split("\t").map((text) => text.trim())).toEqual([
      expect.stringMatching(/^size_bytes\s+differs$/),
      "9007199254740993",
      "9007199254740995",
      "+2",
    ]);
    await page.getByLabel("Differences only").check();
    expect(await texts(".compare tbody th[scope=row]")).not.toContain("framework");
    await visit("/compare/executions?ids=2,4");
    await page.getByText("rows differ").waitFor();
    expect(await seen(page.locator(".compare tr", { hasText: "learning_rate" }))).toContain("-0.25 (-50 %)");
    expect(
      await page.locator(".compare tr", { hasText: "model[0]" }).locator(".node-link").allInnerTexts(),
    ).toEqual(["wine-model-01", "wine-model-02"]);
  });

  test("the runs of a context as a table, with a picture of one number", async () => {
    await visit(`/contexts/${pipeline}`);
    await page.getByRole("link", { name: "Compare its runs" }).click();
    await page.getByRole("combobox", { name: "Type" }).selectOption("Evaluator");
    await page.getByText("11 executions", { exact: true }).waitFor();
    expect(await page.getByRole("combobox", { name: "Plot" }).inputValue()).toBe("metrics → accuracy");
    const values = await texts(".runs tbody tr td:nth-child(4)");
    const points = await page
      .locator(".plot a")
      .evaluateAll((links) => links.map((link) => link.getAttribute("aria-label")));
    expect(points).toEqual(
      values.map((value, index) => `evaluate-${String(index + 1).padStart(2, "0")}: ${value}`),
    );
    await page.getByRole("combobox", { name: "Plot" }).selectOption("metrics → loss");
    expect(new URL(page.url()).searchParams.get("plot")).toBe("metrics → loss");
    await page.locator(".plot a").last().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "evaluate-11 COMPLETE" }).waitFor();
  });

  test("earlier runs with the same inputs, and the one that could have been used", async () => {
    await visit(`/executions/${repeatingTrainer}`);
    await page.getByRole("link", { name: "Earlier runs with the same inputs" }).click();
    expect(await seen(page.locator(".notice"))).toMatch(/^train-04\s+did the same/);
    const names = await page
      .getByRole("region", { name: "Earlier runs" })
      .locator("td:first-child")
      .allInnerTexts();
    expect(names).toEqual([7, 6, 5, 4, 3, 2, 1].map((number) => `train-0${number}`));
    await visit(`/executions/${firstTrainer}/cached`);
    expect(await seen(page.locator(".notice"))).toBe("No earlier run could have been used instead.");
  });

  test("hostile names and values are text, with hidden characters spelled out", async () => {
    for (const path of [
      `/artifacts/${hostile}`,
      "/artifacts",
      "/",
      "/search?q=%3Cimg",
      `/compare/artifacts?ids=1,${hostile}`,
    ]) {
      await visit(path);
      await page.locator(".node-link, h1").getByText("<img src=x onerror=").first().waitFor();
      expect(await page.title()).not.toBe("hit");
      expect(await page.locator("main img, main b, main script, a[href^=javascript]").count()).toBe(0);
    }
    await visit(`/artifacts/${hostile}`);
    expect(await seen(page.locator("h1"))).toContain("\\u{202E}gnp.\\u{0007}\\0 end");
    const properties = await texts(".properties tbody tr");
    expect(properties).toContain("constructor\tinteger, custom\t-9223372036854775808");
    expect(properties).toContain("<b>bold</b>\tstring, custom\tthe name of this property is markup");
    expect(properties.find((text) => text.startsWith("packed"))).toContain(
      "type.example/lab.Unknown 2 bytes",
    );
    const long = page.locator(".properties tr", { hasText: "of 1,048,576 characters" });
    expect((await seen(long)).length).toBeLessThan(1000);
    await long.getByRole("button", { name: "Show more" }).click();
    expect((await seen(page.locator(".long-text-open"))).length).toBe(50_000);
  });

  test("axe finds nothing serious on any page; in the dark the colours are looked at again", async () => {
    const paths = [
      "/",
      "/artifacts?filter=name+%3D",
      `/artifacts/${hostile}`,
      `/executions/${firstTrainer}`,
      `/contexts/${pipeline}`,
      "/search?q=wine",
      "/compare/executions?ids=2,4",
      `/compare/executions?context=${pipeline}`,
      `/executions/${repeatingTrainer}/cached`,
      "/nothing/here",
    ];
    for (const path of paths) {
      await page.emulateMedia({ colorScheme: "light" });
      await visit(path);
      expect([path, await accessibilityFaults(page)]).toEqual([path, []]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect([path, await accessibilityFaults(page, ["color-contrast"])]).toEqual([path, []]);
    }
  });

  test("everything can be reached by the keyboard", async () => {
    await visit("/artifacts");
    await page.locator("tbody tr").first().waitFor();
    const focused: string[] = [];
    for (let step = 0; step < 40 && focused.at(-1) !== "metrics-11"; step++) {
      await page.keyboard.press("Tab");
      focused.push(
        await page.evaluate(
          () =>
            document.activeElement?.textContent ||
            document.activeElement?.getAttribute("aria-label") ||
            document.activeElement?.tagName ||
            "",
        ),
      );
    }
    expect(focused[0]).toBe("Skip to the content");
    expect(focused).toContain("Filter artifacts");
    expect(focused).toContain("Columns");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "metrics-11" }).waitFor();
  });

  test("on a phone nothing is wider than the screen", async () => {
    await page.setViewportSize({ width: 360, height: 720 });
    for (const path of [
      "/",
      "/artifacts",
      `/artifacts/${hostile}`,
      `/executions/${firstTrainer}`,
      "/compare/executions?ids=2,4",
    ]) {
      await visit(path);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([path, width]).toEqual([path, 360]);
    }
  });

  test("times are in the reader's zone, with UTC in the hint", async () => {
    await visit(`/artifacts/${dataset}`);
    const time = page.locator(".facts time").first();
    const moment = new Date(String(await time.getAttribute("datetime")));
    const local = new Intl.DateTimeFormat("en-US", {
      dateStyle: "medium",
      timeStyle: "medium",
      timeZone: "America/New_York",
    });
    expect(await seen(time)).toBe(local.format(moment));
    expect(await time.getAttribute("title")).toBe(
      `${moment.toISOString().replace("T", " ").replace("Z", "")} UTC`,
    );
  });

  test("less than 300 kB are loaded before the graph is opened", async () => {
    let bytes = 0;
    page.on("requestfinished", async (request) => {
      if (!request.url().includes("/ml_metadata.")) bytes += (await request.sizes()).responseBodySize;
    });
    await visit("/");
    await visit("/artifacts");
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(300_000);
  });
});
