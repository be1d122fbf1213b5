import { create } from "@bufbuild/protobuf";
import pg from "pg";
import { ConnectionConfigSchema } from "../../src/contract/messages.ts";
import { openService } from "../../src/open.ts";
import { Original } from "../../test/support/original.ts";
import { type Data, type LoadDialect, loadStatements } from "../data.ts";
import { type Bare, List, type OnDuplicate, type Row, type Value } from "../sides/minimum.ts";
import { countQuery, counts, type Engine, type Place } from "./engine.ts";

const dialect: LoadDialect = {
  series: (count) => `generate_series(1, ${count}) AS n(i)`,
  div: (number, by) => `((${number}) / ${by})`,
  true: "TRUE",
  false: "FALSE",
  double: (number) => `CAST(${number} AS DOUBLE PRECISION)`,
};

const numbered = ["Type", "Artifact", "Execution", "Context", "Event", "Association", "Attribution"];

const host = "127.0.0.1";
const user = "mlmd";

/** Databases on the server that listens on this port of loopback. */
export async function postgresEngine(port: number, python: string | undefined): Promise<Engine> {
  const administrator = new pg.Client({ host, port, user, database: "postgres" });
  await administrator.connect();
  const setting = async (name: string) => String((await administrator.query(`SHOW ${name}`)).rows[0]?.[name]);
  let number = 0;
  return {
    name: "postgres",
    facts: {
      PostgreSQL: `${await setting("server_version")}, fsync=${await setting("fsync")}, synchronous_commit=${await setting("synchronous_commit")}`,
    },
    async place(data) {
      const dbname = `bench_${++number}`;
      const place = databasePlace(port, dbname, () =>
        administrator.query(`DROP DATABASE ${dbname} WITH (FORCE)`),
      );
      if (python === undefined) await (await openService(place.config)).close();
      else await (await Original.start(python, place.original)).stop();
      if (data !== undefined) await withClient(port, dbname, (client) => load(client, data));
      return place;
    },
    stop: () => administrator.end(),
  };
}

async function load(client: pg.Client, data: Data): Promise<void> {
  await client.query("SET synchronous_commit = off");
  for (const statement of loadStatements(data, dialect)) await client.query(statement);
  for (const table of numbered) {
    await client.query(`SELECT setval('${table}_id_seq', (SELECT MAX(id) FROM ${table}))`);
  }
  await client.query("VACUUM ANALYZE");
}

async function withClient<T>(
  port: number,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ host, port, user, database });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databasePlace(port: number, dbname: string, remove: () => Promise<unknown>): Place {
  const settings = { host, user, dbname };
  const config = { case: "postgresql" as const, value: { ...settings, port: String(port) } };
  return {
    config: { postgresql: { ...settings, port } },
    original: create(ConnectionConfigSchema, { config }),
    serveArguments: ["--postgres", `postgresql://${user}@${host}:${port}/${dbname}`],
    async bare() {
      const client = new pg.Client({ host, port, user, database: dbname, pipeline: true } as pg.ClientConfig);
      await client.connect();
      return new BarePostgres(client);
    },
    counts: () =>
      withClient(port, dbname, async (client) => counts((await client.query(countQuery)).rows[0])),
    remove,
  };
}

const columnTypes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["uri", "name", "string_value", "step_key"].map((name) => [name, "text"])),
  ...Object.fromEntries(["is_custom_property", "is_index_step"].map((name) => [name, "boolean"])),
  ...Object.fromEntries(
    ["create_time_since_epoch", "last_update_time_since_epoch", "milliseconds_since_epoch"].map((name) => [
      name,
      "bigint",
    ]),
  ),
};

function conflictClause(columns: readonly string[], onDuplicate: OnDuplicate | undefined): string {
  if (onDuplicate === undefined) return "";
  if (onDuplicate === "keep") return " ON CONFLICT DO NOTHING";
  const { replace } = onDuplicate;
  const settings = columns.slice(replace).map((column) => `${column} = excluded.${column}`);
  return ` ON CONFLICT (${columns.slice(0, replace)}) DO UPDATE SET ${settings}`;
}

class BarePostgres implements Bare {
  readonly #client: pg.Client;
  /** By the text with `?`. */
  readonly #prepared = new Map<string, { name: string; text: string }>();

  constructor(client: pg.Client) {
    this.#client = client;
  }

  flag(value: boolean): boolean {
    return value;
  }

  in(column: string, list: List): string {
    return `${column} = ANY(?::${list.isText ? "text" : "int"}[])`;
  }

  async all(text: string, values: readonly (Value | List)[] = []): Promise<Row[]> {
    const bound = values.map((value) => (value instanceof List ? value.values : value));
    return (await this.#client.query({ ...this.#statement(text), values: bound })).rows;
  }

  async insert(
    table: string,
    columns: readonly string[],
    rows: readonly Value[][],
    onDuplicate?: OnDuplicate,
  ): Promise<number[]> {
    const arrays = columns.map((column) => `?::${columnTypes[column] ?? "int"}[]`);
    const end = `${conflictClause(columns, onDuplicate)}${numbered.includes(table) ? " RETURNING id" : ""}`;
    const inserted = await this.#client.query({
      ...this.#statement(`INSERT INTO ${table} (${columns}) SELECT * FROM unnest(${arrays})${end}`),
      values: columns.map((_, index) => rows.map((row) => row[index])),
    });
    return inserted.rows.map(({ id }) => id);
  }

  async run(text: string, rows: readonly Value[][]): Promise<void> {
    await Promise.all(rows.map((values) => this.#client.query({ ...this.#statement(text), values })));
  }

  /** The beginning travels with the first statement. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    const begun = this.#client.query("BEGIN");
    const result = await work();
    await Promise.all([begun, this.#client.query("COMMIT")]);
    return result;
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  #statement(text: string): { name: string; text: string } {
    let known = this.#prepared.get(text);
    if (known === undefined) {
      let number = 0;
      known = { name: `bench_${this.#prepared.size}`, text: text.replaceAll("?", () => `$${++number}`) };
      this.#prepared.set(text, known);
    }
    return known;
  }
}
