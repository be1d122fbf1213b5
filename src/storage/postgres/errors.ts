import { UniqueViolation } from "../../domain/ports.ts";
import { type Code, MlmdError } from "../../errors.ts";

/** By SQLSTATE, or by its class (the first two characters). */
const meanings: ReadonlyMap<string, readonly [Code, string]> = new Map([
  ["40001", ["ABORTED", "another writer was in the way; try again"]],
  ["40P01", ["ABORTED", "another writer was in the way; try again"]],
  ["55P03", ["ABORTED", "a lock could not be had; try again"]],
  [
    "22001",
    [
      "INVALID_ARGUMENT",
      "a name, version or external id is longer than the 255 characters that the database takes",
    ],
  ],
  ["22003", ["INVALID_ARGUMENT", "a number is outside the range that the database takes (32 bits)"]],
  ["22021", ["INVALID_ARGUMENT", "a text holds a character that the database does not take (NUL)"]],
  ["22P05", ["INVALID_ARGUMENT", "a text holds a character that the database does not take (NUL)"]],
  ["54000", ["INVALID_ARGUMENT", "a value is larger than the database takes"]],
  ["25006", ["PERMISSION_DENIED", "the database can only be read"]],
  ["42501", ["PERMISSION_DENIED", "the database user may not do this"]],
  ["3D000", ["NOT_FOUND", "the database does not exist"]],
  ["57014", ["DEADLINE_EXCEEDED", "the database gave up a statement that took too long"]],
  ["53100", ["RESOURCE_EXHAUSTED", "the disk of the database is full"]],
  ["53200", ["RESOURCE_EXHAUSTED", "the database ran out of memory"]],
  ["25P03", ["UNAVAILABLE", "the connection to the database was lost"]],
  ["28", ["UNAUTHENTICATED", "the database refuses the user or password"]],
  ["08", ["UNAVAILABLE", "the connection to the database was lost"]],
  ["53", ["UNAVAILABLE", "the database has no room for more connections"]],
  ["57", ["UNAVAILABLE", "the database is shutting down or starting"]],
]);

/** What an error of the driver means to the callers of the storage. */
export function fromDriver(error: unknown): Error {
  if (error instanceof MlmdError || error instanceof UniqueViolation) return error;
  const state = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (state === "23505") return new UniqueViolation("a unique value is taken", { cause: error });
  const meaning = meanings.get(state) ?? meanings.get(state.slice(0, 2));
  if (/^[0-9A-Z]{5}$/.test(state) && !/^E[A-Z]{4}$/.test(state)) {
    if (meaning) return new MlmdError(meaning[0], meaning[1], { cause: error });
    return new MlmdError("INTERNAL", "the database failed", { cause: error });
  }
  // No answer of the server: the driver could not reach it, or lost it.
  const reason = error instanceof Error ? error.message : String(error);
  return new MlmdError("UNAVAILABLE", `the database cannot be reached: ${reason}`, { cause: error });
}
