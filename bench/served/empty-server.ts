/**
 * A server of the same network library that does nothing: each method answers bytes that were made before. What our
 * server can at most reach. Arguments: a file with the answer.
 */
import { readFileSync } from "node:fs";
import { Server, ServerCredentials, type ServiceDefinition, type sendUnaryData } from "@grpc/grpc-js";
import { methods } from "../../src/contract/service.ts";
import { rawMethod } from "../../src/rpc/wire.ts";

const answer = readFileSync(process.argv[2] as string);
const server = new Server({ "grpc.max_send_message_length": -1 });
const handler = (_: unknown, callback: sendUnaryData<Buffer>) => callback(null, answer);
server.addService(
  Object.fromEntries([...methods].map(([name, method]) => [name, rawMethod(method)])) as ServiceDefinition,
  Object.fromEntries([...methods].map(([name]) => [name, handler])),
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send?.(port);
});
process.on("disconnect", () => process.exit());
