import type { MessageShape } from "@bufbuild/protobuf";
import { MetadataStoreService } from "../contract/messages.ts";
import type { MetadataService, MethodName, RequestOf, ResponseOf } from "../contract/service.ts";
import { type Fields, makeMessage } from "./message.ts";
import { retryAborted } from "./retry.ts";

type Input<M extends MethodName> = (typeof MetadataStoreService.method)[M]["input"];

/** The fields of a request; `transactionOptions`, which no server uses, is not offered. */
type RequestFields<M extends MethodName> = Omit<Fields<Input<M>>, "transactionOptions">;

/** Calls a method of the service with the given fields, again where it is aborted. */
export type Call = <M extends MethodName>(method: M, fields: RequestFields<M>) => Promise<ResponseOf<M>>;

export function caller(service: MetadataService): Call {
  return (method, fields) => {
    const { input } = MetadataStoreService.method[method];
    const request: MessageShape<typeof input> = makeMessage(input, fields as Fields<typeof input>);
    return retryAborted(() => service[method](request as RequestOf<typeof method>));
  };
}
