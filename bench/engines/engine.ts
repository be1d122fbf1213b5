import type { ConnectionConfig } from "../../src/contract/messages.ts";
import type { StoreConfig } from "../../src/open.ts";
import type { Data } from "../data.ts";
import type { Bare } from "../sides/minimum.ts";
import type { EngineName } from "../workload.ts";

/** A database with the rows of a `Data`, for one side alone. */
export interface Place {
  /** For ours. */
  readonly config: StoreConfig;
  /** For the original. */
  readonly original: ConnectionConfig;
  /** For `mlmd serve`. */
  readonly serveArguments: readonly string[];
  bare(): Promise<Bare>;
  /** How many rows each table has. */
  counts(): Promise<Record<string, number>>;
  remove(): Promise<unknown>;
}

export interface Engine {
  readonly name: EngineName;
  /** Version and settings, for the report. */
  readonly facts: Readonly<Record<string, string>>;
  /** A database of its own with the rows of `data`, or without any. */
  place(data: Data | undefined): Promise<Place>;
  stop(): Promise<void>;
}

/** All tables that hold rows of users. */
export const tables = [
  "Type",
  "TypeProperty",
  "ParentType",
  "Artifact",
  "ArtifactProperty",
  "Execution",
  "ExecutionProperty",
  "Context",
  "ContextProperty",
  "ParentContext",
  "Event",
  "EventPath",
  "Association",
  "Attribution",
];

/** One row: how many rows each table has. */
export const countQuery = `SELECT ${tables.map((table) => `(SELECT COUNT(*) FROM ${table}) AS ${table.toLowerCase()}`)}`;

/** The row as numbers, whatever the driver makes of them. */
export function counts(row: Readonly<Record<string, unknown>> = {}): Record<string, number> {
  return Object.fromEntries(Object.entries(row).map(([table, count]) => [table, Number(count)]));
}
