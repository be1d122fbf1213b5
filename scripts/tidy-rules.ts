import { dirname, join } from "node:path/posix";

/** Of `src/` the page knows the messages and pure rules of text; all else it asks a server. */
const sharedWithPage = ["contract", "errors", "filter"];

/**
 * A layer of `src/`, or of `ui/src/` with `ui/` before its name, and the layers that it may import from besides
 * itself. A file belongs to the first that its path begins with, so that two files of the domain can be open to
 * storage and its operations not.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  contract: [],
  filter: ["contract", "errors"],
  "domain/kinds": ["contract"],
  "domain/ports": ["contract", "errors", "filter", "domain/kinds"],
  domain: ["contract", "errors", "filter", "domain/kinds", "domain/ports"],
  "storage/sql": ["contract", "errors", "filter", "domain/kinds", "domain/ports"],
  "storage/migrate": ["errors", "storage/sql"],
  "storage/inspect": ["errors"],
  "storage/sqlite": [
    "contract",
    "errors",
    "domain/kinds",
    "domain/ports",
    "storage/sql",
    "storage/migrate",
    "storage/inspect",
  ],
  "storage/mysql": [
    "contract",
    "errors",
    "domain/kinds",
    "domain/ports",
    "storage/sql",
    "storage/migrate",
    "storage/inspect",
  ],
  "storage/postgres": [
    "contract",
    "errors",
    "domain/kinds",
    "domain/ports",
    "storage/sql",
    "storage/migrate",
    "storage/inspect",
  ],
  rpc: ["contract", "errors"],
  client: ["contract", "errors"],
  open: [
    "contract",
    "errors",
    "domain",
    "domain/ports",
    "storage/migrate",
    "storage/inspect",
    "storage/sqlite",
    "storage/mysql",
    "storage/postgres",
    "rpc",
    "client",
  ],
  cli: ["contract", "errors", "open", "rpc", "client"],
  index: ["contract", "errors", "open", "client"],
  "ui/lib": sharedWithPage,
  "ui/parts": [...sharedWithPage, "ui/lib"],
  "ui/pages": [...sharedWithPage, "ui/lib", "ui/parts"],
  "ui/lineage": [...sharedWithPage, "ui/lib", "ui/parts"],
  "ui/app": ["ui/lib", "ui/parts", "ui/pages", "ui/lineage"],
  "ui/main": ["ui/app"],
};

/** Libraries that only one layer may know, or those under one name. */
const libraries: Readonly<Record<string, string>> = {
  "better-sqlite3": "storage/sqlite",
  mysql2: "storage/mysql",
  "mysql2/promise": "storage/mysql",
  pg: "storage/postgres",
  "@grpc/grpc-js": "rpc",
  "@connectrpc/connect-node": "rpc",
  "@connectrpc/connect-web": "ui/lib",
  react: "ui",
  "react-dom": "ui",
  "react-dom/client": "ui",
  commander: "cli",
  "string-width": "cli",
  pino: "cli",
};

/** Nobody imports these: they are where programs start. */
const entries = new Set(["src/index.ts", "src/cli/main.ts", "ui/src/main.tsx"]);

const linesMax = 600;

/** Files that may be longer, with the reason. */
const longFiles: ReadonlyMap<string, string> = new Map([
  ["src/client/store.ts", "one class is the public interface: a documented method for each operation"],
]);

const generated = "src/contract/gen/";

const forbidden: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`),
    "unfinished work belongs in an issue",
  ],
  [/(?<![\w.])\/(?:home|root|work|Users)\/\w/, "a path of one machine"],
  [/registry\.(?:npmjs|yarnpkg)\.\w+|pypi\.org/, "the host of a package registry"],
  [
    new RegExp(`\\b(?:${["Clau" + "de", "Anthro" + "pic", "Chat" + "GPT", "L" + "LM"].join("|")})\\b`),
    "not a word of this project",
  ],
  [
    new RegExp(`\\b(?:${["assis" + "tant", "co" + "pilot", "AI a" + "gent"].join("|")})s?\\b`, "i"),
    "not a word of this project",
  ],
];

/** Every finding as `file:line: what is wrong`. Takes all files of the project by name. */
export function check(files: ReadonlyMap<string, string>): string[] {
  const findings: string[] = [];
  const imported = new Set<string>();
  for (const [name, text] of files) {
    if (name === "package-lock.json") {
      findings.push(...checkLock(text));
      continue;
    }
    if (
      !/\.(?:tsx?|css|html|md|proto|py|json|yaml|txt)$|^\.ci\/|^LICENSE$/.test(name) ||
      name.startsWith(generated)
    )
      continue;
    const report = (line: number, what: string) => findings.push(`${name}:${line}: ${what}`);
    const lines = text.split("\n");
    checkLines(name, lines, report);
    if (!isCodeName(name)) continue;
    for (const { line, target } of importsOf(lines)) {
      imported.add(target.startsWith(".") ? join(dirname(name), target) : target);
      checkImport(name, target, (what) => report(line, what));
    }
  }
  for (const name of files.keys()) {
    if (!isProgramName(name) || name.startsWith(generated)) continue;
    if (layerOf(name) === undefined) findings.push(`${name}:1: belongs to no layer`);
    if (isTestName(name) || entries.has(name) || imported.has(name)) continue;
    findings.push(`${name}:1: no other file imports this one`);
  }
  return findings;
}

/**
 * better-sqlite3 brings its binaries and says so (`gypfile`), but a lockfile does not hold that: `npm ci` would
 * build it from source, which needs Python and make. npm honours the line and forgets it when it rewrites the file.
 */
function checkLock(text: string): string[] {
  const [before, entry] = text.split('"node_modules/better-sqlite3": {');
  if (before === undefined || entry === undefined) return [];
  if (/"gypfile": false/.test(entry.slice(0, entry.search(/^ {4}\}/m)))) return [];
  return [
    `package-lock.json:${before.split("\n").length}: better-sqlite3 lacks "gypfile": false, so npm ci would compile it`,
  ];
}

function checkLines(
  name: string,
  lines: readonly string[],
  report: (line: number, what: string) => void,
): void {
  const isCode = isCodeName(name);
  const isProgram = isProgramName(name) && !isTestName(name);
  if (isProgram && lines.length > linesMax && !longFiles.has(name))
    report(linesMax, `more than ${linesMax} lines`);
  for (const [index, line] of lines.entries()) {
    for (const [pattern, what] of forbidden) if (pattern.test(line)) report(index + 1, what);
    if (isCode && /\b(?:test|describe|it)\.only\(/.test(line))
      report(index + 1, "a test that shuts out all others");
    if (isProgram && !name.startsWith("src/cli/") && /\bconsole\.\w+\(/.test(line)) {
      report(index + 1, "only the command line writes to the terminal");
    }
  }
}

function isCodeName(name: string): boolean {
  return /\.tsx?$/.test(name);
}

function isProgramName(name: string): boolean {
  return /^(?:ui\/)?src\//.test(name) && isCodeName(name);
}

function isTestName(name: string): boolean {
  return /\.test\.tsx?$/.test(name);
}

function importsOf(lines: readonly string[]): { line: number; target: string }[] {
  return lines.flatMap((text, index) => {
    const target = /(?:\bfrom |^import |\bimport\(|\bnew URL\()["']([^"']+)["']/.exec(text)?.[1];
    return target === undefined ? [] : [{ line: index + 1, target }];
  });
}

function checkImport(name: string, target: string, report: (what: string) => void): void {
  const layer = layerOf(name);
  if (/^(?:\.\.\/)+dist\//.test(target))
    report("tests and scripts import the source, not what was built of it");
  if (layer === undefined || isTestName(name)) return;
  const only = libraries[target];
  if (only !== undefined && !isUnder(layer, only)) report(`only ${only} may import ${target}`);
  if (!target.startsWith(".")) return;
  const other = layerOf(join(dirname(name), target));
  if (other === undefined || other === layer) return;
  if (!layers[layer]?.includes(other)) report(`${layer} may not import from ${other}`);
}

function layerOf(name: string): string | undefined {
  const [, ui = "", path] = /^(ui\/)?src\/(.+)\.tsx?$/.exec(name) ?? [];
  return path === undefined ? undefined : Object.keys(layers).find((layer) => isUnder(ui + path, layer));
}

function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
