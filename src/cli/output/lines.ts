import { once } from "node:events";
import { endProgress } from "./progress.ts";
import { shorten, visible } from "./text.ts";

/** So many lines are written at a time: as many as a page of a list has. */
const linesMax = 100;

/** Writes lines to standard output, no faster than they are taken. */
export class Lines {
  #pending: string[] = [];

  async add(line: string): Promise<void> {
    this.#pending.push(line);
    if (this.#pending.length >= linesMax) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const text = `${this.#pending.join("\n")}\n`;
    this.#pending = [];
    if (process.stdout.isTTY) endProgress();
    if (!process.stdout.write(text)) await once(process.stdout, "drain");
  }
}

/** Who reads the output may have had enough (`mlmd list … | head`): that is no error. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.off("error", onOutputError).on("error", onOutputError);
}

function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}

/** How many columns there are; without limit where the output goes to a file or another program. */
export function terminalWidth(): number {
  const columns = Number(process.env.COLUMNS);
  if (Number.isInteger(columns) && columns > 0) return columns;
  return process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
}

/** A text with parts of the data as one line that fits. */
export function oneLine(text: string): string {
  return shorten(visible(text), terminalWidth());
}
