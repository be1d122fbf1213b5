import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Of the folder that the files are in. */
  readonly filesystem: string;
  readonly mlmd: string;
  /** The commit, with `+` where the files differ from it. */
  readonly commit: string;
  readonly original: string;
}

const root = join(import.meta.dirname, "..");

export function machineFacts(folder: string): Machine {
  const [first] = cpus();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const requirements = readFileSync(join(root, "test/interop/requirements.txt"), "utf8");
  return {
    processor: first?.model.trim() ?? "unknown",
    processors: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    filesystem: output("stat", ["-f", "-c", "%T", folder]) ?? "unknown",
    mlmd: version,
    commit: commit(),
    original: /^ml-metadata==(\S+)/im.exec(requirements)?.[1] ?? "unknown",
  };
}

function commit(): string {
  const id = output("git", ["rev-parse", "--short", "HEAD"]);
  if (id === undefined) return "unknown";
  return (
    id + (output("git", ["status", "--porcelain", "--", "src", "bench", ":!bench/results"]) === "" ? "" : "+")
  );
}

function output(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
