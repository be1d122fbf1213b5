import { readFileSync } from "node:fs";
import { join } from "node:path";
import mysql from "mysql2/promise";
import pg from "pg";
import { expect, inject, test } from "vitest";
import { openStore } from "../../src/index.ts";

/*
 * A new database compared with the catalog of the original's (SQLite's: src/storage/sqlite/open.test.ts).
 */

interface Table {
  readonly columns: readonly {
    name: string;
    reported_type: string;
    not_null_effective: boolean;
    default: string | null;
  }[];
  readonly primary_key: readonly string[];
  readonly unique_constraints: readonly { catalog_index: string }[];
  readonly indexes: readonly { name: string }[];
}

const golden = JSON.parse(readFileSync(join(import.meta.dirname, "../golden/schema-v10.json"), "utf8"));
const servers = { postgres: inject("postgres"), mysql: inject("mysql") };
const host = "127.0.0.1";
const additional = ["idx_association_execution_id", "idx_attribution_artifact_id"];

/** The columns and the names of all indexes of every table, as the golden file and as the database has them. */
function expected(dialect: "postgresql" | "mysql", caseOf: (name: string) => string) {
  const tables = golden.dialects[dialect].tables as Record<string, Table>;
  const columns = Object.entries(tables).flatMap(([table, { columns }]) =>
    columns.map((c) => [caseOf(table), c.name, c.reported_type, c.not_null_effective].join(" ")),
  );
  const indexes = Object.values(tables).flatMap(({ indexes, unique_constraints }) => [
    ...indexes.map(({ name }) => caseOf(name)),
    ...unique_constraints.map(({ catalog_index }) => caseOf(catalog_index)),
  ]);
  return { columns: columns.sort(), indexes: [...indexes, ...additional].sort() };
}

test.skipIf(servers.postgres.missing)("PostgreSQL", async () => {
  const settings = { host, port: servers.postgres.port as number, user: "mlmd" };
  await (await openStore({ postgresql: { ...settings, dbname: "layout" } })).close();
  const client = new pg.Client({ ...settings, database: "layout" });
  await client.connect();
  const columns = await client.query(
    "SELECT * FROM information_schema.columns WHERE table_schema = 'public'",
  );
  const indexes = await client.query(
    "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'",
  );
  await client.end();
  const reported = columns.rows.map((c) => {
    const type =
      c.data_type === "character varying" ? `character varying(${c.character_maximum_length})` : c.data_type;
    return [c.table_name, c.column_name, type, c.is_nullable === "NO"].join(" ");
  });
  expect({ columns: reported.sort(), indexes: indexes.rows.map((row) => row.indexname).sort() }).toEqual(
    expected("postgresql", (name) => name.toLowerCase()),
  );
});

test.skipIf(servers.mysql.missing)("MariaDB", async () => {
  const settings = { host, port: servers.mysql.port as number, user: "root", database: "layout" };
  await (await openStore({ mysql: settings })).close();
  const connection = await mysql.createConnection(settings);
  const [columns] = (await connection.query(
    "SELECT table_name t, column_name c, column_type y, is_nullable n FROM information_schema.columns WHERE table_schema = 'layout'",
  )) as unknown as [{ t: string; c: string; y: string; n: string }[]];
  const [indexes] = (await connection.query(
    "SELECT DISTINCT table_name t, index_name i FROM information_schema.statistics WHERE table_schema = 'layout' AND index_name != 'PRIMARY'",
  )) as unknown as [{ i: string }[]];
  await connection.end();
  // A width of integers is shown by old servers only, but for the one that means a flag.
  const reported = columns.map(({ t, c, y, n }) =>
    [t, c, y.replace(/^(int|bigint)\(\d+\)$/, "$1"), n === "NO"].join(" "),
  );
  expect({ columns: reported.sort(), indexes: indexes.map(({ i }) => i).sort() }).toEqual(
    expected("mysql", (name) => name),
  );
});
