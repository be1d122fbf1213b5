/** What the exit code of a command says; docs/command-line.md lists them. */
export const exitCodes = { done: 0, failed: 1, usage: 2, nothingFound: 3 } as const;

/** The question was answered, and the answer is no. */
export function nothingFound(message: string): void {
  console.error(`mlmd: ${message}`);
  process.exitCode = exitCodes.nothingFound;
}
