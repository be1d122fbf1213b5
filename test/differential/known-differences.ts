import type {
  Event,
  GetContextsByArtifactRequest,
  GetLineageSubgraphRequest,
  ListOperationOptions,
  PutExecutionRequest,
  PutLineageSubgraphRequest,
  PutTypesRequest,
} from "../../src/contract/messages.ts";
import { get } from "../../src/contract/presence.ts";
import type { MethodName } from "../../src/contract/service.ts";
import { codeNumbers as codes } from "../../src/errors.ts";
import type { Backend } from "../support/backends.ts";
import { type Canonical, type CanonicalMessage, sameCanonical } from "./canonical.ts";
import { type Comparison, isOrderedByUpdateTime, listedNodes, type Outcome, sortLists } from "./compare.ts";
import { unknownIds } from "./generate/values.ts";
import { type Operation, show } from "./operation.ts";

/** A difference from the original that is meant; the reasons are told at length in docs/compatibility.md. */
export interface KnownDifference {
  readonly id: string;
  readonly reason: string;
  /** The engines that it comes up on, where not on all. */
  readonly on?: readonly Backend[];
  /** Whether the two stores hold different things from then on, so that comparing them further says nothing. */
  readonly parts?: true;
  /** Whether this is the whole difference between the two outcomes. */
  explains(comparison: Comparison, earlier: readonly Comparison[]): boolean;
}

/** Each engine's words for it. */
const uniqueValueTaken = /UNIQUE constraint failed|Duplicate entry|duplicate key value/;

export const knownDifferences: readonly KnownDifference[] = [
  {
    id: "whole-types",
    reason: "the original leaves a type's external id, base type and struct types out of some answers",
    explains: (comparison) => sameAfter(comparison, () => {}),
  },
  {
    id: "taken-on-update",
    reason: "a name or external id that is taken is ALREADY_EXISTS on update too, INTERNAL in the original",
    explains: ({ operation, original, ours }) =>
      original.code === codes.INTERNAL &&
      uniqueValueTaken.test(original.message) &&
      !putsTypes(operation) &&
      ours.code === codes.ALREADY_EXISTS,
  },
  {
    id: "taken-type-external-id",
    reason:
      "a type's external id that is taken is ALREADY_EXISTS always, and the last thing found; across kinds and on update it is INTERNAL in the original",
    explains: ({ operation, original, ours }) =>
      original.code === codes.INTERNAL &&
      uniqueValueTaken.test(original.message) &&
      putsTypes(operation) &&
      ours.code !== 0 &&
      ours.code !== codes.INTERNAL,
  },
  {
    id: "type-twice-in-a-request",
    reason:
      "a type that a request lists twice keeps the external id of its first entry; the original blanks it",
    parts: true,
    explains: (comparison, earlier) =>
      [...earlier, comparison].some(({ operation }) => listsTypeTwice(operation.request)) &&
      (/externalIds?: /.test(show(comparison.operation)) || sameAfter(comparison, dropExternalIds)),
  },
  {
    id: "clash-of-a-reused-context",
    reason:
      "an external id that another context has is ALREADY_EXISTS under the reuse option too; the original's ABORTED makes clients try again for ever",
    explains: ({ original, ours }) =>
      original.code === codes.ABORTED &&
      original.message.startsWith("Concurrent creation of the same context") &&
      ours.code === codes.ALREADY_EXISTS,
  },
  {
    id: "event-of-no-node",
    reason:
      "an event must name nodes that exist, in compound requests as in PutEvents; the original stores it and cannot read it back",
    parts: true,
    explains: ({ operation, ours }) =>
      ours.code === codes.INVALID_ARGUMENT &&
      edgesOf(operation.request).some(
        (event) =>
          unknownIds.includes(get(event, "artifactId") ?? 1n) ||
          unknownIds.includes(get(event, "executionId") ?? 1n),
      ),
  },
  {
    id: "options-always-checked",
    reason: "list options are checked also where the type or context has no nodes",
    explains: ({ operation, original, ours }) =>
      /By(Type|Context)$/.test(operation.method) &&
      original.answer !== undefined &&
      listedNodes(original.answer).length === 0 &&
      ours.code === codes.INVALID_ARGUMENT,
  },
  {
    id: "token-of-another-query",
    reason:
      "a page token is bound to the filter that it was made under; the original looks only at the order",
    explains: ({ original, ours }) =>
      original.code === 0 &&
      ours.code === codes.INVALID_ARGUMENT &&
      ours.message.startsWith("The page token was made under another filter"),
  },
  {
    id: "ending-filter-always-checked",
    reason: "a wrong ending filter is an error also where the walk meets no node of its kind",
    explains: ({ operation, ours }) =>
      ours.code === codes.INVALID_ARGUMENT &&
      endingFilters(operation.request).some((text) => ours.message.includes(text)),
  },
  {
    id: "custom-value-of-no-kind",
    reason:
      "a custom property without a value is INVALID_ARGUMENT, found before anything is written; it ends the original's process",
    parts: true,
    explains: ({ ours }) =>
      ours.code === codes.INVALID_ARGUMENT && ours.message.includes("a custom property needs a value"),
  },
  {
    id: "number-not-finite",
    reason:
      "NaN and the infinities are INVALID_ARGUMENT, found before anything is written; INTERNAL in the original, unless the node that has one is an earlier context reused",
    parts: true,
    explains: ({ ours }) =>
      ours.code === codes.INVALID_ARGUMENT && ours.message.endsWith("only finite numbers can be stored"),
  },
  {
    id: "doubles-exact",
    reason:
      "doubles are stored exactly; the original keeps six decimals and finds an update where there is none",
    parts: true,
    explains: (comparison, earlier) =>
      (holdsLostDouble(comparison.ours.answer) && sameAfter(comparison, loseValues)) ||
      // What the original has left of it may be what the filter asks for.
      (show(comparison.operation).includes(".double_value") && earlier.some(givesLostDouble)),
  },
  {
    id: "text-that-looks-encoded",
    reason:
      "a text that starts like an encoded struct, or is the original's mark for NULL, is a text; the original cannot read the node any more",
    parts: true,
    explains: (comparison, earlier) =>
      mentioned(/mlmd-struct::AAAA|__MLMD_NULL__/, comparison, earlier) &&
      (([codes.INVALID_ARGUMENT, codes.INTERNAL] as number[]).includes(comparison.original.code) ||
        failsForExpectedTime(comparison) ||
        sameAfter(comparison, loseValues)),
  },
  {
    id: "proto-without-type-url",
    reason:
      "a proto value without type URL is read back; the original stores it and cannot read the node any more",
    parts: true,
    explains: (comparison, earlier) =>
      comparison.original.message.includes("should have a nonempty type_url") ||
      (mentioned(/typeUrl: ""/, comparison, earlier) && failsForExpectedTime(comparison)),
  },
  {
    id: "text-with-nul",
    on: ["sqlite", "mysql"],
    reason:
      "a text is stored whole; the original cuts it at the first NUL character, and takes the rest for a change or for none",
    parts: true,
    explains: (comparison, earlier) =>
      mentioned(/\\u0000/, comparison, earlier) &&
      (sameAfter(comparison, loseValues) ||
        filtersCutTexts(comparison) ||
        (isOrderedByUpdateTime(comparison.operation) &&
          comparison.original.code === 0 &&
          comparison.ours.code === 0)),
  },
  {
    id: "one-name-in-both-maps",
    reason:
      "a property and a custom property of one name are updated and deleted apart; the original mixes them up",
    parts: true,
    explains: (comparison, earlier) => sharesPropertyName([...earlier, comparison], (name) => name),
  },
  {
    id: "mysql-alike-names-in-both-maps",
    on: ["mysql"],
    reason:
      "so are those whose names differ only in case, which this database takes for one; the original mixes them up too",
    parts: true,
    explains: (comparison, earlier) =>
      sharesPropertyName([...earlier, comparison], (name) => name.toLowerCase()),
  },
  {
    id: "pair-of-nothing",
    reason:
      "an empty pair of PutExecution stores nothing; the original attributes artifact -1 and cannot list the context any more",
    parts: true,
    explains: ({ operation, original, ours }, earlier) =>
      ((operation.method === "getArtifactsByContext" &&
        original.code === codes.INTERNAL &&
        ours.code === 0) ||
        (operation.method === "getContextsByArtifact" &&
          (operation.request as Partial<GetContextsByArtifactRequest>).artifactId === -1n &&
          ours.code === codes.NOT_FOUND)) &&
      earlier.some((comparison) => hasEmptyPair(comparison)),
  },
  {
    id: "pages-above-100",
    reason: "page sizes above 100 page correctly; the original answers 101 nodes and drops the rest",
    explains: ({ operation, original, ours }) =>
      (optionsOf(operation.request)?.maxResultSize ?? 0) > 100 && original.code === 0 && ours.code === 0,
  },
  {
    id: "pages-by-update-time",
    reason:
      "pages by update time go on where the last one ended; the original repeats nodes that share a time, and leaves out a listed node that was updated since",
    explains: ({ operation, original, ours }, earlier) =>
      operation.continues !== undefined &&
      isOrderedByUpdateTime(operation) &&
      original.answer !== undefined &&
      ours.answer !== undefined &&
      listsAgain(
        [...listedNodes(original.answer), ...listedNodes(ours.answer)],
        operation.continues,
        earlier,
      ),
  },
  {
    id: "out-of-range",
    on: ["mysql", "postgres"],
    reason: "an integer that the database has no room for is INVALID_ARGUMENT, INTERNAL in the original",
    explains: ({ original, ours }) =>
      (original.code !== 0 &&
        ours.code === codes.INVALID_ARGUMENT &&
        ours.message.startsWith("a number is outside the range that the database takes")) ||
      // Something else is wrong with the request as well.
      (/out of range/i.test(original.message) && isRefusal(ours)),
  },
  {
    id: "out-of-range-for-a-moment",
    on: ["mysql", "postgres"],
    reason:
      "of two updates of a node in one request only what comes of both is stored; the original writes the first, which may not fit",
    parts: true,
    explains: ({ original, ours }) =>
      original.code === codes.INTERNAL && /out of range/i.test(original.message) && ours.code === 0,
  },
  {
    id: "mysql-type-by-name",
    on: ["mysql"],
    reason: "a type by name has its external id; the original leaves it out on this engine",
    explains: (comparison) =>
      /^get(Artifact|Execution|Context)Type$/.test(comparison.operation.method) &&
      sameAfter(comparison, dropExternalIds),
  },
  {
    id: "mysql-types-of-alike-names",
    on: ["mysql"],
    reason:
      "of two types whose names differ only in case each is found by its own; the original makes two as well, and then takes the first for both",
    parts: true,
    explains: (comparison, earlier) =>
      /: "data"/i.test(show(comparison.operation)) &&
      ["Data", "data"].every((name) =>
        [...earlier, comparison].some(
          ({ operation }) => putsTypes(operation) && show(operation).includes(`name: "${name}"`),
        ),
      ),
  },
  {
    id: "mysql-large-doubles",
    on: ["mysql"],
    reason:
      "a double of any size is stored; the original writes its digits, which stand for 1e65 at most there",
    parts: true,
    explains: (comparison) =>
      sameAfter(comparison, (answer) => {
        loseValues(answer);
        visit(answer, cutLargeDouble);
      }),
  },
  {
    id: "tried-again",
    on: ["mysql", "postgres"],
    reason:
      "a taken unique value is looked for once more, in case another writer has just taken it; an execution id that the request guessed is then the next one",
    explains: ({ original, ours }) =>
      original.code === codes.ALREADY_EXISTS &&
      ours.code === codes.INVALID_ARGUMENT &&
      ours.message.startsWith("An event names execution id"),
  },
  {
    id: "postgres-nul",
    on: ["postgres"],
    reason: "a text with the character NUL, which PostgreSQL cannot hold, is refused; the original cuts it",
    parts: true,
    explains: ({ operation, original, ours }) =>
      /\\u0000/.test(show(operation)) &&
      ours.code === codes.INVALID_ARGUMENT &&
      (original.code === 0 || ours.message.startsWith("a text holds a character that the database does not")),
  },
  {
    id: "postgres-backslash",
    on: ["postgres"],
    reason: "a backslash in a text is stored; the original makes a broken statement of it",
    parts: true,
    explains: ({ operation, original, ours }) =>
      original.message.includes("syntax error") &&
      ours.code !== codes.INTERNAL &&
      show(operation).includes("back\\\\slash"),
  },
  {
    id: "postgres-filter-by-update-time",
    on: ["postgres"],
    reason: "a filtered list can be ordered by update time; the original makes a statement that is refused",
    explains: ({ operation, original, ours }) =>
      original.code === codes.INTERNAL &&
      original.message.includes("for SELECT DISTINCT, ORDER BY expressions must appear in select list") &&
      isOrderedByUpdateTime(operation) &&
      ours.code !== codes.INTERNAL,
  },
  {
    id: "filter-casts",
    on: ["mysql", "postgres"],
    reason:
      "integers can be compared with doubles and divided in filters; the original casts to types that the database does not have",
    explains: ({ original, ours }) =>
      original.code === codes.INTERNAL &&
      /type "(float|int)64" does not exist|Unknown data type: '(INT|FLOAT)64'|near 'BOOL/.test(
        original.message,
      ) &&
      ours.code !== codes.INTERNAL,
  },
  {
    id: "filter-characters",
    on: ["mysql"],
    reason:
      "LENGTH and SUBSTR count characters in filters; bytes of the stored text in the original on this engine",
    explains: (comparison, earlier) =>
      /\b(LENGTH|SUBSTR)\(/i.test(show(comparison.operation)) &&
      comparison.original.code === 0 &&
      comparison.ours.code === 0 &&
      mentioned(/\P{ASCII}/u, comparison, earlier),
  },
  {
    id: "filter-property-name-case",
    on: ["sqlite", "postgres"],
    reason: "a filter's property names keep their case; the original looks for the lower-case name",
    explains: ({ operation }) => filtersBy(operation, "properties.P1.int_value IS NOT NULL"),
  },
  {
    id: "filter-text-like-a-column",
    on: ["sqlite"],
    reason: "a filter's text is a text; the original compares the column of that name with itself",
    explains: ({ operation }) => filtersBy(operation, "name = 'name'"),
  },
  {
    id: "filter-enum-names",
    reason: "every name of an enum can be asked for; the original does not know all of them",
    explains: ({ operation, original, ours }) =>
      original.code === codes.INVALID_ARGUMENT &&
      ours.code !== codes.INVALID_ARGUMENT &&
      (filtersBy(operation, "state = REFERENCE") || filtersBy(operation, "events_0.type = PENDING_OUTPUT")),
  },
  {
    id: "filter-enum-repeated",
    reason:
      "a condition on an enum may stand twice in a filter; the original's rewriting stumbles over the second",
    explains: ({ operation, original, ours }) =>
      original.code === codes.INVALID_ARGUMENT &&
      ours.code !== codes.INVALID_ARGUMENT &&
      filtersBy(operation, "state = LIVE OR state = LIVE"),
  },
];

export function knownDifferencesOn(backend: Backend): readonly KnownDifference[] {
  return knownDifferences.filter(({ on }) => on === undefined || on.includes(backend));
}

export function explain(
  comparison: Comparison,
  earlier: readonly Comparison[],
  backend: Backend,
): KnownDifference | undefined {
  return knownDifferencesOn(backend).find((difference) => difference.explains(comparison, earlier));
}

/** Takes out of the types of an answer what the original leaves out of answers to the method. */
function dropOmittedTypeFields(method: MethodName, answer: CanonicalMessage): void {
  const graph = (answer.lineage_subgraph ?? answer) as CanonicalMessage;
  const types = Object.keys(graph)
    .filter((field) => field.endsWith("_types"))
    .flatMap((field) => graph[field] as CanonicalMessage[]);
  if (/^get.*Types$/.test(method)) drop(types, "external_id");
  if (/^get.*TypesByExternalIds$/.test(method)) drop(types, "base_type", "input_type", "output_type");
  if (method === "getArtifactsByID") drop(types, "base_type");
  if (method === "getLineageSubgraph") drop(types, "external_id", "base_type");
}

function dropExternalIds(answer: CanonicalMessage): void {
  visit(answer, (message) => drop([message], "external_id"));
}

function drop(messages: readonly CanonicalMessage[], ...fields: readonly string[]): void {
  for (const message of messages) for (const field of fields) delete message[field];
}

function holdsLostDouble(answer: CanonicalMessage | undefined): boolean {
  let holds = false;
  visit(answer ?? {}, ({ double_value: value }) => {
    if (typeof value === "string") holds ||= rounded(value) !== value;
  });
  return holds;
}

function givesLostDouble({ operation }: Comparison): boolean {
  const values = show(operation).matchAll(/case: "doubleValue", value: ([-+.\de]+)/g);
  return [...values].some(([, value]) => rounded(value as string) !== String(Number(value)));
}

/** What the original loses of values, in one: a node may have several. With it goes when the node was updated. */
function loseValues(answer: CanonicalMessage): void {
  visit(answer, (message) => {
    for (const [field, value] of Object.entries(message)) {
      if (value === "__MLMD_NULL__") delete message[field];
      else if (field === "double_value" && typeof value === "string") message[field] = rounded(value);
      else if (typeof value === "string") message[field] = value.split("\0")[0] as string;
    }
    drop([message], "last_update_time_since_epoch");
  });
}

/** A double as the original gives it back: written with six decimals, read with 15 digits. */
function rounded(double: string): string {
  return String(Number(Number(Number(double).toFixed(6)).toPrecision(15)) + 0);
}

/** A condition may hold for a whole text and not for what the original has left of it: then one side lists the node. */
function filtersCutTexts({ operation, original, ours }: Comparison): boolean {
  if (!optionsOf(operation.request)?.filterQuery || !original.answer || !ours.answer) return false;
  const whole = [original.answer, ours.answer].map((answer) =>
    listedNodes(answer).filter((node) => !holdsCutText(node)),
  ) as [CanonicalMessage[], CanonicalMessage[]];
  return sameCanonical(...whole);
}

/** Whether one of the texts has, or may have had, a NUL character. */
function holdsCutText(node: CanonicalMessage): boolean {
  let holds = false;
  visit(node, (message) => {
    for (const [field, value] of Object.entries(message)) {
      if (typeof value !== "string") continue;
      holds ||= value === "cut" || value.includes("\0") || (field === "string_value" && value === "");
    }
  });
  return holds;
}

function cutLargeDouble(message: CanonicalMessage): void {
  const value = Number(message.double_value);
  if (Math.abs(value) > 1e65) message.double_value = String(Math.sign(value) * 1e65);
}

function visit(value: Canonical, change: (message: CanonicalMessage) => void): void {
  if (typeof value !== "object") return;
  if (!Array.isArray(value)) change(value);
  for (const entry of Object.values(value)) visit(entry, change);
}

/** Whether both succeeded with answers that are the same once both have been changed alike, types aside. */
function sameAfter(
  { operation, original, ours }: Comparison,
  change: (answer: CanonicalMessage) => void,
): boolean {
  if (original.answer === undefined || ours.answer === undefined) return false;
  const answers = structuredClone([original.answer, ours.answer] as const);
  for (const answer of answers) {
    dropOmittedTypeFields(operation.method, answer);
    change(answer);
    if (isOrderedByUpdateTime(operation)) forgetTies(answer);
  }
  return sameCanonical(...answers);
}

/** Which nodes share an update time, and so their order, is chance; the times themselves may be gone already. */
function forgetTies(answer: CanonicalMessage): void {
  sortLists(answer, ["artifacts", "executions", "contexts"]);
  const token = answer.next_page_token as CanonicalMessage | undefined;
  if (token !== undefined) Reflect.deleteProperty(token, "listed_ids");
}

function isRefusal({ code }: Outcome): boolean {
  return code !== 0 && code !== codes.INTERNAL;
}

function putsTypes({ method }: Operation): boolean {
  return /^put\w*Types?$/.test(method);
}

function mentioned(pattern: RegExp, comparison: Comparison, earlier: readonly Comparison[]): boolean {
  return [...earlier, comparison].some(({ operation }) => pattern.test(show(operation)));
}

function optionsOf(request: object): ListOperationOptions | undefined {
  return (request as { options?: ListOperationOptions }).options;
}

function edgesOf(request: object): Event[] {
  const { artifactEventPairs = [] } = request as Partial<PutExecutionRequest>;
  const { eventEdges = [] } = request as Partial<PutLineageSubgraphRequest>;
  return [...artifactEventPairs, ...eventEdges].flatMap(({ event }) => event ?? []);
}

function hasEmptyPair({ operation, original }: Comparison): boolean {
  const { artifactEventPairs = [] } = operation.request as Partial<PutExecutionRequest>;
  return original.code === 0 && artifactEventPairs.some((pair) => !pair.artifact && !pair.event);
}

function endingFilters(request: object): string[] {
  const options = (request as Partial<GetLineageSubgraphRequest>).lineageSubgraphQueryOptions;
  const texts = [options?.endingArtifacts?.filterQuery, options?.endingExecutions?.filterQuery];
  return texts.filter((text) => text !== undefined && text !== "") as string[];
}

/** Whether a name was given to properties and to custom properties; names of one key count as one. */
function sharesPropertyName(comparisons: readonly Comparison[], keyOf: (name: string) => string): boolean {
  const declared = new Set<string>();
  const custom = new Set<string>();
  for (const { operation } of comparisons) collectPropertyNames(operation.request, declared, custom);
  const declaredKeys = new Set([...declared].map(keyOf));
  return [...custom].some((name) => declaredKeys.has(keyOf(name)));
}

function collectPropertyNames(value: unknown, declared: Set<string>, custom: Set<string>): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  const { properties, customProperties } = value as { properties?: object; customProperties?: object };
  // Types have properties too, but no custom ones.
  if (properties && customProperties) {
    for (const name of Object.keys(properties)) declared.add(name);
    for (const name of Object.keys(customProperties)) custom.add(name);
  }
  for (const entry of Object.values(value)) collectPropertyNames(entry, declared, custom);
}

function listsTypeTwice(request: object): boolean {
  const { artifactTypes = [], executionTypes = [], contextTypes = [] } = request as Partial<PutTypesRequest>;
  return [artifactTypes, executionTypes, contextTypes].some((types) => {
    const names = types.map(({ name, version }) => JSON.stringify([name, version]));
    return new Set(names).size < names.length;
  });
}

function filtersBy(operation: Operation, condition: string): boolean {
  return show(operation).includes(condition);
}

/** Whether one of the nodes was already on an earlier page of the list. */
function listsAgain(
  nodes: readonly CanonicalMessage[],
  continues: number,
  earlier: readonly Comparison[],
): boolean {
  const ids = new Set(nodes.map((node) => node.id));
  for (let serial: number | undefined = continues; serial !== undefined; ) {
    const before = earlier.find(({ operation }) => operation.serial === serial);
    if (before?.original.answer === undefined) return false;
    if (listedNodes(before.original.answer).some((node) => ids.has(node.id))) return true;
    serial = before.operation.continues;
  }
  return false;
}

/** The original could not read the node before the update, so the request did not get its update time. */
function failsForExpectedTime({ operation, original }: Comparison): boolean {
  return operation.method === "putArtifacts" && original.code === codes.FAILED_PRECONDITION;
}
