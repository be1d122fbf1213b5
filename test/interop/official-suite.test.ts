import { expect, inject, test } from "vitest";
import { backends, missingBackend } from "../support/backends.ts";
import { originalPython, skipNote } from "../support/python.ts";
import { expectedFailures, runOfficialSuite } from "./official-suite.ts";

const original = await originalPython();
const servers = { postgres: inject("postgres"), mysql: inject("mysql") };

for (const backend of backends) {
  const missing = original.missing ?? missingBackend(backend, servers);
  test.skipIf(missing !== undefined)(
    `the official Python suite passes on ${backend} but for its own defects${skipNote(original)}`,
    async () => {
      const result = await runOfficialSuite(original.python as string, backend, servers);
      expect(result.failed, result.output.slice(-4000)).toEqual(await expectedFailures());
      expect([result.passed, result.xfailed]).toEqual([102, 2]);
    },
  );
}
