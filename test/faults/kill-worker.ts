import { parentPort, workerData } from "node:worker_threads";
import mysql from "mysql2/promise";
import pg from "pg";

/** Kills all connections to the database but its own each time that it is told to, and then wakes up who waits. */
const { engine, port, database, signal } = workerData as {
  engine: "postgres" | "mysql";
  port: number;
  database: string;
  signal: Int32Array;
};
const host = "127.0.0.1";

async function postgresKiller() {
  const client = new pg.Client({ host, port, user: "mlmd", database: "postgres" });
  await client.connect();
  const text = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
  return { kill: () => client.query(text, [database]), end: () => client.end() };
}

async function mysqlKiller() {
  const connection = await mysql.createConnection({ host, port, user: "root" });
  const text = "SELECT id FROM information_schema.processlist WHERE db = ?";
  const kill = async () => {
    const [rows] = (await connection.query(text, [database])) as unknown as [{ id: number }[]];
    for (const { id } of rows) await connection.query(`KILL ${id}`).catch(() => {});
  };
  return { kill, end: () => connection.end() };
}

const { kill, end } = await (engine === "postgres" ? postgresKiller() : mysqlKiller());
parentPort?.on("message", async (message: "kill" | "end") => {
  if (message === "kill") await kill();
  else await end();
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
  if (message === "end") parentPort?.close();
});
parentPort?.postMessage("ready");
