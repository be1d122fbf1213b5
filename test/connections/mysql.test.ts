import mysql from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openStore } from "../../src/index.ts";
import type { MysqlOptions } from "../../src/storage/mysql/open.ts";
import type { Certificates } from "../support/certificates.ts";

/* How a MariaDB server is reached: the ways, encryption, and users with few rights. */

const server = inject("mysql");
const database = "connections";

describe.skipIf(server.missing !== undefined)("MariaDB", () => {
  let root: mysql.Connection;
  const port = server.port as number;
  const address = { host: "localhost", port, database, connectionsMax: 1 };

  beforeAll(async () => {
    root = await mysql.createConnection({ host: "127.0.0.1", port, user: "root", multipleStatements: true });
    await root.query(`
      CREATE DATABASE ${database};
      CREATE USER encrypted@'%' REQUIRE SSL; GRANT ALL ON ${database}.* TO encrypted@'%';
      CREATE USER certified@'%' REQUIRE X509; GRANT ALL ON ${database}.* TO certified@'%';
      CREATE USER secretive@'%' IDENTIFIED BY 'a secret: /?@'; GRANT ALL ON ${database}.* TO secretive@'%'`);
    await (await openStore({ mysql: { ...address, user: "root" } })).close();
  });
  afterAll(() => root?.end());

  async function works(options: MysqlOptions): Promise<void> {
    const store = await openStore({ mysql: options });
    expect(await store.getArtifactTypes()).toEqual([]);
    await store.close();
  }

  const refused = (options: MysqlOptions, code: string, message?: RegExp) =>
    expect(openStore({ mysql: options })).rejects.toMatchObject({
      code,
      ...(message && { message: expect.stringMatching(message) }),
    });

  test("a port that is text", () => works({ ...address, port: String(port), user: "root" }));

  test("a socket, also in a URL", async () => {
    const [[row]] = (await root.query("SELECT @@socket AS socket")) as unknown as [[{ socket: string }]];
    await works({ socket: row.socket, database, user: "root" });
    await works({ url: `mysql://root@localhost/${database}?socket=${encodeURIComponent(row.socket)}` });
  });

  test("a password, which no failure shows", async () => {
    const password = "a secret: /?@";
    await works({ ...address, user: "secretive", password });
    await works({ url: `mysql://secretive:${encodeURIComponent(password)}@localhost:${port}/${database}` });
    await works({ url: `mysql://secretive@localhost:${port}/${database}`, password });
    const wrong = "not the secret";
    const failure = await openStore({ mysql: { ...address, user: "secretive", password: wrong } }).catch(
      (e) => e,
    );
    expect(failure).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(`${failure.stack} ${JSON.stringify(failure)} ${failure.cause?.stack}`).not.toContain(wrong);
  });

  test("a missing database is created if that is allowed", async () => {
    const missing = { ...address, database: "connections_new" };
    await refused({ ...missing, user: "root", skipDbCreation: true }, "NOT_FOUND");
    await refused({ ...missing, user: "secretive", password: "a secret: /?@" }, "PERMISSION_DENIED");
    await works({ ...missing, user: "root" });
  });

  describe.skipIf(server.certificates === undefined)("encrypted", () => {
    const certificates = server.certificates as Certificates;
    const { ca, otherCa, client } = certificates ?? {};
    const user = "encrypted";

    test("a user who must be is not let in otherwise", () =>
      refused({ ...address, user }, "UNAUTHENTICATED"));

    test("without a check", () => works({ ...address, user, sslOptions: {} }));

    test("the server's certificate is checked for its authority and its host", async () => {
      await works({ ...address, user, sslOptions: { ca, verifyServerCert: true } });
      const other = { ca: otherCa, verifyServerCert: true };
      await refused({ ...address, user, sslOptions: other }, "UNAVAILABLE", /certificate/);
      const byNumber = { ...address, host: "127.0.0.1", user, sslOptions: { ca, verifyServerCert: true } };
      await refused(byNumber, "INVALID_ARGUMENT", /name of a host/);
    });

    test("the client's certificate", async () => {
      const { cert, key } = client;
      await refused({ ...address, user: "certified", sslOptions: { ca } }, "UNAUTHENTICATED");
      await works({ ...address, user: "certified", sslOptions: { ca, cert, key, verifyServerCert: true } });
    });

    test("as the URL has it", async () => {
      const url = (host: string, query: string) => `mysql://${user}@${host}:${port}/${database}?${query}`;
      await refused({ url: url("localhost", "ssl-mode=DISABLED") }, "UNAUTHENTICATED");
      await works({ url: url("localhost", "ssl-mode=REQUIRED") });
      await works({ url: url("127.0.0.1", `ssl-mode=VERIFY_CA&ssl-ca=${ca}`) });
      await works({ url: url("localhost", `ssl-mode=VERIFY_IDENTITY&ssl-ca=${ca}`) });
      await refused({ url: url("127.0.0.1", `ssl-mode=VERIFY_CA&ssl-ca=${otherCa}`) }, "UNAVAILABLE");
    });
  });
});
