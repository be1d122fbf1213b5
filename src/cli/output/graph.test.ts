import { describe, expect, test } from "vitest";
import type { EventType } from "../../client/enums.ts";
import type { Artifact, Execution } from "../../client/nodes.ts";
import { dotOf, mermaidOf } from "./graph.ts";

const node = (id: bigint, type: string, name?: string): Artifact & Execution => ({
  ...{ id, typeId: 1n, type, properties: {}, customProperties: {} },
  ...{ createTimeSinceEpoch: 0n, lastUpdateTimeSinceEpoch: 0n },
  ...(name !== undefined && { name }),
});

function lineage(type: string, name: string | undefined, event: EventType, path?: string[]) {
  return {
    artifacts: [node(2n, type, name)],
    executions: [node(1n, "Step")],
    events: [
      { artifactId: 2n, executionId: 1n, type: event, millisecondsSinceEpoch: 0n, ...(path && { path }) },
    ],
  };
}

const lines = (text: Iterable<string>) => [...text].map((line) => line.trim());

test("events point the way of the data, and without one they have no arrow", () => {
  const edges = (event: EventType) => {
    const graph = lineage("Data", undefined, event, ["x"]);
    return [lines(dotOf(graph)).at(-2), lines(mermaidOf(graph)).at(-1)];
  };
  expect(edges("OUTPUT")).toEqual(['e1 -> a2 [label="x"];', 'e1 -->|"x"| a2']);
  expect(edges("DECLARED_INPUT")).toEqual(['a2 -> e1 [label="x"];', 'a2 -->|"x"| e1']);
  expect(edges("UNKNOWN")).toEqual(['a2 -> e1 [label="x", dir=none];', 'a2 ---|"x"| e1']);
});

describe("labels are text, whatever is in them", () => {
  test.each([
    ['say "hi"', '"Data 2\\nsay \\"hi\\""', '"Data 2<br/>say #34;hi#34;"'],
    ["\\N \\l", '"Data 2\\n\\\\N \\\\l"', '"Data 2<br/>#92;N #92;l"'],
    ["a\nb", '"Data 2\\na\\\\nb"', '"Data 2<br/>a#92;nb"'],
    ["<b>&amp;", '"Data 2\\n<b>&amp;amp;"', '"Data 2<br/>#60;b#62;#38;amp#59;"'],
    ["%%{init}%%", '"Data 2\\n%%{init}%%"', '"Data 2<br/>#37;#37;#123;init#125;#37;#37;"'],
    ["1. one", '"Data 2\\n1. one"', '"Data 2<br/>1#46; one"'],
    ["- one", '"Data 2\\n- one"', '"Data 2<br/>#45; one"'],
    ["\x1b[2J", '"Data 2\\n\\\\x1b[2J"', '"Data 2<br/>#92;x1b#91;2J"'],
    ["漢字 ä", '"Data 2\\n漢字 ä"', '"Data 2<br/>漢字 ä"'],
  ])("%j", (name, dot, mermaid) => {
    const graph = lineage("Data", name, "OUTPUT");
    expect(lines(dotOf(graph))[2]).toBe(`a2 [shape=ellipse, label=${dot}];`);
    expect(lines(mermaidOf(graph))[1]).toBe(`a2([${mermaid}])`);
  });

  test("long ones are cut", () => {
    expect(lines(dotOf(lineage("Data", "x".repeat(1000), "OUTPUT")))[2]?.length).toBeLessThan(150);
  });
});
