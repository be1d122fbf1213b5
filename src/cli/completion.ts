import { Argument, Command } from "commander";
import { type CommandWords, scripts } from "./output/completion-scripts.ts";

/** What a shell offers behind the words that stand there already; made from what the commands themselves define. */
export function completionCommand(): Command {
  return new Command("completion")
    .description("Print a script that completes commands and options in a shell.")
    .addArgument(new Argument("<shell>", "for which shell").choices(Object.keys(scripts)))
    .addHelpText(
      "after",
      `
To have it in every new shell, add to its start-up file:
  bash  ~/.bashrc                    eval "$(mlmd completion bash)"
  zsh   ~/.zshrc, after compinit     eval "$(mlmd completion zsh)"
  fish  ~/.config/fish/config.fish   mlmd completion fish | source
`,
    )
    .action((shell: keyof typeof scripts, _: object, command: Command) => {
      console.log(scripts[shell](wordsOf(command.parent ?? command)));
    });
}

function wordsOf(command: Command, path: readonly string[] = []): CommandWords[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).map((each) => ({
    ...{ word: each.name(), description: each.description() },
  }));
  const [argument] = command.registeredArguments;
  const own: CommandWords = {
    path,
    commands,
    options: help.visibleOptions(command).map((option) => ({
      ...{ word: option.long ?? option.flags, description: option.description },
      takesValue: option.required || option.optional,
      isFile: /<file>/.test(option.flags),
      choices: option.argChoices ?? [],
    })),
    choices: argument?.argChoices ?? [],
    takesFile: argument?.name() === "file",
  };
  return [own, ...command.commands.flatMap((each) => wordsOf(each, [...path, each.name()]))];
}
