import type { Reporter, TestModule } from "vitest/node";

/** Ends the run with one plain line that other programs can read: `12 passed, 0 failed, 1 skipped`. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      totals.failed += module.errors().length;
      for (const suite of module.children.allSuites()) totals.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "pending") totals.failed += 1;
        else totals[state] += 1;
        if (state === "skipped") skipped.push(`${module.relativeModuleId}: ${test.fullName}`);
      }
    }
    // The default reporter prints its summary in the same event.
    process.on("exit", (status) => {
      // What fails before the first test, such as a database server that does not start, is reported nowhere else.
      if (status !== 0 && totals.failed === 0) totals.failed = 1;
      for (const name of skipped) console.log(`skipped: ${name}`);
      console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
    });
  }
}
