import { randomBytes } from "node:crypto";
import { expect, inject, test } from "vitest";
import { openStore } from "../../src/index.ts";

const postgres = inject("postgres");

// Random, so that the database cannot compress it below the size that its indexes take.
const long = randomBytes(75_000).toString("base64");

test.skipIf(postgres.missing)(
  "PostgreSQL takes URIs and properties of any length, and finds them",
  async () => {
    const settings = { host: "127.0.0.1", port: postgres.port as number, user: "mlmd", dbname: "long_texts" };
    const seen: string[] = [];
    await using store = await openStore({
      postgresql: { ...settings, onStatement: (text: string) => seen.push(text) },
    });
    const typeId = await store.putArtifactType({ name: "Data", properties: { text: "string" } });
    const [id] = await store.putArtifacts([
      { typeId, uri: long, properties: { text: long }, customProperties: { text: long } },
    ]);
    await store.putArtifacts([{ typeId, uri: "short", properties: { text: "short" } }]);
    const [artifact] = await store.getArtifactsById([id as bigint]);
    expect([artifact?.uri, artifact?.properties.text, artifact?.customProperties.text]).toEqual([
      long,
      long,
      long,
    ]);
    expect((await store.getArtifactsByUri(long)).map((found) => found.id)).toEqual([id]);
    expect((await store.getArtifactsByUri("short")).map(({ uri }) => uri)).toEqual(["short"]);
    for (const text of [long, "short"]) {
      const filterQuery = `properties.text.string_value = '${text}' AND uri = '${text}'`;
      expect((await store.getArtifacts({ filterQuery })).map(({ uri }) => uri)).toEqual([text]);
    }
    expect(seen.some((text) => text.includes("octet_length"))).toBe(true);
  },
);
