import { Argument, Command, Option } from "commander";
import type { Artifact, Node } from "../client/nodes.ts";
import { ancestors, contextLineage, descendants, type Lineage } from "../client/questions.ts";
import type { MetadataStore } from "../client/store.ts";
import { quote } from "../errors.ts";
import { usualColumns } from "./list.ts";
import { dotOf, mermaidOf } from "./output/graph.ts";
import { eventJson, nodeJson, printJson, printNdjson } from "./output/json.ts";
import { Lines } from "./output/lines.ts";
import { stepsOf } from "./output/steps.ts";
import { printTable } from "./output/table.ts";
import {
  addReadingOptions,
  addTypeOptions,
  findNode,
  type ReadingOptions,
  type TypeChoice,
  withStore,
} from "./reading.ts";

interface Options extends ReadingOptions {
  readonly dot?: true;
  readonly mermaid?: true;
}

export function dagCommand(): Command {
  const command = new Command("dag")
    .description(
      "Show the graph of a context, such as a pipeline run: its executions, what they read and made.",
    )
    .argument("<context>", "the id or name of the context");
  return addGraphOptions(addTypeOptions(command, "the type of the context that is named"))
    .addHelpText("after", "\nExample:\n  mlmd dag run-42 --sqlite ./mlmd.db --dot | dot -Tsvg > run.svg\n")
    .action(dag);
}

export function ancestorsCommand(): Command {
  const command = startingAtArtifact(
    "ancestors",
    "Show how an artifact came about: every execution and artifact that led to it.",
  );
  return addGraphOptions(command)
    .addHelpText("after", "\nExample:\n  mlmd ancestors artifact 7 --sqlite ./mlmd.db\n")
    .action(showAncestors);
}

export function descendantsCommand(): Command {
  const command = startingAtArtifact(
    "descendants",
    "Show what was made from an artifact: every execution and artifact after it.",
  ).addOption(
    new Option("--type <name>", "only the artifacts of this type, as a list").conflicts(["dot", "mermaid"]),
  );
  return addGraphOptions(command)
    .addHelpText("after", "\nExample:\n  mlmd descendants artifact 3 --type Model --sqlite ./mlmd.db\n")
    .action(showDescendants);
}

function startingAtArtifact(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addArgument(new Argument("<kind>", "what it starts at").choices(["artifact"]))
    .argument("<id-or-name>", "the artifact's id or name");
}

function addGraphOptions(command: Command): Command {
  const formats = ["json", "ndjson", "dot", "mermaid"];
  const format = (name: string, description: string) =>
    new Option(`--${name}`, description).conflicts(formats.filter((other) => other !== name));
  return addReadingOptions(command)
    .addOption(format("dot", "print the graph for Graphviz"))
    .addOption(format("mermaid", "print the graph for Mermaid"));
}

async function dag(text: string, options: Options & TypeChoice, command: Command): Promise<void> {
  await withStore(options, command, async (store) => {
    const context = await findNode(store, "context", text, options);
    const lineage = await contextLineage(store, context.id);
    await print(lineage, lineage, options, `Context ${titleOf(context)}`);
  });
}

async function showAncestors(_: string, text: string, options: Options, command: Command): Promise<void> {
  await withStore(options, command, async (store) => {
    const artifact = await findNode(store, "artifact", text, {});
    const lineage = await ancestors(store, artifact.id);
    await print(
      lineage,
      withStart(lineage, artifact),
      options,
      `How artifact ${titleOf(artifact)} came about`,
    );
  });
}

async function showDescendants(
  _: string,
  text: string,
  options: Options & { type?: string },
  command: Command,
): Promise<void> {
  await withStore(options, command, async (store) => {
    const artifact = await findNode(store, "artifact", text, {});
    const { type } = options;
    const lineage = await descendants(store, artifact.id, { type });
    if (type === undefined || options.json || options.ndjson) {
      return print(
        lineage,
        withStart(lineage, artifact),
        options,
        `What artifact ${titleOf(artifact)} led to`,
      );
    }
    return printTable(
      usualColumns("artifact", await propertiesOfTypes(store, lineage.artifacts), false),
      lineage.artifacts,
      `no artifact of type ${quote(type)} was made from artifact ${artifact.id}`,
    );
  });
}

/** Of all versions of the type. */
async function propertiesOfTypes(store: MetadataStore, artifacts: readonly Artifact[]) {
  const types = await store.getArtifactTypesById(new Set(artifacts.map(({ typeId }) => typeId)));
  return Object.assign({}, ...types.map(({ properties }) => properties));
}

function titleOf({ id, type = "", name = "" }: Node): string {
  return `${id}  ${type}  ${name}`.trim();
}

function withStart(lineage: Lineage, start: Artifact): Lineage {
  return { ...lineage, artifacts: [start, ...lineage.artifacts] };
}

/** The answer for programs; for people it is drawn, with the artifact that it starts at. */
async function print(answer: Lineage, drawn: Lineage, options: Options, title: string): Promise<void> {
  if (options.json) return printJson(lineageJson(answer));
  if (options.ndjson) return printNdjson(lineageItems(answer));
  if (options.dot) return printLines(dotOf(drawn));
  if (options.mermaid) return printLines(mermaidOf(drawn));
  return printLines(stepsOf(drawn, title));
}

function lineageJson({ artifacts, executions, events }: Lineage) {
  return {
    artifacts: artifacts.map(nodeJson),
    executions: executions.map(nodeJson),
    events: events.map(eventJson),
  };
}

function* lineageItems({ artifacts, executions, events }: Lineage) {
  for (const artifact of artifacts) yield { artifact: nodeJson(artifact) };
  for (const execution of executions) yield { execution: nodeJson(execution) };
  for (const event of events) yield { event: eventJson(event) };
}

async function printLines(texts: Iterable<string>): Promise<void> {
  const lines = new Lines();
  for (const text of texts) await lines.add(text);
  await lines.flush();
}
