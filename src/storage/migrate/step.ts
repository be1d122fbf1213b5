export interface Statement {
  readonly sql: string;
  /** The table whose rows it all reads or writes; where that is large the statement takes long. */
  readonly table?: string;
  /**
   * A query that answers another number than 0 where the statement has been run. It is needed where each statement
   * commits by itself, so that a move that was cut off can be run again from its beginning.
   */
  readonly done?: string;
}

/** Rows or values that a move takes away. */
export interface Loss {
  readonly what: string;
  /** Counts them; it must work in every version from which the move can be reached. */
  readonly count: string;
}

/** The way to a version of the layout from the one before, and the way back. */
export interface Step {
  readonly up: readonly Statement[];
  readonly down: readonly Statement[];
  readonly lostUp: readonly Loss[];
  readonly lostDown: readonly Loss[];
}

/** From a version to its neighbour. */
export interface Direction {
  readonly from: number;
  readonly to: number;
}

export interface Move extends Direction {
  readonly statements: readonly Statement[];
  readonly losses: readonly Loss[];
}

/** The moves that lead from one version to another. `steps[n]` joins the versions n and n + 1. */
export function movesBetween(steps: readonly Step[], from: number, to: number): Move[] {
  const moves = steps.map(({ up, down, lostUp, lostDown }, lower) =>
    from < to
      ? { from: lower, to: lower + 1, statements: up, losses: lostUp }
      : { from: lower + 1, to: lower, statements: down, losses: lostDown },
  );
  return from < to ? moves.slice(from, to) : moves.slice(to, from).reverse();
}
