import { readFile } from "node:fs/promises";
import { invalidArgument, MlmdError } from "../../errors.ts";

/* What the addresses of databases behind a network have in common. */

/** 0 and no text stand for the usual one. */
export function portNumber(port: number | string | undefined, usual: number): number {
  const number = Number(port ?? 0);
  if (!/^\d*$/.test(String(port ?? "")) || number > 65_535)
    throw invalidArgument(`The port ${port} is not a number up to 65535`);
  return number || usual;
}

/** The URL, whose parts can be decoded. What is thrown does not repeat it: it may hold a password. */
export function parseUrl(text: string, schemes: readonly string[], form: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const parts = url && [url.hostname, url.username, url.password, url.pathname];
  if (url && schemes.includes(url.protocol) && parts?.every(isDecodable)) return url;
  throw invalidArgument(`The database's URL is not of the form ${form}`);
}

/** Host, user, password and database as they are meant. */
export function partsOf(url: URL): { host: string; user: string; password: string; database: string } {
  return {
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1"),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}

/** The parameters behind the `?`; others than those known are refused, since each may be meant to protect. */
export function parametersOf(url: URL, known: readonly string[]): Map<string, string> {
  const parameters = new Map(url.searchParams);
  const other = [...parameters.keys()].find((name) => !known.includes(name));
  if (other === undefined) return parameters;
  throw invalidArgument(`The database's URL has the parameter ${other}; known are ${known.join(", ")}`);
}

/** A key, a certificate, a file of passwords. */
export function readConnectionFile(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
}

export function unreadable(path: string, cause: unknown): MlmdError {
  return new MlmdError("NOT_FOUND", `${path}, which the connection to the database needs, cannot be read`, {
    cause,
  });
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
