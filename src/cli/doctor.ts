import { Command } from "commander";
import { type Diagnosis, openInspector } from "../open.ts";
import { answerNo } from "./exit-codes.ts";
import { printJson } from "./output/json.ts";
import { Lines } from "./output/lines.ts";
import { Progress } from "./output/progress.ts";
import { visible } from "./output/text.ts";
import { countText } from "./output/values.ts";
import { addDatabaseOptions, type DatabaseOptions, inspectedConfig } from "./store-options.ts";

interface Options extends DatabaseOptions {
  readonly json?: true;
}

export function doctorCommand(): Command {
  return addDatabaseOptions(
    new Command("doctor").description(
      "Tell what is wrong with a database, and what to do about it; nothing is changed.",
    ),
  )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit code 3: something is wrong.\n\nExample:\n  mlmd doctor --sqlite ./mlmd.db\n",
    )
    .action(doctor);
}

async function doctor(options: Options, command: Command): Promise<void> {
  const inspector = await openInspector(await inspectedConfig(options, command));
  const progress = new Progress("looking at");
  const diagnosis = await inspector
    .diagnose({ onCheck: (what) => progress.next(what) })
    .finally(() => progress.end());
  await (options.json ? printJson(diagnosis) : print(diagnosis));
  const count = diagnosis.checks.reduce((sum, { findings }) => sum + findings.length, 0);
  if (count > 0) answerNo(`${countText(count, "thing")} to look after; nothing was changed`);
}

const whatIsFine: Readonly<Record<Diagnosis["checks"][number]["name"], string>> = {
  schema: "the tables are those of this release",
  files: "SQLite finds no damage in the file",
  indexes: "all indexes are there",
  references: "every node, event, property and membership names what exists",
  types: "no type is there twice",
};

async function print({ schemaVersion, checks }: Diagnosis): Promise<void> {
  const lines = new Lines();
  for (const { name, findings } of checks) {
    const version = name === "schema" && schemaVersion !== undefined ? `version ${schemaVersion}: ` : "";
    if (findings.length === 0) await lines.add(`${name.padEnd(10)}  ok: ${version}${whatIsFine[name]}`);
    else await lines.add(`${name.padEnd(10)}  ${countText(findings.length, "finding")}`);
    for (const { problem, advice } of findings) {
      await lines.add(`  - ${visible(problem)}`);
      await lines.add(`    ${visible(advice)}`);
    }
  }
  await lines.flush();
}
