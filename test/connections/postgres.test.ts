import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openStore } from "../../src/index.ts";
import type { PostgresOptions } from "../../src/storage/postgres/open.ts";
import type { Certificates } from "../support/certificates.ts";

/* How a PostgreSQL server is reached: the ways, encryption, and users with few rights. */

const server = inject("postgres");
const dbname = "connections";

describe.skipIf(server.missing !== undefined)("PostgreSQL", () => {
  let admin: pg.Client;
  let folder = "";
  const port = server.port as number;
  const address = { host: "localhost", port, dbname, connectionsMax: 1 };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mlmd-connections-"));
    admin = new pg.Client({ host: "127.0.0.1", port, user: "mlmd", database: "postgres" });
    await admin.connect();
    await admin.query(
      "CREATE ROLE encrypted LOGIN; CREATE ROLE certified LOGIN; CREATE ROLE powerless LOGIN",
    );
    await (await openStore({ postgresql: { ...address, user: "mlmd" } })).close();
    const owner = new pg.Client({ host: "127.0.0.1", port, user: "mlmd", database: dbname });
    await owner.connect();
    await owner.query("GRANT ALL ON ALL TABLES IN SCHEMA public TO encrypted, certified");
    await owner.end();
  });
  afterAll(async () => {
    await admin?.end();
    await rm(folder, { recursive: true });
  });

  async function works(options: PostgresOptions): Promise<void> {
    const store = await openStore({ postgresql: options });
    expect(await store.getArtifactTypes()).toEqual([]);
    await store.close();
  }

  const refused = (options: PostgresOptions, code: string, message?: RegExp) =>
    expect(openStore({ postgresql: options })).rejects.toMatchObject({
      code,
      ...(message && { message: expect.stringMatching(message) }),
    });

  test("a port that is text, an address, a socket", async () => {
    await works({ ...address, port: String(port), user: "mlmd" });
    await works({ hostaddr: "127.0.0.1", port, dbname, user: "mlmd" });
    const { rows } = await admin.query("SHOW unix_socket_directories");
    await works({ ...address, host: rows[0].unix_socket_directories, user: "mlmd" });
    await works({ url: `postgresql://mlmd@localhost:${port}/${dbname}` });
    const socket = encodeURIComponent(rows[0].unix_socket_directories);
    await works({ url: `postgresql://mlmd@${socket}:${port}/${dbname}` });
  });

  test("a missing database is created if that is allowed", async () => {
    const missing = { ...address, dbname: "connections_new" };
    await refused({ ...missing, user: "mlmd", skipDbCreation: true }, "NOT_FOUND");
    await refused({ ...missing, user: "powerless" }, "PERMISSION_DENIED");
    await works({ ...missing, user: "mlmd" });
  });

  test("a file of passwords that is missing is named", () =>
    refused({ ...address, user: "mlmd", passfile: join(folder, "none") }, "NOT_FOUND", /none/));

  describe.skipIf(server.certificates === undefined)("encrypted", () => {
    const { ca, otherCa, client } = (server.certificates as Certificates) ?? {};
    const user = "encrypted";

    test("a user who must be is not let in otherwise", async () => {
      await refused({ ...address, user }, "UNAUTHENTICATED");
      await refused({ ...address, user, ssloption: { sslmode: "disable" } }, "UNAUTHENTICATED");
    });

    test("require checks nothing, verify-ca the authority, verify-full the host too", async () => {
      await works({ ...address, user, ssloption: { sslmode: "require" } });
      const [trusted, other] = [{ sslrootcert: ca }, { sslrootcert: otherCa }];
      for (const host of ["localhost", "127.0.0.1"]) {
        const byHost = { ...address, host, user };
        await works({ ...byHost, ssloption: { sslmode: "verify-ca", ...trusted } });
        await refused(
          { ...byHost, ssloption: { sslmode: "verify-ca", ...other } },
          "UNAVAILABLE",
          /certificate/,
        );
        await refused(
          { ...byHost, ssloption: { sslmode: "verify-full", ...other } },
          "UNAVAILABLE",
          /certificate/,
        );
      }
      await works({ ...address, user, ssloption: { sslmode: "verify-full", ...trusted } });
      const byNumber = { ...address, host: "127.0.0.1", user };
      await refused(
        { ...byNumber, ssloption: { sslmode: "verify-full", ...trusted } },
        "UNAVAILABLE",
        /127\.0\.0\.1/,
      );
    });

    test("the client's certificate", async () => {
      const files = { sslrootcert: ca, sslcert: client.cert, sslkey: client.key };
      await refused({ ...address, user: "certified", ssloption: { sslmode: "require" } }, "UNAUTHENTICATED");
      await works({ ...address, user: "certified", ssloption: { sslmode: "verify-full", ...files } });
    });

    test("as the URL has it", async () => {
      const url = (host: string, query: string) => `postgresql://${user}@${host}:${port}/${dbname}?${query}`;
      await refused({ url: url("localhost", "sslmode=disable") }, "UNAUTHENTICATED");
      await works({ url: url("localhost", "sslmode=require") });
      await works({ url: url("127.0.0.1", `sslmode=verify-ca&sslrootcert=${ca}`) });
      await works({ url: url("localhost", `sslmode=verify-full&sslrootcert=${ca}`) });
      await refused({ url: url("127.0.0.1", `sslmode=verify-full&sslrootcert=${ca}`) }, "UNAVAILABLE");
      await refused({ url: url("localhost", `sslmode=verify-ca&sslrootcert=${otherCa}`) }, "UNAVAILABLE");
    });
  });
});
