import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";

/* On a terminal of its own, which `script` makes. */

const isMissing = (() => {
  try {
    execFileSync("script", ["--version"]);
    return false;
  } catch {
    return true;
  }
})();

/** What appears on a terminal where a command reads for longer than a second and then prints a line. */
function onTerminal(redirect: string): string {
  const program = `
    import { Progress } from "./src/cli/output/progress.ts";
    import { Lines } from "./src/cli/output/lines.ts";
    const progress = new Progress("reading");
    progress.add("artifacts", 1000);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
    progress.add("artifacts", 234);
    const lines = new Lines();
    await lines.add("the answer");
    await lines.flush();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    progress.add("artifacts", 1);
    progress.end();`;
  const command = `"${process.execPath}" --experimental-transform-types --disable-warning=ExperimentalWarning --input-type=module-typescript -e '${program}' ${redirect}`;
  return execFileSync("script", ["-qec", command, "/dev/null"], { input: "", encoding: "utf8" });
}

const clear = "\r\x1b[2K";

describe.skipIf(isMissing)("progress", () => {
  test("is taken away before the answer, on the same terminal, and does not come back", () => {
    expect(onTerminal("")).toBe(`${clear}reading: 1,234 artifacts (1 s)${clear}the answer\r\n`);
  });

  test("goes on where the answer goes elsewhere", () => {
    const line = (count: string) => `${clear}reading: ${count} artifacts (1 s)`;
    expect(onTerminal("> /dev/null")).toBe(`${line("1,234")}${line("1,235")}${clear}`);
  });

  test("is not written where standard error is no terminal", () => {
    expect(onTerminal("2> /dev/null")).toBe("the answer\r\n");
  });
});
