interface Word {
  readonly word: string;
  readonly description: string;
}

interface OptionWord extends Word {
  readonly takesValue: boolean;
  readonly isFile: boolean;
  readonly choices: readonly string[];
}

/** What can stand behind a command. */
export interface CommandWords {
  /** The names of the command and those above it, without the program's. */
  readonly path: readonly string[];
  readonly commands: readonly Word[];
  readonly options: readonly OptionWord[];
  /** What its first argument can be. */
  readonly choices: readonly string[];
  readonly takesFile: boolean;
}

export const scripts = { bash, zsh, fish } as const;

/** As all three shells read it back. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function choicesOf({ commands, choices }: CommandWords): string[] {
  return [...commands.map(({ word }) => word), ...choices];
}

/** The words that are there before the cursor say which command it is: options and their values are passed over. */
function bash(all: readonly CommandWords[]): string {
  const cases = all.map((command) => {
    const words = [...choicesOf(command), ...command.options.map(({ word }) => word)].join(" ");
    const files = command.takesFile ? " files=1" : "";
    return `    ${quoted(command.path.join(" "))}) words=${quoted(words)}${files} ;;`;
  });
  return `# bash completion for mlmd: eval "$(mlmd completion bash)"
_mlmd() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous= path= word words= files= skip= i
  COMPREPLY=()
  ((COMP_CWORD > 0)) && previous=\${COMP_WORDS[COMP_CWORD-1]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $skip ]]; then skip=; continue; fi
    case $word in
      ${patternOf(all, ({ takesValue }) => takesValue)}) skip=1 ;;
      -*) ;;
      *) case "\${path:+$path }$word" in ${pathPattern(all)}) path="\${path:+$path }$word" ;; esac ;;
    esac
  done
  case $previous in
${valueCases(all)}
    ${patternOf(all, ({ isFile }) => isFile)}) COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${patternOf(all, ({ takesValue }) => takesValue)}) return ;;
  esac
  case $path in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ -n $files && $current != -* ]] && COMPREPLY+=($(compgen -f -- "$current"))
}
complete -o filenames -F _mlmd mlmd`;
}

function patternOf(all: readonly CommandWords[], isWanted: (option: OptionWord) => boolean): string {
  const words = all.flatMap(({ options }) => options.filter(isWanted).map(({ word }) => word));
  return [...new Set(words)].join("|");
}

function pathPattern(all: readonly CommandWords[]): string {
  return all
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => quoted(path.join(" ")))
    .join("|");
}

function valueCases(all: readonly CommandWords[]): string {
  const choices = new Map(
    all.flatMap(({ options }) =>
      options.filter((option) => option.choices.length > 0).map((option) => [option.word, option.choices]),
    ),
  );
  return [...choices]
    .map(
      ([word, values]) =>
        `    ${word}) COMPREPLY=($(compgen -W ${quoted(values.join(" "))} -- "$current")); return ;;`,
    )
    .join("\n");
}

function zsh(all: readonly CommandWords[]): string {
  const functions = all.map((command) => {
    const options = command.options.map((option) => `    ${quoted(zshOption(option))}`);
    const first =
      command.commands.length > 0
        ? `'1:command:((${command.commands.map(zshDescribed).join(" ")}))'`
        : command.choices.length > 0
          ? quoted(`1:what:(${command.choices.join(" ")})`)
          : command.takesFile
            ? "'1:file:_files'"
            : "'1:text:'";
    const rest = command.commands.length > 0 ? "'*::arguments:->command'" : "'*:text:'";
    const cases = command.commands.map(({ word }) => `      ${word}) ${zshName([...command.path, word])} ;;`);
    const dispatch =
      cases.length === 0
        ? ""
        : `\n  [[ $state == command ]] && case $words[1] in\n${cases.join("\n")}\n    esac`;
    return `${zshName(command.path)}() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  _arguments -C \\
${[...options, `    ${first}`, `    ${rest}`].join(" \\\n")}${dispatch}
}`;
  });
  return `#compdef mlmd
# zsh completion for mlmd, after compinit: eval "$(mlmd completion zsh)"
${functions.join("\n")}
compdef _mlmd mlmd`;
}

function zshName(path: readonly string[]): string {
  return ["_mlmd", ...path].join("_");
}

function zshOption({ word, description, takesValue, isFile, choices }: OptionWord): string {
  const text = description.replace(/[[\]\\:]/g, "\\$&");
  const value = choices.length > 0 ? `(${choices.join(" ")})` : isFile ? "_files" : " ";
  return `${word}[${text}]${takesValue ? `:value:${value}` : ""}`;
}

/** Inside the double parentheses of an alternative, inside single quotes. */
function zshDescribed({ word, description }: Word): string {
  return `${word}\\:"${description.replace(/["\\$`:]/g, "").replaceAll("'", "")}"`;
}

function fish(all: readonly CommandWords[]): string {
  const lines = all.flatMap((command) => {
    const condition = fishCondition(command, all);
    const words = [
      ...command.commands.map(({ word, description }) => `-a ${quoted(word)} -d ${fishQuoted(description)}`),
      ...command.choices.map((choice) => `-a ${quoted(choice)}`),
      ...(command.takesFile ? ["-F"] : []),
    ];
    const options = command.options.map(({ word, description, takesValue, isFile, choices }) => {
      const long = `-l ${word.replace(/^--/, "")}`;
      const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : isFile ? " -r -F" : " -x";
      return `${long}${takesValue ? value : ""} -d ${fishQuoted(description)}`;
    });
    return [...words, ...options].map((rest) => `complete -c mlmd -n ${fishQuoted(condition)} ${rest}`);
  });
  return ["# fish completion for mlmd: mlmd completion fish | source", "complete -c mlmd -f", ...lines].join(
    "\n",
  );
}

/** That this command is given and, where it has commands of its own, none of them is. */
function fishCondition({ path, commands }: CommandWords, all: readonly CommandWords[]): string {
  const below = commands.map(({ word }) => word).join(" ");
  if (path.length === 0) return "__fish_use_subcommand";
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
  const siblings = all.some((other) => other.path.length > path.length && other.path[0] === path[0]);
  return siblings && below !== "" ? `${seen}; and not __fish_seen_subcommand_from ${below}` : seen;
}

/** In single quotes fish knows two escapes. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
