import { existsSync, statSync } from "node:fs";
import type Database from "better-sqlite3";

/**
 * A connection that only reads a database in WAL mode makes its `-wal` and `-shm` files where they are missing, and
 * may not remove them. Called before it opens, this gives a function to be called after it has closed: it lets a
 * connection that may remove them do so, as SQLite does it, when no other process has them open. The database itself
 * is not written: the log is empty.
 */
export function traceRemover(driver: typeof Database, path: string): () => void {
  const log = `${path}-wal`;
  if (existsSync(log)) return () => {};
  return () => {
    try {
      if (statSync(log).size > 0) return;
      const database = new driver(path, { fileMustExist: true, timeout: 0 });
      database.pragma("schema_version");
      database.close();
    } catch {
      // No such files, or no right to remove them: they do no harm.
    }
  };
}
