import { MlmdError } from "../errors.ts";
import { byId } from "./by-id.ts";
import type { Call } from "./call.ts";
import { DeclaredType, wrongKind, wrongKindError } from "./declared-type.ts";
import { type NodeInput, type NodeInputs, type NodeKind, type NodeMessages, toNodeMessage } from "./nodes.ts";
import type { TypeRegistry } from "./type-registry.ts";

/** A node to be written, and how messages call it: `artifacts[2]`. */
interface Located<N> {
  readonly node: N;
  readonly where: string;
}

export type LocatedNodes = { readonly [K in NodeKind]?: readonly Located<NodeInputs[K]>[] };
/** The messages of the nodes, in the same order. */
export type NodeMessageLists = { readonly [K in NodeKind]: NodeMessages[K][] };

export function located<N>(nodes: Iterable<N>, list: string): Located<N>[] {
  return Array.from(nodes, (node, index) => ({ node, where: `${list}[${index}]` }));
}

/** Converts nodes to messages, registering the types that they are declared with, and sends them. */
export async function putNodes<T>(
  call: Call,
  registry: TypeRegistry,
  nodes: LocatedNodes,
  send: (messages: NodeMessageLists) => Promise<T>,
): Promise<T> {
  const { artifact = [], execution = [], context = [] } = nodes;
  const all: Located<NodeInput>[] = [...artifact, ...execution, ...context];
  const typeIds = await registry.register(all.flatMap(({ node }) => declaredType(node) ?? []));
  const convert = <K extends NodeKind>(kind: K, list: readonly Located<NodeInputs[K]>[]) =>
    list.map(({ node, where }) => {
      const type = declaredType(node);
      return toNodeMessage[kind](node, where, type && typeIds.get(type));
    });
  const messages = {
    artifact: convert("artifact", artifact),
    execution: convert("execution", execution),
    context: convert("context", context),
  };
  try {
    return await send(messages);
  } catch (error) {
    throw (await explainWrongKind(call, nodes, error)) ?? error;
  }
}

function declaredType(node: NodeInput): DeclaredType | undefined {
  return node.type instanceof DeclaredType ? node.type : undefined;
}

/**
 * Without a declared type it is the server that finds a value of the wrong kind; its message cannot say what to
 * write in JavaScript. So where nodes were refused, look their types up and see whether that was the reason.
 */
async function explainWrongKind(
  call: Call,
  nodes: LocatedNodes,
  error: unknown,
): Promise<MlmdError | undefined> {
  if (!(error instanceof MlmdError && error.code === "INVALID_ARGUMENT")) return undefined;
  for (const kind of Object.keys(nodes) as NodeKind[]) {
    const untyped = (nodes[kind] ?? []).filter(({ node }) => node.typeId !== undefined && node.properties);
    if (untyped.length === 0) continue;
    // The error that is being explained matters more than one of the look-up.
    const types = await byId[kind]
      .types(call, [...new Set(untyped.map(({ node }) => node.typeId as bigint))])
      .catch(() => []);
    for (const { node, where } of untyped) {
      const type = types.find(({ id }) => id === node.typeId);
      const wrong = type && wrongKind(type.properties, node.properties ?? {});
      if (type && wrong) {
        return wrongKindError({ kind, name: type.name }, wrong.name, wrong.kind, wrong.value, where, error);
      }
    }
  }
  return undefined;
}
