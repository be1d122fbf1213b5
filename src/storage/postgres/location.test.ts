import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientConfig, type PostgresLocation } from "./location.ts";

let folder = "";
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-location-"));
  for (const name of ["ca.pem", "cert.pem", "key.pem"]) await writeFile(file(name), `content of ${name}`);
  const lines = ["# a comment", "other:5432:*:*:wrong", "db:*:d\\:x:u:right\\:p", "*:*:*:*:any"];
  await writeFile(file("passfile"), lines.join("\n"));
});
afterAll(() => rm(folder, { recursive: true }));

const fields = { host: "db", port: 5432, user: "u", dbname: "d" };

function refused(location: PostgresLocation, message: RegExp, code = "INVALID_ARGUMENT"): Promise<void> {
  return expect(clientConfig(pg, location)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
}

describe("the address", () => {
  test.each<[PostgresLocation, object]>([
    [fields, { host: "db", port: 5432, user: "u", database: "d", ssl: false }],
    [
      { ...fields, port: "5433", password: "p" },
      { port: 5433, password: "p" },
    ],
    [
      { hostaddr: "10.0.0.1", port: 1, user: "u", dbname: "d" },
      { host: "10.0.0.1", port: 1 },
    ],
    [
      { url: "postgresql://u%40x:p%3A%2F@db:5433/a%20b" },
      { host: "db", port: 5433, user: "u@x", password: "p:/", database: "a b" },
    ],
    [{ url: "postgres://u@db/d" }, { host: "db", port: 5432, user: "u", database: "d", ssl: false }],
    [{ url: "postgresql://u@[::1]:5433/d" }, { host: "::1" }],
    [{ url: "postgresql://u@%2Frun%2Fpg/d" }, { host: "/run/pg" }],
    [{ url: "postgresql:///d?host=/run/pg&user=u" }, { host: "/run/pg" }],
    [{ url: "postgresql://u:old@db/d", password: "new" }, { password: "new" }],
  ])("%j", async (location, config) => {
    expect(await clientConfig(pg, location)).toMatchObject(config);
  });

  test.each<[PostgresLocation, RegExp]>([
    [{ port: 1, user: "u", dbname: "d" }, /exactly one of host and hostaddr/],
    [{ ...fields, hostaddr: "10.0.0.1" }, /exactly one of host and hostaddr/],
    [{ host: "db", port: 1, dbname: "d" }, /port, user and dbname/],
    [{ ...fields, port: "many" }, /port many/],
    [{ url: "postgresql://u@db" }, /port, user and dbname/],
    [{ url: "mysql://u@db/d" }, /not of the form/],
    [{ url: "no url" }, /not of the form/],
    [{ url: "postgresql://u@db/d?channel_binding=require" }, /parameter channel_binding;/],
    [{ ...fields, ssloption: { sslmode: "some" } }, /sslmode some/],
  ])("%j is refused", (location, message) => refused(location, message));

  test("that is refused does not show the password", async () => {
    for (const url of [
      "postgresql://u:secret%@db/d",
      "mysql://u:secret@db/d",
      "postgresql://u:secret@db/d?x=1",
    ]) {
      await expect(clientConfig(pg, { url })).rejects.not.toThrow("secret");
    }
  });
});

test("a file of passwords, as libpq reads it", async () => {
  const passfile = file("passfile");
  expect((await clientConfig(pg, { ...fields, dbname: "d:x", passfile })).password).toBe("right:p");
  expect((await clientConfig(pg, { ...fields, passfile })).password).toBe("any");
  expect((await clientConfig(pg, { url: `postgresql://u@db/d?passfile=${passfile}` })).password).toBe("any");
  expect((await clientConfig(pg, { ...fields, passfile, password: "given" })).password).toBe("given");
  await refused({ ...fields, passfile: file("none") }, /none/, "NOT_FOUND");
});

test.each([
  ["", false],
  ["sslmode=disable", false],
  ["sslmode=prefer", false],
  ["sslmode=require", { rejectUnauthorized: false }],
  ["sslmode=require&sslrootcert=FOLDER/ca.pem", { rejectUnauthorized: true, ca: "content of ca.pem" }],
  ["sslmode=verify-ca", { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }],
  ["sslmode=verify-full", { rejectUnauthorized: true }],
  [
    "sslmode=verify-full&sslcert=FOLDER/cert.pem&sslkey=FOLDER/key.pem&sslpassword=x",
    { cert: "content of cert.pem", key: "content of key.pem", passphrase: "x" },
  ],
])("TLS in a URL as in fields: %s", async (query, expected) => {
  const parameters = query.replaceAll("FOLDER", folder);
  const byUrl = (await clientConfig(pg, { url: `postgresql://u@db/d?${parameters}` })).ssl;
  const ssloption = Object.fromEntries(new URLSearchParams(parameters));
  const byFields = (await clientConfig(pg, { ...fields, ssloption })).ssl;
  for (const ssl of [byUrl, byFields]) {
    if (expected === false) expect(ssl).toBe(false);
    else expect(ssl).toMatchObject(expected as object);
  }
  if (query.includes("verify-full")) expect(byUrl).not.toHaveProperty("checkServerIdentity");
});
