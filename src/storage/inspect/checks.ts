import { MlmdError, quote } from "../../errors.ts";
import type { InspectionSession } from "./inspector.ts";

/** Something that is wrong, and what a person can do about it. */
export interface Finding {
  readonly problem: string;
  readonly advice: string;
}

export interface Check {
  readonly name: "schema" | "files" | "indexes" | "references" | "types";
  /** Whether nothing else makes sense where this finds something. */
  readonly isNeeded?: boolean;
  /** Undefined where the engine has no such check. */
  run(
    session: InspectionSession,
    wantedIndexes: Readonly<Record<string, string>>,
    onCheck: ((what: string) => void) | undefined,
  ): Promise<Finding[] | undefined>;
}

export const checks: readonly Check[] = [
  { name: "schema", isNeeded: true, run: schema },
  { name: "files", run: files },
  { name: "indexes", run: indexes },
  { name: "references", run: (session, _, onCheck) => references(session, onCheck) },
  { name: "types", run: duplicateTypes },
];

async function schema(session: InspectionSession): Promise<Finding[]> {
  try {
    if ((await session.version()) === undefined) {
      return [
        {
          problem: "the database holds no metadata",
          advice: "`mlmd serve` fills an empty database with its tables",
        },
      ];
    }
    await session.check();
    return [];
  } catch (error) {
    if (!(error instanceof MlmdError)) throw error;
    const [problem = "", howToUpgrade] = error.message.split(/: (?=it was made by)/);
    const advice =
      howToUpgrade ?? "where no other process is creating or migrating it just now, restore a backup";
    return [{ problem, advice }];
  }
}

async function files(session: InspectionSession): Promise<Finding[] | undefined> {
  const damage = await session.damage?.();
  return damage?.map((problem) => ({
    problem: `the file is damaged: ${problem}`,
    advice: "restore a backup; where there is none, `sqlite3 FILE .recover` saves what can be read",
  }));
}

async function indexes(
  session: InspectionSession,
  wanted: Readonly<Record<string, string>>,
): Promise<Finding[]> {
  const present = new Set(Array.from(await session.indexes(), (name) => name.toLowerCase()));
  return Object.entries(wanted)
    .filter(([name]) => !present.has(name))
    .map(([name, on]) => ({
      problem: `the index ${name} is missing: some questions read whole tables`,
      advice: `make it: CREATE INDEX ${name} ON ${on};`,
    }));
}

interface Reference {
  readonly table: string;
  readonly column: string;
  readonly to: string;
}

const reference = (table: string, column: string, to: string): Reference => ({ table, column, to });

/** Where a row names another one. No engine watches over these: the layout has no foreign keys. */
const allReferences: readonly Reference[] = [
  reference("Event", "artifact_id", "Artifact"),
  reference("Event", "execution_id", "Execution"),
  reference("EventPath", "event_id", "Event"),
  reference("Attribution", "context_id", "Context"),
  reference("Attribution", "artifact_id", "Artifact"),
  reference("Association", "context_id", "Context"),
  reference("Association", "execution_id", "Execution"),
  reference("ParentContext", "context_id", "Context"),
  reference("ParentContext", "parent_context_id", "Context"),
  reference("ArtifactProperty", "artifact_id", "Artifact"),
  reference("ExecutionProperty", "execution_id", "Execution"),
  reference("ContextProperty", "context_id", "Context"),
  reference("TypeProperty", "type_id", "Type"),
  reference("ParentType", "type_id", "Type"),
  reference("ParentType", "parent_type_id", "Type"),
  reference("Artifact", "type_id", "Type"),
  reference("Execution", "type_id", "Type"),
  reference("Context", "type_id", "Type"),
];

async function references(
  session: InspectionSession,
  onCheck: ((what: string) => void) | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const each of allReferences) {
    onCheck?.(`${each.table}.${each.column}`);
    findings.push(...(await dangling(session, each)));
  }
  return findings;
}

const examplesMax = 5;

async function dangling(session: InspectionSession, { table, column, to }: Reference): Promise<Finding[]> {
  const lost = `FROM ${table} x LEFT JOIN ${to} y ON y.id = x.${column} WHERE y.id IS NULL`;
  const [counted] = await session.rows(`SELECT COUNT(*) AS n ${lost}`);
  const count = Number(counted?.n);
  if (count === 0) return [];
  const rows = await session.rows(
    `SELECT DISTINCT x.${column} AS id ${lost} ORDER BY x.${column} LIMIT ${examplesMax + 1}`,
  );
  const ids = rows.slice(0, examplesMax).map(({ id }) => String(id));
  const more = rows.length > examplesMax ? ", …" : "";
  const what = count === 1 ? `1 row of ${table} names` : `${count} rows of ${table} name`;
  return [
    {
      problem: `${what} ${article(to)} that does not exist (${column} ${ids.join(", ")}${more})`,
      advice:
        to === "Type" && nodeTables.has(table)
          ? "restore the type from a backup; until then these nodes have no type"
          : `make a backup, then: DELETE FROM ${table} WHERE ${column} NOT IN (SELECT id FROM ${to});`,
    },
  ];
}

const nodeTables: ReadonlySet<string> = new Set(["Artifact", "Execution", "Context"]);

function article(table: string): string {
  const name = table.toLowerCase();
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

/** The tables of a type's nodes, by its kind. */
const tablesOfKinds: ReadonlyMap<string, string> = new Map([
  ["0", "Execution"],
  ["1", "Artifact"],
  ["2", "Context"],
]);

/** The layout does not keep two writers from making the same type, and the original's transactions do not either. */
async function duplicateTypes(session: InspectionSession): Promise<Finding[]> {
  const rows = await session.rows("SELECT id, type_kind, name, version FROM Type ORDER BY id");
  const groups = Map.groupBy(rows, ({ type_kind, name, version }) =>
    JSON.stringify([String(type_kind), name, version ?? ""]),
  );
  return [...groups].flatMap(([key, same]) => {
    if (same.length < 2) return [];
    const [kind, name, version] = JSON.parse(key) as [string, string, string];
    const table = tablesOfKinds.get(kind) ?? "Artifact";
    const [first, ...others] = same.map(({ id }) => String(id));
    const which = `${table.toLowerCase()} type ${quote(name)}${version === "" ? "" : `, version ${quote(version)},`}`;
    return [
      {
        problem: `the ${which} is there ${same.length} times, with the ids ${[first, ...others].join(", ")}`,
        advice: `make a backup, then make one of them: ${mergeTypes(table, first as string, others.join(", "))}`,
      },
    ];
  });
}

/** Moves the nodes to the first, declares there what only the others declare, and removes those. */
function mergeTypes(table: string, first: string, others: string): string {
  return [
    `UPDATE ${table} SET type_id = ${first} WHERE type_id IN (${others});`,
    `INSERT INTO TypeProperty (type_id, name, data_type) SELECT ${first}, name, MIN(data_type) FROM TypeProperty`,
    `WHERE type_id IN (${others}) AND name NOT IN (SELECT name FROM TypeProperty WHERE type_id = ${first})`,
    "GROUP BY name;",
    `DELETE FROM TypeProperty WHERE type_id IN (${others});`,
    `DELETE FROM ParentType WHERE type_id IN (${others});`,
    `DELETE FROM Type WHERE id IN (${others});`,
  ].join(" ");
}
