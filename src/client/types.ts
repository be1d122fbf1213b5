import {
  type ArtifactStructType,
  type ArtifactType as ArtifactTypeMessage,
  ArtifactTypeSchema,
  type ContextType as ContextTypeMessage,
  ContextTypeSchema,
  type ExecutionType as ExecutionTypeMessage,
  ExecutionTypeSchema,
  type PropertyType,
} from "../contract/messages.ts";
import { get, setEntry } from "../contract/presence.ts";
import { quote } from "../errors.ts";
import {
  type ArtifactBaseType,
  artifactBaseTypes,
  type ExecutionBaseType,
  executionBaseTypes,
} from "./enums.ts";
import { makeMessage, setFields } from "./message.ts";
import type { NodeKind } from "./nodes.ts";
import { kindFromNumber, kindToNumber, type PropertyKind } from "./values.ts";

/** What the three kinds of types have in common when they are read. What is not set is absent. */
interface StoredType {
  id: bigint;
  name: string;
  version?: string;
  description?: string;
  externalId?: string;
  /** Name and kind of each property that nodes of the type may have. */
  properties: { [name: string]: PropertyKind };
}

export interface ArtifactType extends StoredType {
  /** The system type that it extends. */
  baseType?: ArtifactBaseType;
}

export interface ExecutionType extends StoredType {
  /** The system type that it extends. */
  baseType?: ExecutionBaseType;
  /** What executions of the type read, as the raw message: a description that the store keeps and never checks. */
  inputType?: ArtifactStructType;
  outputType?: ArtifactStructType;
}

export interface ContextType extends StoredType {}

/** What the three kinds of types have in common when they are written. A type is known by its name and version. */
interface TypeInput {
  /** Ignored: a type that was read can be written back. */
  id?: bigint | undefined;
  name: string;
  /** Types of one name and different versions are different types. Unset and `""` are the same. */
  version?: string | undefined;
  /** Stored with a new type, never changed. */
  description?: string | undefined;
  /** Unique among all types. */
  externalId?: string | undefined;
  properties?: { readonly [name: string]: PropertyKind } | undefined;
}

export interface ArtifactTypeInput extends TypeInput {
  baseType?: ArtifactBaseType | undefined;
}

export interface ExecutionTypeInput extends TypeInput {
  baseType?: ExecutionBaseType | undefined;
  /** Stored with a new type, never changed. */
  inputType?: ArtifactStructType | undefined;
  outputType?: ArtifactStructType | undefined;
}

export interface ContextTypeInput extends TypeInput {}

export interface Types {
  artifact: ArtifactType;
  execution: ExecutionType;
  context: ContextType;
}

export interface TypeInputs {
  artifact: ArtifactTypeInput;
  execution: ExecutionTypeInput;
  context: ContextTypeInput;
}

export interface TypeMessages {
  artifact: ArtifactTypeMessage;
  execution: ExecutionTypeMessage;
  context: ContextTypeMessage;
}

export const toTypeMessage: { readonly [K in NodeKind]: (type: TypeInputs[K]) => TypeMessages[K] } = {
  artifact: (type) =>
    makeMessage(ArtifactTypeSchema, {
      ...commonFields(type),
      baseType: type.baseType && artifactBaseTypes.number(type.baseType),
    }),
  execution: (type) =>
    makeMessage(ExecutionTypeSchema, {
      ...commonFields(type),
      baseType: type.baseType && executionBaseTypes.number(type.baseType),
      inputType: type.inputType,
      outputType: type.outputType,
    }),
  context: (type) => makeMessage(ContextTypeSchema, commonFields(type)),
};

function commonFields({ id, name, version, description, externalId, properties }: TypeInput) {
  const kinds: { [name: string]: PropertyType } = {};
  for (const [property, kind] of Object.entries(properties ?? {})) {
    setEntry(kinds, property, kindToNumber(kind, `Property ${quote(property)} of type ${quote(name)}`));
  }
  return { id, name, version, description, externalId, properties: kinds };
}

export const fromTypeMessage: { readonly [K in NodeKind]: (message: TypeMessages[K]) => Types[K] } = {
  artifact(message) {
    const baseType = get(message, "baseType");
    return {
      ...storedType(message),
      ...(baseType && { baseType: artifactBaseTypes.name(baseType) as ArtifactBaseType }),
    };
  },
  execution(message) {
    const { inputType, outputType } = message;
    const baseType = get(message, "baseType");
    return {
      ...storedType(message),
      ...(baseType && { baseType: executionBaseTypes.name(baseType) as ExecutionBaseType }),
      ...(inputType && { inputType }),
      ...(outputType && { outputType }),
    };
  },
  context: (message) => storedType(message),
};

function storedType(message: TypeMessages[NodeKind]): StoredType {
  const properties: StoredType["properties"] = {};
  for (const [name, type] of Object.entries(message.properties)) {
    setEntry(
      properties,
      name,
      kindFromNumber(type, `Property ${quote(name)} of type ${quote(message.name)}`),
    );
  }
  return { ...setFields(message, ["id", "name", "version", "description", "externalId"]), properties };
}
