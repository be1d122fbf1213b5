import { type Fields, type KindName, propertyFields, vocabulary } from "../../../src/filter/vocabulary.ts";
import type { TypeMessage } from "./kinds.ts";
import { filterField } from "./values.ts";

/** What may stand at the caret of a filter. */
export interface Completion {
  /** The part of the text that a candidate replaces. */
  readonly from: number;
  readonly to: number;
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  readonly text: string;
  readonly hint: string;
}

/** What a store has names for: the types of the kind, and properties that its nodes were seen to have. */
export interface StoreNames {
  readonly types: readonly TypeMessage[];
  /** As in a filter, with the field: `custom_properties.note.string_value`. */
  readonly seen: readonly string[];
}

const candidatesMax = 12;
const operators: readonly Candidate[] = [
  ["=", "is"],
  ["!=", "is not"],
  ["LIKE ", "matches; % is any text"],
  ["IN (", "is one of"],
  [">", "is greater"],
  ["<", "is less"],
  ["IS NULL", "has no value"],
  ["IS NOT NULL", "has a value"],
  ["BETWEEN ", "lies between … AND …"],
].map(([text = "", hint = ""]) => ({ text, hint }));
const connectives: readonly Candidate[] = [
  { text: "AND ", hint: "both" },
  { text: "OR ", hint: "at least one" },
];

/** `field =`, `field IN (A,` and so on, at the end of the text. */
const comparison = String.raw`(?:=|!=|<>|(?:not\s+)?in\s*\((?:[^()]*,)?|like)\s*`;
const typeText = new RegExp(String.raw`(?<![\w.])(?:(\w+)\.)?type\s*${comparison}(['"])([^'"]*)$`, "i");
const enumWord = new RegExp(String.raw`(?<![\w.])([a-z_]+|events_\w+\.type)\s*${comparison}(\w*)$`, "i");
const name = /(?:(?:custom_)?properties\.(?:`[^`]*`?|\w*)(?:\.\w*)?|[A-Za-z_]\w*(?:\.\w*)?)$/;
/** A value or a name is complete: an operator or a connective follows. */
const operandEnd = /(?:[\w'"`)]|\.\d)$/;
const wordBeforeOperand = /(?:^|[^\w.])(?:and|or|not|like|in|between|is|case|when|then|else)$/i;

export function complete(kind: KindName, text: string, caret: number, names: StoreNames): Completion {
  const before = text.slice(0, caret);
  const at = (length: number, candidates: readonly Candidate[], written: string): Completion => ({
    from: caret - length,
    to: caret,
    candidates: ranked(candidates, written).map((candidate) =>
      /^\s/.test(text.slice(caret)) ? { ...candidate, text: candidate.text.trimEnd() } : candidate,
    ),
  });
  const ofType = typeText.exec(before);
  if (ofType && !ofType[1]?.startsWith("events_")) {
    const [, neighbour, quote = "'", written = ""] = ofType;
    const types = neighbour === undefined ? names.types : [];
    return at(
      written.length,
      types.map(({ name }) => ({ text: `${name}${quote} `, hint: "a type" })),
      written,
    );
  }
  if (isInString(before)) return at(0, [], "");
  const ofEnum = enumWord.exec(before);
  const values = ofEnum && enumValues(kind, ofEnum[1] ?? "");
  if (values) return at(ofEnum[2]?.length ?? 0, values, ofEnum[2] ?? "");
  const written = name.exec(before)?.[0] ?? "";
  const earlier = before.slice(0, before.length - written.length).trimEnd();
  if (operandEnd.test(earlier) && !wordBeforeOperand.test(earlier)) {
    const candidates = isComparison(earlier) ? connectives : [...operators, ...connectives];
    return at(written.length, candidates, written);
  }
  return at(written.length, namesOf(kind, written, names), written);
}

function isInString(before: string): boolean {
  return before.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/gs, "").match(/['"]/) !== null;
}

/** Whether the last thing in the text is a whole condition, not the first half of one. */
function isComparison(earlier: string): boolean {
  const last = earlier.split(/\b(?:and|or)\b|\((?=\s*\w+\s*(?:=|!))/i).at(-1) ?? "";
  return /=|<|>|\blike\b|\bin\b|\bnull$/i.test(last);
}

function enumValues(kind: KindName, field: string): Candidate[] | undefined {
  const { attributes, neighbours } = vocabulary[kind];
  const [alias = "", inner] = field.toLowerCase().split(".");
  const entry = inner
    ? [...neighbours].find(([neighbour]) => alias.startsWith(`${neighbour}_`))?.[1].get(inner as never)
    : attributes.get(alias as never);
  const numbers = entry?.enum?.numbers;
  return numbers && [...numbers.keys()].map((text) => ({ text: `${text} `, hint: "" }));
}

/** Names that an operand may begin with; behind `contexts_a.` its fields. */
function namesOf(kind: KindName, written: string, { types, seen }: StoreNames): Candidate[] {
  const { attributes, neighbours } = vocabulary[kind];
  const alias = /^(\w+)\.\w*$/.exec(written)?.[1];
  const neighbour = alias && [...neighbours].find(([prefix]) => alias.startsWith(`${prefix}_`));
  if (neighbour) return fieldsOf(neighbour[1], `${alias}.`);
  const property = /^((?:custom_)?properties\.(?:`[^`]+`|\w+)\.)\w*$/.exec(written)?.[1];
  const known = propertyNames(types, seen);
  if (property !== undefined && !known.some(({ text }) => text.startsWith(property))) {
    return [...propertyFields.keys()].map((field) => ({ text: `${property}${field} `, hint: "" }));
  }
  return [
    ...fieldsOf(attributes, ""),
    ...known,
    ...[...neighbours.keys()].map((prefix) => ({
      text: `${prefix}_a.`,
      hint: `one of its ${prefix.replace("_", " ")}`,
    })),
    { text: "custom_properties.", hint: "a property that no type declares" },
  ];
}

function fieldsOf(fields: Fields, prefix: string): Candidate[] {
  return [...fields].map(([field, { type, enum: values }]) => ({
    text: `${prefix}${field} `,
    hint: values?.name ?? type.toLowerCase().replace("int64", "integer"),
  }));
}

function propertyNames(types: readonly TypeMessage[], seen: readonly string[]): Candidate[] {
  const found = new Map<string, string>();
  for (const type of types) {
    for (const [property, declared] of Object.entries(type.properties)) {
      const field = filterField(declared);
      if (field) found.set(`properties.${nameInFilter(property)}.${field} `, `of ${type.name}`);
    }
  }
  for (const column of seen) if (!found.has(`${column} `)) found.set(`${column} `, "in use");
  return [...found].map(([text, hint]) => ({ text, hint }));
}

/** The name of a property as a filter writes it: in back-quotes where it is no word. */
export function nameInFilter(property: string): string {
  return /^\w+$/.test(property) ? property : `\`${property.replaceAll("`", "``")}\``;
}

/** A text as a literal of a filter. */
export function literal(text: string): string {
  const escaped = text.replace(/['\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `'${escaped}'`;
}

/** A literal for LIKE that matches every text with this one in it. */
export function containing(text: string): string {
  return literal(`%${text.replace(/[%_\\]/g, "\\$&")}%`);
}

/** Those that begin with what is written, then those that hold it. What is complete already is not offered. */
function ranked(candidates: readonly Candidate[], written: string): Candidate[] {
  const wanted = written.toLowerCase();
  const begins = candidates.filter(({ text }) => text.toLowerCase().startsWith(wanted));
  const holds = candidates.filter(
    ({ text }) => !text.toLowerCase().startsWith(wanted) && text.toLowerCase().includes(wanted),
  );
  const found = [...begins, ...holds].slice(0, candidatesMax);
  return found.length === 1 && found[0]?.text.trim() === written ? [] : found;
}
