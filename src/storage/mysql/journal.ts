import { MlmdError } from "../../errors.ts";
import type { Direction } from "../migrate/step.ts";
import type { MysqlConnection } from "./connection.ts";

/*
 * Which move between two schema versions is under way. It is the comment of a table that exists only meanwhile: a
 * table and its comment are made in one statement, which the server does whole or not at all.
 */

export const journalTable = "mlmd_migration";

/**
 * The move that has begun and not ended, in a database that has this version. A record of a move between other versions
 * was left behind by one whose content is gone, for instance replaced by a backup, and means nothing.
 */
export async function unfinishedMove(
  connection: MysqlConnection,
  version: number | undefined,
): Promise<Direction | undefined> {
  const move = parse(await comment(connection));
  return version !== undefined && move && [move.from, move.to].includes(version) ? move : undefined;
}

export async function beginMove(connection: MysqlConnection, move: Direction): Promise<void> {
  const present = await comment(connection);
  const text = `from ${move.from} to ${move.to}`;
  if (present === text) return;
  if (present !== undefined) await endMove(connection);
  await connection.query(`CREATE TABLE ${journalTable} (id INT PRIMARY KEY) COMMENT = '${text}'`);
}

export async function endMove(connection: MysqlConnection): Promise<void> {
  await connection.query(`DROP TABLE IF EXISTS ${journalTable}`);
}

/** Why a database cannot be opened in the middle of a move. */
export function inBetween({ from, to }: Direction): MlmdError {
  return new MlmdError(
    "FAILED_PRECONDITION",
    `the database is between the schema versions ${from} and ${to}: a migration is under way, or was cut off and is ` +
      "completed by `mlmd migrate up`, or by enableUpgradeMigration on opening",
  );
}

async function comment(connection: MysqlConnection): Promise<string | undefined> {
  const [row] = await connection.query(
    `SELECT table_comment AS text FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name = '${journalTable}'`,
  );
  return row?.text as string | undefined;
}

function parse(text: string | undefined): Direction | undefined {
  const [, from, to] = /^from (\d+) to (\d+)$/.exec(text ?? "") ?? [];
  return from === undefined ? undefined : { from: Number(from), to: Number(to) };
}
