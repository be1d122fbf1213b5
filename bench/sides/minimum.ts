/*
 * The hand-written minimum: what somebody would write who needs just these rows and nothing else, with the same
 * driver. Values that the minimum is given are trusted: it looks nothing up that it does not have to.
 */

export type Value = string | number | boolean | null;
export type Row = Record<string, unknown>;

/** Keep the row that is there, or replace it: it is known by that many of the first columns. */
export type OnDuplicate = "keep" | { readonly replace: number };

/** A connection with prepared statements, kept by their text. Parameters are `?`. */
export interface Bare {
  /** A flag as the engine stores it, as a value or as a part of a text. */
  flag(value: boolean): boolean | number;
  /** `values` are those of the text, in their order. */
  all(text: string, values?: readonly (Value | List)[]): Promise<Row[]>;
  /** Gives the ids of the rows in order, where the table has any. */
  insert(
    table: string,
    columns: readonly string[],
    rows: readonly Value[][],
    onDuplicate?: OnDuplicate,
  ): Promise<number[]>;
  /** A statement that changes rows, once for each row of values. */
  run(text: string, rows: readonly Value[][]): Promise<void>;
  transaction<T>(work: () => Promise<T>): Promise<T>;
  /** The condition that a column has one of the values of a list, which is to be given as one value. */
  in(column: string, list: List): string;
  close(): Promise<void>;
}

/** A list of values as one parameter. */
export class List {
  readonly values: readonly Value[];

  constructor(values: readonly Value[]) {
    this.values = values;
  }

  get isText(): boolean {
    return typeof this.values[0] === "string";
  }
}

export function duplicates(onDuplicate: OnDuplicate | undefined): "keep" | "replace" | "fail" {
  if (onDuplicate === undefined) return "fail";
  return onDuplicate === "keep" ? "keep" : "replace";
}
