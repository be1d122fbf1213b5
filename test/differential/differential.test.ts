import { describe, expect, inject, it } from "vitest";
import { missingBackend } from "../support/backends.ts";
import { originalPython, skipNote } from "../support/python.ts";
import { formatReport, runDifferential } from "./run.ts";

const original = await originalPython();
const servers = { postgres: inject("postgres"), mysql: inject("mysql") };

describe(`random operations, on the original and on ours${skipNote(original)}`, () => {
  it.for([
    ["sqlite", 20_000],
    ["postgres", 1500],
    ["mysql", 1500],
  ] as const)(
    "differ on %s only where it is known and meant",
    { timeout: 300_000 },
    async ([backend, operations], { skip }) => {
      const missing = original.missing ?? missingBackend(backend, servers);
      skip(missing !== undefined, missing);
      const python = original.python as string;
      const report = await runDifferential({ python, backend, servers, operations, seed: 1 });
      expect(report.mismatches, formatReport(report)).toBe(0);
    },
  );
});
