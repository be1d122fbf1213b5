import { UniqueViolation } from "../../domain/ports.ts";
import { type Code, MlmdError } from "../../errors.ts";

/** By the first part of SQLite's result code (`SQLITE_IOERR_READ` counts as `SQLITE_IOERR`). */
const meanings: ReadonlyMap<string, readonly [Code, string]> = new Map([
  ["SQLITE_BUSY", ["ABORTED", "the database is locked by another process; try again"]],
  ["SQLITE_LOCKED", ["ABORTED", "the database is locked; try again"]],
  ["SQLITE_FULL", ["RESOURCE_EXHAUSTED", "the disk of the database is full"]],
  ["SQLITE_NOMEM", ["RESOURCE_EXHAUSTED", "the database ran out of memory"]],
  ["SQLITE_TOOBIG", ["INVALID_ARGUMENT", "a value is larger than the database can hold"]],
  ["SQLITE_IOERR", ["UNAVAILABLE", "the database file cannot be read or written"]],
  ["SQLITE_CANTOPEN", ["UNAVAILABLE", "the database file cannot be opened"]],
  ["SQLITE_CORRUPT", ["DATA_LOSS", "the database file is damaged"]],
  ["SQLITE_NOTADB", ["FAILED_PRECONDITION", "the file is not a SQLite database"]],
  ["SQLITE_READONLY", ["PERMISSION_DENIED", "the database file cannot be written"]],
  ["SQLITE_PERM", ["PERMISSION_DENIED", "access to the database file is denied"]],
]);

const uniqueCodes: ReadonlySet<string> = new Set([
  "SQLITE_CONSTRAINT_UNIQUE",
  "SQLITE_CONSTRAINT_PRIMARYKEY",
  "SQLITE_CONSTRAINT_ROWID",
]);

/** What an error of the driver means to the callers of the storage. */
export function fromDriver(error: unknown): Error {
  if (error instanceof MlmdError) return error;
  const code = driverCode(error);
  if (uniqueCodes.has(code)) return new UniqueViolation("a unique value is taken", { cause: error });
  const meaning = meanings.get(code.split("_", 2).join("_"));
  if (meaning) return new MlmdError(meaning[0], meaning[1], { cause: error });
  return new MlmdError("INTERNAL", "the database failed", { cause: error });
}

/** Whether another connection's lock was in the way; also of an error that was explained already. */
export function isBusy(error: unknown): boolean {
  const cause = error instanceof MlmdError ? error.cause : error;
  return driverCode(cause).startsWith("SQLITE_BUSY");
}

function driverCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
