import { type ChildProcess, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a process has used so far. Linux tells; elsewhere it is undefined. */
export interface Usage {
  readonly cpuMs: number;
  readonly residentMiB: number;
  /** The most that it ever had. */
  readonly residentMaxMiB: number;
}

let ticks: number | undefined;

export function usage({ pid }: ChildProcess): Usage | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const mebibytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
    // The second field is the program's name in brackets, which may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    ticks ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
    const [user, system] = [fields[11], fields[12]].map(Number) as [number, number];
    return {
      cpuMs: ((user + system) * 1000) / ticks,
      residentMiB: mebibytes("VmRSS"),
      residentMaxMiB: mebibytes("VmHWM"),
    };
  } catch {
    return undefined;
  }
}
