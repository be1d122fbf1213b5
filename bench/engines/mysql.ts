import { create } from "@bufbuild/protobuf";
import driver from "mysql2";
import mysql, { type ResultSetHeader } from "mysql2/promise";
import { ConnectionConfigSchema } from "../../src/contract/messages.ts";
import { openService } from "../../src/open.ts";
import { Original } from "../../test/support/original.ts";
import { type Data, type LoadDialect, loadStatements } from "../data.ts";
import { type Bare, duplicates, List, type OnDuplicate, type Row, type Value } from "../sides/minimum.ts";
import { countQuery, counts, type Engine, type Place, tables } from "./engine.ts";

const dialect: LoadDialect = {
  series: (count) => `(SELECT seq AS i FROM seq_1_to_${count}) n`,
  div: (number, by) => `((${number}) DIV ${by})`,
  true: "1",
  false: "0",
  double: (number) => `CAST(${number} AS DOUBLE)`,
};

const host = "127.0.0.1";
const user = "root";

/** Databases on the server that listens on this port of loopback. */
export async function mysqlEngine(port: number, python: string | undefined): Promise<Engine> {
  const administrator = await mysql.createConnection({ host, port, user });
  const setting = async (name: string) => {
    const [rows] = await administrator.query(`SELECT @@${name} AS value`);
    return String((rows as { value: unknown }[])[0]?.value);
  };
  let number = 0;
  return {
    name: "mysql",
    facts: {
      MariaDB:
        `${await setting("version")}, innodb_flush_log_at_trx_commit=${await setting("innodb_flush_log_at_trx_commit")}, ` +
        `innodb_doublewrite=${await setting("innodb_doublewrite")}, log_bin=${await setting("log_bin")}`,
    },
    async place(data) {
      const database = `bench_${++number}`;
      const place = databasePlace(port, database, () => administrator.query(`DROP DATABASE ${database}`));
      if (python === undefined) await (await openService(place.config)).close();
      else await (await Original.start(python, place.original)).stop();
      if (data !== undefined) await withConnection(port, database, (connection) => load(connection, data));
      return place;
    },
    stop: () => administrator.end(),
  };
}

async function load(connection: mysql.Connection, data: Data): Promise<void> {
  await connection.query(
    "SET SESSION sql_mode = 'PIPES_AS_CONCAT', unique_checks = 0, foreign_key_checks = 0",
  );
  await connection.query("START TRANSACTION");
  for (const statement of loadStatements(data, dialect)) await connection.query(statement);
  await connection.query("COMMIT");
  await connection.query(`ANALYZE TABLE ${tables.join()}`);
}

async function withConnection<T>(
  port: number,
  database: string,
  work: (connection: mysql.Connection) => Promise<T>,
): Promise<T> {
  const connection = await mysql.createConnection({ host, port, user, database });
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

function databasePlace(port: number, database: string, remove: () => Promise<unknown>): Place {
  const settings = { host, user, database };
  const config = { case: "mysql" as const, value: { ...settings, port: BigInt(port) } };
  return {
    config: { mysql: { ...settings, port } },
    original: create(ConnectionConfigSchema, { config }),
    serveArguments: ["--mysql", `mysql://${user}@${host}:${port}/${database}`],
    bare: async () => new BareMysql(await mysql.createConnection({ ...settings, port })),
    counts: () =>
      withConnection(port, database, async (connection) => {
        const [rows] = await connection.query(countQuery);
        return counts((rows as Row[])[0]);
      }),
    remove,
  };
}

class BareMysql implements Bare {
  readonly #connection: mysql.Connection;

  constructor(connection: mysql.Connection) {
    this.#connection = connection;
  }

  flag(value: boolean): number {
    return value ? 1 : 0;
  }

  in(column: string, list: List): string {
    return `${column} IN (${list.values.map(() => "?")})`;
  }

  async all(text: string, values: readonly (Value | List)[] = []): Promise<Row[]> {
    const bound = values.flatMap((value) => (value instanceof List ? value.values : [value])).map(bind);
    return (await this.#connection.execute(text, bound))[0] as Row[];
  }

  /** One statement with all rows; its ids follow one another. */
  async insert(
    table: string,
    columns: readonly string[],
    rows: readonly Value[][],
    onDuplicate?: OnDuplicate,
  ): Promise<number[]> {
    const verb = { keep: "INSERT IGNORE", replace: "REPLACE", fail: "INSERT" }[duplicates(onDuplicate)];
    const row = `(${columns.map(() => "?")})`;
    const text = `${verb} INTO ${table} (${columns}) VALUES ${rows.map(() => row)}`;
    const [{ insertId }] = await this.#connection.execute<ResultSetHeader>(text, rows.flat().map(bind));
    return rows.map((_, index) => insertId + index);
  }

  async run(text: string, rows: readonly Value[][]): Promise<void> {
    for (const row of rows) await this.#connection.execute(text, row.map(bind));
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    const begun = this.#connection.query("START TRANSACTION");
    const result = await work();
    await Promise.all([begun, this.#connection.query("COMMIT")]);
    return result;
  }

  close(): Promise<void> {
    return this.#connection.end();
  }
}

/** As an integer: the driver's own choice for a number is a double, which the server compares more slowly. */
function bind(value: Value): never {
  return (typeof value === "number" ? driver.TypedParameter.LONGLONG(value) : value) as never;
}
