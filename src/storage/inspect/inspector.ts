import { MlmdError } from "../../errors.ts";
import { type Check, checks, type Finding } from "./checks.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";

/** A row of a query by the names of its columns; integers are bigint. */
export type Row = { readonly [column: string]: unknown };

/** A look into a database, for the time that an engine gives it. Nothing can be changed through it. */
export interface InspectionSession {
  /** The stored version, 0 for the layout that has no record of it, undefined where there is no metadata. */
  version(): Promise<number | undefined>;
  /** Fails where the tables are not those of the current version. */
  check(): Promise<void>;
  /** The names of all indexes. */
  indexes(): Promise<ReadonlySet<string>>;
  rows(query: string): Promise<Row[]>;
  /** What the engine itself finds wrong with its files, where it has a check for that. */
  damage?(): Promise<string[]>;
}

/** What an engine brings to be inspected. */
export interface InspectedEngine {
  /** The indexes of our layout, each with the table and columns that it is on. */
  readonly wantedIndexes: Readonly<Record<string, string>>;
  read<T>(work: (session: InspectionSession) => Promise<T>): Promise<T>;
}

/** What was found out about a database. */
export interface Diagnosis {
  /** Undefined where there is no metadata, or no version that could be read. */
  readonly schemaVersion: number | undefined;
  /** In the order in which it was looked at; a layout of another version is not looked at further. */
  readonly checks: readonly { readonly name: Check["name"]; readonly findings: readonly Finding[] }[];
}

/** Tells what is wrong with a database of any version and state, and what is in it. */
export class Inspector {
  readonly #engine: InspectedEngine;

  constructor(engine: InspectedEngine) {
    this.#engine = engine;
  }

  /** `onCheck` is told the name of what is looked at next. */
  diagnose({ onCheck }: { onCheck?: (what: string) => void } = {}): Promise<Diagnosis> {
    return this.#engine.read(async (session) => {
      const done: { name: Check["name"]; findings: readonly Finding[] }[] = [];
      for (const { name, run, isNeeded } of checks) {
        onCheck?.(name);
        const findings = await run(session, this.#engine.wantedIndexes, onCheck);
        if (findings === undefined) continue;
        done.push({ name, findings });
        if (isNeeded && findings.length > 0) break;
      }
      return { schemaVersion: await session.version().catch(unreadable), checks: done };
    });
  }

  /** Fails with FAILED_PRECONDITION or ABORTED where the database is not of the current version. */
  statistics(): Promise<Statistics> {
    return this.#engine.read(async (session) => {
      await session.check();
      return statisticsOf(session);
    });
  }
}

/** That it cannot be read is a finding already. */
function unreadable(error: unknown): undefined {
  if (error instanceof MlmdError) return undefined;
  throw error;
}
