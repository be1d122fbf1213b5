import { appendFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { PutArtifactTypeResponseSchema } from "../../src/contract/messages.ts";
import { startServerProcess } from "../../test/support/server-process.ts";
import type { Engine } from "../engines/engine.ts";
import type { EngineName } from "../workload.ts";
import { call } from "../workload.ts";
import { usage } from "./process.ts";
import { callServer, Driver, framed } from "./programs.ts";

/** What our server's process holds in memory after so many artifacts were written to it and read from it. */
export interface MemoryResult {
  readonly engine: EngineName;
  readonly artifacts: number;
  readonly startMiB: number;
  readonly writtenMiB: number;
  readonly readMiB: number;
  readonly mostMiB: number;
  readonly goalMiB: number;
}

export interface MemoryOptions {
  readonly folder: string;
  readonly artifacts: number;
}

const goalMiB = 150;
const perCall = 100;
const inFlight = 8;
/** Enough for any machine: the loads end with their last request. */
const durationMs = 3_600_000;

/** Undefined where the system does not tell what a process uses. */
export async function measureMemory(
  engine: Engine,
  { folder, artifacts }: MemoryOptions,
): Promise<MemoryResult | undefined> {
  const place = await engine.place(undefined);
  const server = await startServerProcess(place.serveArguments);
  const driver = new Driver(folder);
  const load = { port: server.port, once: true, inFlight, durationMs };
  try {
    const start = usage(server.process);
    const type = call("putArtifactType", { artifactType: { name: "bench.memory", properties: { rows: 1 } } });
    const { typeId } = fromBinary(PutArtifactTypeResponseSchema, await callServer(server.port, type));
    check(
      await driver.runFile("putArtifacts", writeFile(driver, typeId, artifacts), load),
      artifacts / perCall,
    );
    const written = usage(server.process);
    const ids = Array.from({ length: artifacts / perCall }, (_, batch) =>
      call("getArtifactsByID", { artifactIds: numbers(batch).map((id) => BigInt(id)) }),
    );
    check(await driver.run(ids, load), artifacts / perCall);
    const read = usage(server.process);
    if (start === undefined || written === undefined || read === undefined) return undefined;
    return {
      ...{ engine: engine.name, artifacts, goalMiB },
      startMiB: start.residentMiB,
      writtenMiB: written.residentMiB,
      readMiB: read.residentMiB,
      mostMiB: read.residentMaxMiB,
    };
  } finally {
    await driver.stop();
    await server.stop();
    await place.remove();
  }
}

function numbers(batch: number): number[] {
  return Array.from({ length: perCall }, (_, index) => batch * perCall + index + 1);
}

/** In pieces: all requests at once would be a few hundred megabytes of objects. */
function writeFile(driver: Driver, typeId: bigint, artifacts: number): string {
  const path = driver.write([]);
  for (let batch = 0; batch < artifacts / perCall; batch++) {
    const request = call("putArtifacts", {
      artifacts: numbers(batch).map((number) => ({
        ...{ typeId, name: `artifact-${number}`, uri: `s3://bucket/path/artifact-${number}` },
        properties: { rows: { value: { case: "intValue" as const, value: BigInt(number) } } },
        customProperties: { note: { value: { case: "stringValue" as const, value: `note ${number}` } } },
      })),
    });
    appendFileSync(path, framed([request]));
  }
  return path;
}

function check(
  { calls, refused }: { calls: number; refused: Readonly<Record<string, number>> },
  expected: number,
) {
  if (calls !== expected || Object.keys(refused).length > 0) {
    throw new Error(`${calls} of ${expected} calls were made; refused by code: ${JSON.stringify(refused)}`);
  }
}
