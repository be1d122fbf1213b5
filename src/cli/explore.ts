import { spawn } from "node:child_process";
import { Command } from "commander";
import type { MetadataService } from "../contract/service.ts";
import { MlmdError } from "../errors.ts";
import { openService } from "../open.ts";
import { stopOnSignal, wholeNumber } from "./serve.ts";
import { addStoreOptions, readingConfig, type StoreOptions } from "./store-options.ts";

interface ExploreOptions extends StoreOptions {
  readonly port: number;
  readonly open: boolean;
}

export function exploreCommand(): Command {
  return addStoreOptions(
    new Command("explore").description("Open the web page on a metadata store, and change nothing in it."),
  )
    .option("--port <port>", "the port for the page; 0 takes a free one", wholeNumber, 0)
    .option("--no-open", "print the address only, and open no browser")
    .addHelpText(
      "after",
      "\nExamples:\n  mlmd explore --sqlite ./mlmd.db\n  mlmd explore --grpc localhost:8080 --no-open\n",
    )
    .action(explore);
}

async function explore(options: ExploreOptions, command: Command): Promise<void> {
  if (options.port > 65535) command.error("error: the port must be at most 65535");
  const { service, close } = await openService(await readingConfig(options, command));
  const { startServer } = await import("../rpc/server.ts");
  const server = await startServer({
    service: readingOnly(service),
    host: "127.0.0.1",
    port: options.port,
    pages: new URL("../ui/", import.meta.url),
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const address = `http://127.0.0.1:${server.port}/`;
  console.log(address);
  console.error("Reading only. Stop with Ctrl+C.");
  if (options.open) openBrowser(address);
  stopOnSignal(server, close);
}

/** The service without its writes: also where it is a server that would accept them. */
function readingOnly(service: MetadataService): MetadataService {
  const refuse = async () => {
    throw new MlmdError("PERMISSION_DENIED", "mlmd explore only reads; mlmd serve takes writes");
  };
  return new Proxy(service, {
    get: (target, name) => (String(name).startsWith("put") ? refuse : Reflect.get(target, name).bind(target)),
  });
}

/** Where no browser can be started, the address has been printed. */
function openBrowser(address: string): void {
  const [program, ...args] = { darwin: ["open"], win32: ["cmd", "/c", "start", ""] }[
    process.platform as string
  ] ?? ["xdg-open"];
  const child = spawn(program as string, [...args, address], { stdio: "ignore", detached: true });
  child.on("error", () => console.error("No browser could be opened here; go to the address above."));
  child.unref();
}
