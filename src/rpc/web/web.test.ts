import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  GetArtifactsResponseSchema,
  GetArtifactTypeRequestSchema,
  GetArtifactTypeResponseSchema,
  MetadataStoreService,
} from "../../contract/messages.ts";
import type { MetadataService } from "../../contract/service.ts";
import { invalidArgument, MlmdError } from "../../errors.ts";
import type { CallLog } from "../calls.ts";
import { connectGrpc } from "../client.ts";
import { type RunningServer, type ServerOptions, startServer } from "../server.ts";

let folder = "";
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-pages-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>page</title>");
  await writeFile(join(folder, "app.js"), "let a;".repeat(100));
  await writeFile(join(folder, "app.js.gz"), gzipSync("let a;".repeat(100)));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const echo: MetadataService["getArtifactType"] = async ({ typeName }) =>
  create(GetArtifactTypeResponseSchema, { artifactType: { name: typeName, id: 2n ** 62n + 1n } });

/** A server that answers these methods and no others. */
async function serve(
  methods: Partial<MetadataService> = { getArtifactType: echo },
  options: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  return listen({ service: serviceOf(methods), pages: folder, ...options });
}

function serviceOf(methods: Partial<MetadataService>): MetadataService {
  const other = async () => Promise.reject(new MlmdError("UNIMPLEMENTED", "not part of this test"));
  return new Proxy(methods as MetadataService, { get: (target, name) => Reflect.get(target, name) ?? other });
}

async function listen(options: Omit<ServerOptions, "host" | "port">): Promise<RunningServer> {
  const server = await startServer({ host: "127.0.0.1", port: 0, ...options });
  open.push(server);
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** Plain HTTP, with headers that `fetch` would not send. */
function http(
  { port }: RunningServer,
  path: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const rpc = `/${MetadataStoreService.typeName}/GetArtifactType`;
const json = { "content-type": "application/json" };

function call(server: RunningServer, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  return http(server, rpc, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
}

test("JSON goes there and back, with integers of 64 bits exact, beside gRPC on the same port", async () => {
  const entries: CallLog[] = [];
  const server = await serve({ getArtifactType: echo }, { onCall: (entry) => entries.push(entry) });
  const answer = await call(server, { typeName: "ünï" });
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    200,
    { artifactType: { name: "ünï", id: "4611686018427387905" } },
  ]);
  const client = connectGrpc({ host: "127.0.0.1", port: server.port });
  open.push(client);
  const { artifactType } = await client.getArtifactType(
    create(GetArtifactTypeRequestSchema, { typeName: "b" }),
  );
  expect(artifactType?.name).toBe("b");
  const logged = { method: "GetArtifactType", code: "OK", ms: expect.any(Number) };
  expect(entries).toEqual([logged, logged]);
});

test("gRPC-web is answered", async () => {
  const server = await serve();
  const transport = createGrpcWebTransport({
    baseUrl: `http://127.0.0.1:${server.port}`,
    httpVersion: "1.1",
  });
  const client = createClient(MetadataStoreService, transport);
  expect((await client.getArtifactType({ typeName: "x" })).artifactType?.id).toBe(2n ** 62n + 1n);
  await expect(client.getContextType({})).rejects.toMatchObject({
    code: 12,
    rawMessage: "not part of this test",
  });
});

test("errors have the code and the message; a fault of ours tells nothing of itself", async () => {
  const server = await serve({
    getArtifactType: async ({ typeName }) => {
      throw typeName === "fault" ? new TypeError("secret") : invalidArgument("a ünï\n  ^");
    },
  });
  const refused = await call(server, {});
  expect([refused.status, JSON.parse(refused.body)]).toEqual([
    400,
    { code: "invalid_argument", message: "a ünï\n  ^" },
  ]);
  const fault = await call(server, { typeName: "fault" });
  expect([fault.status, JSON.parse(fault.body)]).toEqual([
    500,
    { code: "internal", message: "Internal error" },
  ]);
  expect((await http(server, rpc, { method: "POST", headers: json, body: "{" })).status).toBe(400);
  expect((await http(server, rpc.replace("Type", "Nothing"), { method: "POST", headers: json })).status).toBe(
    404,
  );
});

test("a message of a type that nobody here knows does not break the answer", async () => {
  const artifact = {
    id: 1n,
    customProperties: {
      a: {
        value: { case: "protoValue", value: { typeUrl: "type.example/lab.X", value: Uint8Array.of(8, 1) } },
      },
    },
  } as const;
  const server = await serve({
    getArtifacts: async () => create(GetArtifactsResponseSchema, { artifacts: [artifact] }),
  });
  const path = rpc.replace("GetArtifactType", "GetArtifacts");
  const { status, body } = await http(server, path, { method: "POST", headers: json, body: "{}" });
  expect([status, JSON.parse(body).artifacts[0].customProperties.a]).toEqual([
    200,
    { protoValue: { "@type": "type.example/lab.X", value: "CAE=" } },
  ]);
});

test("limits hold: size of request and answer, calls at a time, deadline", async () => {
  const large = "x".repeat(2000);
  const small = await serve({ getArtifactType: echo }, { maxReceiveBytes: 1000 });
  expect(JSON.parse((await call(small, { typeName: large })).body)).toMatchObject({
    code: "resource_exhausted",
  });
  const short = await serve({ getArtifactType: echo }, { maxSendBytes: 1000 });
  expect(JSON.parse((await call(short, { typeName: large })).body)).toMatchObject({
    code: "resource_exhausted",
  });
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const busy = await serve({ getArtifactType: (message) => held.then(() => echo(message)) }, { callsMax: 1 });
  const late = await call(busy, {}, { "connect-timeout-ms": "20" });
  expect([late.status, JSON.parse(late.body).code]).toEqual([504, "deadline_exceeded"]);
  finish();
  const server = await serve({ getArtifactType: () => new Promise(() => {}) }, { callsMax: 1 });
  void call(server, {}).catch(() => {});
  await expect
    .poll(async () => JSON.parse((await call(server, {})).body))
    .toMatchObject({ code: "resource_exhausted" });
  await (open.pop() as RunningServer).close({ graceMs: 0 });
});

test("pages of other sites cannot call, by whatever name they reach the server", async () => {
  let calls = 0;
  const server = await serve({
    getArtifactType: (message) => {
      calls++;
      return echo(message);
    },
  });
  const own = `127.0.0.1:${server.port}`;
  expect((await call(server, {}, { origin: `http://${own}`, "sec-fetch-site": "same-origin" })).status).toBe(
    200,
  );
  expect((await call(server, {}, { host: `localhost:${server.port}` })).status).toBe(200);
  expect(calls).toBe(2);
  const refused: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: `http://localhost:${server.port}` },
    { origin: "http://127.0.0.1:1" },
    { "sec-fetch-site": "cross-site" },
    { host: `rebound.example:${server.port}`, origin: `http://rebound.example:${server.port}` },
    { host: `rebound.example:${server.port}` },
  ];
  for (const headers of refused) {
    expect([headers, (await call(server, {}, headers)).status]).toEqual([headers, 403]);
  }
  const preflight = { origin: "http://evil.example", "access-control-request-method": "POST" };
  const asked = await http(server, rpc, { method: "OPTIONS", headers: preflight });
  expect([asked.status, asked.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  // What a form of another site could send without asking first.
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const sent = await http(server, rpc, { method: "POST", headers: { "content-type": type }, body: "{}" });
    expect(sent.status).toBe(415);
  }
  expect(calls).toBe(2);
});

test("pages of an origin that is allowed can call, also through a proxy that gives the host another name", async () => {
  const origin = "https://pipelines.example";
  const server = await serve({ getArtifactType: echo }, { allowedOrigins: [origin] });
  const answer = await call(
    server,
    {},
    { origin, host: "metadata-envoy:9090", "sec-fetch-site": "cross-site" },
  );
  expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, origin]);
  expect(answer.headers["access-control-expose-headers"]).toMatch(/grpc-status/i);
  const preflight = await http(server, rpc, { method: "OPTIONS", headers: { origin } });
  expect(preflight.status).toBe(204);
  expect(preflight.headers["access-control-allow-headers"]).toMatch(/content-type.*x-grpc-web/i);
  expect((await call(server, {}, { origin: `${origin}.evil.example` })).status).toBe(403);
  expect((await call(server, {}, { origin: "null" })).status).toBe(403);
});

test("the page comes with its rules; deep links are the page, missing files are not", async () => {
  const server = await serve();
  const page = await http(server, "/artifacts/7?columns=id");
  expect(page.body).toContain("<title>page</title>");
  expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; /);
  expect(page.headers["content-security-policy"]).not.toContain("unsafe");
  expect(page.headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-cache" });
  const unchanged = await http(server, "/", { headers: { "if-none-match": String(page.headers.etag) } });
  expect([unchanged.status, unchanged.body]).toEqual([304, ""]);
  const packed = await http(server, "/app.js", { headers: { "accept-encoding": "br;q=0, gzip" } });
  expect([packed.headers["content-encoding"], packed.headers.vary]).toEqual(["gzip", "accept-encoding"]);
  const plain = await http(server, "/app.js", { headers: { "accept-encoding": "gzip;q=0" } });
  expect([plain.headers["content-encoding"], plain.body.length]).toEqual([undefined, 600]);
  expect((await http(server, "/app.js", { method: "HEAD" })).body).toBe("");
  for (const path of ["/assets/gone.js", "/app.js.gz/../x.js", "/../package.json.js"]) {
    expect((await http(server, path)).status).toBe(404);
  }
  expect((await http(server, "/../../../../etc/passwd")).body).toContain("<title>page</title>");
  expect((await http(server, "/", { method: "POST" })).status).toBe(405);
});

test("without a page there is still JSON", async () => {
  const server = await listen({ service: serviceOf({ getArtifactType: echo }) });
  expect((await http(server, "/")).status).toBe(404);
  expect((await call(server, { typeName: "a" })).status).toBe(200);
});

test("a request that comes byte by byte is understood; a connection may stay silent", async () => {
  const server = await serve();
  const silent = connectSocket(server.port, "127.0.0.1");
  const socket = connectSocket(server.port, "127.0.0.1");
  const answer = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.includes("page")) resolve(text);
    });
  });
  // It begins as the preface of HTTP/2 does.
  const text = "PROPFIND / HTTP/1.1\r\nhost: localhost\r\n\r\nGET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
  socket.setNoDelay(true);
  for (const byte of text) {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await answer).toMatch(/^HTTP\/1.1 405 [\s\S]*HTTP\/1.1 200 /);
  await open.pop()?.close();
  socket.destroy();
  silent.destroy();
});

test("closing finishes the answers in flight, and does not wait for idle connections", async () => {
  let finish = () => {};
  let begun = () => {};
  const begins = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const server = await serve({
    getArtifactType: async (message) => {
      begun();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return echo(message);
    },
  });
  const base = `http://127.0.0.1:${server.port}`;
  await (await fetch(`${base}/`)).text(); // keeps its connection
  const running = fetch(base + rpc, { method: "POST", headers: json, body: '{"typeName":"last"}' });
  await begins;
  const closed = server.close();
  finish();
  expect(((await (await running).json()) as { artifactType: object }).artifactType).toMatchObject({
    name: "last",
  });
  await closed;
  await expect(fetch(`${base}/`)).rejects.toThrow();
});
