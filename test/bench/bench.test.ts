import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { served, suites } from "../../bench/plan.ts";
import { readResult } from "../../bench/result.ts";
import type { EngineName } from "../../bench/workload.ts";
import { originalPython, skipNote } from "../support/python.ts";

/* Whether the benchmark works, on small stores: nothing about times is asserted. */

const original = await originalPython();
const main = join(import.meta.dirname, "../../bench/main.ts");
const timeout = 300_000;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-bench-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function bench(...options: string[]) {
  const out = join(folder, "result");
  const typescript = ["--experimental-transform-types", "--disable-warning=ExperimentalWarning"];
  const place = ["--quick", "--folder", folder, "--out", out];
  await promisify(execFile)(process.execPath, [...typescript, main, ...place, ...options]);
  return readResult(`${out}.json`);
}

function planned(engine: EngineName, only: string) {
  return suites({ engines: [engine], only, quick: true, long: false }).map(({ artifacts, workloads }) => ({
    artifacts,
    names: workloads.map(({ name }) => name),
  }));
}

describe.skipIf(original.missing)(`the benchmark${skipNote(original)}`, () => {
  test("every workload has a figure on SQLite, and the original's answers are ours", {
    timeout,
  }, async () => {
    const result = await bench("--engine", "sqlite");
    expect(result.failures).toEqual([]);
    expect(
      result.inProcess.map(({ artifacts, workloads }) => ({
        artifacts,
        names: workloads.map(({ workload }) => workload),
      })),
    ).toEqual(planned("sqlite", ""));
    for (const { workloads, differingTables } of result.inProcess) {
      expect(differingTables).toEqual([]);
      for (const { workload, sameAnswers, sides } of workloads) {
        expect({ workload, sameAnswers }).toEqual({ workload, sameAnswers: true });
        expect(Object.keys(sides)).toEqual(expect.arrayContaining(["ours", "original", "minimum"]));
        for (const { wall } of Object.values(sides)) expect(wall.median).toBeGreaterThan(0);
      }
    }
    expect(result.served.map(({ workload }) => workload)).toEqual(
      served("").map(({ workload }) => workload.name),
    );
    for (const { figures } of result.served) {
      for (const { refused, callsPerSecond } of figures) {
        expect(refused).toEqual({});
        expect(callsPerSecond.median).toBeGreaterThan(0);
      }
    }
  });

  for (const engine of ["mysql", "postgres"] as const) {
    test.skipIf(inject(engine).missing)(
      `reads and writes of a hundred on ${engine}`,
      { timeout },
      async () => {
        const result = await bench("--engine", engine, "--part", "in-process", "--only", "100");
        expect(result.failures).toEqual([]);
        for (const { artifacts, workloads, differingTables } of result.inProcess) {
          expect({ artifacts, names: workloads.map(({ workload }) => workload) }).toEqual(
            planned(engine, "100").find((suite) => suite.artifacts === artifacts),
          );
          expect(differingTables).toEqual([]);
          for (const { workload, sameAnswers } of workloads) {
            expect({ workload, sameAnswers }).toEqual({ workload, sameAnswers: true });
          }
        }
      },
    );
  }
});
