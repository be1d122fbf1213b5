import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { invalidArgument, notFound, quote } from "../../errors.ts";

export type OpenMode = "READONLY" | "READWRITE" | "READWRITE_OPENCREATE";

/** A database file with the rights that its name and the caller's mode allow both, or a database in memory. */
export type Location = "memory" | { readonly path: string; readonly mode: OpenMode };

/** From the least to the most that is allowed. */
const modes: readonly OpenMode[] = ["READONLY", "READWRITE", "READWRITE_OPENCREATE"];

const uriModes: ReadonlyMap<string, OpenMode> = new Map([
  ["ro", "READONLY"],
  ["rw", "READWRITE"],
  ["rwc", "READWRITE_OPENCREATE"],
]);

/** Understands plain paths, `:memory:`, the empty path (in memory) and `file:` URIs with `mode` and `cache`. */
export function locate(name: string, mode: OpenMode): Location {
  if (name.includes("\0")) throw invalidArgument("the path of a SQLite file cannot hold a NUL character");
  // The driver cuts blanks from the end of a path, and would open another file.
  if (name !== name.trimEnd()) throw invalidArgument("the path of a SQLite file cannot end with a blank");
  if (name === "" || name === ":memory:") return "memory";
  if (!name.startsWith("file:")) return { path: resolve(name), mode };

  const { path, parameters } = parseUri(name);
  for (const key of parameters.keys()) {
    // `cache` changes nothing here: this process has its own connections only.
    if (key !== "mode" && key !== "cache") {
      throw invalidArgument(`the parameter ${quote(key)} of a SQLite file URI is not supported`);
    }
  }
  const uriMode = parameters.get("mode");
  if (path === "" || path === ":memory:" || uriMode === "memory") return "memory";
  if (uriMode === null) return { path: resolve(path), mode };
  const allowed = uriModes.get(uriMode);
  if (!allowed) throw invalidArgument(`mode ${quote(uriMode)} of a SQLite file URI is not known`);
  return { path: resolve(path), mode: modes.indexOf(allowed) < modes.indexOf(mode) ? allowed : mode };
}

/** SQLite's reading of URIs, which unlike that of the web allows relative paths (`file:mlmd.db`). */
function parseUri(uri: string): { path: string; parameters: URLSearchParams } {
  const [, authority, path, query] = /^file:(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(uri) ?? [];
  if (authority && authority !== "localhost") {
    throw invalidArgument(`a SQLite file URI cannot name a host: ${quote(uri)}`);
  }
  try {
    return { path: decodeURIComponent(path ?? ""), parameters: new URLSearchParams(query) };
  } catch {
    throw invalidArgument(`not a valid file URI: ${quote(uri)}`);
  }
}

/** Fails with NOT_FOUND where the file, or the directory to create it in, does not exist. */
export function checkExists({ path, mode }: Exclude<Location, "memory">): void {
  if (mode !== "READWRITE_OPENCREATE" && !existsSync(path)) {
    throw notFound(`the SQLite file ${quote(path)} does not exist`);
  }
  if (!existsSync(dirname(path))) {
    throw notFound(`the directory of the SQLite file ${quote(path)} does not exist`);
  }
}
