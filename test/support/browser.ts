import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";

const paths = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** The browser of this machine, or why there is none. On CI (`CI=true`) that is an error. */
export type InstalledBrowser =
  | { readonly path: string; readonly missing?: never }
  | { readonly path?: never; readonly missing: string };

export function installedBrowser(): InstalledBrowser {
  const path = paths.find((candidate) => candidate !== undefined && existsSync(candidate));
  if (path !== undefined) return { path };
  const missing = "there is no Chromium; set CHROMIUM to its path";
  if (process.env.CI === "true") throw new Error(missing);
  return { missing };
}

/** What the name of a suite that needs a browser should end in: nothing, or why it is skipped. */
export function browserNote({ missing }: InstalledBrowser): string {
  return missing === undefined ? "" : ` (skipped: ${missing})`;
}

export function launchBrowser({ path = "" }: InstalledBrowser): Promise<Browser> {
  const quiet = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  return chromium.launch({ executablePath: path, args: ["--no-sandbox", "--disable-gpu", ...quiet] });
}

const axeSource = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds on the page that is serious or critical, one line for each; by all its rules unless some are named. */
export async function accessibilityFaults(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(await axeSource);
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[] }> };
    };
    interface Violation {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly html: string }[];
    }
    const { violations } = await axe.run(only === undefined ? {} : { runOnly: only });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  }, rules);
}
