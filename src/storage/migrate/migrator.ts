import { invalidArgument, MlmdError } from "../../errors.ts";
import { type Direction, type Move, movesBetween, type Statement, type Step } from "./step.ts";

/** A connection, for the time that an engine gives it. */
export interface MigrationSession {
  /** The stored version, 0 for the layout that has no record of it, undefined where there is no metadata. */
  version(): Promise<number | undefined>;
  /** Replaces the record of the version. */
  writeVersion(version: number): Promise<void>;
  run(sql: string): Promise<void>;
  /** The number that a query answers. */
  count(query: string): Promise<number>;
  /** Fails where the tables are not those of the latest version. */
  check(): Promise<void>;
  readonly journal?: MoveJournal;
}

/**
 * Remembers in the database which move is under way, where an engine cannot undo one that fails. What was cut off is
 * completed by the next migration, whichever way that goes.
 */
export interface MoveJournal {
  /** The move that has begun and not ended. */
  unfinished(): Promise<Direction | undefined>;
  /** Before the first statement. */
  begin(move: Direction): Promise<void>;
  /** When the version is recorded. */
  end(): Promise<void>;
}

/** What an engine brings: its own statements, and how it keeps them together. */
export interface MigrationEngine {
  /** `steps[n]` joins the versions n and n + 1; the last one leads to the version of this release. */
  readonly steps: readonly Step[];
  /** Takes away what is ours and in none of the layouts; run at the start of every downgrade. */
  readonly beforeDown: readonly Statement[];
  /** Changes nothing. */
  read<T>(work: (session: MigrationSession) => Promise<T>): Promise<T>;
  /** Keeps other migrations out until `work` is done; where it fails, all is as before if the engine can do that. */
  write<T>(work: (session: MigrationSession) => Promise<T>): Promise<T>;
}

/** A step that begins, or with `table` its work on all `rows` of that table. */
export interface MigrationProgress extends Direction {
  readonly table?: { readonly name: string; readonly rows: number };
}

export interface MigrationOptions {
  /** Is told what begins; the rows of large tables are counted for it. What it throws ends the migration. */
  readonly onProgress?: (progress: MigrationProgress) => void;
}

/** Where a migration began and where it ended; undefined where there is no metadata. */
export interface Migration {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** What a migration would do. */
export interface MigrationPlan extends Migration {
  readonly steps: readonly PlannedStep[];
}

export interface PlannedStep extends Direction {
  readonly statements: readonly string[];
  /** What the present content would lose. */
  readonly losses: readonly { readonly what: string; readonly count: number }[];
}

/** Moves a database from one version of the layout to another, one version at a time. */
export class Migrator {
  /** The version of this release. */
  readonly latest: number;
  readonly #engine: MigrationEngine;

  constructor(engine: MigrationEngine) {
    this.#engine = engine;
    this.latest = engine.steps.length;
  }

  /** The version of the database, also one that this release does not know; undefined without metadata. */
  status(): Promise<number | undefined> {
    return this.#engine.read((session) => session.version());
  }

  /** The move in which a migration was cut off, or is under way; the next one completes it. */
  unfinished(): Promise<Direction | undefined> {
    return this.#engine.read(async (session) => session.journal?.unfinished());
  }

  /**
   * Brings an older database to the version of this release; an empty one stays empty.
   *
   * @throws MlmdError FAILED_PRECONDITION: the database is newer. ABORTED: another process has it locked.
   */
  up(options: MigrationOptions = {}): Promise<Migration> {
    return this.#migrate((version) => this.#upTarget(version), options);
  }

  /**
   * Takes a database back to an older version; one that is at `target` or older stays as it is.
   *
   * @throws MlmdError INVALID_ARGUMENT: `target` is not a version that this release knows, or the database
   * is empty. FAILED_PRECONDITION: the database is newer than this release. ABORTED: another process has it
   * locked.
   */
  async down(target: number, options: MigrationOptions = {}): Promise<Migration> {
    this.#checkTarget(target);
    return this.#migrate((version) => this.#downTarget(version, target), options);
  }

  /** What `up` would do, and how it would fail. */
  planUp(): Promise<MigrationPlan> {
    return this.#plan((version) => this.#upTarget(version));
  }

  /** What `down` would do, and how it would fail. */
  async planDown(target: number): Promise<MigrationPlan> {
    this.#checkTarget(target);
    return this.#plan((version) => this.#downTarget(version, target));
  }

  /** Looks before it locks, so that nobody has to wait where there is nothing to do. */
  async #migrate(targetOf: TargetOf, options: MigrationOptions): Promise<Migration> {
    const found = await this.#engine.read((session) => this.#moves(session, targetOf));
    if (found.moves.length === 0) return { from: found.from, to: found.to };
    return this.#engine.write(async (session) => {
      // Another process may have been faster.
      const { from, to, moves } = await this.#moves(session, targetOf);
      for (const move of moves) await runMove(session, move, options.onProgress);
      if (to === this.latest) await session.check();
      return { from, to };
    });
  }

  #plan(targetOf: TargetOf): Promise<MigrationPlan> {
    return this.#engine.read(async (session) => {
      const { from, to, moves } = await this.#moves(session, targetOf);
      const steps = [];
      for (const move of moves) {
        const losses = [];
        for (const { what, count } of move.losses) losses.push({ what, count: await session.count(count) });
        steps.push({
          from: move.from,
          to: move.to,
          statements: move.statements.map(({ sql }) => sql),
          losses: losses.filter(({ count }) => count > 0),
        });
      }
      return { from, to, steps };
    });
  }

  async #moves(session: MigrationSession, targetOf: TargetOf): Promise<Migration & { moves: Move[] }> {
    const from = await session.version();
    if (from !== undefined && from > this.latest) {
      throw new MlmdError(
        "FAILED_PRECONDITION",
        `the database has schema version ${from}, which is newer than version ${this.latest} of this ` +
          "release: a newer release is needed to migrate it",
      );
    }
    const unfinished = await session.journal?.unfinished();
    const start = unfinished?.to ?? from;
    const to = targetOf(start);
    if (start === undefined || to === undefined) return { from, to, moves: [] };
    const { steps, beforeDown } = this.#engine;
    const rest = movesBetween(steps, start, to);
    const moves = unfinished ? resume(movesBetween(steps, unfinished.from, unfinished.to), rest) : rest;
    const firstDown = moves.findIndex((move) => move.to < move.from);
    const prepared = moves.map((move, index) =>
      index === firstDown ? { ...move, statements: [...beforeDown, ...move.statements] } : move,
    );
    return { from, to, moves: prepared };
  }

  #upTarget(version: number | undefined): number | undefined {
    return version === undefined ? undefined : this.latest;
  }

  #downTarget(version: number | undefined, target: number): number {
    if (version === undefined) throw invalidArgument("the database is empty: there is nothing to downgrade");
    return Math.min(version, target);
  }

  #checkTarget(target: number): void {
    if (Number.isInteger(target) && target >= 0 && target <= this.latest) return;
    throw invalidArgument(
      `a database cannot be downgraded to schema version ${target}: this release knows 0 to ${this.latest}`,
    );
  }
}

/** What a move has taken away in part can no longer be counted, nor what its way back would. */
function resume(unfinished: readonly Move[], rest: readonly Move[]): Move[] {
  const lower = (move: Move) => Math.min(move.from, move.to);
  return [...unfinished, ...rest].map((move) =>
    unfinished.some((begun) => lower(begun) === lower(move)) ? { ...move, losses: [] } : move,
  );
}

/** The version to end at, for a database of this version. */
type TargetOf = (version: number | undefined) => number | undefined;

async function runMove(
  session: MigrationSession,
  { from, to, statements }: Move,
  onProgress: MigrationOptions["onProgress"],
): Promise<void> {
  onProgress?.({ from, to });
  await session.journal?.begin({ from, to });
  const announced = new Set<string>();
  for (const { sql, table, done } of statements) {
    if (done !== undefined && (await session.count(done)) !== 0) continue;
    if (onProgress && table !== undefined && !announced.has(table)) {
      announced.add(table);
      const rows = await session.count(`SELECT count(*) FROM ${table}`);
      onProgress({ from, to, table: { name: table, rows } });
    }
    await session.run(sql).catch((error: unknown) => {
      throw explain(error, from, to);
    });
  }
  // Version 0 has no record of itself.
  if (to > 0) await session.writeVersion(to);
  await session.journal?.end();
}

/** The cause is told as well: it names the table or column that is not as the step expects it. */
function explain(error: unknown, from: number, to: number): MlmdError {
  const cause = error instanceof MlmdError && error.cause !== undefined ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = error instanceof MlmdError ? error.code : "INTERNAL";
  return new MlmdError(code, `the migration from schema version ${from} to ${to} failed: ${reason}`, {
    cause,
  });
}
