import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Code, codeNumbers } from "../../src/errors.ts";

/*
 * A file of cases is made of blocks like this one; lines that begin with `#` and empty lines separate.
 *
 *   artifact: state != LIVE
 *     -> 2 3 4
 *
 * First the kind of the listed nodes and the filter, which goes to the end of its line, and on over lines that
 * begin with `  | `. Then what is expected: ids in ascending order, `none`, or an error code. Then, if need be:
 *
 *     PostgreSQL: 2 3            a database that answers otherwise
 *     original: INTERNAL         the original (on SQLite) answers otherwise
 *     why: for what reason       required by the two above
 */

/** Ids in ascending order, or the code of an error. */
export type Answer = readonly bigint[] | Code;

export interface Case {
  /** `file:line` of the filter. */
  readonly place: string;
  readonly kind: "artifact" | "execution" | "context";
  readonly filter: string;
  readonly expected: Answer;
  /** What a database other than SQLite answers otherwise, by its name. */
  readonly byDatabase: ReadonlyMap<string, Answer>;
  readonly original?: Answer;
  readonly why?: string;
}

const filterLine = /^(artifact|execution|context): (.*)$/;
const answerLine = /^ {2}(->|PostgreSQL:|MariaDB:|original:|why:) (.+)$/;

export function readCases(): Case[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".cases"));
  return files
    .sort()
    .flatMap((file) => parseCases(file, readFileSync(join(import.meta.dirname, file), "utf8")));
}

/** @throws Error that names the line of a block that is not whole */
export function parseCases(file: string, text: string): Case[] {
  const lines = text.split("\n");
  const cases: Case[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.trim() === "" || line.startsWith("#")) continue;
    const place = `${file}:${i + 1}`;
    const [, kind, start] = filterLine.exec(line) ?? [];
    if (kind === undefined || start === undefined) throw new Error(`${place}: expected a kind and a filter`);
    let filter = start;
    while (lines[i + 1]?.startsWith("  | ")) filter += `\n${lines[++i]?.slice(4)}`;
    const answers = new Map<string, string>();
    for (
      let match = answerLine.exec(lines[i + 1] ?? "");
      match;
      match = answerLine.exec(lines[i + 1] ?? "")
    ) {
      answers.set(match[1] as string, match[2] as string);
      i++;
    }
    cases.push(toCase(place, kind as Case["kind"], filter, answers));
  }
  return cases;
}

function toCase(place: string, kind: Case["kind"], filter: string, answers: Map<string, string>): Case {
  const answer = (key: string) => {
    const text = answers.get(key);
    return text === undefined ? undefined : parseAnswer(place, text);
  };
  const expected = answer("->");
  if (expected === undefined) throw new Error(`${place}: nothing is expected`);
  const original = answer("original:");
  const why = answers.get("why:");
  const byDatabase = new Map<string, Answer>();
  for (const name of ["PostgreSQL", "MariaDB"]) {
    const other = answer(`${name}:`);
    if (other !== undefined) byDatabase.set(name, other);
  }
  if ((original !== undefined || byDatabase.size > 0) !== (why !== undefined)) {
    throw new Error(`${place}: a difference needs its reason, and a reason a difference`);
  }
  if (original !== undefined && String(original) === String(expected))
    throw new Error(`${place}: no difference`);
  return { place, kind, filter, expected, byDatabase, ...(original && { original }), ...(why && { why }) };
}

function parseAnswer(place: string, text: string): Answer {
  if (text === "none") return [];
  if (Object.hasOwn(codeNumbers, text)) return text as Code;
  if (/^\d+( \d+)*$/.test(text)) return text.split(" ").map(BigInt);
  throw new Error(`${place}: ${text} is no answer`);
}

export function printAnswer(answer: Answer): string {
  if (typeof answer === "string") return answer;
  return answer.length === 0 ? "none" : answer.join(" ");
}
