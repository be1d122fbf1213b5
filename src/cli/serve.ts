import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { pino } from "pino";
import { MlmdError } from "../errors.ts";
import { defaultLineageLimits as lineage, type OpenService, openService, type StoreConfig } from "../open.ts";
import { type CallLog, type RunningServer, startServer } from "../rpc/server.ts";
import { printProgress } from "./migration-progress.ts";

interface ServeOptions {
  readonly sqlite?: string;
  readonly mysql?: string;
  readonly postgres?: string;
  readonly passwordFile?: string;
  readonly memory?: true;
  readonly readOnly?: true;
  readonly enableDatabaseUpgrade?: true;
  readonly wait: number;
  readonly host: string;
  readonly port: number;
  readonly maxReceiveBytes?: number;
  readonly maxSendBytes?: number;
  readonly maxLineageNodes: number;
  readonly maxLineageEvents: number;
  readonly logLevel: string;
  readonly example?: true;
}

export function serveCommand(): Command {
  return new Command("serve")
    .description("Serve a metadata database over gRPC.")
    .addOption(databaseOption("--sqlite <file>", "the database file; made if it is missing"))
    .addOption(
      databaseOption("--mysql <url>", "a MySQL or MariaDB database: mysql://user@host:port/database"),
    )
    .addOption(
      databaseOption("--postgres <url>", "a PostgreSQL database: postgresql://user@host:port/database"),
    )
    .option("--password-file <file>", "holds the database user's password, as does MLMD_DATABASE_PASSWORD")
    .option("--wait <seconds>", "how long to wait for a database that cannot be reached yet", wholeNumber, 60)
    .option("--memory", "keep everything in memory, for as long as the server runs")
    .addOption(
      new Option("--read-only", "refuse every change, and change nothing in the file").conflicts([
        "mysql",
        "postgres",
        "memory",
      ]),
    )
    .addOption(
      new Option(
        "--enable-database-upgrade",
        "bring a database of an older schema version to ours; else it is refused",
      ).conflicts(["mysql", "postgres", "memory", "readOnly"]),
    )
    .option("--host <host>", "the address to listen on", "127.0.0.1")
    .option("--port <port>", "the port to listen on; 0 takes a free one", wholeNumber, 8080)
    .option("--max-receive-bytes <bytes>", "the largest request to accept (4 MiB unless given)", wholeNumber)
    .option("--max-send-bytes <bytes>", "the largest answer to send (unlimited unless given)", wholeNumber)
    .option(
      "--max-lineage-nodes <count>",
      "the most nodes of one lineage answer",
      wholeNumber,
      lineage.nodesMax,
    )
    .option(
      "--max-lineage-events <count>",
      "the most events of one lineage answer",
      wholeNumber,
      lineage.eventsMax,
    )
    .addOption(
      new Option("--log-level <level>", "what to log; calls that worked are logged at info")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info"),
    )
    .option("--example", "print how to connect from Python and TypeScript")
    .addHelpText("after", "\nExample:\n  mlmd serve --sqlite ./mlmd.db --port 8080\n")
    .action(serve);
}

/** One of several ways to name the database. */
function databaseOption(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.conflicts(["sqlite", "mysql", "postgres", "memory"].filter((name) => name !== option.name()));
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError("It must be a number.");
  return number;
}

async function serve(options: ServeOptions, command: Command): Promise<void> {
  if (
    [options.sqlite, options.mysql, options.postgres, options.memory].every((given) => given === undefined)
  ) {
    command.error("error: say which database to serve, e.g. --sqlite ./mlmd.db, or --memory");
  }
  if (options.port > 65535) command.error("error: the port must be at most 65535");
  const { service, close } = await openWhenThere(await storeConfig(options), options.wait);
  const log = pino({ level: options.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const { host, port, maxReceiveBytes, maxSendBytes } = options;
  const server = await startServer({
    service,
    host,
    port,
    ...(maxReceiveBytes !== undefined && { maxReceiveBytes }),
    ...(maxSendBytes !== undefined && { maxSendBytes }),
    onCall: (entry) => logCall(log, entry),
  }).catch(async (error: unknown) => {
    await close();
    throw explain(error, host);
  });
  // Deployments wait for this text, whatever the log level.
  console.error(`Server listening on ${host}:${server.port}`);
  if (options.example) console.log(exampleText(host, server.port));
  stopOnSignal(server, close);
}

/** A database server is often started at the same time as we are, and is not ready as soon. */
async function openWhenThere(config: StoreConfig, seconds: number): Promise<OpenService> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await openService(config);
    } catch (error) {
      if (!(error instanceof MlmdError) || error.code !== "UNAVAILABLE" || Date.now() >= deadline)
        throw error;
      console.error(`Waiting for the database: ${error.message}`);
    }
    await setTimeout(1000);
  }
}

async function storeConfig(options: ServeOptions): Promise<StoreConfig> {
  const { sqlite, mysql, postgres, readOnly } = options;
  const lineageLimits = { nodesMax: options.maxLineageNodes, eventsMax: options.maxLineageEvents };
  if (mysql !== undefined) return { mysql: { url: mysql, ...(await password(options)) }, lineageLimits };
  if (postgres !== undefined)
    return { postgresql: { url: postgres, ...(await password(options)) }, lineageLimits };
  if (sqlite === undefined) return { fake: true, lineageLimits };
  return {
    sqlite: {
      path: sqlite,
      mode: readOnly ? "READONLY" : "READWRITE_OPENCREATE",
      enableUpgradeMigration: options.enableDatabaseUpgrade ?? false,
      onMigrationProgress: printProgress,
    },
    lineageLimits,
  };
}

/** Kept out of the command line, which every user of the machine can read. */
async function password({ passwordFile }: ServeOptions): Promise<{ password?: string }> {
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

function explain(error: unknown, host: string): unknown {
  if (!(error instanceof MlmdError)) return error;
  return new MlmdError(
    error.code,
    `${error.message}; choose another with --port, e.g. --host ${host} --port 8081`,
  );
}

function logCall(log: pino.Logger, { method, code, ms, cause }: CallLog): void {
  const isFault = code === "INTERNAL" || code === "DATA_LOSS" || code === "UNAVAILABLE";
  log[isFault ? "error" : "info"]({ method, code, ms, ...(cause !== undefined && { err: cause }) }, method);
}

/** The first signal finishes the calls in flight and closes the database, a second one ends the process. */
function stopOnSignal(server: RunningServer, closeStore: () => Promise<void>): void {
  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    console.error(`${signal}: finishing the calls in flight`);
    await server.close();
    await closeStore();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(signal));
}

function exampleText(host: string, port: number): string {
  return `
From Python (pip install ml-metadata):

  from ml_metadata import metadata_store, proto
  store = metadata_store.MetadataStore(proto.MetadataStoreClientConfig(host="${host}", port=${port}))
  print(store.put_artifact_type(proto.ArtifactType(name="Dataset")), store.get_artifact_types())

From TypeScript:

  import { openStore } from "mlmd";
  const store = await openStore({ grpc: { host: "${host}", port: ${port} } });
  console.log(await store.putArtifactType({ name: "Dataset" }), await store.getArtifactTypes());

Stop with Ctrl+C.`;
}
