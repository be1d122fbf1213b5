import { sqliteMigrator } from "../../src/storage/sqlite/migrator.ts";

/** Upgrades a file in a process of its own, which may be told to kill itself when it comes to a version. */
const [file = "", killedAt = ""] = process.argv.slice(2);
const migrator = await sqliteMigrator({ path: file });
const result = await migrator.up({
  onProgress: ({ to }) => {
    if (String(to) === killedAt) process.kill(process.pid, "SIGKILL");
  },
});
console.log(JSON.stringify(result));
