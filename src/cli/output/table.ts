import { styleText } from "node:util";
import { Lines, terminalWidth } from "./lines.ts";
import { endProgress } from "./progress.ts";
import { pad, shorten, visible, widthOf } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  /** The text of the data; it is made safe here. */
  value(row: Row): string;
  readonly align?: "left" | "right";
  /** Which part of a text too long is left out; a column without this is never narrowed. */
  readonly cut?: "end" | "start";
  /** Narrowed before the others, and left out where there is still no room, the last first. */
  readonly isOptional?: boolean;
  /** Left out where no row has a value. */
  readonly dropIfEmpty?: boolean;
}

const gap = "  ";
/** The widths follow from so many rows, so that a long list begins at once and is never held whole. */
const sampleSize = 100;
/** Narrower than this a column tells too little, so that another one had better be left out. */
const widthMin = 12;
/** As narrow as it gets where nothing can be left out. */
const widthLeast = 4;
/** Where nothing limits the line, a longer text just moves what stands behind it. */
const paddedMax = 60;
/** What of a text can be seen on any terminal. */
const unitsMax = 5000;

/** Prints rows as they come, under titles; `empty` is what is printed, on standard error, where there are none. */
export async function printTable<Row>(
  columns: readonly Column<Row>[],
  rows: AsyncIterable<Row> | Iterable<Row>,
  empty: string,
): Promise<void> {
  const lines = new Lines();
  let sample: Row[] | undefined = [];
  let layout: Layout<Row> | undefined;
  const begin = async (all: readonly Row[], isWhole: boolean) => {
    const made = layOut(columns, all, isWhole);
    await lines.add(heading(made));
    for (const row of all) await lines.add(made.line(row));
    return made;
  };
  for await (const row of rows) {
    if (layout !== undefined) await lines.add(layout.line(row));
    else if (sample !== undefined && sample.push(row) === sampleSize) {
      layout = await begin(sample, false);
      sample = undefined;
    }
  }
  if (sample !== undefined && sample.length > 0) await begin(sample, true);
  await lines.flush();
  if (sample?.length !== 0) return;
  endProgress();
  console.error(empty);
}

function heading<Row>({ titles }: Layout<Row>): string {
  return styleText("bold", titles, { stream: process.stdout });
}

export interface Layout<Row> {
  readonly titles: string;
  line(row: Row): string;
}

/** How wide the columns are for these rows, within the terminal. */
export function layOut<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  isWhole: boolean,
  indent = "",
): Layout<Row> {
  const available = terminalWidth() - widthOf(indent);
  const texts = (column: Column<Row>) => rows.map((row) => cell(column, row, available));
  const measured = columns
    .map((column) => ({ column, texts: texts(column) }))
    .filter(({ column, texts }) => !(isWhole && column.dropIfEmpty) || texts.some((text) => text !== ""))
    .map(({ column, texts }) => ({
      column,
      width: texts.reduce(
        (widest, text) => Math.max(widest, widthOf(shorten(text, paddedOr(available)))),
        widthOf(visible(column.title)),
      ),
    }));
  const fitting = narrowed(measured, available);
  const line = (textOf: (column: Column<Row>) => string) => {
    const cells = fitting.map(({ column, width }, index) => {
      const text =
        available === Number.POSITIVE_INFINITY ? textOf(column) : shorten(textOf(column), width, column.cut);
      const isLast = index === fitting.length - 1;
      return isLast && column.align !== "right" ? text : pad(text, width, column.align);
    });
    return indent + cells.join(gap).trimEnd();
  };
  return {
    titles: line(({ title }) => visible(title)),
    line: (row) => line((column) => cell(column, row, available)),
  };
}

function paddedOr(available: number): number {
  return available === Number.POSITIVE_INFINITY ? paddedMax : available;
}

function cell<Row>(column: Column<Row>, row: Row, available: number): string {
  const text = column.value(row);
  if (available === Number.POSITIVE_INFINITY || text.length <= unitsMax) return visible(text);
  return visible(column.cut === "start" ? text.slice(-unitsMax) : text.slice(0, unitsMax));
}

interface Measured<Row> {
  readonly column: Column<Row>;
  width: number;
}

/** Leaves out optional columns until the others can be narrowed to fit, then takes from the widest. */
function narrowed<Row>(measured: readonly Measured<Row>[], available: number): Measured<Row>[] {
  let columns = [...measured];
  const least = ({ column, width }: Measured<Row>, min: number) =>
    column.cut ? Math.min(width, min) : width;
  const sum = (width: (each: Measured<Row>) => number) =>
    columns.reduce((total, each) => total + width(each), gap.length * (columns.length - 1));
  while (sum((each) => least(each, widthMin)) > available) {
    const last = columns.findLast(({ column }) => column.isOptional);
    if (last === undefined) break;
    columns = columns.filter((each) => each !== last);
  }
  const excess = () => sum(({ width }) => width) - available;
  const narrow = (group: readonly Measured<Row>[], min: number) => {
    while (excess() > 0) {
      const [widest] = group
        .filter((each) => each.width > least(each, min))
        .sort((one, other) => other.width - one.width);
      if (widest === undefined) break;
      widest.width--;
    }
  };
  narrow(
    columns.filter(({ column }) => column.isOptional),
    widthMin,
  );
  narrow(columns, widthMin);
  narrow(columns, widthLeast);
  return columns;
}
