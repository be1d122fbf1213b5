import { create } from "@bufbuild/protobuf";
import { Event_Type, LineageSubgraphQueryOptions_StartingNodesSchema } from "../../src/contract/messages.ts";
import type { Code } from "../../src/index.ts";
import {
  double,
  everyProperty,
  everyValue,
  int,
  type KindCalls,
  kindNames,
  makeTypes,
  noValue,
  type Refusal,
  refusals,
  type Subject,
  string,
} from "./support.ts";

const { INPUT, UNKNOWN } = Event_Type;

/**
 * Types 10 (artifact `A`), 11 (execution `E`), 12 (context `C`), and of each kind `Based` with external id; two
 * nodes of each kind named `one` and `two` with external ids `x1` and `x2`; event 1-1, both memberships 1-1, and
 * context 1 as a child of context 2.
 */
async function prepare(subject: Subject): Promise<void> {
  const { rpc } = subject;
  await makeTypes(subject);
  for (const [at, kind] of kindNames.entries()) {
    const calls = subject[kind];
    const type = {
      name: "Based",
      version: "v1",
      externalId: `type of ${kind}`,
      properties: { p: everyProperty.i },
    };
    await calls.putType(kind === "context" ? type : { ...type, baseType: 1 });
    const typeId = BigInt(10 + at);
    await calls.put([
      { typeId, name: "one", externalId: "x1", properties: everyValue, customProperties: everyValue },
      { typeId, name: "two", externalId: "x2" },
    ]);
  }
  await rpc.putEvents({ events: [{ artifactId: 1n, executionId: 1n, type: INPUT }] });
  await rpc.putAttributionsAndAssociations({
    attributions: [{ artifactId: 1n, contextId: 1n }],
    associations: [{ executionId: 1n, contextId: 1n }],
  });
  await rpc.putParentContexts({ parentContexts: [{ childId: 1n, parentId: 2n }] });
}

type Row = [string, (subject: Subject) => Promise<unknown>, Code, RegExp];
const rows = (cases: Row[]): Refusal[] =>
  cases.map(([name, call, code, gist]) => ({ name, call, code, gist }));

/** Every case of a node kind; a good item stands before the bad one, so that half of it could be stored. */
function nodeCases(kind: (typeof kindNames)[number]): Refusal[] {
  const typeId = BigInt(10 + kindNames.indexOf(kind));
  const otherKind = kind === "artifact" ? 11n : 10n;
  const good = { typeId, name: "good", externalId: "good", customProperties: { c: int(1) } };
  const after = (node: object) => (subject: Subject) => subject[kind].put([good, node]);
  const fresh = (fields: object) => after({ typeId, name: "fresh", ...fields });
  const stored = (fields: object) => after({ id: 1n, typeId, name: "one", externalId: "x1", ...fields });
  return rows([
    [`Put ${kind}: no type id`, after({ name: "fresh" }), "INVALID_ARGUMENT", /type id/],
    [
      `Put ${kind}: type name instead of id`,
      after({ name: "fresh", type: "A" }),
      "INVALID_ARGUMENT",
      /type id/,
    ],
    [`Put ${kind}: unknown type`, fresh({ typeId: 999n }), "NOT_FOUND", /type.*999/],
    [`Put ${kind}: type of another kind`, fresh({ typeId: otherKind }), "NOT_FOUND", /type/],
    [
      `Put ${kind}: undeclared property`,
      fresh({ properties: { nope: int(1) } }),
      "INVALID_ARGUMENT",
      /"nope"/,
    ],
    [
      `Put ${kind}: property of another kind`,
      fresh({ properties: { i: string("1") } }),
      "INVALID_ARGUMENT",
      /unmatched property type: i/,
    ],
    [
      `Put ${kind}: property without value`,
      fresh({ properties: { s: noValue } }),
      "INVALID_ARGUMENT",
      /unmatched property type: s/,
    ],
    [
      `Put ${kind}: custom property without value`,
      fresh({ customProperties: { z: noValue } }),
      "INVALID_ARGUMENT",
      /unmatched property type: z/,
    ],
    [`Put ${kind}: NaN`, fresh({ properties: { d: double(Number.NaN) } }), "INVALID_ARGUMENT", /"d"/],
    [`Put ${kind}: infinity`, fresh({ customProperties: { z: double(-1 / 0) } }), "INVALID_ARGUMENT", /"z"/],
    [`Put ${kind}: name taken`, fresh({ name: "one" }), "ALREADY_EXISTS", /name.*"one"/],
    [`Put ${kind}: name twice in the request`, fresh({ name: "good" }), "ALREADY_EXISTS", /name/],
    [`Put ${kind}: external id taken`, fresh({ externalId: "x1" }), "ALREADY_EXISTS", /external id/],
    [
      `Put ${kind}: external id twice in the request`,
      fresh({ externalId: "good" }),
      "ALREADY_EXISTS",
      /external id/,
    ],
    [`Update ${kind}: unknown id`, stored({ id: 99n }), "INVALID_ARGUMENT", /99/],
    [`Update ${kind}: id 0`, stored({ id: 0n }), "INVALID_ARGUMENT", /id 0/],
    [`Update ${kind}: negative id`, stored({ id: -1n }), "INVALID_ARGUMENT", /id -1/],
    [`Update ${kind}: another type`, stored({ typeId: 999n }), "INVALID_ARGUMENT", /type id 999/],
    [`Update ${kind}: external id taken`, stored({ externalId: "x2" }), "ALREADY_EXISTS", /external id/],
    [
      `Update ${kind}: undeclared property`,
      stored({ properties: { nope: int(1) } }),
      "INVALID_ARGUMENT",
      /"nope"/,
    ],
    [
      `Update ${kind}: custom property without value`,
      stored({ customProperties: { i: noValue } }),
      "INVALID_ARGUMENT",
      /unmatched property type: i/,
    ],
    [
      `Update ${kind} under a mask: property of another kind`,
      (s) => s[kind].put1({ id: 1n, properties: { i: string("") } }, ["properties.i"]),
      "INVALID_ARGUMENT",
      /unmatched property type: i/,
    ],
    [
      `Update ${kind} under a mask: another type`,
      (s) => s[kind].put1({ id: 1n, typeId: 999n }, ["external_id"]),
      "INVALID_ARGUMENT",
      /type id/,
    ],
    [
      `Read ${kind} by external id: an empty one`,
      (s) => s[kind].byExternalIds(["x1", ""]),
      "INVALID_ARGUMENT",
      /empty/,
    ],
    [
      `Read ${kind} by external id: none known`,
      (s) => s[kind].byExternalIds(["x9"]),
      "NOT_FOUND",
      /external id/,
    ],
    [`List ${kind}: page size 0`, (s) => s[kind].list({ maxResultSize: 0 }), "INVALID_ARGUMENT", /page size/],
    [`List ${kind}: broken token`, (s) => s[kind].list({ nextPageToken: "%" }), "INVALID_ARGUMENT", /token/],
    [
      `List ${kind}: broken filter`,
      (s) => s[kind].list({ filterQuery: "id ==== 1" }),
      "INVALID_ARGUMENT",
      /./,
    ],
    [
      `List ${kind}: filter of an unknown name`,
      (s) => s[kind].list({ filterQuery: "nope = 1" }),
      "INVALID_ARGUMENT",
      /nope/,
    ],
    [
      `List ${kind}: filter that is no condition`,
      (s) => s[kind].list({ filterQuery: "id + 1" }),
      "INVALID_ARGUMENT",
      /./,
    ],
  ]);
}

function typeCases(kind: (typeof kindNames)[number]): Refusal[] {
  const name = ["A", "E", "C"][kindNames.indexOf(kind)] ?? "";
  const put =
    (type: Parameters<KindCalls["putType"]>[0], options = {}) =>
    (subject: Subject) =>
      subject[kind].putType(type, options);
  const another = kind === "context" ? "artifact" : "context";
  const batch =
    (type: object) =>
    ({ rpc }: Subject) =>
      rpc.putTypes({ artifactTypes: [{ name: "good" }], [`${kind}Types`]: [{ name: "good" }, type] });
  return rows([
    [`Put ${kind} type: none`, put(undefined), "INVALID_ARGUMENT", /name/],
    [`Put ${kind} type: empty name`, put({ name: "" }), "INVALID_ARGUMENT", /name/],
    [
      `Put ${kind} type: UNKNOWN property`,
      put({ name: "new", properties: { p: 0 } }),
      "INVALID_ARGUMENT",
      /"p"/,
    ],
    [
      `Put ${kind} type: external id of the same kind`,
      put({ name: "new", externalId: `type of ${kind}` }),
      "ALREADY_EXISTS",
      /external id/,
    ],
    [
      `Put ${kind} type: external id of another kind`,
      put({ name: "new", externalId: `type of ${another}` }),
      "ALREADY_EXISTS",
      /external id/,
    ],
    [`Put ${kind} type: base type UNSET`, put({ name: "new", baseType: 0 }), "UNIMPLEMENTED", /base type/],
    [
      `Put ${kind} type: all_fields_match off`,
      put({ name: "new" }, { allFieldsMatch: false }),
      "UNIMPLEMENTED",
      /all_fields_match/,
    ],
    [
      `Evolve ${kind} type: property of another type`,
      put({ name, properties: { ...everyProperty, i: 3 } }),
      "ALREADY_EXISTS",
      /"i"/,
    ],
    [
      `Evolve ${kind} type: property left out`,
      put({ name, properties: {} }),
      "ALREADY_EXISTS",
      /can_omit_fields/,
    ],
    [
      `Evolve ${kind} type: property added`,
      put({ name, properties: { ...everyProperty, more: 1 } }),
      "ALREADY_EXISTS",
      /can_add_fields/,
    ],
    [
      `Evolve ${kind} type: UNKNOWN property added beside one that some databases take for another`,
      (s) =>
        s.rpc.putTypes({
          [`${kind}Types`]: [
            { name: "New", properties: { P: 1 } },
            { name: "New", properties: { p: 1, u: 0 } },
          ],
          canAddFields: true,
          canOmitFields: true,
        }),
      "INVALID_ARGUMENT",
      /"u".*no known property type/,
    ],
    [
      `Evolve ${kind} type: UNKNOWN property added`,
      put({ name, properties: { ...everyProperty, more: 0 } }, { canAddFields: true }),
      "INVALID_ARGUMENT",
      /"more"/,
    ],
    [
      `Evolve ${kind} type: external id taken`,
      put({ name, properties: everyProperty, externalId: `type of ${another}` }),
      "ALREADY_EXISTS",
      /external id/,
    ],
    [`PutTypes with ${kind} types: the last one without name`, batch({}), "INVALID_ARGUMENT", /name/],
    [
      `PutTypes with ${kind} types: the last one with a base type UNSET`,
      batch({ name: "new", baseType: 0 }),
      "UNIMPLEMENTED",
      /base type/,
    ],
    [
      `PutTypes with ${kind} types: the last one adds a property`,
      batch({ name, properties: { ...everyProperty, more: 1 } }),
      "ALREADY_EXISTS",
      /"more"/,
    ],
    [`Read ${kind} type: unknown name`, (s) => s[kind].getType("nope"), "NOT_FOUND", /"nope"/],
    [`Read ${kind} type: unknown version`, (s) => s[kind].getType("Based", "v9"), "NOT_FOUND", /"v9"/],
    [
      `Read ${kind} types by external id: an empty one`,
      (s) => s[kind].typesByExternalIds([""]),
      "INVALID_ARGUMENT",
      /empty/,
    ],
    [
      `Read ${kind} types by external id: none known`,
      (s) => s[kind].typesByExternalIds(["x"]),
      "NOT_FOUND",
      /external id/,
    ],
  ]);
}

const event = { artifactId: 2n, executionId: 2n, type: INPUT };
const putEvent =
  (fields: object) =>
  ({ rpc }: Subject) =>
    rpc.putEvents({ events: [event, { ...fields }] });
const link =
  (fields: object) =>
  ({ rpc }: Subject) =>
    rpc.putParentContexts({ parentContexts: [fields] });
const member =
  (fields: object) =>
  ({ rpc }: Subject) =>
    rpc.putAttributionsAndAssociations({ attributions: [{ artifactId: 2n, contextId: 2n }], ...fields });
const run =
  (fields: object) =>
  ({ rpc }: Subject) =>
    rpc.putExecution({
      execution: { typeId: 11n },
      artifactEventPairs: [{ artifact: { typeId: 10n }, event: { type: INPUT } }],
      contexts: [{ typeId: 12n, name: "good" }],
      ...fields,
    });
const subgraph =
  (options: object) =>
  ({ rpc }: Subject) =>
    rpc.getLineageSubgraph({ lineageSubgraphQueryOptions: options });
const startAt = (filterQuery?: string) => ({
  startingNodes: {
    case: "startingArtifacts" as const,
    value: create(
      LineageSubgraphQueryOptions_StartingNodesSchema,
      filterQuery === undefined ? {} : { filterQuery },
    ),
  },
});

refusals("bad input: types", prepare, [
  ...kindNames.flatMap(typeCases),
  ...rows([
    [
      "Put artifact type: another base type",
      (s) => s.artifact.putType({ name: "Based", version: "v1", properties: { p: 1 }, baseType: 2 }),
      "UNIMPLEMENTED",
      /base type/,
    ],
    [
      "Put execution type: base type removed",
      (s) => s.execution.putType({ name: "Based", version: "v1", properties: { p: 1 }, baseType: 0 }),
      "UNIMPLEMENTED",
      /base type/,
    ],
    [
      "Put artifact type: its own base",
      (s) => s.artifact.putType({ name: "mlmd.Model", baseType: 2 }),
      "INVALID_ARGUMENT",
      /own base/,
    ],
    [
      "PutTypes: nothing, with all_fields_match off",
      (s) => s.rpc.putTypes({ allFieldsMatch: false }),
      "UNIMPLEMENTED",
      /all_fields_match/,
    ],
  ]),
]);

refusals("bad input: nodes", prepare, [
  ...kindNames.flatMap(nodeCases),
  ...rows([
    [
      "Put context: no name",
      (s) => s.context.put([{ typeId: 12n, name: "good" }, { typeId: 12n }]),
      "INVALID_ARGUMENT",
      /name/,
    ],
    [
      "Put context: empty name",
      (s) =>
        s.context.put([
          { typeId: 12n, name: "good" },
          { typeId: 12n, name: "" },
        ]),
      "INVALID_ARGUMENT",
      /name/,
    ],
    ["Update context: no name", (s) => s.context.put1({ id: 1n }), "INVALID_ARGUMENT", /name/],
    [
      "Update context under a mask: empty name",
      (s) => s.context.put1({ id: 1n, name: "" }, ["name"]),
      "INVALID_ARGUMENT",
      /name/,
    ],
    ["Update context: name taken", (s) => s.context.put1({ id: 1n, name: "two" }), "ALREADY_EXISTS", /name/],
    [
      "Update artifact: was changed since",
      (s) => s.artifact.put([{ id: 1n, lastUpdateTimeSinceEpoch: 5n }], { abort: true }),
      "FAILED_PRECONDITION",
      /updated/,
    ],
  ]),
]);

refusals("bad input: edges and runs", prepare, [
  ...rows([
    [
      "PutEvents: no artifact id",
      putEvent({ executionId: 1n, type: INPUT }),
      "INVALID_ARGUMENT",
      /artifact id/,
    ],
    [
      "PutEvents: no execution id",
      putEvent({ artifactId: 1n, type: INPUT }),
      "INVALID_ARGUMENT",
      /execution id/,
    ],
    ["PutEvents: no type", putEvent({ artifactId: 1n, executionId: 1n }), "INVALID_ARGUMENT", /type/],
    [
      "PutEvents: type UNKNOWN",
      putEvent({ artifactId: 1n, executionId: 1n, type: UNKNOWN }),
      "INVALID_ARGUMENT",
      /type/,
    ],
    [
      "PutEvents: unknown artifact",
      putEvent({ ...event, artifactId: 99n }),
      "INVALID_ARGUMENT",
      /artifact.*99/,
    ],
    [
      "PutEvents: unknown execution",
      putEvent({ ...event, executionId: 99n }),
      "INVALID_ARGUMENT",
      /execution.*99/,
    ],
    [
      "PutEvents: stored already",
      putEvent({ artifactId: 1n, executionId: 1n, type: INPUT }),
      "ALREADY_EXISTS",
      /event/i,
    ],
    ["PutEvents: twice in the request", putEvent(event), "ALREADY_EXISTS", /event/i],
    [
      "Attribution: unknown context",
      member({
        attributions: [
          { artifactId: 2n, contextId: 2n },
          { artifactId: 1n, contextId: 99n },
        ],
      }),
      "INVALID_ARGUMENT",
      /context.*99/,
    ],
    [
      "Attribution: unknown artifact",
      member({
        attributions: [
          { artifactId: 2n, contextId: 2n },
          { artifactId: 99n, contextId: 1n },
        ],
      }),
      "INVALID_ARGUMENT",
      /artifact.*99/,
    ],
    [
      "Association: unknown context",
      member({ associations: [{ executionId: 1n, contextId: 99n }] }),
      "INVALID_ARGUMENT",
      /context.*99/,
    ],
    [
      "Association: unknown execution",
      member({ associations: [{ executionId: 99n, contextId: 1n }] }),
      "INVALID_ARGUMENT",
      /execution.*99/,
    ],
    ["Association: nothing set", member({ associations: [{}] }), "INVALID_ARGUMENT", /context/],
    ["Parent context: no child", link({ parentId: 1n }), "INVALID_ARGUMENT", /child/],
    ["Parent context: no parent", link({ childId: 1n }), "INVALID_ARGUMENT", /parent/],
    ["Parent context: unknown", link({ childId: 1n, parentId: 99n }), "INVALID_ARGUMENT", /99/],
    ["Parent context: itself", link({ childId: 1n, parentId: 1n }), "INVALID_ARGUMENT", /./],
    ["Parent context: a cycle", link({ childId: 2n, parentId: 1n }), "INVALID_ARGUMENT", /cycle/],
    ["Parent context: stored already", link({ childId: 1n, parentId: 2n }), "ALREADY_EXISTS", /link/],
    ["PutExecution: no execution", run({ execution: undefined }), "INVALID_ARGUMENT", /execution/],
    ["PutExecution: unknown execution", run({ execution: { id: 99n } }), "INVALID_ARGUMENT", /99/],
    [
      "PutExecution: execution name taken",
      run({ execution: { typeId: 11n, name: "one" } }),
      "ALREADY_EXISTS",
      /name/,
    ],
    [
      "PutExecution: event of another execution",
      run({ artifactEventPairs: [{ event: { artifactId: 1n, executionId: 2n, type: INPUT } }] }),
      "INVALID_ARGUMENT",
      /execution id 2/,
    ],
    [
      "PutExecution: event of another artifact",
      run({ artifactEventPairs: [{ artifact: { id: 1n }, event: { artifactId: 2n, type: INPUT } }] }),
      "INVALID_ARGUMENT",
      /artifact id 2/,
    ],
    [
      "PutExecution: event of no artifact",
      run({ artifactEventPairs: [{ event: { type: INPUT } }] }),
      "INVALID_ARGUMENT",
      /artifact id/,
    ],
    [
      "PutExecution: event of an unknown artifact",
      run({ artifactEventPairs: [{ event: { artifactId: 99n, type: INPUT } }] }),
      "INVALID_ARGUMENT",
      /99/,
    ],
    [
      "PutExecution: event without type",
      run({ artifactEventPairs: [{ event: { artifactId: 1n } }] }),
      "INVALID_ARGUMENT",
      /type/,
    ],
    [
      "PutExecution: event stored already",
      run({ execution: { id: 1n }, artifactEventPairs: [{ event: { artifactId: 1n, type: INPUT } }] }),
      "ALREADY_EXISTS",
      /event/i,
    ],
    [
      "PutExecution: artifact external id taken",
      run({ artifactEventPairs: [{ artifact: { typeId: 10n, externalId: "x1" } }] }),
      "ALREADY_EXISTS",
      /external id/,
    ],
    [
      "PutExecution: context exists",
      run({
        contexts: [
          { typeId: 12n, name: "good" },
          { typeId: 12n, name: "one" },
        ],
      }),
      "ALREADY_EXISTS",
      /name/,
    ],
    [
      "PutExecution: context without type id",
      run({ contexts: [{ typeId: 12n, name: "good" }, { name: "fresh" }] }),
      "INVALID_ARGUMENT",
      /type id/,
    ],
    [
      "PutExecution: context without name",
      run({ contexts: [{ typeId: 12n, name: "good" }, { typeId: 12n }] }),
      "INVALID_ARGUMENT",
      /name/,
    ],
    [
      "PutExecution: reused context's external id taken",
      run({
        contexts: [{ typeId: 12n, name: "fresh", externalId: "x1" }],
        options: { reuseContextIfAlreadyExist: true },
      }),
      "ALREADY_EXISTS",
      /external id/,
    ],
    [
      "PutExecution: reused context unknown",
      run({ contexts: [{ id: 99n }], options: { forceReuseContext: true } }),
      "NOT_FOUND",
      /99/,
    ],
    [
      "PutExecution: reused artifact of another type",
      run({
        artifactEventPairs: [{ artifact: { typeId: 1n, externalId: "x1" } }],
        options: { reuseArtifactIfAlreadyExistByExternalId: true },
      }),
      "INVALID_ARGUMENT",
      /type id/,
    ],
    [
      "PutLineageSubgraph: index out of range",
      (s) =>
        s.rpc.putLineageSubgraph({
          artifacts: [{ typeId: 10n }],
          eventEdges: [{ artifactIndex: 0, executionIndex: 0, event }],
        }),
      "OUT_OF_RANGE",
      /execution/,
    ],
  ]),
]);

refusals("bad input: reads", prepare, [
  ...rows([
    ["GetContextsByArtifact: in no context", (s) => s.artifact.contextsOf(2n), "NOT_FOUND", /context/],
    ["GetContextsByExecution: unknown", (s) => s.execution.contextsOf(99n), "NOT_FOUND", /context/],
    [
      "GetParentContextsByContexts: no ids",
      (s) => s.rpc.getParentContextsByContexts(),
      "INVALID_ARGUMENT",
      /ids/,
    ],
    [
      "GetChildrenContextsByContexts: no ids",
      (s) => s.rpc.getChildrenContextsByContexts(),
      "INVALID_ARGUMENT",
      /ids/,
    ],
    ["GetLineageSubgraph: no options", (s) => s.rpc.getLineageSubgraph(), "INVALID_ARGUMENT", /./],
    ["GetLineageSubgraph: no start", subgraph({}), "INVALID_ARGUMENT", /start/],
    ["GetLineageSubgraph: start without filter", subgraph(startAt()), "INVALID_ARGUMENT", /filter/],
    ["GetLineageSubgraph: start with an empty filter", subgraph(startAt("")), "INVALID_ARGUMENT", /filter/],
    ["GetLineageSubgraph: start with a broken filter", subgraph(startAt("id =")), "INVALID_ARGUMENT", /./],
    [
      "GetLineageSubgraph: negative hops",
      subgraph({ ...startAt("id = 1"), maxNumHops: -1n }),
      "INVALID_ARGUMENT",
      /hops/,
    ],
    ["GetLineageSubgraph: nothing to start from", subgraph(startAt("id = 99")), "NOT_FOUND", /./],
    ["GetLineageGraph: no start", (s) => s.rpc.getLineageGraph(), "INVALID_ARGUMENT", /start/],
    [
      "GetLineageGraph: page size 0",
      (s) =>
        s.rpc.getLineageGraph({
          options: { queryNodes: { case: "artifactsOptions", value: { maxResultSize: 0 } } },
        }),
      "INVALID_ARGUMENT",
      /page size/,
    ],
    [
      "List artifacts by context: page size below 0",
      (s) => s.artifact.byContext(1n, { maxResultSize: -5 }),
      "INVALID_ARGUMENT",
      /page size/,
    ],
    [
      "List executions by type: order FIELD_UNSPECIFIED",
      (s) => s.execution.byType("E", { orderByField: { field: 0 } }),
      "INVALID_ARGUMENT",
      /FIELD_UNSPECIFIED/,
    ],
  ]),
]);
