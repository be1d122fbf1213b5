import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { MlmdError } from "../errors.ts";
import type { StoreConfig } from "../open.ts";

/** The options that name a database; at most one of the three is given. */
export interface DatabaseOptions {
  readonly sqlite?: string;
  readonly mysql?: string;
  readonly postgres?: string;
  readonly passwordFile?: string;
}

/** A database, or a server that has one. */
export interface StoreOptions extends DatabaseOptions {
  readonly grpc?: string;
}

export type DatabaseConfig =
  | Extract<StoreConfig, { mysql: object } | { postgresql: object }>
  | (Extract<StoreConfig, { sqlite: object }> & { readonly sqlite: { readonly path: string } });

/** `others` are options of the command that name a place for data too, and so exclude these. */
export function addDatabaseOptions(
  command: Command,
  { fileNote = "it must exist", others = [] }: { fileNote?: string; others?: readonly string[] } = {},
): Command {
  const oneOf = ["sqlite", "mysql", "postgres", ...others];
  const option = (flags: string, description: string) => {
    const made = new Option(flags, description);
    return made.conflicts(oneOf.filter((name) => name !== made.attributeName()));
  };
  return command
    .addOption(option("--sqlite <file>", `a database file; ${fileNote}`))
    .addOption(option("--mysql <url>", "a MySQL or MariaDB database: mysql://user@host:port/database"))
    .addOption(option("--postgres <url>", "a PostgreSQL database: postgresql://user@host:port/database"))
    .option("--password-file <file>", "holds the database user's password, as does MLMD_DATABASE_PASSWORD");
}

export function addStoreOptions(command: Command): Command {
  return addDatabaseOptions(command, { others: ["grpc"] }).addOption(
    new Option("--grpc <host:port>", "a server, ours or the original's").conflicts([
      "sqlite",
      "mysql",
      "postgres",
    ]),
  );
}

/** What the options name, or undefined where none of them is given. */
export async function databaseConfig(options: DatabaseOptions): Promise<DatabaseConfig | undefined> {
  const { sqlite, mysql, postgres } = options;
  if (mysql !== undefined) return { mysql: { url: mysql, ...(await password(options)) } };
  if (postgres !== undefined) return { postgresql: { url: postgres, ...(await password(options)) } };
  return sqlite === undefined ? undefined : { sqlite: { path: sqlite } };
}

/** Kept out of the command line, which every user of the machine can read. */
async function password({ passwordFile }: DatabaseOptions): Promise<{ password?: string }> {
  if (passwordFile === undefined) {
    const password = process.env.MLMD_DATABASE_PASSWORD;
    return password === undefined ? {} : { password };
  }
  try {
    return { password: (await readFile(passwordFile, "utf8")).replace(/\r?\n$/, "") };
  } catch (cause) {
    throw new MlmdError("NOT_FOUND", `The password file ${passwordFile} cannot be read`, { cause });
  }
}

/** A page of nodes with long texts is larger than the 4 MiB that clients usually accept. */
const answerBytesMax = 2 ** 29;

/** The store that the options, or else the variable `MLMD_STORE`, name; nothing in it can be changed through it. */
export async function readingConfig(options: StoreOptions, command: Command): Promise<StoreConfig> {
  const { grpc } = chosen(options);
  if (grpc !== undefined) {
    return {
      grpc: { ...hostAndPort(grpc, command), channelArguments: { maxReceiveMessageLength: answerBytesMax } },
    };
  }
  return readOnly(await inspectedConfig(options, command));
}

/** The database that they name, for what a server cannot tell. */
export async function inspectedConfig(options: StoreOptions, command: Command): Promise<DatabaseConfig> {
  const config = await databaseConfig(chosen(options));
  if (config !== undefined) return config;
  const orServer = command.options.some(({ long }) => long === "--grpc") ? " or --grpc localhost:8080" : "";
  return command.error(
    `error: say where the metadata is, e.g. --sqlite ./mlmd.db${orServer}, or set MLMD_STORE`,
  );
}

function chosen(options: StoreOptions): StoreOptions {
  const { sqlite, mysql, postgres, grpc } = options;
  const isGiven = [sqlite, mysql, postgres, grpc].some((name) => name !== undefined);
  return isGiven ? options : { ...options, ...fromVariable(process.env.MLMD_STORE ?? "") };
}

/** The same database, opened for reading. */
export function readOnly(config: DatabaseConfig): DatabaseConfig {
  if ("mysql" in config) return { mysql: { ...config.mysql, readOnly: true } };
  if ("postgresql" in config) return { postgresql: { ...config.postgresql, readOnly: true } };
  return { sqlite: { ...config.sqlite, mode: "READONLY" } };
}

/** `mysql://…`, `postgresql://…`, `grpc://host:port`, or the path of a file. */
function fromVariable(store: string): StoreOptions {
  const [, scheme] = /^(\w+):\/\//.exec(store) ?? [];
  if (scheme === "mysql" || scheme === "mariadb") return { mysql: store };
  if (scheme === "postgresql" || scheme === "postgres") return { postgres: store };
  if (scheme === "grpc") return { grpc: store.slice("grpc://".length) };
  return store === "" ? {} : { sqlite: store };
}

function hostAndPort(text: string, command: Command): { host: string; port: number } {
  const [, host, port] = /^(?:\[([\da-fA-F:.]+)\]|[^:[\]/]+):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined) {
    command.error(`error: --grpc needs a host and a port, such as localhost:8080, not '${text}'`);
  }
  return { host: host ?? text.slice(0, text.lastIndexOf(":")), port: Number(port) };
}
