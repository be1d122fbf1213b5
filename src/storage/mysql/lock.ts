import { MlmdError } from "../../errors.ts";
import type { MysqlConnection } from "./connection.ts";

/** A lock ends with its connection, so this is for those who hold it rightly. */
const waitMaxS = 600;

/** Names of locks are the server's, and short. */
const lockName = "CONCAT('mlmd.schema.', MD5(DATABASE()))";

/** Does the work while no other process changes the tables of this database. */
export async function withSchemaLock<T>(connection: MysqlConnection, work: () => Promise<T>): Promise<T> {
  const [lock] = await connection.query(`SELECT GET_LOCK(${lockName}, ${waitMaxS}) AS taken`);
  if (lock?.taken !== 1n) {
    throw new MlmdError(
      "ABORTED",
      `another process has been creating or migrating the database for over ${waitMaxS / 60} minutes`,
    );
  }
  try {
    return await work();
  } finally {
    await connection.query(`SELECT RELEASE_LOCK(${lockName})`).catch(() => {});
  }
}
