import { endProgress } from "./output/progress.ts";

/** What the exit code of a command says; docs/command-line.md lists them. */
export const exitCodes = { done: 0, failed: 1, usage: 2, no: 3 } as const;

/** The question was answered, and the answer is no; `message` is for people. */
export function answerNo(message: string): void {
  endProgress();
  console.error(`mlmd: ${message}`);
  process.exitCode = exitCodes.no;
}
