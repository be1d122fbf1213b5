/** What a filter may cost. Each limit is an INVALID_ARGUMENT of its own; none is near what clients send. */
export const limits = {
  /** Characters of the text: as much as a request holds by default. */
  length: 4 * 1024 * 1024,
  /** Height of the expression; databases and this program's stack set bounds to it (SQLite: 1000). */
  depth: 100,
  /** Operators, names and values, without the values of IN lists. */
  terms: 10_000,
  /** Conditions that an OR stands between, `a = 1 OR a = 2` counting once: SQLite plans them in quadratic time. */
  alternatives: 1_000,
  /** Values in all IN lists together. */
  listed: 200_000,
  /** Doubles among them: no database takes them as one bound list. */
  listedDoubles: 10_000,
  arguments: 100,
  /** Tables that a filter may join: MySQL joins 61, SQLite 64, and the query around the filter needs some. */
  tables: 56,
  /** Bytes of a LIKE pattern, as on SQLite. */
  pattern: 50_000,
} as const;
