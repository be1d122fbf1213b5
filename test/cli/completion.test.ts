import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { here, printed } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "mlmd-completion-"));
afterAll(() => rmSync(folder, { recursive: true }));

const files: { [shell: string]: string } = {};

beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, await printed(["completion", shell]));
    files[shell] = file;
  }
  writeFileSync(join(folder, "data.db"), "");
});

/** Where it is missing, its tests are skipped; on CI that is an error. */
function isMissing(shell: string): boolean {
  try {
    execFileSync(shell, ["-c", "exit 0"]);
    return false;
  } catch {
    if (process.env.CI === "true") throw new Error(`${shell} is not installed`);
    return true;
  }
}

async function run(shell: string, args: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: folder };
  return (await promisify(execFile)(shell, args, { cwd: folder, env })).stdout;
}

/** What is typed, and what is offered. */
const cases: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ["mlmd li", ["list"]],
  ["mlmd c", ["compare", "cached", "completion"]],
  ["mlmd list ", ["artifacts", "executions", "contexts"]],
  ["mlmd list artifacts --ty", ["--type", "--type-version"]],
  ["mlmd list artifacts --json --order ", ["id", "created", "updated"]],
  ["mlmd migrate do", ["down"]],
  ["mlmd migrate down --t", ["--to"]],
  ["mlmd completion ", ["bash", "zsh", "fish"]],
  ["mlmd list artifacts --sqlite da", ["data.db"]],
  ["mlmd quickstart da", ["data.db"]],
];

describe.skipIf(isMissing("bash"))("bash", () => {
  test.each(cases)("%s", async (typed, offered) => {
    const words = typed.split(" ");
    const script = `source ${files.bash}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mlmd; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const answers = (await run("bash", ["--norc", "-c", script, "bash", ...words])).trim().split("\n");
    // Behind an argument that is chosen from a list bash offers the options as well.
    expect(answers.filter((answer) => offered.includes(answer)).sort()).toEqual([...offered].sort());
    if (!typed.endsWith(" ")) expect(answers).toHaveLength(offered.length);
  });
});

describe.skipIf(isMissing("fish"))("fish", () => {
  test.each(cases)("%s", async (typed, offered) => {
    const output = await run("fish", ["--no-config", "-c", `source ${files.fish}; complete -C '${typed}'`]);
    const answers = output
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0]);
    expect(answers.sort()).toEqual([...offered].sort());
  });
});

describe.skipIf(isMissing("zsh"))("zsh", () => {
  test("the script is read", async () => {
    await run("zsh", ["-n", files.zsh as string]);
    const loaded = `autoload -U compinit; compinit -u -D; source ${files.zsh}; print -r -- $_comps[mlmd]; whence _mlmd_migrate_down`;
    expect(await run("zsh", ["-f", "-c", loaded])).toBe("_mlmd\n_mlmd_migrate_down\n");
  });
});

test("another shell is refused with those that are known", async () => {
  const { code, stderr } = await here(["completion", "tcsh"]);
  expect(code).toBe(2);
  expect(stderr).toContain("Allowed choices are bash, zsh, fish");
});
