import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

const root = join(import.meta.dirname, "../..");
const requirementsFile = join(root, "test/interop/requirements.txt");
const lockAgeMaxMs = 10 * 60_000;

/** The original's wheels exist for these versions (and for fewer machines than Python does). */
const versions = ["3.11", "3.10"];

/** A Python in which the original is installed, or why there is none here. */
export type OriginalPython =
  | { readonly python: string; readonly missing?: never }
  | { readonly python?: never; readonly missing: string };

let found: Promise<OriginalPython> | undefined;

/**
 * Finds or makes the virtual environment that holds the original, in `.cache/` of the checkout. Where Python
 * or the wheel cannot be had, tests against the original are to be skipped, saying so; on CI (`CI=true`) that
 * is an error instead, so that they cannot fall out of it unseen.
 */
export function originalPython(): Promise<OriginalPython> {
  found ??= prepare().then((result) => {
    if (result.missing !== undefined && process.env.CI === "true") throw new Error(result.missing);
    return result;
  });
  return found;
}

/** What the name of a suite that needs the original should end in: nothing, or why it is skipped. */
export function skipNote(original: OriginalPython): string {
  return original.missing === undefined ? "" : ` (skipped: ${original.missing})`;
}

async function prepare(): Promise<OriginalPython> {
  const requirements = await readFile(requirementsFile, "utf8");
  const stamp = createHash("sha256").update(requirements).digest("hex").slice(0, 12);
  const cache = join(root, ".cache");
  const environment = join(cache, `python-${stamp}`);
  const python = join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (existsSync(python)) return { python };

  await mkdir(cache, { recursive: true });
  return withLock(`${environment}.lock`, async () => {
    if (existsSync(python)) return { python };
    return install(environment, python);
  });
}

async function install(environment: string, python: string): Promise<OriginalPython> {
  const base = await findPython();
  if (base === undefined) return { missing: `the original needs Python ${versions.join(" or ")}` };
  const unfinished = `${environment}.new`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await run(base, ["-m", "venv", unfinished]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"];
    await run(join(unfinished, "bin/python"), [...pip, "--no-deps", "-r", requirementsFile]);
    await rename(unfinished, environment);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    const reason = error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error);
    return { missing: `the original could not be installed: ${reason}` };
  }
  return { python };
}

async function findPython(): Promise<string | undefined> {
  for (const candidate of await candidates()) {
    const script = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
    const version = await run(candidate, ["-c", script]).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
    if (version !== undefined && versions.includes(version)) return candidate;
  }
  return undefined;
}

async function candidates(): Promise<string[]> {
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const installed = await readdir(pyenv).catch(() => []);
  return [
    ...versions.map((version) => `python${version}`),
    "python3",
    ...versions.flatMap((version) =>
      installed
        .filter((name) => name.startsWith(`${version}.`))
        .map((name) => join(pyenv, name, "bin/python")),
    ),
  ];
}

/** Test files run in several processes: one of them makes the environment, the others wait for it. */
async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!(await takeLock(lock))) await sleep(200);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    // The one that held it may have been killed.
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > lockAgeMaxMs) await rm(lock, { force: true });
    return false;
  }
}
