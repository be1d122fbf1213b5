import { lineage as byHand } from "../by-hand.ts";
import { call, type OriginalGoal, type Workload } from "../workload.ts";

const downstream = 2;
const servers = { mysql: 2, postgres: 2 };

/** From an output of a run's first execution, which the next one reads, and so on. */
function lineage(name: string, hops: number, goal: OriginalGoal): Workload {
  return {
    ...{ name: `lineage: ${name}`, group: "lineage", changes: false, goal },
    ...(hops === 1 && { isFlat: true }),
    prepare:
      async ({ data, random }) =>
      () => {
        const artifact = data.firstOutput(data.firstExecution(random.integer(1, data.runs)));
        return {
          calls: [
            call("getLineageSubgraph", {
              lineageSubgraphQueryOptions: {
                startingNodes: { case: "startingArtifacts", value: { filterQuery: `id = ${artifact}` } },
                maxNumHops: BigInt(hops),
                direction: downstream,
              },
            }),
          ],
          minimum: (db) => byHand(db, artifact, hops),
        };
      },
  };
}

export const lineages: readonly Workload[] = [
  lineage("1 hop", 1, { sqlite: 1, ...servers }),
  lineage("1 execution deep (2 hops)", 2, { sqlite: 5, ...servers }),
  lineage("5 hops", 5, { sqlite: 1, ...servers }),
  lineage("5 executions deep (10 hops)", 10, { sqlite: 4, ...servers }),
  lineage("20 hops", 20, { sqlite: 1, ...servers }),
  lineage("20 executions deep (40 hops)", 40, { sqlite: 3, ...servers }),
];
