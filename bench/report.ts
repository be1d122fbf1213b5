import { count, type Goal, type Growth, goalsOf, growthOf, precise, storeName } from "./goals.ts";
import { type InProcessResult, minimum, original, originalWal } from "./in-process.ts";
import type { BenchResult, StoreResult } from "./result.ts";
import type { ServedResult } from "./served/served.ts";
import type { Spread } from "./statistics.ts";
import { minimumGoal } from "./workload.ts";

/** A result as Markdown. */
export function report(result: BenchResult): string {
  const goals = goalsOf(result);
  return [
    `# Benchmark of ${result.started.slice(0, 16).replace("T", " ")} UTC`,
    result.finished === undefined ? "**This run did not finish.**" : "",
    "What the columns mean, and what each side is charged for: [docs/performance.md](../../docs/performance.md).",
    facts(result),
    goalSummary(goals),
    ...result.inProcess.map(inProcessSection),
    servedSection(result.served),
    growthSection(growthOf(result)),
    memorySection(result),
    failureSection(result),
  ]
    .filter((section) => section !== "")
    .join("\n\n")
    .concat("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function facts({ machine, options, engines }: BenchResult): string {
  const rows = [
    ["processor", `${machine.processor}, ${machine.processors} in this machine`],
    ["memory", `${machine.memoryGiB} GiB`],
    ["system", `${machine.system}, files on ${machine.filesystem}`],
    ["Node", machine.node],
    ["mlmd", `${machine.mlmd}, commit ${machine.commit}`],
    ["original", `ml-metadata ${machine.original}`],
    ...Object.values(engines).flatMap((engine) => Object.entries(engine)),
    [
      "options",
      Object.entries(options)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    ],
  ];
  return table(["", ""], rows);
}

function goalSummary(goals: readonly Goal[]): string {
  if (goals.length === 0) return "";
  const missed = goals.filter(({ isReached }) => !isReached);
  const summary = `## Goals\n\n${goals.length - missed.length} of ${goals.length} are reached.`;
  if (missed.length === 0) return summary;
  return `${summary} Not reached:\n\n${table(
    ["what", "goal", "found"],
    missed.map(({ what, goal, found }) => [what, goal, found]),
  )}`;
}

function inProcessSection(store: StoreResult): string {
  const { workloads, differingTables = [] } = store;
  const withWal = workloads.filter(({ sides }) => sides[originalWal] !== undefined);
  return [
    `## In process: ${storeName(store)}`,
    "Microseconds for one operation, medians of the rounds; ratios with the lowest and the highest round.",
    differingTables.length > 0
      ? `**The sides' stores differ at the end, in ${differingTables.join(", ")}: some did not do the same.**`
      : "",
    table(
      [
        "workload",
        "ours",
        "original",
        "original ÷ ours",
        "goal",
        "minimum",
        "ours ÷ minimum",
        `≤ ${minimumGoal}`,
      ],
      workloads.map(inProcessRow),
    ),
    withWal.length > 0
      ? `With the original's file in WAL mode as well, so that both sync alike:\n\n${table(
          ["workload", "ours", "original, WAL", "original, WAL ÷ ours"],
          withWal.map((result) => [
            result.workload,
            ...[microseconds(result, "ours"), microseconds(result, originalWal)],
            ratio(result.ratios[originalWal]),
          ]),
        )}`
      : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function inProcessRow(result: InProcessResult): string[] {
  const { workload, ratios, goal, sameAnswers } = result;
  const beside = ratios[original]?.median;
  const slower = inverse(ratios[minimum]);
  return [
    sameAnswers === false ? `${workload} **(answers differ)**` : workload,
    ...[microseconds(result, "ours"), microseconds(result, original)],
    ratio(ratios[original]),
    goal === undefined || beside === undefined ? "" : `≥ ${goal}: ${yesNo(beside >= goal)}`,
    microseconds(result, minimum),
    ratio(slower),
    slower === undefined ? "" : yesNo(slower.median <= minimumGoal),
  ];
}

function microseconds({ sides }: InProcessResult, side: string): string {
  const value = sides[side]?.wall.median;
  return value === undefined ? "" : precise(value);
}

export function ratio(spread: Spread | undefined): string {
  if (spread === undefined) return "";
  return `${precise(spread.median)} (${precise(spread.low)}–${precise(spread.high)})`;
}

export function inverse(spread: Spread | undefined): Spread | undefined {
  return spread && { median: 1 / spread.median, low: 1 / spread.high, high: 1 / spread.low };
}

function yesNo(isReached: boolean): string {
  return isReached ? "yes" : "**no**";
}

function servedSection(results: readonly ServedResult[]): string {
  if (results.length === 0) return "";
  const rows = results.flatMap(({ engine, workload, figures, shareGoal }) =>
    figures.map(({ inFlight, callsPerSecond, p50Ms, p99Ms, cpuMicroseconds, residentMiB, empty, share }) => [
      ...[engine, workload, String(inFlight)],
      ...[count(Math.round(callsPerSecond.median)), precise(p50Ms), precise(p99Ms)],
      cpuMicroseconds === undefined ? "" : cpuMicroseconds.toFixed(0),
      residentMiB === undefined ? "" : residentMiB.toFixed(0),
      empty === undefined ? "" : count(Math.round(empty.callsPerSecond.median)),
      empty?.cpuMicroseconds === undefined ? "" : empty.cpuMicroseconds.toFixed(0),
      percent(share),
      shareGoal === undefined || share === undefined || inFlight !== figures.at(-1)?.inFlight
        ? ""
        : `≥ ${shareGoal * 100} %: ${yesNo(share.median >= shareGoal)}`,
    ]),
  );
  return `## Served\n\n${table(
    [
      ...[
        "engine",
        "workload",
        "in flight",
        "calls/s",
        "p50 ms",
        "p99 ms",
        "server CPU µs/call",
        "resident MiB",
      ],
      ...["empty handler calls/s", "its CPU µs/call", "share of its calls", "goal"],
    ],
    rows,
  )}`;
}

function growthSection(growths: readonly Growth[]): string {
  if (growths.length === 0) return "";
  const sizes = [...new Set(growths.flatMap(({ points }) => points.map(({ size }) => size)))].sort(
    (a, b) => a - b,
  );
  return `## Growth with the store (SQLite)\n\nMicroseconds of ours by the number of artifacts, and the exponent b that fits best in time = a · size ^ b.\n\n${table(
    ["workload", ...sizes.map(count), "exponent", "of the original", "goal"],
    growths.map(({ workload, points, exponent, originalExponent, isFlat }) => [
      workload,
      ...sizes.map((size) => {
        const cost = points.find((point) => point.size === size)?.cost;
        return cost === undefined ? "" : precise(cost);
      }),
      exponent.toFixed(2),
      originalExponent?.toFixed(2) ?? "",
      isFlat ? `≤ 0.1: ${yesNo(exponent <= 0.1)}` : "",
    ]),
  )}`;
}

function memorySection({ memory }: BenchResult): string {
  if (memory.length === 0) return "";
  return `## Resident memory of the server, MiB\n\n${table(
    ["engine", "artifacts", "at the start", "written", "written and read", "most", "goal"],
    memory.map((each) => [
      ...[each.engine, count(each.artifacts)],
      ...[each.startMiB, each.writtenMiB, each.readMiB, each.mostMiB].map((value) => value.toFixed(0)),
      `≤ ${each.goalMiB}: ${yesNo(each.readMiB <= each.goalMiB)}`,
    ]),
  )}`;
}

function failureSection({ failures }: BenchResult): string {
  if (failures.length === 0) return "";
  return `## Failures\n\n${failures.map(({ where, message }) => `- ${where}: ${message}`).join("\n")}`;
}

/** Two results side by side, workload by workload. */
export function comparison(a: BenchResult, b: BenchResult): string {
  return [
    `A: ${a.started}, commit ${a.machine.commit}. B: ${b.started}, commit ${b.machine.commit}. Where a machine was not quiet, only the ratios to the other sides of the same run compare.`,
    `Microseconds of ours:\n\n${table(
      ["store", "workload", "A", "B", "B ÷ A", "original ÷ ours: A", "B", "ours ÷ minimum: A", "B"],
      a.inProcess.flatMap((store) => inProcessComparison(store, b)),
    )}`,
    `Served, calls per second:\n\n${table(
      ["engine", "workload", "in flight", "A", "B", "B ÷ A", "of an empty handler: A", "B"],
      a.served.flatMap((served) => servedComparison(served, b)),
    )}`,
  ]
    .join("\n\n")
    .concat("\n");
}

function inProcessComparison(store: StoreResult, { inProcess }: BenchResult): string[][] {
  const other = inProcess.find(
    ({ engine, artifacts }) => engine === store.engine && artifacts === store.artifacts,
  );
  return store.workloads.flatMap((first) => {
    const second = other?.workloads.find(({ workload }) => workload === first.workload);
    const [before, after] = [first.sides.ours?.wall.median, second?.sides.ours?.wall.median];
    if (second === undefined || before === undefined || after === undefined) return [];
    return [
      [
        ...[
          storeName(store),
          first.workload,
          precise(before),
          precise(after),
          `${precise(after / before)} ×`,
        ],
        ...[ratio(first.ratios[original]), ratio(second.ratios[original])],
        ...[ratio(inverse(first.ratios[minimum])), ratio(inverse(second.ratios[minimum]))],
      ],
    ];
  });
}

function servedComparison({ engine, workload, figures }: ServedResult, { served }: BenchResult): string[][] {
  const other = served.find((each) => each.engine === engine && each.workload === workload);
  return figures.flatMap(({ inFlight, callsPerSecond: { median }, share }) => {
    const second = other?.figures.find((figure) => figure.inFlight === inFlight);
    if (second === undefined) return [];
    const after = second.callsPerSecond.median;
    return [
      [
        ...[engine, workload, String(inFlight), count(Math.round(median)), count(Math.round(after))],
        ...[`${precise(after / median)} ×`, percent(share), percent(second.share)],
      ],
    ];
  });
}

function percent(share: Spread | undefined): string {
  return share === undefined ? "" : `${(share.median * 100).toFixed(0)} %`;
}
