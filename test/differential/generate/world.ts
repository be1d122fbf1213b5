import { clone, type Message } from "@bufbuild/protobuf";
import {
  artifactKind,
  contextKind,
  executionKind,
  type Kind,
  type KindName,
  type NodeOf,
} from "../../../src/domain/kinds.ts";
import type { Random } from "../random.ts";

export const kinds: { readonly [K in KindName]: Kind<K> } = {
  artifact: artifactKind,
  execution: executionKind,
  context: contextKind,
};

export const kindNames = ["artifact", "execution", "context"] as const satisfies KindName[];

export interface KnownType {
  readonly id: bigint;
  readonly name: string;
  /** `PropertyType` numbers by name, as the generator last put them: the store may hold more. */
  readonly properties: { readonly [name: string]: number };
}

const builtInNames: { readonly [K in KindName]: readonly string[] } = {
  artifact: ["mlmd.Dataset", "mlmd.Model", "mlmd.Metrics", "mlmd.Statistics"],
  execution: ["mlmd.Train", "mlmd.Transform", "mlmd.Process", "mlmd.Evaluate", "mlmd.Deploy"],
  context: [],
};

const firstBuiltInId: { readonly [K in KindName]: number } = { artifact: 1, execution: 5, context: 10 };

export interface KnownNode {
  readonly id: bigint;
  readonly typeId: bigint | undefined;
}

/** A list that was answered with a token for its next page. */
export interface OpenList {
  readonly serial: number;
  readonly request: Message;
}

/**
 * What the generator believes is stored, from the answers it has seen. It need not be right: it is there so
 * that requests mostly hit something.
 */
export class World {
  readonly #types = perKind(builtIn);
  readonly #nodes = perKind(() => new Map<bigint, KnownNode>());
  readonly #seen: { readonly [K in KindName]: NodeOf<K>[] } = { artifact: [], execution: [], context: [] };
  readonly #openLists = new Map<string, OpenList>();

  types(kind: KindName): KnownType[] {
    return [...this.#types[kind].values()];
  }

  typeById(kind: KindName, id: bigint | undefined): KnownType | undefined {
    return id === undefined ? undefined : this.#types[kind].get(id);
  }

  addType(kind: KindName, type: KnownType): void {
    const before = this.#types[kind].get(type.id)?.properties;
    this.#types[kind].set(type.id, { ...type, properties: { ...before, ...type.properties } });
  }

  nodes(kind: KindName): KnownNode[] {
    return [...this.#nodes[kind].values()];
  }

  addNode(kind: KindName, node: KnownNode): void {
    const before = this.#nodes[kind].get(node.id);
    this.#nodes[kind].set(node.id, { id: node.id, typeId: node.typeId ?? before?.typeId });
  }

  /** Remembers a few of the nodes that were read last, to be sent back. */
  saw<K extends KindName>(kind: K, nodes: readonly NodeOf<K>[]): void {
    const seen: NodeOf<K>[] = this.#seen[kind];
    seen.unshift(...nodes.slice(0, 5));
    seen.length = Math.min(seen.length, 10);
  }

  /** A copy of a node as it was read. */
  readNode<K extends KindName>(kind: K, random: Random): NodeOf<K> | undefined {
    const seen: NodeOf<K>[] = this.#seen[kind];
    return seen.length === 0 ? undefined : (clone(kinds[kind].node, random.pick(seen) as never) as NodeOf<K>);
  }

  openList(method: string): OpenList | undefined {
    return this.#openLists.get(method);
  }

  setOpenList(method: string, list: OpenList | undefined): void {
    if (list === undefined) this.#openLists.delete(method);
    else this.#openLists.set(method, list);
  }
}

function perKind<T>(make: (kind: KindName) => T): { readonly [K in KindName]: T } {
  return { artifact: make("artifact"), execution: make("execution"), context: make("context") };
}

/** A fresh store's first types. */
function builtIn(kind: KindName): Map<bigint, KnownType> {
  const types = builtInNames[kind].map((name, index) => ({
    id: BigInt(firstBuiltInId[kind] + index),
    name,
    properties: {},
  }));
  return new Map(types.map((type) => [type.id, type]));
}
