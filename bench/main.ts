/** `npm run bench`: see docs/performance.md. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { backends } from "../test/support/backends.ts";
import { type DatabaseServers, startDatabaseServers } from "../test/support/database-servers.ts";
import { originalPython } from "../test/support/python.ts";
import type { Engine } from "./engines/engine.ts";
import { mysqlEngine } from "./engines/mysql.ts";
import { postgresEngine } from "./engines/postgres.ts";
import { sqliteEngine } from "./engines/sqlite.ts";
import { machineFacts } from "./machine.ts";
import { comparison, report } from "./report.ts";
import { type BenchResult, readResult, writeWhole } from "./result.ts";
import { runAll, type Settings } from "./run.ts";
import type { EngineName } from "./workload.ts";

const help = `npm run bench -- [options]

  --quick            small stores and few operations: whether everything works, not how fast it is
  --long             a store of 10 million artifacts as well
  --engine NAMES     of ${backends}; all unless given
  --only TEXT        only workloads with this in their names; those on a server are "served: NAME", and there is "memory"
  --part NAMES       of in-process,served,memory; all unless given
  --rounds N         interleaved rounds (5)
  --seed N           of everything that is drawn (1)
  --folder PATH      for the stores of SQLite (.cache/bench)
  --out PATH         where to write the result, .md and .json; bench/results/ and the date for a whole run
  --compare A B      shows two results (.json) side by side, and measures nothing`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    engine: { type: "string", default: backends.join() },
    only: { type: "string", default: "" },
    part: { type: "string", default: "in-process,served,memory" },
    rounds: { type: "string" },
    seed: { type: "string", default: "1" },
    folder: { type: "string", default: join(import.meta.dirname, "../.cache/bench") },
    out: { type: "string" },
    compare: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(help);
else if (values.compare) compare(positionals);
else {
  // So that what is to be done at the end of the process is also done where it is ended.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  await bench();
}

function compare([a, b]: readonly string[]): void {
  if (a === undefined || b === undefined) throw new Error("--compare needs the .json files of two results");
  console.log(comparison(readResult(a), readResult(b)));
}

async function bench(): Promise<void> {
  const settings = readSettings();
  mkdirSync(settings.folder, { recursive: true });
  const original = await originalPython();
  const result: BenchResult = {
    started: new Date().toISOString(),
    machine: machineFacts(settings.folder),
    options: options(settings),
    engines: {},
    inProcess: [],
    served: [],
    memory: [],
    failures: [],
  };
  if (original.missing !== undefined)
    result.failures.push({ where: "the original", message: original.missing });
  const path = values.out ?? defaultPath(settings, result);
  const save = () => {
    writeWhole(`${path}.json`, `${JSON.stringify(result, undefined, 1)}\n`);
    writeWhole(`${path}.md`, report(result));
  };
  const servers = settings.engines.some((name) => name !== "sqlite")
    ? await startDatabaseServers({ durable: true, encrypted: false })
    : undefined;
  try {
    const open = (name: EngineName) => openEngine(name, servers, settings.folder, original.python);
    await runAll({ settings, result, python: original.python, open, save, print: console.log });
    result.finished = new Date().toISOString();
  } finally {
    await servers?.stop();
    save();
  }
  console.log(`\nThe result is in ${path}.md and ${path}.json`);
  if (result.failures.length > 0) process.exitCode = 1;
}

function readSettings(): Settings {
  const { quick, long, only } = values;
  const engines = values.engine.split(",");
  for (const name of engines) {
    if (!backends.includes(name as EngineName)) throw new Error(`no engine ${name}: there are ${backends}`);
  }
  return {
    ...{ quick, long, only, folder: values.folder },
    ...{ engines: engines as EngineName[], parts: values.part.split(",") },
    ...{ rounds: Number(values.rounds ?? (quick ? 1 : 5)), seed: Number(values.seed) },
  };
}

function options({ quick, long, only, engines, rounds, seed, parts }: Settings) {
  return {
    quick,
    long,
    engines: engines.join(),
    parts: parts.join(),
    rounds,
    seed,
    ...(only !== "" && { only }),
  };
}

/** Only what measured everything is worth keeping beside the code. */
function defaultPath(
  { quick, only, engines, parts, folder }: Settings,
  { started, machine }: BenchResult,
): string {
  const isWhole = !quick && only === "" && engines.length === backends.length && parts.length === 3;
  const name = `${started.slice(0, 10)}-${machine.commit.replace("+", "-changed")}`;
  return isWhole ? join(import.meta.dirname, "results", name) : join(folder, "last");
}

async function openEngine(
  name: EngineName,
  servers: DatabaseServers | undefined,
  folder: string,
  python: string | undefined,
): Promise<Engine> {
  if (name === "sqlite") return sqliteEngine(folder, python);
  const { port, missing } = servers?.[name] ?? {};
  if (port === undefined) throw new Error(missing);
  return name === "mysql" ? mysqlEngine(port, python) : postgresEngine(port, python);
}
