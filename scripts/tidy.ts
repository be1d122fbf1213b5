/**
 * Checks of the code itself: `npm run tidy`. Prints `file:line: what is wrong` for each finding and fails if
 * there is any. The rules are data at the top of `tidy-rules.ts`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { check } from "./tidy-rules.ts";

const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
});
const files = new Map(
  listed
    .split("\n")
    .filter((name) => name !== "" && existsSync(name))
    .map((name) => [name, readFileSync(name, "utf8")]),
);
const findings = check(files);
for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exit(1);
