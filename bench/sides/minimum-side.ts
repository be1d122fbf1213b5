import type { Bare } from "./minimum.ts";
import { type Side, timed } from "./side.ts";

/** The hand-written minimum, in this process. */
export function minimumSide(db: Bare): Side {
  return {
    name: "minimum",
    time: (operations) =>
      timed(operations.length, async () => {
        for (const { minimum } of operations) await minimum(db);
      }),
    async answers({ minimum }) {
      await minimum(db);
      return undefined;
    },
    close: () => db.close(),
  };
}
