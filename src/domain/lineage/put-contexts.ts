import type { Context } from "../../contract/messages.ts";
import { get, has } from "../../contract/presence.ts";
import { invalidArgument, notFound, quote } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { inOrder } from "../in-order.ts";
import { contextKind } from "../kinds.ts";
import { NodeBatch, type NodeEntry } from "../nodes/node-batch.ts";
import type { WriteTransaction } from "../ports.ts";

export interface ContextOptions {
  /** A context without id whose type and name are stored stands for the stored one, which stays untouched. */
  readonly reuseByName: boolean;
  /** A context with an id stands for the stored one, which stays untouched. */
  readonly reuseById: boolean;
}

type ContextEntry = Pick<NodeEntry<"context">, "id">;

/** The contexts of a PutExecution or PutLineageSubgraph: created, updated or reused. Gives ids in order. */
export async function putContexts(
  tx: WriteTransaction,
  contexts: readonly Context[],
  options: ContextOptions,
  clock: Clock,
): Promise<bigint[]> {
  if (contexts.length === 0) return [];
  const put = await ContextPut.load(tx, contexts, options, clock);
  const entries = await inOrder(
    contexts,
    (context) => put.put(context),
    () => put.flush(),
  );
  return entries.map((entry) => entry.id);
}

class ContextPut {
  private constructor(
    private readonly batch: NodeBatch<"context">,
    private readonly options: ContextOptions,
    private readonly existing: ReadonlySet<bigint>,
    /** What stands for a type and name, stored or put by this request. */
    private readonly byName: Map<string, ContextEntry>,
  ) {}

  static async load(
    tx: WriteTransaction,
    contexts: readonly Context[],
    options: ContextOptions,
    clock: Clock,
  ): Promise<ContextPut> {
    const ids = contexts.flatMap((context) => get(context, "id") ?? []);
    const names = options.reuseByName ? contexts.filter(isNamed) : [];
    const byName = new Map<string, ContextEntry>();
    for (const found of await tx.nodeIdsByName(contextKind, names)) byName.set(nameKey(found), found);
    const written = contexts.filter((context) =>
      has(context, "id") ? !options.reuseById : !byName.has(nameKey(context)),
    );
    const writtenIds = written.flatMap((context) => get(context, "id") ?? []);
    // Another context may come to be created after all, when one before it is renamed.
    const candidates = written.length === 0 ? [] : contexts;
    return new ContextPut(
      await NodeBatch.load(tx, contextKind, clock, candidates, writtenIds),
      options,
      await tx.existingIds(contextKind, options.reuseById ? ids : []),
      byName,
    );
  }

  async put(context: Context): Promise<ContextEntry> {
    if (has(context, "id") && this.options.reuseById) {
      if (!this.existing.has(context.id)) throw notFound(`There is no context with id ${context.id}`);
      return { id: context.id };
    }
    if (!has(context, "typeId"))
      throw invalidArgument(`No type id is given for the context ${quote(context.name)}`);
    if (!has(context, "name")) throw invalidArgument(`A context of type id ${context.typeId} has no name`);
    if (has(context, "id")) return this.update(context);
    const known = this.options.reuseByName ? this.byName.get(nameKey(context)) : undefined;
    if (known !== undefined) return known;
    const entry = await this.batch.create(context);
    this.byName.set(nameKey(context), entry);
    return entry;
  }

  /** A rename frees the old name for the contexts behind it in the request, and takes the new one. */
  private async update(context: Context): Promise<ContextEntry> {
    const oldName = this.batch.get(context.id)?.node.name;
    const entry = await this.batch.put(context);
    const { typeId, name } = entry.node;
    if (oldName !== undefined && oldName !== name) this.byName.delete(nameKey({ typeId, name: oldName }));
    this.byName.set(nameKey({ typeId, name }), entry);
    return entry;
  }

  flush(): Promise<void> {
    return this.batch.flush();
  }
}

function isNamed(context: Context): boolean {
  return !has(context, "id") && has(context, "typeId") && has(context, "name");
}

function nameKey({ typeId, name }: { typeId: bigint; name: string }): string {
  return `${typeId} ${name}`;
}
