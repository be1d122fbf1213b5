import type { ConnectionConfig } from "../../src/contract/messages.ts";
import { methods } from "../../src/contract/service.ts";
import { Original } from "../../test/support/original.ts";
import type { Call, Operation } from "../workload.ts";
import type { Side } from "./side.ts";

/** The original through its extension, in a process of its own, which does the timing. */
export async function originalSide(name: string, python: string, config: ConnectionConfig): Promise<Side> {
  const original = await Original.start(python, config);
  return {
    name,
    async time(operations) {
      const { nanoseconds, cpuNanoseconds } = await original.batch(
        operations.flatMap(({ calls }) => calls.map(wire)),
      );
      return { operations: operations.length, nanoseconds, cpuNanoseconds };
    },
    async answers({ calls }: Operation) {
      const answers: Uint8Array[] = [];
      for (const { method, request } of calls.map(wire)) {
        const { code, message, response } = await original.call(method, request);
        if (code !== 0) throw new Error(`the original answers ${method} with code ${code}: ${message}`);
        answers.push(response);
      }
      return answers;
    },
    close: () => original.stop(),
  };
}

/** The method by its name in the service. */
function wire({ method, request }: Call): { method: string; request: Uint8Array } {
  return { method: methods.get(method)?.name ?? method, request };
}
