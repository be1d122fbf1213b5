/**
 * Makes the pictures in `docs/images/` anew, from the built page over the database that `mlmd quickstart` makes:
 * `npm run build && npm run screenshots`.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { installedBrowser, launchBrowser } from "../test/support/browser.ts";
import { startExploreProcess } from "../test/support/server-process.ts";

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly colorScheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  /** What a person would do first. */
  readonly before?: (page: Page) => Promise<void>;
}

const pictures: readonly Picture[] = [
  { name: "start", path: "/" },
  {
    name: "lineage",
    path: "/lineage/contexts/1",
    width: 1440,
    height: 640,
    before: (page) => page.getByText("Following the events").waitFor({ state: "detached" }),
  },
  { name: "lineage-node", path: "/lineage/artifacts/6?at=a6", height: 600 },
  {
    name: "lineage-types",
    path: "/lineage/contexts/1?group=type",
    colorScheme: "dark",
    width: 1440,
    height: 600,
  },
  {
    name: "list",
    path: "/artifacts?type=ModelEvaluation&columns=id,name,state,uri,properties.accuracy,properties.log_loss,created",
    height: 560,
  },
  {
    name: "filter",
    path: "/executions",
    height: 480,
    before: async (page) => {
      await page.getByRole("combobox", { name: "Filter executions" }).click();
      await page.keyboard.type("type = 'Trainer' AND prop", { delay: 5 });
    },
  },
  { name: "node", path: "/executions/8", height: 900 },
  { name: "compare", path: "/compare/executions?ids=3,8" },
  { name: "runs", path: "/compare/executions?context=1&type=Evaluator", height: 560 },
  { name: "earlier-runs", path: "/executions/7/cached", height: 520 },
  { name: "dark", path: "/artifacts/3", colorScheme: "dark", height: 700 },
  { name: "phone", path: "/executions/8", width: 390, height: 844 },
];

const folder = await mkdtemp(join(tmpdir(), "mlmd-screenshots-"));
const database = join(folder, "quickstart.db");
const main = join(import.meta.dirname, "../dist/cli/main.js");
execFileSync(process.execPath, [main, "quickstart", database], { stdio: "ignore" });
const explorer = await startExploreProcess(["--sqlite", database]);
const browser = await launchBrowser(installedBrowser());
for (const picture of pictures) await take(browser, picture);
await browser.close();
await explorer.stop();
await rm(folder, { recursive: true });

async function take(
  on: Browser,
  { name, path, colorScheme = "light", width = 1280, height = 800, before }: Picture,
): Promise<void> {
  const page = await on.newPage({ viewport: { width, height }, colorScheme, locale: "en-US" });
  await page.goto(new URL(path, explorer.address).href, { waitUntil: "networkidle" });
  await before?.(page);
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(import.meta.dirname, `../docs/images/${name}.png`) });
  await page.close();
}
