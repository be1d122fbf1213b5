import { execFile } from "node:child_process";
import { chmod, chown, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Files in PEM form, made for one run. */
export interface Certificates {
  /** The authority of the others, and one that has nothing to do with them. */
  readonly ca: string;
  readonly otherCa: string;
  /** For the server on localhost, and for a client of the name `certified`. */
  readonly server: Pair;
  readonly client: Pair;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

const run = promisify(execFile);

/** Undefined where openssl is not installed. */
export async function makeCertificates(folder: string): Promise<Certificates | undefined> {
  await mkdir(folder);
  const pair = (name: string): Pair => ({
    cert: join(folder, `${name}.pem`),
    key: join(folder, `${name}.key`),
  });
  const make = async (name: string, subject: string, extensions: readonly string[], signer?: Pair) => {
    const { cert, key } = pair(name);
    await run("openssl", [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-keyout", key, "-out", cert, "-subj", `/CN=${subject}`],
      ...(signer ? ["-CA", signer.cert, "-CAkey", signer.key] : []),
      ...extensions.flatMap((extension) => ["-addext", extension]),
    ]);
    return pair(name);
  };
  const isInstalled = await run("openssl", ["version"]).then(
    () => true,
    () => false,
  );
  if (!isInstalled) return undefined;
  const leaf = "basicConstraints=critical,CA:FALSE";
  const [ca, other] = await Promise.all([make("ca", "test authority", []), make("other", "another", [])]);
  const [server, client] = await Promise.all([
    make("server", "localhost", [leaf, "subjectAltName=DNS:localhost"], ca),
    make("client", "certified", [leaf], ca),
  ]);
  return { ca: ca.cert, otherCa: other.cert, server, client };
}

/** Servers read their keys only where nobody else could. */
export async function copiesFor(
  { server, ca }: Certificates,
  folder: string,
  { uid, gid }: { readonly uid?: number; readonly gid?: number },
): Promise<Pair & { readonly ca: string }> {
  const copies = {
    cert: join(folder, "server.pem"),
    key: join(folder, "server.key"),
    ca: join(folder, "ca.pem"),
  };
  for (const [from, to] of [
    [server.cert, copies.cert],
    [server.key, copies.key],
    [ca, copies.ca],
  ] as const) {
    await copyFile(from, to);
    if (uid !== undefined && gid !== undefined) await chown(to, uid, gid);
    await chmod(to, 0o600);
  }
  return copies;
}
