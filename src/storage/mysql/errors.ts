import { UniqueViolation } from "../../domain/ports.ts";
import { type Code, MlmdError } from "../../errors.ts";

const tooLong = "a text is longer than the database takes; names, versions and external ids have 255 bytes";
const conflict = "another writer was in the way; try again";
const lost = "the connection to the database was lost";
const tooSlow = "the database gave up a statement that took too long";

/** By the server's error number. */
const meanings: ReadonlyMap<number, readonly [Code, string]> = new Map([
  [1213, ["ABORTED", conflict]],
  [1205, ["ABORTED", conflict]],
  [1020, ["ABORTED", conflict]],
  [1406, ["INVALID_ARGUMENT", tooLong]],
  [1264, ["INVALID_ARGUMENT", "a number is outside the range that the database takes (32 bits)"]],
  [1690, ["INVALID_ARGUMENT", "a number of the filter is outside the range that the database takes"]],
  [1366, ["INVALID_ARGUMENT", "a text holds a character that the database does not take"]],
  [1153, ["INVALID_ARGUMENT", "the request is larger than the max_allowed_packet of the database"]],
  [1390, ["INVALID_ARGUMENT", "the request names more values than the database takes at once"]],
  [1044, ["PERMISSION_DENIED", "the database user may not do this"]],
  [1142, ["PERMISSION_DENIED", "the database user may not do this"]],
  [1290, ["PERMISSION_DENIED", "the database can only be read"]],
  [1045, ["UNAUTHENTICATED", "the database refuses the user or password"]],
  [1049, ["NOT_FOUND", "the database does not exist"]],
  [1040, ["UNAVAILABLE", "the database has no room for more connections"]],
  [1053, ["UNAVAILABLE", "the database is shutting down"]],
  [1927, ["UNAVAILABLE", lost]],
  [2006, ["UNAVAILABLE", lost]],
  [2013, ["UNAVAILABLE", lost]],
  [1969, ["DEADLINE_EXCEEDED", tooSlow]],
  [3024, ["DEADLINE_EXCEEDED", tooSlow]],
  [1021, ["RESOURCE_EXHAUSTED", "the disk of the database is full"]],
  [1114, ["RESOURCE_EXHAUSTED", "the database has no room for more data"]],
  [1037, ["RESOURCE_EXHAUSTED", "the database ran out of memory"]],
  [1038, ["RESOURCE_EXHAUSTED", "the database ran out of memory"]],
  [1461, ["RESOURCE_EXHAUSTED", "the database has no room for more prepared statements"]],
]);

/** An insert over a row whose key is alike, but not the same: see the dialect. No NULL is ever sent for a key. */
const nullInKey = 1048;

/** What an error of the driver means to the callers of the storage. */
export function fromDriver(error: unknown): Error {
  if (error instanceof MlmdError || error instanceof UniqueViolation) return error;
  const number = error instanceof Error && "errno" in error ? Number(error.errno) : Number.NaN;
  if (number === 1062 || number === nullInKey)
    return new UniqueViolation("a unique value is taken", { cause: error });
  const meaning = meanings.get(number);
  if (meaning) return new MlmdError(meaning[0], meaning[1], { cause: error });
  // Numbers of the operating system are negative; the driver's own failures have none.
  if (number > 0) return new MlmdError("INTERNAL", "the database failed", { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new MlmdError("UNAVAILABLE", `the database cannot be reached: ${reason}`, { cause: error });
}
