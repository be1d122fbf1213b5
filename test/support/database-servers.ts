import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { type Certificates, copiesFor, makeCertificates } from "./certificates.ts";

/** A throw-away database server on a free port of loopback, or why there is none. */
export type TestServer =
  | {
      readonly port: number;
      /** With these it also takes encrypted connections. */
      readonly certificates?: Certificates | undefined;
      readonly missing?: never;
    }
  | { readonly port?: never; readonly certificates?: never; readonly missing: string };

declare module "vitest" {
  interface ProvidedContext {
    postgres: TestServer;
    mysql: TestServer;
  }
}

const startMaxMs = 60_000;

/**
 * Starts the servers before the first test and ends them after the last. Where one is not installed, the tests that
 * need it are skipped, by name; on CI (`CI=true`) that is an error, so that they cannot fall out of it unseen.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgres, mysql, stop } = await startDatabaseServers();
  project.provide("postgres", provided(postgres));
  project.provide("mysql", provided(mysql));
  return stop;
}

/** What can be handed to other processes. */
function provided({ port, certificates, missing }: ControlledServer): TestServer {
  return port === undefined ? { missing: missing as string } : { port, certificates };
}

/** A server whose process can be ended at once and started again on its data. */
export type ControlledServer = TestServer & {
  kill?(): Promise<void>;
  start?(): Promise<void>;
};

export interface DatabaseServers {
  readonly postgres: ControlledServer;
  readonly mysql: ControlledServer;
  stop(): Promise<void>;
}

/** `durable`: what is committed survives a loss of power, as with the settings that the servers come with. */
export async function startDatabaseServers({
  durable = false,
  encrypted = true,
} = {}): Promise<DatabaseServers> {
  const folder = mkdtempSync(join(tmpdir(), "mlmd-servers-"));
  // The servers' users must get to their own folders in it.
  chmodSync(folder, 0o755);
  const processes: ChildProcess[] = [];
  const kill = () => {
    for (const each of processes) each.kill("SIGQUIT");
  };
  // Also where this process is ended before it can wait for them.
  process.once("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    // One that has ended by itself will not say so again.
    const running = processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = running.map((each) => new Promise((resolve) => each.once("exit", resolve)));
    kill();
    await Promise.all(ended);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const certificates = encrypted ? await makeCertificates(join(folder, "certificates")) : undefined;
    if (encrypted && certificates === undefined && process.env.CI === "true")
      throw new Error("openssl is not installed");
    const start = { folder, processes, durable, certificates };
    const [postgres, mysql] = await Promise.all([startPostgres(start), startMysql(start)]);
    for (const { missing } of [postgres, mysql]) {
      if (missing !== undefined && process.env.CI === "true") throw new Error(missing);
    }
    return { postgres, mysql, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Start {
  /** Each server has a folder of its own in it. */
  readonly folder: string;
  readonly processes: ChildProcess[];
  readonly durable: boolean;
  readonly certificates: Certificates | undefined;
}

/** Starts the process and gives how to control it. */
async function controlled(
  port: number,
  { processes, certificates }: Start,
  run: () => ChildProcess,
): Promise<ControlledServer> {
  let child: ChildProcess | undefined;
  const start = async () => {
    child = run();
    processes.push(child);
    await accepting(port);
  };
  const kill = async () => {
    const ended = new Promise((resolve) => child?.once("exit", resolve));
    child?.kill("SIGKILL");
    await ended;
    processes.splice(processes.indexOf(child as ChildProcess), 1);
  };
  await start();
  return { port, certificates, start, kill };
}

async function startPostgres(start: Start): Promise<ControlledServer> {
  const { durable, certificates } = start;
  const bin = postgresBin();
  const user = serverUser("postgres");
  if (bin === undefined || user === undefined) return { missing: "PostgreSQL is not installed" };
  const folder = ownedFolder(start.folder, "postgres", user);
  const data = join(folder, "data");
  const options = { ...user, env: { ...process.env, LC_ALL: "C.UTF-8" } };
  await promisify(execFile)(
    join(bin, "initdb"),
    ["-D", data, "-U", "mlmd", "-A", "trust", "-E", "UTF8", "-N"],
    options,
  );
  const port = await freePort();
  // For tests, what is committed must outlive the process, but not the machine.
  // Where rows were vacuumed away later ones take their places, and steps of event paths have no order but that.
  const settings = ["max_connections=200", ...(durable ? [] : ["fsync=off", "autovacuum=off"])];
  if (certificates) {
    const { cert, key, ca } = await copiesFor(certificates, folder, user);
    settings.push("ssl=on", `ssl_cert_file=${cert}`, `ssl_key_file=${key}`, `ssl_ca_file=${ca}`);
    await restrictUsers(join(data, "pg_hba.conf"));
  }
  const args = [
    "-D",
    data,
    "-p",
    String(port),
    "-h",
    "127.0.0.1",
    "-k",
    folder,
    ...settings.flatMap((s) => ["-c", s]),
  ];
  return controlled(port, start, () => spawn(join(bin, "postgres"), args, { ...options, stdio: "ignore" }));
}

/** Two users, if a test makes them, must be encrypted, and one of them must show a certificate of its name. */
async function restrictUsers(file: string): Promise<void> {
  const lines = [
    "hostssl all certified all cert",
    "hostssl all encrypted all trust",
    "hostnossl all certified,encrypted all reject",
  ];
  await writeFile(file, `${lines.join("\n")}\n${await readFile(file, "utf8")}`);
}

function postgresBin(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(":"),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

async function startMysql(start: Start): Promise<ControlledServer> {
  const { durable, certificates } = start;
  const server = command("mariadbd");
  const install = command("mariadb-install-db");
  const user = serverUser("mysql");
  if (server === undefined || install === undefined || user === undefined) {
    return { missing: "MariaDB is not installed" };
  }
  const folder = ownedFolder(start.folder, "mysql", user);
  // A server that starts removes the temporary tables of all others from a folder that they share.
  const base = ["--no-defaults", `--datadir=${join(folder, "data")}`, `--tmpdir=${folder}`];
  await promisify(execFile)(
    install,
    [...base, "--auth-root-authentication-method=normal", "--skip-test-db"],
    user,
  );
  const port = await freePort();
  const settings = [
    ...["skip-log-bin", "max-connections=200"],
    ...(durable ? [] : ["innodb-flush-log-at-trx-commit=2", "innodb-doublewrite=0"]),
  ];
  if (certificates) {
    const { cert, key, ca } = await copiesFor(certificates, folder, user);
    settings.push(`ssl-cert=${cert}`, `ssl-key=${key}`, `ssl-ca=${ca}`);
  }
  const places = [`--socket=${join(folder, "s")}`, `--pid-file=${join(folder, "pid")}`];
  const args = [
    ...base,
    ...places,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    ...settings.map((s) => `--${s}`),
  ];
  return controlled(port, start, () => spawn(server, args, { ...user, stdio: "ignore" }));
}

function command(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

type User = { readonly uid?: number; readonly gid?: number };

/** The servers refuse to run as root: then they run as the user that their packages made. Undefined if there is none. */
function serverUser(name: string): User | undefined {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) =>
    Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}

function ownedFolder(parent: string, name: string, { uid, gid }: User): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

async function accepting(port: number): Promise<void> {
  const deadline = Date.now() + startMaxMs;
  while (!(await connects(port))) {
    if (Date.now() > deadline) throw new Error(`no database server listens on port ${port}`);
    await wait(50);
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.unref();
    setTimeout(() => socket.destroy(), 1000).unref();
  });
}
