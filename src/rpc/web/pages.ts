import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

type Encoding = "br" | "gzip";

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly encoded: Partial<Record<Encoding, Buffer>>;
}

/** The files of the web page by their paths, all in memory: what is not here cannot be asked for. */
export type Pages = ReadonlyMap<string, Asset>;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

const suffixes: Readonly<Record<Encoding, string>> = { br: ".br", gzip: ".gz" };

/** Nothing but our own files, and no framing by others. Pictures are made in the page (`blob:`, `data:`). */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The built page; undefined where the folder is not given. A folder without a page is an error of the build. */
export async function loadPages(folder: string | URL | undefined): Promise<Pages | undefined> {
  if (folder === undefined) return undefined;
  const root = typeof folder === "string" ? folder : fileURLToPath(folder);
  const names = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const bodies = new Map(await Promise.all(names.map(async (name) => [name, await readFile(name)] as const)));
  const pages = new Map<string, Asset>();
  for (const [name, body] of bodies) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const encoded = Object.fromEntries(
      Object.entries(suffixes).flatMap(([encoding, suffix]) => {
        const smaller = bodies.get(name + suffix);
        return smaller === undefined ? [] : [[encoding, smaller]];
      }),
    );
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    pages.set(name.slice(root.length).replaceAll("\\", "/").replace(/^\/?/, "/"), {
      type,
      etag,
      body,
      encoded,
    });
  }
  return pages;
}

interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

export function servePage(pages: Pages, request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = answer(pages, request);
  response.writeHead(status, headers);
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Paths that are no files are places in the page: its router knows them. */
function answer(pages: Pages, { method, url = "/", headers: asked }: IncomingMessage): Answer {
  if (method !== "GET" && method !== "HEAD") return { status: 405, headers: { allow: "GET, HEAD" } };
  const path = url.split("?", 1)[0] ?? "/";
  const isFile = pages.has(path) && path !== "/index.html";
  const asset = pages.get(isFile ? path : "/index.html");
  // A missing script must not be answered with the page.
  if (asset === undefined || (!isFile && extname(path) in types)) return { status: 404 };
  const encoding = chosenEncoding(asset, asked["accept-encoding"]);
  const body = (encoding && asset.encoded[encoding]) ?? asset.body;
  const headers = {
    "content-type": asset.type,
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    vary: "accept-encoding",
    etag: asset.etag,
    // Names under assets/ carry a hash of what is in the file.
    "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
  };
  if (asked["if-none-match"] === asset.etag) return { status: 304, headers };
  const encoded = encoding === undefined ? {} : { "content-encoding": encoding };
  return { status: 200, headers: { ...headers, ...encoded, "content-length": body.length }, body };
}

function chosenEncoding(asset: Asset, accepted = ""): Encoding | undefined {
  const names = accepted
    .split(",")
    .map((part) => part.trim())
    .filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part))
    .map((part) => part.split(";", 1)[0]);
  return (["br", "gzip"] as const).find((name) => names.includes(name) && asset.encoded[name] !== undefined);
}
