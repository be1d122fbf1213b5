import { writeFileSync } from "node:fs";
import { styleText } from "node:util";
import { Command } from "commander";
import { MlmdError, quote } from "../errors.ts";
import { openStore } from "../open.ts";
import type { RecordedRun } from "./quickstart/pipeline.ts";

const defaultFile = "./quickstart.db";

export function quickstartCommand(): Command {
  return new Command("quickstart")
    .description("Fill a new database file with an example, and answer the usual questions about it.")
    .argument("[file]", "the file to make", defaultFile)
    .addHelpText(
      "after",
      `
The example is a pipeline that learns to tell three species of penguins apart, run three times: see data/README.md
in the package for the measurements. The models are trained while you wait, and the metrics are theirs.
`,
    )
    .action(quickstart);
}

async function quickstart(file: string, _: object, command: Command): Promise<void> {
  reserve(file);
  const { runPipeline, runs } = await import("./quickstart/pipeline.ts");
  const store = await openStore({ sqlite: { path: file } });
  let recorded: RecordedRun[];
  try {
    recorded = await runPipeline(store);
  } finally {
    await store.close();
  }
  console.log(
    `Ran a small training pipeline ${runs.length} times, on measurements of penguins, and recorded it in ${file}.\n`,
  );
  const program = command.parent ?? command;
  for (const [question, args] of questions(recorded)) {
    console.log(styleText("bold", question, { stream: process.stdout }));
    console.log(`$ mlmd ${args.map(shellWord).join(" ")} --sqlite ${shellWord(file)}\n`);
    await program.parseAsync([...args, "--sqlite", file], { from: "user" });
    console.log();
  }
  console.log(`Look around in the browser:\n$ mlmd explore --sqlite ${shellWord(file)}`);
}

/** An empty file is a new database; one that is there already is somebody's. */
function reserve(file: string): void {
  try {
    writeFileSync(file, "", { flag: "wx" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      throw new MlmdError(
        "ALREADY_EXISTS",
        `${quote(file)} is there already, and the example fills a new file: give another name, or remove it first`,
      );
    }
    throw new MlmdError("NOT_FOUND", `${quote(file)} cannot be made (${code}); is its folder there?`, {
      cause,
    });
  }
}

/** The questions that a metadata store is kept for, each with the command that answers it. */
function questions(runs: readonly RecordedRun[]): [string, string[]][] {
  const [first, second, last] = runs as [RecordedRun, RecordedRun, RecordedRun];
  const pushed = runs.flatMap((run) => run.pushed ?? []).at(-1);
  const from = String(first.examples);
  return [
    ["1. Which models are there?", ["list", "artifacts", "--type", "Model"]],
    [
      "2. How do the evaluations of the first and the last differ?",
      ["compare", "artifact", String(first.evaluation), String(last.evaluation)],
    ],
    ["3. What happened in the second run?", ["dag", second.name]],
    [`4. How did the model come about that was pushed last?`, ["ancestors", "artifact", String(pushed)]],
    ["5. What was made from the first examples?", ["descendants", "artifact", from]],
    ["6. Which models were trained on them?", ["descendants", "artifact", from, "--type", "Model"]],
    [
      "7. Could the statistics of the second run be taken from an earlier one?",
      ["cached", "--execution", String(second.statisticsStep)],
    ],
  ];
}

/** As a shell reads it back. */
function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
