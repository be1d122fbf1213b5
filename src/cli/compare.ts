import { Argument, Command } from "commander";
import {
  type ArtifactComparison,
  compareArtifacts,
  compareExecutions,
  type Difference,
  type EndDifference,
  type ExecutionComparison,
} from "../client/compare.ts";
import type { Artifact, Execution } from "../client/nodes.ts";
import type { PropertyValue } from "../client/values.ts";
import { setEntry } from "../contract/presence.ts";
import { nodeJson, printJson, printNdjson, valueJson } from "./output/json.ts";
import { type Column, printTable } from "./output/table.ts";
import { pathText, valueText } from "./output/values.ts";
import {
  addReadingOptions,
  addTypeOptions,
  findNode,
  kindOfText,
  type ReadingOptions,
  type TypeChoice,
  withStore,
} from "./reading.ts";

interface Options extends ReadingOptions, TypeChoice {}

type Comparison = ArtifactComparison | ExecutionComparison;

export function compareCommand(): Command {
  const command = new Command("compare")
    .description("Show what differs between two artifacts or two executions.")
    .addArgument(
      new Argument("<kind>", "what they are").choices(["artifact", "execution"]).argParser(comparable),
    )
    .argument("<left>", "the id or name of one")
    .argument("<right>", "the id or name of the other");
  return addReadingOptions(addTypeOptions(command, "the type of both, where they are named"))
    .addHelpText("after", "\nExample:\n  mlmd compare artifact 7 9 --sqlite ./mlmd.db\n")
    .action(compare);
}

function comparable(text: string): "artifact" | "execution" {
  const kind = kindOfText(text);
  return kind === "context" ? (kindOfText("") as never) : kind;
}

async function compare(
  kind: "artifact" | "execution",
  leftText: string,
  rightText: string,
  options: Options,
  command: Command,
): Promise<void> {
  await withStore(options, command, async (store) => {
    const left = await findNode(store, kind, leftText, options);
    const right = await findNode(store, kind, rightText, options);
    const comparison =
      kind === "artifact"
        ? compareArtifacts(left as Artifact, right as Artifact)
        : await compareExecutions(store, left, right);
    const json = comparisonJson(left, right, comparison);
    if (options.ndjson) return printNdjson([json]);
    if (options.json) return printJson(json);
    const columns = columnsFor(`${kind} ${left.id}`, `${kind} ${right.id}`);
    return printTable(columns, rowsOf(comparison), `${kind}s ${left.id} and ${right.id} do not differ`);
  });
}

interface Row {
  readonly what: string;
  readonly left: string;
  readonly right: string;
  readonly change: string;
}

function columnsFor(left: string, right: string): readonly Column<Row>[] {
  return [
    { title: "", value: ({ what }) => what, cut: "end" },
    { title: left, value: (row) => row.left, cut: "end" },
    { title: right, value: (row) => row.right, cut: "end" },
    { title: "CHANGE", value: ({ change }) => change, align: "right", dropIfEmpty: true },
  ];
}

function rowsOf(comparison: Comparison): Row[] {
  const pairs = (of: object, place: string) =>
    Object.entries(of as { [name: string]: Difference<PropertyValue> }).map(([name, { left, right }]) => ({
      what: place + name,
      left: valueText(left),
      right: valueText(right),
      change: changeText(left, right),
    }));
  const artifacts = (side: readonly Artifact[]) =>
    side.map(({ id, name, type }) => `${id} ${name ?? type ?? ""}`.trim()).join(", ");
  const ends = (of: readonly EndDifference[], place: string) =>
    of.map(({ path, left, right }) => ({
      what: `${place} ${pathText(path)}`.trim(),
      left: artifacts(left),
      right: artifacts(right),
      change: "",
    }));
  return [
    ...pairs(comparison.fields, ""),
    ...pairs(comparison.properties, "properties."),
    ...pairs(comparison.customProperties, "custom_properties."),
    ...("inputs" in comparison
      ? [...ends(comparison.inputs, "read"), ...ends(comparison.outputs, "made")]
      : []),
  ];
}

/** By how much a number grew, to as many digits as are not noise of the subtraction. */
function changeText(left: unknown, right: unknown): string {
  if (typeof left === "bigint" && typeof right === "bigint") return signed(right - left);
  if (typeof left !== "number" || typeof right !== "number") return "";
  return signed(Number((right - left).toPrecision(6)));
}

function signed(change: bigint | number): string {
  return change > 0 ? `+${change}` : String(change);
}

function comparisonJson(left: Artifact | Execution, right: Artifact | Execution, comparison: Comparison) {
  const { fields, properties, customProperties } = comparison;
  const ends = (of: readonly EndDifference[]) =>
    of.map(({ path, left, right }) => ({
      path: path.map((step) => (typeof step === "bigint" ? { index: String(step) } : { key: step })),
      left: left.map(nodeJson),
      right: right.map(nodeJson),
    }));
  return {
    left: nodeJson(left),
    right: nodeJson(right),
    fields,
    properties: pairsJson(properties),
    customProperties: pairsJson(customProperties),
    ...("inputs" in comparison && { inputs: ends(comparison.inputs), outputs: ends(comparison.outputs) }),
  };
}

function pairsJson(of: object) {
  const json = {};
  for (const [name, { left, right }] of Object.entries(of as { [name: string]: Difference<PropertyValue> })) {
    setEntry(json, name, {
      ...(left !== undefined && { left: valueJson(left) }),
      ...(right !== undefined && { right: valueJson(right) }),
    });
  }
  return json;
}
