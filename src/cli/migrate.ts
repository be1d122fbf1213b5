import { Command, InvalidArgumentError } from "commander";
import { type MigrationPlan, type Migrator, openMigrator } from "../open.ts";
import { printProgress } from "./migration-progress.ts";
import { addDatabaseOptions, type DatabaseOptions, databaseConfig } from "./store-options.ts";

interface UpOptions extends DatabaseOptions {
  readonly dryRun?: true;
}

interface DownOptions extends UpOptions {
  readonly to: number;
}

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("Show or change the schema version of a database.")
    .addCommand(
      databaseCommand("status").description("Print the schema version of a database.").action(status),
    )
    .addCommand(
      databaseCommand("up")
        .description("Bring a database of an older version to the version of this release.")
        .option("--dry-run", "print what would be done, and do nothing")
        .action(up),
    )
    .addCommand(
      databaseCommand("down")
        .description("Take a database back to an older version; what has no place there is lost.")
        .requiredOption("--to <version>", "the schema version to go back to", schemaVersion)
        .option("--dry-run", "print what would be done and lost, and do nothing")
        .action(down),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  mlmd migrate status --postgres postgresql://user@host/mlmd\n" +
        "  mlmd migrate down --to 8 --sqlite ./mlmd.db --dry-run\n",
    );
}

function databaseCommand(name: string): Command {
  return addDatabaseOptions(new Command(name));
}

function schemaVersion(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a schema version, such as 8.");
  return Number(text);
}

async function openDatabase(options: DatabaseOptions, command: Command): Promise<Migrator> {
  const config = await databaseConfig(options);
  return config ? openMigrator(config) : command.error("error: say which database, e.g. --sqlite ./mlmd.db");
}

async function status(options: DatabaseOptions, command: Command): Promise<void> {
  const migrator = await openDatabase(options, command);
  console.log(describe(await migrator.status(), migrator.latest));
  const unfinished = await migrator.unfinished();
  if (unfinished)
    console.log(`a migration from version ${unfinished.from} to ${unfinished.to} has begun and not ended`);
}

function describe(version: number | undefined, latest: number): string {
  if (version === undefined) return "no schema version: the database holds no metadata";
  if (version === latest) return `schema version ${version}, that of this release`;
  if (version < latest) return `schema version ${version}, older than ${latest}, that of this release`;
  return `schema version ${version}, newer than ${latest}, that of this release`;
}

async function up(options: UpOptions, command: Command): Promise<void> {
  const migrator = await openDatabase(options, command);
  if (options.dryRun) printPlan(await migrator.planUp());
  else printResult(await migrator.up({ onProgress: printProgress }));
}

async function down(options: DownOptions, command: Command): Promise<void> {
  const migrator = await openDatabase(options, command);
  if (options.dryRun) printPlan(await migrator.planDown(options.to));
  else printResult(await migrator.down(options.to, { onProgress: printProgress }));
}

function printResult({ from, to }: { from: number | undefined; to: number | undefined }): void {
  if (from === undefined) console.log("nothing to do: the database holds no metadata");
  else if (from === to) console.log(`the database has schema version ${from}`);
  else console.log(`the database had schema version ${from} and has version ${to} now`);
}

function printPlan({ from, to, steps }: MigrationPlan): void {
  if (steps.length === 0) printResult({ from, to });
  for (const step of steps) {
    console.log(`schema version ${step.from} to ${step.to}`);
    for (const { what, count } of step.losses)
      console.log(`  lost: ${count.toLocaleString("en-US")} ${what}`);
    for (const statement of step.statements) console.log(`  ${statement.replaceAll(/\s+/g, " ")};`);
  }
  console.log("dry run: nothing was changed");
}
