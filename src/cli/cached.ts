import { Command, InvalidArgumentError } from "commander";
import type { PropertyKinds } from "../client/declared-type.ts";
import type { Artifact, Execution } from "../client/nodes.ts";
import { type CacheKey, cacheKeyOf, findCachedExecution } from "../client/questions.ts";
import type { MetadataStore } from "../client/store.ts";
import type { ExecutionType } from "../client/types.ts";
import type { PropertyValue, StructValue } from "../client/values.ts";
import { setEntry } from "../contract/presence.ts";
import { invalidArgument, quote } from "../errors.ts";
import { answerNo } from "./exit-codes.ts";
import { usualColumns } from "./list.ts";
import { eventJson, nodeJson, printJson, printNdjson } from "./output/json.ts";
import { Lines, oneLine } from "./output/lines.ts";
import { printTable } from "./output/table.ts";
import {
  addReadingOptions,
  findType,
  nodeById,
  type ReadingOptions,
  type TypeChoice,
  withStore,
} from "./reading.ts";

interface Options extends ReadingOptions, TypeChoice {
  readonly execution?: bigint;
  readonly input: readonly bigint[];
  readonly property: readonly (readonly [string, string])[];
}

export function cachedCommand(): Command {
  const command = new Command("cached")
    .description("Tell whether a step has run before, with the same properties and inputs, and what it made.")
    .option("--execution <id>", "look for an earlier one that is like this", id)
    .option("--type <name>", "or for one of this execution type")
    .option("--type-version <version>", "the version of that type, where it has one")
    .option("--property <name=value>", "with this property; may be repeated", collected(property), [])
    .option("--input <id>", "that read this artifact; may be repeated", collected(id), []);
  return addReadingOptions(command)
    .addHelpText(
      "after",
      `
Exit code 3: there is none.

Examples:
  mlmd cached --execution 12 --sqlite ./mlmd.db
  mlmd cached --type Trainer --property epochs=3 --input 4 --input 5 --sqlite ./mlmd.db
`,
    )
    .action(cached);
}

function id(text: string): bigint {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError("It must be an id, such as 12.");
  return BigInt(text);
}

function property(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be a name and a value, such as epochs=3.");
  return [text.slice(0, at), text.slice(at + 1)];
}

function collected<T>(parse: (text: string) => T) {
  return (text: string, before: readonly T[]): readonly T[] => [...before, parse(text)];
}

async function cached(options: Options, command: Command): Promise<void> {
  if ((options.execution === undefined) === (options.type === undefined)) {
    command.error("error: say what to look for, with either --execution 12 or --type Trainer");
  }
  await withStore(options, command, async (store) => {
    const found = await findCachedExecution(store, await keyOf(store, options));
    if (found === undefined) return answerNo(whatIsMissing(options));
    const { outputs, events } = found;
    const execution = found.execution as Execution;
    const json = {
      execution: nodeJson(execution),
      outputs: outputs.map(nodeJson),
      events: events.map(eventJson),
    };
    if (options.ndjson) return printNdjson([json]);
    return options.json ? printJson(json) : print(execution, outputs);
  });
}

async function keyOf(store: MetadataStore, options: Options): Promise<CacheKey<PropertyKinds>> {
  const { execution, type: name = "", typeVersion, input } = options;
  if (execution !== undefined) return cacheKeyOf(store, await nodeById(store, "execution", execution));
  const type = await findType(store, "execution", name, typeVersion);
  const properties = {};
  for (const [property, text] of options.property) {
    setEntry(properties, property, parsedValue(type, property, text));
  }
  return { type: type.name, typeVersion: type.version, properties, inputArtifactIds: input };
}

/** The text read as the kind that the type declares. */
function parsedValue(type: ExecutionType, name: string, text: string): PropertyValue {
  const kind = Object.hasOwn(type.properties, name) ? type.properties[name] : undefined;
  const wrong = (what: string) =>
    invalidArgument(`the property ${quote(name)} is ${what}; ${quote(text)} is not`);
  switch (kind) {
    case "int":
      if (!/^-?\d{1,19}$/.test(text)) throw wrong("an integer");
      return BigInt(text);
    case "double":
      if (text.trim() === "" || !Number.isFinite(Number(text))) throw wrong("a number");
      return Number(text);
    case "boolean":
      if (text !== "true" && text !== "false") throw wrong("true or false");
      return text === "true";
    case "struct":
      return structOf(text, () => wrong("an object of JSON"));
    case "string":
      return text;
    default:
      throw invalidArgument(
        kind === undefined
          ? `the execution type ${quote(type.name)} has no property ${quote(name)}; \`mlmd types\` shows what it has`
          : `the property ${quote(name)} is a message, which cannot be given as text`,
      );
  }
}

function structOf(text: string, wrong: () => Error): StructValue {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as StructValue;
  } catch {
    // Answered below.
  }
  throw wrong();
}

function whatIsMissing({ execution, type }: Options): string {
  return execution === undefined
    ? `no finished execution of type ${quote(type ?? "")} has these properties and inputs`
    : `no earlier execution is like execution ${execution}: it had to run`;
}

async function print(execution: Execution, outputs: readonly Artifact[]): Promise<void> {
  const { id, type = "", name = "", lastKnownState = "" } = execution;
  const title = [id, type, name, lastKnownState].filter((text) => text !== "").join("  ");
  const lines = new Lines();
  await lines.add(oneLine(`Yes: execution ${title}`));
  await lines.add(outputs.length === 0 ? "It made nothing." : "It made:\n");
  await lines.flush();
  if (outputs.length > 0) await printTable(usualColumns("artifact", {}, true), outputs, "");
}
