import mysql from "mysql2/promise";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type MetadataStore, openStore } from "../../src/index.ts";
import { sessionSettings } from "../../src/storage/postgres/connection.ts";
import { newDatabaseName } from "../support/backends.ts";
import { filling, lookUps, pagesOfAll, pagesOfType, questions } from "./questions.ts";

/*
 * The questions of query-plans.test.ts on the engines behind a network: PostgreSQL has an index for each, and MariaDB
 * reads few of the rows.
 */

const artifacts = 20_000;
const host = "127.0.0.1";
const tables = ["Artifact", "Execution", "Context", "Event", "EventPath", "Attribution", "Association"];
const propertyTables = ["ArtifactProperty", "ExecutionProperty", "ContextProperty"];
const allQuestions = [...questions, ...pagesOfAll, ...pagesOfType];
const large = [...tables, ...propertyTables];

describe.each([
  { size: "large", filled: filling(artifacts), asked: allQuestions },
  // Plans are kept while the tables grow, so those of look-ups must do for any size.
  { size: "nearly empty", filled: filling(10, 1), asked: lookUps },
])("PostgreSQL, $size tables", ({ filled, asked }) => {
  const { port, missing } = inject("postgres");
  const statements = new Set<string>();
  let client: pg.Client;
  let store: MetadataStore;

  beforeAll(async () => {
    if (missing !== undefined) return;
    const settings = { host, port: port as number, user: "mlmd" };
    const dbname = newDatabaseName("plans");
    const onStatement = (text: string) => statements.add(text);
    store = await openStore({ postgresql: { ...settings, dbname, onStatement } });
    client = new pg.Client({ ...settings, database: dbname });
    await client.connect();
    for (const statement of filled) await client.query(statement);
    // In tables as small as these a scan may be the cheapest plan: it is taken where there is no other.
    await client.query(`ANALYZE; ${sessionSettings}`);
  });
  afterAll(async () => {
    await client?.end();
    await store?.close();
  });

  /** The plan whatever the values are. */
  async function planOf(text: string): Promise<string> {
    const count = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
    const values = count === 0 ? "" : `(${Array(count).fill("NULL").join()})`;
    await client.query(`PREPARE asked AS ${text}`);
    const { rows } = await client.query(`EXPLAIN EXECUTE asked${values}`);
    await client.query("DEALLOCATE asked");
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  }

  /** Lists go along whole indexes, look-ups do not. */
  const scan =
    asked === lookUps
      ? /(?:Seq Scan|Index (?:Only )?Scan using \w+) on (\w+).*(?!\n +Index Cond)$/gm
      : /Seq Scan on (\w+)/g;

  const scans = (plan: string) =>
    [...plan.matchAll(scan)].filter(([, table]) => large.some((name) => name.toLowerCase() === table));

  test.skipIf(missing).each(asked)("no scan: %s", async (_, ask) => {
    statements.clear();
    await ask(store).catch((error) => expect(error.code).toBe("NOT_FOUND"));
    expect(statements.size).toBeGreaterThan(0);
    for (const text of statements) {
      const plan = await planOf(text);
      expect(scans(plan), plan).toEqual([]);
    }
  });

  test.skipIf(missing)("a scan would be found", async () => {
    expect(scans(await planOf("SELECT * FROM Artifact WHERE state = $1"))).toHaveLength(1);
  });
});

describe.each([
  { artifacts, asked: allQuestions },
  // It rather reads all rows than look up a page of them in a table as small as this.
  { artifacts: 10_000, asked: pagesOfAll },
])("MariaDB, $artifacts artifacts", ({ artifacts, asked }) => {
  const { port, missing } = inject("mysql");
  const database = newDatabaseName("plans");
  let connection: mysql.Connection;
  let store: MetadataStore;

  beforeAll(async () => {
    if (missing !== undefined) return;
    const settings = { host, port: port as number, user: "root", database };
    store = await openStore({ mysql: settings });
    connection = await mysql.createConnection(settings);
    await connection.query("SET SESSION max_recursive_iterations = 1000000");
    for (const statement of filling(artifacts)) await connection.query(statement);
    await connection.query(`ANALYZE TABLE ${large.join()}`);
    await connection.query("SET GLOBAL userstat = ON");
  });
  afterAll(async () => {
    await connection?.query("SET GLOBAL userstat = OFF");
    await connection?.end();
    await store?.close();
  });

  /** The rows of the large tables that the server has read so far. */
  async function rowsRead(): Promise<Map<string, number>> {
    const [rows] = (await connection.query(
      "SELECT table_name AS name, rows_read AS count FROM information_schema.table_statistics WHERE table_schema = ?",
      [database],
    )) as unknown as [{ name: string; count: number }[]];
    return new Map(
      rows.filter(({ name }) => large.includes(name)).map(({ name, count }) => [name, Number(count)]),
    );
  }

  /** The most rows that were read of one table. */
  async function mostRowsRead(work: () => Promise<unknown>): Promise<number> {
    const before = await rowsRead();
    await work();
    const after = await rowsRead();
    return Math.max(0, ...[...after].map(([name, count]) => count - (before.get(name) ?? 0)));
  }

  test.skipIf(missing).each(asked)("few rows are read: %s", async (_, ask) => {
    await ask(store);
    expect(await mostRowsRead(() => ask(store))).toBeLessThan(artifacts / 10);
  });

  test.skipIf(missing)("a scan would be found", async () => {
    const scan = () => connection.query("SELECT count(*) FROM Artifact WHERE state = 1");
    expect(await mostRowsRead(scan)).toBeGreaterThanOrEqual(artifacts);
  });
});
