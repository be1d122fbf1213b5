import { readFileSync } from "node:fs";
import { Command } from "commander";
import { MlmdError } from "../errors.ts";
import { exploreCommand } from "./explore.ts";
import { migrateCommand } from "./migrate.ts";
import { serveCommand } from "./serve.ts";

/** Exit codes: 0 done, 1 failed, 2 the command line is wrong. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command("mlmd")
    .description(
      "Records what an ML workflow read, ran and produced, and answers lineage questions about it.",
    )
    .version(version())
    .showHelpAfterError()
    .addCommand(serveCommand())
    .addCommand(exploreCommand())
    .addCommand(migrateCommand());
  for (const command of withSubcommands(program)) command.exitOverride();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** One line for people; where it came from only matters for what nobody expected. */
function report(error: unknown): number {
  if (error instanceof Error && "exitCode" in error) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof MlmdError) console.error(`mlmd: ${error.message}`);
  else console.error(error);
  return 1;
}
