import type { DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import { MetadataStoreService } from "./messages.ts";

type Methods = typeof MetadataStoreService.method;

/** A method's name as the generated code spells it: `putArtifacts`. */
export type MethodName = keyof Methods & string;

export type RequestOf<M extends MethodName> = MessageShape<Methods[M]["input"]>;
export type ResponseOf<M extends MethodName> = MessageShape<Methods[M]["output"]>;

/**
 * The 52 operations as functions from request message to response message; they reject with `MlmdError`.
 * Implemented in process by `domain/store.ts` and over the network by `rpc/client.ts`.
 */
export type MetadataService = { [M in MethodName]: (request: RequestOf<M>) => Promise<ResponseOf<M>> };

/** Every method's descriptor, from which routes and clients are made. */
export const methods: ReadonlyMap<MethodName, DescMethodUnary> = new Map(
  Object.entries(MetadataStoreService.method) as [MethodName, DescMethodUnary][],
);
