import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { encode } from "../../src/contract/encode.ts";
import { type MethodName, methods } from "../../src/contract/service.ts";
import type { OpenService } from "../../src/open.ts";
import { decode } from "../../src/rpc/wire.ts";
import type { Operation } from "../workload.ts";
import { type Side, timed } from "./side.ts";

type Bytes = (request: Uint8Array) => Promise<Uint8Array>;

/** Ours in this process: from the bytes of a request to the bytes of the answer, as the server does it. */
export function oursSide(name: string, open: OpenService): Side {
  const handlers = new Map(
    [...methods].map(([method, descriptor]) => [method, handler(open, method, descriptor)]),
  );
  const perform = (method: MethodName, request: Uint8Array) => (handlers.get(method) as Bytes)(request);
  return {
    name,
    time: (operations) =>
      timed(operations.length, async () => {
        for (const { calls } of operations) {
          for (const { method, request } of calls) await perform(method, request);
        }
      }),
    async answers({ calls }: Operation) {
      const answers: Uint8Array[] = [];
      for (const { method, request } of calls) answers.push(await perform(method, request));
      return answers;
    },
    close: () => open.close(),
  };
}

function handler({ service }: OpenService, name: MethodName, { input, output }: DescMethodUnary): Bytes {
  const operation = (service[name] as (request: Message) => Promise<Message>).bind(service);
  return async (request) => encode(output, await operation(decode(input, request as Buffer)));
}
