import { type Command, InvalidArgumentError, Option } from "commander";
import type { NodeKind, Nodes } from "../client/nodes.ts";
import { MetadataStore } from "../client/store.ts";
import type { Types } from "../client/types.ts";
import type { MetadataService } from "../contract/service.ts";
import { MlmdError, notFound, quote } from "../errors.ts";
import { openService } from "../open.ts";
import { kindNames, readerOf, readers } from "./kinds.ts";
import { Progress } from "./output/progress.ts";
import { addStoreOptions, readingConfig, type StoreOptions } from "./store-options.ts";

/** What every command that reads a store has. */
export interface ReadingOptions extends StoreOptions {
  readonly json?: true;
  readonly ndjson?: true;
}

export function addReadingOptions(command: Command): Command {
  return addStoreOptions(command)
    .addOption(new Option("--json", "print JSON, as protobuf writes the messages").conflicts("ndjson"))
    .addOption(new Option("--ndjson", "print JSON, one value a line"));
}

/** Opens the store that the options name, for reading, as long as `work` takes. */
export async function withStore<T>(
  options: StoreOptions,
  command: Command,
  work: (store: MetadataStore, isServer: boolean) => Promise<T>,
): Promise<T> {
  const config = await readingConfig(options, command);
  const { service, close } = await openService(config).catch((error: unknown) => {
    throw withNextStep(error, config);
  });
  const progress = new Progress("reading");
  const store = new MetadataStore(counted(service, progress), close);
  try {
    return await work(store, "grpc" in config);
  } catch (error) {
    throw withNextStep(error, config);
  } finally {
    progress.end();
    await store.close();
  }
}

/** The same service, but what it answers is told to the progress. */
function counted(service: MetadataService, progress: Progress): MetadataService {
  return new Proxy(service, {
    get: (target, method: keyof MetadataService) => async (request: never) => {
      const response = await target[method](request);
      for (const name of ["artifacts", "executions", "contexts", "events"]) {
        const found = (response as { [name: string]: unknown })[name];
        if (Array.isArray(found)) progress.add(name, found.length);
      }
      return response;
    },
  });
}

/** What a person can do about it, where the error does not say that already. */
function withNextStep(error: unknown, config: object): unknown {
  if (!(error instanceof MlmdError)) return error;
  const { code, message } = error;
  const add = (step: string) => new MlmdError(code, `${message}; ${step}`, { cause: error.cause });
  if (code === "UNAVAILABLE" && "grpc" in config) {
    return add("is a server running there? `mlmd serve --sqlite ./mlmd.db --port 8080` starts one");
  }
  if (code === "UNAUTHENTICATED") {
    return add("give the password with --password-file or MLMD_DATABASE_PASSWORD");
  }
  if (code === "NOT_FOUND" && "sqlite" in config && /does not exist$/.test(message)) {
    return add("`mlmd quickstart` makes one with an example");
  }
  if (code === "RESOURCE_EXHAUSTED" && "grpc" in config) {
    return add("ask for less, or open the database itself with --sqlite, --mysql or --postgres");
  }
  return error;
}

export function positiveNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number === 0) {
    throw new InvalidArgumentError("It must be a number above 0.");
  }
  return number;
}

/** `artifact` and `artifacts` alike. */
export function kindOfText(text: string): NodeKind {
  const kind = kindNames.find((name) => text === name || text === `${name}s`);
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(`It must be one of ${kindNames.join(", ")}.`);
}

export interface TypeChoice {
  readonly type?: string;
  readonly typeVersion?: string;
}

export function addTypeOptions(command: Command, description: string): Command {
  return command
    .option("--type <name>", description)
    .option("--type-version <version>", "the version of that type, where it has one");
}

/** The node with this id or name; digits are an id unless the type is given. */
export async function findNode<K extends NodeKind>(
  store: MetadataStore,
  kind: K,
  text: string,
  { type, typeVersion }: TypeChoice,
): Promise<Nodes[K]> {
  const reader = readers[kind];
  if (type !== undefined) {
    const { name, version } = await findType(store, kind, type, typeVersion);
    const node = await reader.byTypeAndName(store, name, text, version);
    if (node !== undefined) return node as Nodes[K];
    throw notFound(
      `no ${kind} of type ${quote(name)} is named ${quote(text)}; ${lists(kind, name)} lists them`,
    );
  }
  if (/^\d{1,19}$/.test(text)) return nodeById(store, kind, BigInt(text));
  const found = await namesakes(store, kind, text);
  const [node, ...others] = found;
  if (node === undefined) {
    throw notFound(`no ${kind} is named ${quote(text)}; ${lists(kind)} lists them`);
  }
  if (others.length === 0) return node;
  const all = found.map(({ id, type }) => `${id} (${type ?? "unknown type"})`).join(", ");
  throw new MlmdError(
    "FAILED_PRECONDITION",
    `several ${kind}s are named ${quote(text)}: ${all}; give the id, or the type with --type`,
  );
}

export async function nodeById<K extends NodeKind>(
  store: MetadataStore,
  kind: K,
  id: bigint,
): Promise<Nodes[K]> {
  const [node] = await readers[kind].byId(store, [id]);
  if (node !== undefined) return node as Nodes[K];
  throw notFound(`there is no ${kind} with id ${id}; ${lists(kind)} lists them`);
}

async function namesakes<K extends NodeKind>(
  store: MetadataStore,
  kind: K,
  name: string,
): Promise<Nodes[K][]> {
  const found: Nodes[K][] = [];
  const filterQuery = `name = ${literal(name)}`;
  for await (const node of readers[kind].list(store, { filterQuery, limit: 5 })) found.push(node as Nodes[K]);
  return found;
}

/** A text as a string of the filter language. */
function literal(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
  return `'${escaped}'`;
}

function lists(kind: NodeKind, type?: string): string {
  return `\`mlmd list ${kind}s${type === undefined ? "" : ` --type ${quote(type)}`}\``;
}

/** The type of this name and version; where there is none, the error says which there are. */
export async function findType<K extends NodeKind>(
  store: MetadataStore,
  kind: K,
  name: string,
  version: string | undefined,
): Promise<Types[K]> {
  try {
    return (await readers[kind].type(store, name, version)) as Types[K];
  } catch (error) {
    if (!(error instanceof MlmdError) || error.code !== "NOT_FOUND") throw error;
  }
  const types = await readerOf(kind).types(store);
  const versions = types.filter((type) => type.name === name).map((type) => quote(type.version ?? ""));
  if (versions.length > 0) {
    throw notFound(
      `the ${kind} type ${quote(name)} has the versions ${versions.join(", ")}; choose one with --type-version`,
    );
  }
  const near = types.find((type) => type.name.toLowerCase() === name.toLowerCase());
  const hint = near === undefined ? "`mlmd types` lists them" : `there is ${quote(near.name)}`;
  throw notFound(`there is no ${kind} type ${quote(name)}; ${hint}`);
}
