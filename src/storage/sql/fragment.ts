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
  let text = strings[0] ?? "";
  const values: SqlValue[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Sql | SqlValue;
    if (part instanceof Sql) {
      text += part.text;
      values.push(...part.values);
    } else {
      text += "?";
      values.push(part);
    }
    text += strings[i + 1];
  }
  return new Sql(text, values);
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
