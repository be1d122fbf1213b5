import type { Dialect } from "./dialect.ts";
import type { Sql, SqlValue } from "./fragment.ts";

/** An insert of whole rows, described so that each engine can write a set of rows its own way. */
export interface Insert {
  readonly table: Sql;
  readonly columns: readonly Sql[];
  /**
   * What happens to a row whose key is taken: `"keep"` leaves the stored row as it is, a list of columns
   * (the key) overwrites the stored row's other columns. Without it the insert fails with `UniqueViolation`.
   */
  readonly onDuplicate?: "keep" | readonly Sql[];
}

/** Rows that are there; a key is the values of these columns. */
export interface StoredRows {
  readonly table: Sql;
  readonly key: readonly Sql[];
}

/** What is written to stored rows: the values of a row are those of the columns, and then those of its key. */
export interface Update extends StoredRows {
  readonly columns: readonly Sql[];
  /** Whether it can fail with `UniqueViolation`. */
  readonly mayClash: boolean;
}

/** What a query selects: expressions with the names of their columns. */
export type Columns = readonly (readonly [expression: Sql, name: Sql])[];

/** A query in no order; `from` is what follows its FROM. */
export interface Part {
  readonly columns: Columns;
  readonly from: Sql;
}

/**
 * A look-up finds rows by key; the text or the best plan of a search depends on what is searched for. PostgreSQL plans
 * them differently: a search must be in a transaction, for whose time the settings of the session change.
 */
export type QueryKind = "look-up" | "search";

/**
 * An engine's connection inside a transaction, as the shared SQL sees it. Each call takes a set, so that an
 * engine behind a network needs one round trip for it. Errors are those of `domain/ports.ts`.
 */
export interface Connection {
  readonly dialect: Dialect;
  /**
   * What a query of nodes (`n`) ends with that are going to be rewritten, so that no other writer comes between. They
   * are locked in the order of their ids, so that two writers do not wait for each other. Undefined where nothing is
   * locked.
   */
  readonly rowLock: Sql | undefined;
  /** The rows of a query that finds them by key; the caller names their shape. Integers are bigint, unset columns null. Look-ups unless said. */
  all<Row>(query: Sql, kind?: QueryKind): Promise<Row[]>;
  /**
   * Two look-ups together, whose columns all have different names; on an engine behind a network by one statement, so
   * that they see the same moment without a transaction too.
   */
  both<A, B>(first: Part, second: Part): Promise<[A[], B[]]>;
  /**
   * Inserts the rows in order and gives their new ids in that order. With `onDuplicate` it gives no ids, and may do so
   * before the database answers: the transaction then fails at its end.
   */
  insertMany(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<bigint[]>;
  /**
   * In the order of the rows: a name that one gives up may go to a later one. Where none can clash it may answer before
   * the database does, as `deleteMany` may.
   */
  updateMany(update: Update, rows: readonly (readonly SqlValue[])[]): Promise<void>;
  deleteMany(stored: StoredRows, keys: readonly (readonly SqlValue[])[]): Promise<void>;
}
