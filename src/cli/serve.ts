import { setTimeout } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Logger } from "pino";
import { MlmdError } from "../errors.ts";
import { defaultLineageLimits as lineage, type OpenService, openService, type StoreConfig } from "../open.ts";
import type { CallLog, RunningServer } from "../rpc/server.ts";
import { printProgress } from "./migration-progress.ts";
import {
  addDatabaseOptions,
  type DatabaseConfig,
  type DatabaseOptions,
  databaseConfig,
  readOnly,
} from "./store-options.ts";

interface ServeOptions extends DatabaseOptions {
  readonly memory?: true;
  readonly readOnly?: true;
  readonly enableDatabaseUpgrade?: true;
  readonly wait: number;
  readonly host: string;
  readonly port: number;
  readonly allowOrigin?: string[];
  readonly maxReceiveBytes?: number;
  readonly maxSendBytes?: number;
  readonly maxLineageNodes: number;
  readonly maxLineageEvents: number;
  readonly logLevel: string;
  readonly example?: true;
}

export function serveCommand(): Command {
  const command = new Command("serve").description("Serve a metadata database over gRPC.");
  return addDatabaseOptions(command, { fileNote: "made if it is missing", others: ["memory"] })
    .option("--wait <seconds>", "how long to wait for a database that cannot be reached yet", wholeNumber, 60)
    .addOption(
      new Option("--memory", "keep everything in memory, for as long as the server runs").conflicts([
        "sqlite",
        "mysql",
        "postgres",
      ]),
    )
    .addOption(
      new Option("--read-only", "refuse every change, and change nothing in the database").conflicts(
        "memory",
      ),
    )
    .addOption(
      new Option(
        "--enable-database-upgrade",
        "bring a database of an older schema version to ours; else it is refused",
      ).conflicts(["memory", "readOnly"]),
    )
    .option("--host <host>", "the address to listen on", "127.0.0.1")
    .option("--port <port>", "the port to listen on; 0 takes a free one", wholeNumber, 8080)
    .option(
      "--allow-origin <origin>",
      "let pages of this origin call over HTTP too, as https://host:port; may be repeated",
      (origin: string, others: string[] = []) => [...others, origin],
    )
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

export function wholeNumber(text: string): number {
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
  const [{ pino }, { startServer }] = await Promise.all([import("pino"), import("../rpc/server.ts")]);
  const log = pino({ level: options.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const { host, port, allowOrigin, maxReceiveBytes, maxSendBytes } = options;
  const server = await startServer({
    service,
    host,
    port,
    pages: new URL("../ui/", import.meta.url),
    ...(allowOrigin !== undefined && { allowedOrigins: allowOrigin }),
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
  const lineageLimits = { nodesMax: options.maxLineageNodes, eventsMax: options.maxLineageEvents };
  const config = await databaseConfig(options);
  if (config === undefined) return { fake: true, lineageLimits };
  if (options.readOnly) return { ...readOnly(config), lineageLimits };
  return { ...(options.enableDatabaseUpgrade ? upgrading(config) : config), lineageLimits };
}

/** The same database, brought to our schema version first. */
function upgrading(config: DatabaseConfig): DatabaseConfig {
  const options = { enableUpgradeMigration: true, onMigrationProgress: printProgress };
  if ("mysql" in config) return { mysql: { ...config.mysql, ...options } };
  if ("postgresql" in config) return { postgresql: { ...config.postgresql, ...options } };
  return { sqlite: { ...config.sqlite, ...options } };
}

function explain(error: unknown, host: string): unknown {
  if (!(error instanceof MlmdError)) return error;
  return new MlmdError(
    error.code,
    `${error.message}; choose another with --port, e.g. --host ${host} --port 8081`,
  );
}

function logCall(log: Logger, { method, code, ms, cause }: CallLog): void {
  const isFault = code === "INTERNAL" || code === "DATA_LOSS" || code === "UNAVAILABLE";
  log[isFault ? "error" : "info"]({ method, code, ms, ...(cause !== undefined && { err: cause }) }, method);
}

/** The first signal finishes the calls in flight and closes the database, a second one ends the process. */
export function stopOnSignal(server: RunningServer, closeStore: () => Promise<void>): void {
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
