import { alreadyExists } from "../errors.ts";
import { UniqueViolation } from "./ports.ts";

/** For what fails when properties are stored. */
export function refuseAlikeNames(error: unknown): never {
  if (!(error instanceof UniqueViolation)) throw error;
  throw alreadyExists("The database takes the names of two of the properties for the same", error);
}
