import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const main = join(import.meta.dirname, "../../dist/cli/main.js");

/** The built server in a process of its own, on a free port. */
export interface ServerProcess {
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it with the signal and gives its exit code, or the signal's name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts `mlmd serve` with these arguments, and those for Node itself, and waits until it listens. */
export async function startServerProcess(
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [...nodeArgs, main, "serve", "--port", "0", "--log-level", "error", ...args],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const exited = once(child, "exit") as Promise<[number | null, string | null]>;
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    const port = /Server listening on .+:(\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stderr.resume();
    return {
      port: Number(port),
      process: child,
      stop: async (signal = "SIGTERM") => {
        child.kill(signal);
        const [code, name] = await exited;
        return code ?? name ?? "";
      },
    };
  }
  throw new Error(`the server did not start:\n${lines.join("\n")}`);
}

/** `mlmd explore` in a process of its own. */
export interface ExploreProcess {
  readonly address: string;
  stop(): Promise<number | string>;
}

/** Starts `mlmd explore` with these arguments, without a browser, and waits for the address of its page. */
export async function startExploreProcess(args: readonly string[]): Promise<ExploreProcess> {
  const child = spawn(process.execPath, [main, "explore", "--no-open", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit") as Promise<[number | null, string | null]>;
  const messages: string[] = [];
  child.stderr.on("data", (chunk) => messages.push(String(chunk)));
  for await (const address of createInterface({ input: child.stdout })) {
    return {
      address,
      stop: async () => {
        child.kill("SIGINT");
        const [code, name] = await exited;
        return code ?? name ?? "";
      },
    };
  }
  throw new Error(`mlmd explore did not start:\n${messages.join("")}`);
}
