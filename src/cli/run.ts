import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { Command } from "commander";
import { MlmdError } from "../errors.ts";
import { cachedCommand } from "./cached.ts";
import { compareCommand } from "./compare.ts";
import { completionCommand } from "./completion.ts";
import { doctorCommand } from "./doctor.ts";
import { exitCodes } from "./exit-codes.ts";
import { exploreCommand } from "./explore.ts";
import { ancestorsCommand, dagCommand, descendantsCommand } from "./lineage.ts";
import { listCommand } from "./list.ts";
import { migrateCommand } from "./migrate.ts";
import { endQuietlyOnClosedPipe } from "./output/lines.ts";
import { visible } from "./output/text.ts";
import { quickstartCommand } from "./quickstart.ts";
import { serveCommand } from "./serve.ts";
import { showCommand } from "./show.ts";
import { statsCommand } from "./stats.ts";
import { typesCommand } from "./types.ts";

/** Sets the exit code to one of `exitCodes`. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command("mlmd")
    .description(
      "Records what an ML workflow read, ran and produced, and answers lineage questions about it.",
    )
    .version(version())
    .showHelpAfterError()
    .commandsGroup("To begin with:")
    .addCommand(quickstartCommand())
    .addCommand(exploreCommand())
    .commandsGroup("Questions:")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(compareCommand())
    .addCommand(dagCommand())
    .addCommand(ancestorsCommand())
    .addCommand(descendantsCommand())
    .addCommand(cachedCommand())
    .addCommand(typesCommand())
    .addCommand(statsCommand())
    .commandsGroup("Servers and databases:")
    .addCommand(serveCommand())
    .addCommand(doctorCommand())
    .addCommand(migrateCommand())
    .commandsGroup("Else:")
    .addCommand(completionCommand());
  for (const command of withSubcommands(program)) command.exitOverride();
  endQuietlyOnClosedPipe();
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

/** For people; where it came from only matters for what nobody expected. */
function report(error: unknown): number {
  if (error instanceof Error && "exitCode" in error) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  const text = error instanceof MlmdError ? `mlmd: ${error.message}` : inspect(error);
  console.error(text.split("\n").map(visible).join("\n"));
  return exitCodes.failed;
}
