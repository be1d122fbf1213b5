import { parseArgs } from "node:util";
import { startDatabaseServers } from "../test/support/database-servers.ts";
import { originalPython } from "../test/support/python.ts";
import { Data } from "./data.ts";
import type { Engine } from "./engines/engine.ts";
import { mysqlEngine } from "./engines/mysql.ts";
import { postgresEngine } from "./engines/postgres.ts";
import { sqliteEngine } from "./engines/sqlite.ts";
import { differingTables, type InProcessResult, measure, openSides } from "./in-process.ts";
import { Random } from "./random.ts";
import type { EngineName } from "./workload.ts";
import { filters } from "./workloads/filters.ts";
import { lineages } from "./workloads/lineage.ts";
import { reads } from "./workloads/reads.ts";
import { writes } from "./workloads/writes.ts";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "sqlite" },
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "7" },
    artifacts: { type: "string", default: "10000" },
    "batch-ms": { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    folder: { type: "string", default: ".cache/bench" },
  },
});
const { python } = await originalPython();
const data = new Data(Number(values.artifacts));
const timings = {
  rounds: Number(values.rounds),
  batchMs: Number(values["batch-ms"]),
  seed: Number(values.seed),
};
const workloads = [...reads, ...filters, ...lineages, ...writes].filter(({ name }) =>
  name.includes(values.only),
);
const names =
  values.engine === "all" ? (["sqlite", "mysql", "postgres"] as const) : [values.engine as EngineName];

const servers = names.some((name) => name !== "sqlite")
  ? await startDatabaseServers({ durable: true })
  : undefined;
try {
  for (const name of names) await run(await openEngine(name));
} finally {
  await servers?.stop();
}

async function openEngine(name: EngineName): Promise<Engine> {
  if (name === "sqlite") return sqliteEngine(values.folder, python);
  const { port, missing } = servers?.[name] ?? {};
  if (port === undefined) throw new Error(missing);
  return name === "mysql" ? mysqlEngine(port, python) : postgresEngine(port, python);
}

async function run(engine: Engine): Promise<void> {
  console.log(engine.label, engine.facts);
  const opened = await openSides(engine, data, python, new Random(timings.seed), data);
  console.log(
    `${"".padEnd(46)}${"ours".padStart(8)}${"original".padStart(8)}${"minimum".padStart(8)}  microseconds`,
  );
  for (const workload of workloads) {
    try {
      print(await measure(opened, workload, timings));
    } catch (error) {
      console.log(`${workload.name}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  console.log("tables that differ:", await differingTables(opened));
  await opened.close();
  await engine.stop();
}

function print({ workload, sides, ratios, cpuRatios, sameAnswers }: InProcessResult) {
  const us = (value: number | undefined) =>
    (value === undefined ? "" : value.toFixed(value < 100 ? 1 : 0)).padStart(8);
  const ratio = (name: string, of: (value: number) => number) => {
    const { [name]: all } = ratios;
    const { [name]: busy } = cpuRatios;
    if (all === undefined || busy === undefined) return "".padEnd(30);
    const [low, high] = [of(all.low), of(all.high)].sort((a, b) => a - b) as [number, number];
    return `${of(all.median).toFixed(2)} [${low.toFixed(2)}..${high.toFixed(2)}] cpu ${of(busy.median).toFixed(2)}`.padEnd(
      30,
    );
  };
  const is = (value: number) => value;
  console.log(
    `${workload.padEnd(46)}${us(sides.ours?.wall.median)}${us(sides.original?.wall.median)}${us(sides.minimum?.wall.median)}  ` +
      `original/ours ${ratio("original", is)} ours/minimum ${ratio("minimum", (value) => 1 / value)}` +
      `${sameAnswers === false ? " ANSWERS DIFFER" : ""}`,
  );
}
