import {
  type Backend,
  databaseOn,
  newDatabaseName,
  type SharedDatabase,
  type TestServers,
} from "../support/backends.ts";
import { type Emptier, mysqlEmptier, postgresEmptier } from "../support/databases.ts";
import { inMemory, Original } from "../support/original.ts";
import { OriginalSide, OurSide } from "./sides.ts";

/** The original and ours, each with a database of its own on the same engine; on SQLite in memory. */
export class Pair {
  readonly backend: Backend;
  readonly #original: Original;
  readonly #databases: { readonly theirs: SharedDatabase; readonly ours: SharedDatabase };
  readonly #emptiers: readonly Emptier[];

  private constructor(
    backend: Backend,
    original: Original,
    databases: { theirs: SharedDatabase; ours: SharedDatabase },
    emptiers: readonly Emptier[],
  ) {
    this.backend = backend;
    this.#original = original;
    this.#databases = databases;
    this.#emptiers = emptiers;
  }

  /** Each creates its database itself. */
  static async start(python: string, backend: Backend, servers: TestServers = {}): Promise<Pair> {
    if (backend === "sqlite") {
      const memory: SharedDatabase = { original: inMemory(), ours: { fake: true } };
      const original = await Original.start(python, memory.original);
      return new Pair(backend, original, { theirs: memory, ours: memory }, []);
    }
    const names = [newDatabaseName("theirs"), newDatabaseName("ours")] as const;
    const [theirs, ours] = names.map((name) => databaseOn(backend, name, { servers, folder: "" })) as [
      SharedDatabase,
      SharedDatabase,
    ];
    const original = await Original.start(python, theirs.original);
    await (await OurSide.open(ours.ours)).close();
    const emptier = backend === "postgres" ? postgresEmptier : mysqlEmptier;
    const port = servers[backend]?.port as number;
    const emptiers = await Promise.all(names.map((name) => emptier(port, name)));
    return new Pair(backend, original, { theirs, ours }, emptiers);
  }

  /** Both with nothing in them but the types that a new database has. */
  async open(): Promise<readonly [OriginalSide, OurSide]> {
    await Promise.all(this.#emptiers.map((emptier) => emptier.empty()));
    return [
      await OriginalSide.open(this.#original, this.#databases.theirs.original),
      await OurSide.open(this.#databases.ours.ours),
    ];
  }

  /** Which ids a failed write uses up depends on the engine and on how the write is made: they are given again. */
  async closeIdGaps(): Promise<void> {
    await Promise.all(this.#emptiers.map((emptier) => emptier.closeIdGaps()));
  }

  async stop(): Promise<void> {
    await this.#original.stop();
    await Promise.all(this.#emptiers.map((emptier) => emptier.close()));
  }
}
