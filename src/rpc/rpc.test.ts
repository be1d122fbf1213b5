import { create } from "@bufbuild/protobuf";
import { type CallOptions, Client, credentials } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { GetArtifactTypeRequestSchema, GetArtifactTypeResponseSchema } from "../contract/messages.ts";
import type { MetadataService } from "../contract/service.ts";
import { type Code, codeNumbers, MlmdError } from "../errors.ts";
import { connectGrpc, type GrpcConfig } from "./client.ts";
import { type CallLog, type RunningServer, type ServerOptions, startServer } from "./server.ts";

type Answer = MetadataService["getArtifactType"];

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** A server whose GetArtifactType answers as told. */
async function serve(getArtifactType: Answer, options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const other = async () => Promise.reject(new MlmdError("UNIMPLEMENTED", "not part of this test"));
  const service = new Proxy({ getArtifactType } as MetadataService, {
    get: (target, name) => Reflect.get(target, name) ?? other,
  });
  const server = await startServer({ service, host: "127.0.0.1", port: 0, ...options });
  open.push(server);
  return server;
}

function connect({ port }: RunningServer, config: Partial<GrpcConfig> = {}) {
  const client = connectGrpc({ host: "127.0.0.1", port, ...config });
  open.push(client);
  return (typeName = "") => client.getArtifactType(create(GetArtifactTypeRequestSchema, { typeName }));
}

const echo: Answer = async ({ typeName }) =>
  create(GetArtifactTypeResponseSchema, { artifactType: { name: typeName } });

/** The status code of a call with these bytes. */
async function sendRaw(
  server: RunningServer,
  method: string,
  bytes: Uint8Array,
  deadline?: number,
): Promise<number> {
  const path = `/ml_metadata.MetadataStoreService/${method}`;
  return (await exchange(server, path, bytes, { ...(deadline && { deadline }) })).code;
}

async function exchange({ port }: RunningServer, path: string, bytes: Uint8Array, options: CallOptions = {}) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const same = (value: Buffer) => value;
  try {
    return await new Promise<{ code: number; answer: Buffer | undefined }>((resolve) => {
      client.makeUnaryRequest(path, same, same, Buffer.from(bytes), options, (error, answer) =>
        resolve({ code: error?.code ?? 0, answer }),
      );
    });
  } finally {
    client.close();
  }
}

test("a message goes there and back, whatever its text", async () => {
  const call = connect(await serve(echo));
  for (const name of ["", "Dataset", "ünï\n\tcødé 🚀", "x".repeat(1_000_000)]) {
    expect((await call(name)).artifactType?.name).toBe(name);
  }
});

test.each(Object.keys(codeNumbers) as Code[])("an error keeps its code and message: %s", async (code) => {
  const message = 'at "ünï\n   ^ expected a name';
  const call = connect(await serve(() => Promise.reject(new MlmdError(code, message))), {
    clientTimeoutSec: 5,
  });
  await expect(call()).rejects.toMatchObject({ name: "MlmdError", code, message });
});

test("what nobody expected is INTERNAL; its cause is for the log only", async () => {
  const entries: CallLog[] = [];
  const cause = new TypeError("secret detail");
  const server = await serve(() => Promise.reject(cause), { onCall: (entry) => entries.push(entry) });
  await expect(connect(server)()).rejects.toMatchObject({ code: "INTERNAL", message: "Internal error" });
  expect(entries).toEqual([{ method: "GetArtifactType", code: "INTERNAL", ms: expect.any(Number), cause }]);
});

test("each call is logged once, without its content", async () => {
  const entries: CallLog[] = [];
  const call = connect(await serve(echo, { onCall: (entry) => entries.push(entry) }));
  await call("secret");
  expect(entries).toEqual([{ method: "GetArtifactType", code: "OK", ms: expect.any(Number) }]);
});

test("bytes that are no message are INVALID_ARGUMENT, an unknown method UNIMPLEMENTED", async () => {
  const server = await serve(echo);
  expect(await sendRaw(server, "GetArtifactType", Uint8Array.of(0x0a, 0xff, 0xff))).toBe(
    codeNumbers.INVALID_ARGUMENT,
  );
  expect(await sendRaw(server, "DropEverything", Uint8Array.of())).toBe(codeNumbers.UNIMPLEMENTED);
  expect((await connect(server)("still there")).artifactType?.name).toBe("still there");
});

test("requests and answers over the limits are RESOURCE_EXHAUSTED", async () => {
  const large = "x".repeat(2000);
  const exhausted = { code: "RESOURCE_EXHAUSTED" };
  await expect(connect(await serve(echo, { maxReceiveBytes: 1000 }))(large)).rejects.toMatchObject(exhausted);
  await expect(connect(await serve(echo, { maxSendBytes: 1000 }))(large)).rejects.toMatchObject({
    ...exhausted,
    message: expect.stringContaining("page by page"),
  });
  const channelArguments = { maxReceiveMessageLength: 1000 };
  await expect(connect(await serve(echo), { channelArguments })(large)).rejects.toMatchObject(exhausted);
  await expect(connect(await serve(echo))("x".repeat(5_000_000))).rejects.toMatchObject(exhausted);
});

test("a call whose deadline has passed is not begun", async () => {
  let calls = 0;
  const server = await serve((request) => {
    calls++;
    return echo(request);
  });
  expect(await sendRaw(server, "GetArtifactType", Uint8Array.of(), Date.now() - 1)).toBe(
    codeNumbers.DEADLINE_EXCEEDED,
  );
  expect(calls).toBe(0);
  const slow = connect(await serve(() => new Promise(() => {})), { clientTimeoutSec: 0.05 });
  await expect(slow()).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await open.pop()?.close();
  await (open.pop() as RunningServer).close({ graceMs: 0 });
});

test("more calls at a time than allowed are RESOURCE_EXHAUSTED", async () => {
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const call = connect(await serve((request) => held.then(() => echo(request)), { callsMax: 2 }));
  const running = [call("a"), call("b")];
  await expect(call("c")).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  finish();
  expect((await Promise.all(running)).map(({ artifactType }) => artifactType?.name)).toEqual(["a", "b"]);
});

test("closing finishes the calls in flight and takes no more", async () => {
  let finish = () => {};
  let begun = () => {};
  const begins = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const server = await serve(async (request) => {
    begun();
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return echo(request);
  });
  const call = connect(server);
  const running = call("last");
  await begins;
  const closed = server.close();
  finish();
  expect((await running).artifactType?.name).toBe("last");
  await closed;
  await expect(call("late")).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("health: the process is there; our service is well while the database answers", async () => {
  let isDown = false;
  const server = await startServer({
    service: new Proxy({} as MetadataService, {
      get: () => async () => {
        if (isDown) throw new MlmdError("UNAVAILABLE", "the database is gone");
        return {};
      },
    }),
    host: "127.0.0.1",
    port: 0,
  });
  open.push(server);
  const check = async (name: string) => {
    const request = Buffer.concat([Buffer.of(0x0a, name.length), Buffer.from(name)]);
    const { code, answer } = await exchange(server, "/grpc.health.v1.Health/Check", request);
    return code === 0 ? answer?.toString("hex") : code;
  };
  const [serving, notServing] = ["0801", "0802"];
  expect(await check("")).toBe(serving);
  expect(await check("ml_metadata.MetadataStoreService")).toBe(serving);
  expect(await check("other.Service")).toBe(codeNumbers.NOT_FOUND);
  isDown = true;
  expect(await check("")).toBe(serving);
  expect(await check("ml_metadata.MetadataStoreService")).toBe(notServing);
});

test("a port in use is said plainly", async () => {
  const { port } = await serve(echo);
  await expect(serve(echo, { port })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: `Cannot listen on 127.0.0.1:${port}: the port is in use`,
  });
});

test("a server that is not there is UNAVAILABLE; a wrong address is refused before any call", async () => {
  const server = await serve(echo);
  const call = connect(server);
  await server.close();
  await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  for (const config of [
    { host: "", port: 1 },
    { host: "a", port: 0 },
    { host: "a", port: 70_000 },
  ]) {
    expect(() => connectGrpc(config)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
});
