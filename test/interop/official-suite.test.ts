import { expect, test } from "vitest";
import { originalPython, skipNote } from "../support/python.ts";
import { expectedFailures, runOfficialSuite } from "./official-suite.ts";

const original = await originalPython();

test.skipIf(original.missing !== undefined)(
  `the official Python suite passes but for its own defects${skipNote(original)}`,
  async () => {
    const result = await runOfficialSuite(original.python as string);
    expect(result.failed, result.output.slice(-4000)).toEqual(await expectedFailures());
    expect([result.passed, result.xfailed]).toEqual([102, 2]);
  },
);
