import { describe, expect, it } from "vitest";
import { originalPython, skipNote } from "../support/python.ts";
import { formatReport, runDifferential } from "./run.ts";

const original = await originalPython();

describe.skipIf(original.missing)(
  `random operations, on the original and on ours${skipNote(original)}`,
  () => {
    it("differ only where it is known and meant", { timeout: 300_000 }, async () => {
      const report = await runDifferential({ python: original.python ?? "", operations: 20_000, seed: 1 });
      expect(report.mismatches, formatReport(report)).toBe(0);
    });
  },
);
