import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectionOptions, type MysqlLocation } from "./location.ts";

let folder = "";
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlmd-location-"));
  for (const name of ["ca.pem", "cert.pem", "key.pem"]) await writeFile(file(name), `content of ${name}`);
  await writeFile(file("README"), "no certificate");
});
afterAll(() => rm(folder, { recursive: true }));

const fields = { host: "db", database: "d" };

function refused(location: MysqlLocation, message: RegExp, code = "INVALID_ARGUMENT"): Promise<void> {
  return expect(connectionOptions(location)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
}

describe("the address", () => {
  test.each<[MysqlLocation, object]>([
    [fields, { host: "db", port: 3306, database: "d" }],
    [{ ...fields, port: 0 }, { port: 3306 }],
    [
      { ...fields, port: "3307", user: "u", password: "p" },
      { port: 3307, user: "u", password: "p" },
    ],
    [
      { socket: "/run/s", database: "d" },
      { socketPath: "/run/s", database: "d" },
    ],
    [
      { url: "mysql://u%40x:p%3A%2F@db:3307/a%20b" },
      { host: "db", port: 3307, user: "u@x", password: "p:/", database: "a b" },
    ],
    [{ url: "mariadb://u@db/d" }, { host: "db", port: 3306, database: "d" }],
    [{ url: "mysql://u@[::1]:3307/d" }, { host: "::1", port: 3307 }],
    [{ url: "mysql://u@x/d?socket=/run/s" }, { socketPath: "/run/s", user: "u" }],
    [{ url: "mysql://u:old@db/d", password: "new" }, { password: "new" }],
  ])("%j", async (location, options) => {
    const result = await connectionOptions(location);
    expect(result).toMatchObject(options);
    expect(result).not.toHaveProperty("ssl");
    expect("host" in result).toBe(!("socketPath" in result));
  });

  test.each<[MysqlLocation, RegExp]>([
    [{ database: "d" }, /exactly one of host and socket/],
    [{ ...fields, socket: "/run/s" }, /exactly one of host and socket/],
    [{ host: "db" }, /name of a database/],
    [{ host: "db", database: "" }, /name of a database/],
    [{ ...fields, port: "many" }, /port many/],
    [{ ...fields, port: 65_536 }, /port 65536/],
    [{ ...fields, port: -1 }, /port -1/],
    [{ url: "mysql://db" }, /name of a database/],
    [{ url: "postgresql://u@db/d" }, /not of the form/],
    [{ url: "no url" }, /not of the form/],
    [{ url: "mysql://u@db/d?ssl=1" }, /parameter ssl;/],
    [{ url: "mysql://u@db/d?ssl-mode=SOME" }, /ssl-mode SOME/],
  ])("%j is refused", (location, message) => refused(location, message));

  test("that is refused does not show the password", async () => {
    for (const url of ["mysql://u:secret%@db/d", "mysqlx://u:secret@db/d", "mysql://u:secret@db/d?x=1"]) {
      await expect(connectionOptions({ url })).rejects.not.toThrow("secret");
      await expect(connectionOptions({ url })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });
});

describe("TLS", () => {
  test("the fields of the original: without verifyServerCert nothing is checked, with it the host too", async () => {
    const files = { key: file("key.pem"), cert: file("cert.pem"), ca: file("ca.pem"), cipher: "AES" };
    const content = { key: "content of key.pem", cert: "content of cert.pem", ca: ["content of ca.pem"] };
    expect((await connectionOptions({ ...fields, sslOptions: files })).ssl).toEqual({
      ...content,
      ciphers: "AES",
      rejectUnauthorized: false,
      verifyIdentity: false,
    });
    expect(
      (await connectionOptions({ ...fields, sslOptions: { ...files, verifyServerCert: true } })).ssl,
    ).toMatchObject({ ...content, rejectUnauthorized: true, verifyIdentity: true });
  });

  test("a folder of authorities", async () => {
    const { ssl } = await connectionOptions({ ...fields, sslOptions: { capath: folder } });
    expect(ssl).toMatchObject({
      ca: ["content of ca.pem", "content of cert.pem", "content of key.pem"],
    });
  });

  test.each([
    ["", undefined],
    ["ssl-mode=DISABLED", undefined],
    ["ssl-mode=preferred", undefined],
    ["ssl-mode=REQUIRED", { rejectUnauthorized: false, verifyIdentity: false }],
    ["ssl-mode=VERIFY_CA", { rejectUnauthorized: true, verifyIdentity: false }],
    ["ssl-mode=verify_identity", { rejectUnauthorized: true, verifyIdentity: true }],
    ["ssl-ca=FOLDER/ca.pem", { rejectUnauthorized: true, verifyIdentity: false, ca: ["content of ca.pem"] }],
    ["ssl-mode=REQUIRED&ssl-key=FOLDER/key.pem", { key: "content of key.pem", rejectUnauthorized: false }],
  ])("in a URL: %s", async (query, expected) => {
    const url = `mysql://u@db/d?${query.replace("FOLDER", folder)}`;
    const { ssl } = await connectionOptions({ url });
    if (expected === undefined) expect(ssl).toBe(undefined);
    else expect(ssl).toMatchObject(expected);
  });

  test("what cannot be done is refused", async () => {
    const address = { host: "127.0.0.1", database: "d", sslOptions: { verifyServerCert: true } };
    await refused(address, /name of a host, not for an address/);
    await refused({ ...fields, sslOptions: { ca: file("none.pem") } }, /none\.pem/, "NOT_FOUND");
    await refused({ ...fields, sslOptions: { capath: file("none") } }, /none/, "NOT_FOUND");
  });
});
