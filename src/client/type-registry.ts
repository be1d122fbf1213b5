import { MlmdError } from "../errors.ts";
import type { Call } from "./call.ts";
import type { DeclaredType } from "./declared-type.ts";
import type { NodeKind } from "./nodes.ts";
import { toTypeMessage } from "./types.ts";

/** The ids that declared types have in one store. Each type is registered once, when it is first needed. */
export class TypeRegistry {
  readonly #call: Call;
  readonly #ids = new WeakMap<DeclaredType, Promise<bigint>>();

  constructor(call: Call) {
    this.#call = call;
  }

  /** Registers the types that are not yet registered, in one operation. */
  async register(types: Iterable<DeclaredType>): Promise<ReadonlyMap<DeclaredType, bigint>> {
    const wanted = [...new Set(types)];
    const missing = wanted.filter((type) => !this.#ids.has(type));
    if (missing.length > 0) this.#put(missing);
    const ids = await Promise.all(wanted.map((type) => this.#ids.get(type)));
    return new Map(wanted.map((type, index) => [type, ids[index] as bigint]));
  }

  #put(types: readonly DeclaredType[]): void {
    const ofKind = <K extends NodeKind>(kind: K) =>
      types.filter((type): type is DeclaredType<K> => type.kind === kind);
    const byKind = {
      artifact: ofKind("artifact"),
      execution: ofKind("execution"),
      context: ofKind("context"),
    };
    const response = this.#call("putTypes", {
      artifactTypes: byKind.artifact.map((type) => toTypeMessage.artifact(type)),
      executionTypes: byKind.execution.map((type) => toTypeMessage.execution(type)),
      contextTypes: byKind.context.map((type) => toTypeMessage.context(type)),
      canAddFields: true,
      canOmitFields: true,
    });
    for (const type of types) {
      const id = response.then((ids) => {
        const idsOfKind = ids[`${type.kind}TypeIds`];
        return idsOfKind[(byKind[type.kind] as readonly DeclaredType[]).indexOf(type)] as bigint;
      });
      this.#ids.set(type, id);
      id.catch(() => this.#ids.delete(type));
    }
  }

  /** The type's id, or undefined where the store does not have it. Registers nothing. */
  async find(type: DeclaredType): Promise<bigint | undefined> {
    try {
      return await (this.#ids.get(type) ?? this.#stored(type));
    } catch (error) {
      if (error instanceof MlmdError && error.code === "NOT_FOUND") return undefined;
      throw error;
    }
  }

  async #stored({ kind, name, version }: DeclaredType): Promise<bigint | undefined> {
    const key = { typeName: name, typeVersion: version };
    switch (kind) {
      case "artifact":
        return (await this.#call("getArtifactType", key)).artifactType?.id;
      case "execution":
        return (await this.#call("getExecutionType", key)).executionType?.id;
      case "context":
        return (await this.#call("getContextType", key)).contextType?.id;
    }
  }
}
