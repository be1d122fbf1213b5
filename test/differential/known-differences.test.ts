import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, inject, describe as suite, test } from "vitest";
import type { MetadataStoreService } from "../../src/contract/messages.ts";
import type { MethodName } from "../../src/contract/service.ts";
import { backends, missingBackend } from "../support/backends.ts";
import { originalPython, skipNote } from "../support/python.ts";
import { knownDifferences, knownDifferencesOn } from "./known-differences.ts";
import { inputOf, type Operation } from "./operation.ts";
import { Pair } from "./pair.ts";
import { describe } from "./report.ts";
import { replay } from "./sequence.ts";

type Methods = typeof MetadataStoreService.method;
type Step = {
  [M in MethodName]: readonly [method: M, request: MessageInitShape<Methods[M]["input"]>, continues?: number];
}[MethodName];

const text = (value: string) => ({ value: { case: "stringValue" as const, value } });
const integer = (value: bigint) => ({ value: { case: "intValue" as const, value } });
const double = (value: number) => ({ value: { case: "doubleValue" as const, value } });
const INT = 1;
const INPUT = 3;

/** A context type (10) with two contexts. */
const twoContexts: Step[] = [
  ["putContextType", { contextType: { name: "Run" } }],
  [
    "putContexts",
    {
      contexts: [
        { typeId: 10n, name: "a", externalId: "x" },
        { typeId: 10n, name: "b" },
      ],
    },
  ],
];

const oneArtifact: Step = ["putArtifacts", { artifacts: [{ typeId: 1n, name: "a" }] }];

const byUpdateTime = { maxResultSize: 1, orderByField: { field: 2 } };

/** For each known difference the shortest way to it; the last step shows it. */
const examples: { readonly [id: string]: readonly Step[] } = {
  "whole-types": [
    ["putArtifactType", { artifactType: { name: "Data", externalId: "x" } }],
    ["getArtifactTypes", {}],
  ],
  "taken-on-update": [...twoContexts, ["putContexts", { contexts: [{ id: 2n, name: "a" }] }]],
  "taken-type-external-id": [
    ["putArtifactType", { artifactType: { name: "Data", externalId: "x" } }],
    ["putContextType", { contextType: { name: "Data", externalId: "x" } }],
  ],
  "type-twice-in-a-request": [
    ["putTypes", { artifactTypes: [{ name: "Data", externalId: "x" }, { name: "Data" }] }],
    ["getArtifactType", { typeName: "Data" }],
  ],
  "clash-of-a-reused-context": [
    ...twoContexts,
    [
      "putExecution",
      {
        execution: { typeId: 5n },
        contexts: [{ typeId: 10n, name: "new", externalId: "x" }],
        options: { reuseContextIfAlreadyExist: true },
      },
    ],
  ],
  "event-of-no-node": [
    [
      "putExecution",
      { execution: { typeId: 5n }, artifactEventPairs: [{ event: { artifactId: 99_999n, type: INPUT } }] },
    ],
  ],
  "options-always-checked": [
    ["getArtifactsByType", { typeName: "mlmd.Dataset", options: { maxResultSize: -1 } }],
  ],
  "token-of-another-query": [
    ["putArtifacts", { artifacts: [{ typeId: 1n }, { typeId: 1n }] }],
    ["getArtifacts", { options: { maxResultSize: 1 } }],
    ["getArtifacts", { options: { maxResultSize: 1, filterQuery: "id > 0" } }, 2],
  ],
  "ending-filter-always-checked": [
    oneArtifact,
    [
      "getLineageSubgraph",
      {
        lineageSubgraphQueryOptions: {
          startingNodes: { case: "startingArtifacts", value: { filterQuery: "id = 1" } },
          endingExecutions: { filterQuery: "nope = 1" },
        },
      },
    ],
  ],
  "custom-value-of-no-kind": [["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: {} } }] }]],
  "number-not-finite": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: double(Number.NaN) } }] }],
  ],
  "doubles-exact": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: double(1e-9) } }] }],
    ["getArtifacts", {}],
  ],
  "text-that-looks-encoded": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: text("mlmd-struct::AAAA") } }] }],
    ["getArtifacts", {}],
  ],
  "proto-without-type-url": [
    [
      "putArtifacts",
      {
        artifacts: [
          {
            typeId: 1n,
            customProperties: {
              a: { value: { case: "protoValue", value: { typeUrl: "", value: new Uint8Array([1]) } } },
            },
          },
        ],
      },
    ],
    ["getArtifacts", {}],
  ],
  "text-with-nul": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: text("cut\0here") } }] }],
    ["getArtifacts", {}],
  ],
  "one-name-in-both-maps": [
    ["putArtifactType", { artifactType: { name: "Data", properties: { a: INT } } }],
    [
      "putArtifacts",
      {
        artifacts: [
          {
            typeId: 10n,
            properties: { a: integer(1n) },
            customProperties: { a: text("b") },
          },
        ],
      },
    ],
    ["putArtifacts", { artifacts: [{ id: 1n, customProperties: { a: text("b") } }] }],
    ["getArtifacts", {}],
  ],
  "mysql-alike-names-in-both-maps": [
    ["putArtifactType", { artifactType: { name: "Data", properties: { P1: INT } } }],
    ["putArtifacts", { artifacts: [{ typeId: 10n, customProperties: { p1: text("b") } }] }],
    ["putArtifacts", { artifacts: [{ id: 1n, properties: { P1: integer(1n) } }] }],
    ["getArtifacts", {}],
  ],
  "pair-of-nothing": [
    ...twoContexts,
    [
      "putExecution",
      { execution: { typeId: 5n }, artifactEventPairs: [{}], contexts: [{ id: 1n, typeId: 10n, name: "a" }] },
    ],
    ["getArtifactsByContext", { contextId: 1n }],
  ],
  "pages-above-100": [
    ["putArtifacts", { artifacts: Array.from({ length: 110 }, () => ({ typeId: 1n })) }],
    ["getArtifacts", { options: { maxResultSize: 105 } }],
  ],
  "pages-by-update-time": [
    oneArtifact,
    ["putArtifacts", { artifacts: [{ typeId: 1n, name: "b" }] }],
    ["getArtifacts", { options: byUpdateTime }],
    ["putArtifacts", { artifacts: [{ id: 1n, uri: "moved" }] }],
    ["getArtifacts", { options: { ...byUpdateTime, maxResultSize: 5 } }, 3],
  ],
  "out-of-range": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: integer(2n ** 31n) } }] }],
  ],
  "out-of-range-for-a-moment": [
    oneArtifact,
    [
      "putArtifacts",
      {
        artifacts: [
          { id: 1n, customProperties: { a: integer(2n ** 31n) } },
          { id: 1n, typeId: 1n },
        ],
      },
    ],
  ],
  "mysql-type-by-name": [
    ["putArtifactType", { artifactType: { name: "Data", externalId: "x" } }],
    ["getArtifactType", { typeName: "Data" }],
  ],
  "mysql-types-of-alike-names": [
    ["putArtifactType", { artifactType: { name: "Data" } }],
    ["putArtifactType", { artifactType: { name: "data" } }],
    ["getArtifactType", { typeName: "data" }],
  ],
  "mysql-large-doubles": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: double(1e300 / 3) } }] }],
    ["getArtifacts", {}],
  ],
  "tried-again": [
    ["putArtifacts", { artifacts: [{ typeId: 1n }] }],
    [
      "putExecution",
      {
        execution: { typeId: 5n },
        artifactEventPairs: [
          { artifact: { id: 1n, typeId: 1n }, event: { executionId: 1n, type: INPUT } },
          { artifact: { id: 1n, typeId: 1n }, event: { type: INPUT } },
        ],
      },
    ],
  ],
  "postgres-nul": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: text("cut\0here") } }] }],
  ],
  "postgres-backslash": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, customProperties: { a: text("back\\slash") } }] }],
  ],
  "postgres-filter-by-update-time": [
    ["getArtifacts", { options: { filterQuery: "id > 0", orderByField: { field: 2 } } }],
  ],
  "filter-casts": [["getArtifacts", { options: { filterQuery: "id > 1.5" } }]],
  "filter-characters": [
    ["putArtifacts", { artifacts: [{ typeId: 1n, uri: "ünï" }] }],
    ["getArtifacts", { options: { filterQuery: "LENGTH(uri) = 3" } }],
  ],
  "filter-property-name-case": [
    ["putArtifactType", { artifactType: { name: "Data", properties: { P1: INT } } }],
    ["putArtifacts", { artifacts: [{ typeId: 10n, properties: { P1: integer(1n) } }] }],
    ["getArtifacts", { options: { filterQuery: "properties.P1.int_value IS NOT NULL" } }],
  ],
  "filter-text-like-a-column": [oneArtifact, ["getArtifacts", { options: { filterQuery: "name = 'name'" } }]],
  "filter-enum-names": [["getArtifacts", { options: { filterQuery: "state = REFERENCE" } }]],
  "filter-enum-repeated": [["getArtifacts", { options: { filterQuery: "state = LIVE OR state = LIVE" } }]],
};

const python = await originalPython();
const servers = { postgres: inject("postgres"), mysql: inject("mysql") };

suite.for(backends)(`known differences from the original on %s${skipNote(python)}`, (backend) => {
  const differences = knownDifferencesOn(backend);
  const missing = python.missing ?? missingBackend(backend, servers);
  let pair: Pair;
  beforeAll(async () => {
    if (missing === undefined) pair = await Pair.start(python.python as string, backend, servers);
  });
  afterAll(() => pair?.stop());

  test.skipIf(missing !== undefined).for(differences)("$id: $reason", async ({ id }) => {
    const steps = examples[id] ?? [];
    const operations = steps.map(
      ([method, request, continues], index): Operation => ({
        serial: index + 1,
        method,
        request: create(inputOf(method), request as never),
        ...(continues === undefined ? {} : { continues }),
      }),
    );
    const { differences, mismatch } = await replay(pair, operations);
    expect(mismatch && describe(mismatch)).toBeUndefined();
    expect(differences.map((difference) => difference.id)).toEqual([id]);
  });
});

test("each known difference has its example", () => {
  expect(Object.keys(examples).sort()).toEqual(knownDifferences.map(({ id }) => id).sort());
});
