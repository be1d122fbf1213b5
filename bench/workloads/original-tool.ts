import type { Workload } from "../workload.ts";
import { fills } from "./original-tool/fill.ts";
import { prefillEdges, prefillNodes, prefillTypes } from "./original-tool/prefill.ts";
import { toolReads } from "./original-tool/read.ts";

/**
 * The workloads of the original's own benchmark tool, mlmd_bench, which is no longer shipped: 8 groups with 35
 * specifications, 41 with the variants that update. Sizes are those of its unit tests; names and draws come from a seed.
 */
export const originalTool: readonly Workload[] = [...fills, ...toolReads];

/** What the store is to hold first, one step after the other. */
export const originalToolPrefill = [prefillTypes, prefillNodes, prefillEdges];
