import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import Database from "better-sqlite3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../../src/index.ts";
import { browserNote, installedBrowser, launchBrowser } from "../support/browser.ts";
import { type ExploreProcess, startExploreProcess } from "../support/server-process.ts";

const installed = installedBrowser();
const artifacts = 1_000_000;

let folder = "";
let path = "";
let before = "";
let explorer: ExploreProcess;
let browser: Browser;
let page: Page;

/** Rows without properties, by SQL: through the store it would take minutes. */
async function fill(): Promise<void> {
  const store = await openStore({ sqlite: { path } });
  const typeId = await store.putArtifactType({ name: "Data" });
  await store.close();
  const database = new Database(path);
  database.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${artifacts})
    INSERT INTO Artifact (type_id, name, uri, state, create_time_since_epoch, last_update_time_since_epoch)
    SELECT ${typeId}, 'artifact ' || n, 's3://data/' || n, 2, 1700000000000 + n, 1700000000000 + n FROM numbers`);
  database.close();
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

describe.skipIf(installed.missing !== undefined)(`a million artifacts${browserNote(installed)}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mlmd-million-"));
    path = join(folder, "store.db");
    await fill();
    before = await hashOf(path);
    explorer = await startExploreProcess(["--sqlite", path]);
    browser = await launchBrowser(installed);
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(30_000);
  });
  afterAll(async () => {
    await browser?.close();
    await explorer?.stop();
    await rm(folder, { recursive: true });
  });

  test("the start says how many there may be, without counting them", async () => {
    await page.goto(explorer.address, { waitUntil: "networkidle" });
    expect(await page.locator(".card").first().textContent()).toBe("up to 1,000,000artifacts");
    expect(await page.locator(".types li").first().textContent()).toBe("Data100+");
  });

  test("the list goes on without end, and draws the rows in sight only", async () => {
    await page.goto(`${explorer.address}artifacts?sort=id`, { waitUntil: "networkidle" });
    const list = page.getByRole("region", { name: "Artifacts" });
    await list.locator("tbody tr").first().waitFor();
    for (const row of [150, 500, 1000, 2000]) {
      // To the end, as often as it moves.
      await expect
        .poll(
          async () => {
            await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
            return Number(await list.locator("tbody tr:has(a) td:first-child").last().textContent());
          },
          { timeout: 30_000 },
        )
        .toBeGreaterThan(row);
    }
    expect(await list.locator("tbody tr").count()).toBeLessThan(100);
    await page.getByText(/^[\d,]+ loaded, more below$/).waitFor();
    // Come back to, the list is where it was left.
    const left = String(await list.locator("tbody tr:has(a) .node-link").nth(20).textContent());
    await list.getByRole("link", { name: left, exact: true }).click();
    await page.getByRole("heading", { name: left }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.goBack();
    await list.getByRole("link", { name: left, exact: true }).waitFor();
    await list.evaluate((element) => element.scrollTo(0, 0));
    await list.getByRole("link", { name: "artifact 1", exact: true }).waitFor();
  });

  test("sorted and filtered, it shows the other end and single ones", async () => {
    await page.goto(`${explorer.address}artifacts`, { waitUntil: "networkidle" });
    await page.getByRole("link", { name: "artifact 1000000" }).waitFor();
    const box = page.getByRole("combobox", { name: "Filter artifacts" });
    await box.fill("uri = 's3://data/765432'");
    await box.press("Escape");
    await box.press("Enter");
    await page.getByText("1 artifact", { exact: true }).waitFor();
    expect(await page.locator(".node-link").allTextContents()).toEqual(["artifact 765432"]);
  });

  test("the database keeps every byte, and nothing is left beside it", async () => {
    expect(await explorer.stop()).toBe(0);
    expect(await hashOf(path)).toBe(before);
    expect(await readdir(folder)).toEqual(["store.db"]);
  });
});
