import type Database from "better-sqlite3";
import { MlmdError } from "../../errors.ts";
import type { Location } from "./location.ts";

export type ConnectionMode = "read" | "write";

/** Loaded on first use: the remote client must work where the driver cannot be loaded. */
export async function loadDriver(): Promise<typeof Database> {
  const apiVersion = Number(process.versions.napi);
  if (!(apiVersion >= 10)) {
    throw new MlmdError(
      "FAILED_PRECONDITION",
      `SQLite databases need Node.js 22.14 or newer (Node-API 10); this is ${process.version} (Node-API ${apiVersion})`,
    );
  }
  return (await import("better-sqlite3")).default;
}

/** A function that opens connections to one database; one in memory can be opened once only. */
export function opener(
  driver: typeof Database,
  location: Location,
  busyTimeoutMs: number,
): (mode: ConnectionMode) => Database.Database {
  let opened = false;
  return (mode) => {
    if (location === "memory" && opened) {
      throw new MlmdError("UNAVAILABLE", "the database in memory failed and is lost");
    }
    opened = true;
    const database = new driver(location === "memory" ? ":memory:" : location.path, {
      readonly: location !== "memory" && location.mode === "READONLY",
      fileMustExist: location !== "memory" && location.mode !== "READWRITE_OPENCREATE",
      // A writer waits for locks by itself, without blocking the process that may have to release one.
      timeout: mode === "read" ? busyTimeoutMs : 0,
    });
    database.defaultSafeIntegers(true);
    database.pragma("synchronous = FULL");
    // In KiB. Room for the upper pages of the indexes; for the rest there is the system's cache of files.
    database.pragma("cache_size = -4000");
    if (mode === "read") database.pragma("query_only = ON");
    // What a savepoint keeps of each changed page would else go to a file of its own.
    else database.pragma("temp_store = MEMORY");
    return database;
  };
}
