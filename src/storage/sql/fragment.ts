/** What can be bound to a placeholder and what a column can hold. */
export type SqlValue = bigint | number | string | boolean | Uint8Array | null;

/** A piece of SQL: text with one `?` for each of the values. Made by the functions of this file only. */
export class Sql {
  readonly text: string;
  readonly values: readonly SqlValue[];

  /** @internal */
  constructor(text: string, values: readonly SqlValue[]) {
    this.text = text;
    this.values = values;
  }
}

/** The template tag for SQL: fragments are spliced in, everything else is bound and never becomes text. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  const values: SqlValue[] = [];
  const texts: string[] = [];
  for (const part of parts) {
    if (part instanceof Sql) {
      texts.push(part.text);
      for (const value of part.values) values.push(value);
    } else {
      texts.push("?");
      values.push(part);
    }
  }
  return new Sql(textOf(strings, texts), values);
}

interface Made {
  readonly texts: readonly string[];
  readonly text: string;
}

/** The latest texts of each template, so many at most. */
const latest = new WeakMap<TemplateStringsArray, Made[]>();
const latestMax = 16;

/** The very string of an earlier time, where it is equal: what looks a statement up by it knows its hash already. */
function textOf(strings: TemplateStringsArray, texts: readonly string[]): string {
  const made = latest.get(strings) ?? [];
  for (const each of made) if (isSame(each.texts, texts)) return each.text;
  let text = strings[0] ?? "";
  for (let i = 0; i < texts.length; i++) text += `${texts[i]}${strings[i + 1]}`;
  made.unshift({ texts, text });
  made.length = Math.min(made.length, latestMax);
  latest.set(strings, made);
  return text;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

/**
 * Text of this program as SQL: a table, a column, a keyword. The type admits literals only, so that a text
 * that came from outside does not compile.
 */
export function raw<const T extends string>(text: string extends T ? never : T): Sql {
  return new Sql(text, []);
}

export const empty: Sql = raw("");

/** The parts with the separator between them. */
export function join(parts: readonly Sql[], separator: ", " | " AND " | " OR " | " "): Sql {
  return new Sql(
    parts.map((part) => part.text).join(separator),
    parts.flatMap((part) => part.values),
  );
}
