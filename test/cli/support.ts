import { execFile } from "node:child_process";
import { join } from "node:path";
import { vi } from "vitest";
import { run } from "../../src/cli/run.ts";

const main = join(import.meta.dirname, "../../dist/cli/main.js");

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What would decide about the output, were it inherited. */
const own = ["COLUMNS", "MLMD_STORE", "MLMD_DATABASE_PASSWORD", "FORCE_COLOR", "NO_COLOR", "TZ"];

/** Runs the built command in a process of its own, whose output is a pipe. */
export function mlmd(
  args: readonly string[],
  { cwd, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  const inherited = Object.entries(process.env).filter(([name]) => !own.includes(name));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { cwd, env: { ...Object.fromEntries(inherited), TZ: "UTC", ...env }, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** Runs the command in this process, which takes a twentieth of the time; one at a time. */
export async function here(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  const spies = [
    ...(["stdout", "stderr"] as const).map((name) =>
      vi.spyOn(process[name], "write").mockImplementation((text) => {
        output[name] += text;
        return true;
      }),
    ),
    vi.spyOn(console, "log").mockImplementation((text = "") => {
      output.stdout += `${text}\n`;
    }),
    vi.spyOn(console, "error").mockImplementation((text = "") => {
      output.stderr += `${text}\n`;
    }),
  ];
  for (const name of own) vi.stubEnv(name, { TZ: "UTC", ...env }[name]);
  try {
    await run([process.execPath, main, ...args]);
    return { ...output, code: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = undefined;
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}

/** What the command prints, where it succeeds and has nothing to complain about. */
export async function printed(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, stdout, stderr } = await here(args, env);
  if (code !== 0 || stderr !== "") throw new Error(`mlmd ${args.join(" ")} exits with ${code}: ${stderr}`);
  return stdout;
}
