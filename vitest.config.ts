import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // By itself it leaves one processor out: of two, half.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ["default", "./test/support/totals-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "ui/src/**/*.test.ts",
            "bench/**/*.test.ts",
            "scripts/**/*.test.ts",
            "test/contract/**/*.test.ts",
          ],
          isolate: false,
          pool: "threads",
          // A machine may be busy with other work; no test is about time.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          exclude: ["test/contract/**"],
          globalSetup: "./test/support/database-servers.ts",
          testTimeout: 60_000,
          // A busy machine is no failure; what never comes true fails all the same.
          expect: { poll: { timeout: 20_000 } },
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
