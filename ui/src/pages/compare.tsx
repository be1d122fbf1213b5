import { useAddress } from "../lib/address.ts";
import { type Kind, kinds, labelOf, type NodeMessage } from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { nodeById, nodesByIds } from "../lib/neighbours.ts";
import { type Run, runsOf } from "../lib/runs.ts";
import { NodeLink } from "../parts/node-link.tsx";
import { Empty, Failure, Loading } from "../parts/status.tsx";
import { useTitle } from "../parts/title.tsx";
import { ChooseMore } from "./choose-more.tsx";
import { ComparePair } from "./compare-pair.tsx";
import { CompareRuns } from "./compare-runs.tsx";

/** More are not put side by side. */
const comparedMax = 500;

interface Compared {
  readonly context: NodeMessage | undefined;
  readonly runs: readonly Run[];
  readonly hasMore: boolean;
}

/** Two nodes as a typed difference, several as a table: those of the ids in the address, or those of a context. */
export function ComparePage({ kind }: { readonly kind: Kind }) {
  const { params } = useAddress();
  const contextText = params.get("context") ?? "";
  const idTexts = (params.get("ids") ?? "").split(",").filter((text) => /^\d{1,18}$/.test(text));
  const key = `${kind.name} ${contextText} ${contextText === "" ? idTexts.join() : ""}`;
  const { data, error, isLoading } = useLoad(key, (signal) =>
    /^\d{1,18}$/.test(contextText)
      ? runsOfContext(kind, BigInt(contextText), signal)
      : runsOfIds(kind, idTexts.map(BigInt), signal),
  );
  useTitle(`Compare ${kind.plural}`);
  if (error) return <Failure error={error} />;
  if (data === undefined || isLoading) return <Loading />;
  const { context, runs, hasMore } = data;
  const nodes = runs.map(({ node }) => node);
  const [left, right, ...others] = runs;
  return (
    <>
      <h1>
        {title(kind, nodes)}
        {context && (
          <>
            {" "}
            of <NodeLink node={context} />
          </>
        )}
      </h1>
      {hasMore && <p className="notice">These are {runs.length} of them; there are more.</p>}
      {context === undefined && <ChooseMore kind={kind} nodes={nodes} />}
      {context && runs.length === 0 && <Empty>{`No ${kind.name} belongs to this context.`}</Empty>}
      {left && right && others.length === 0 && context === undefined && (
        <ComparePair kind={kind} left={left.node} right={right.node} />
      )}
      {(runs.length > 2 || (context && runs.length > 0)) && <CompareRuns kind={kind} runs={runs} />}
    </>
  );
}

function title(kind: Kind, nodes: readonly NodeMessage[]): string {
  if (nodes.length === 1 && nodes[0]) return `Compare ${labelOf(nodes[0]).slice(0, 80)}`;
  return `Compare ${nodes.length || ""} ${kind.plural}`.replace("  ", " ");
}

async function runsOfIds(kind: Kind, ids: readonly bigint[], signal: AbortSignal): Promise<Compared> {
  const found = await nodesByIds(kind, ids.slice(0, comparedMax), signal);
  const nodes = [...new Set(ids)].flatMap((id) => found.get(id) ?? []);
  return { context: undefined, runs: await runsOf(kind, nodes, signal), hasMore: ids.length > comparedMax };
}

/** In the order in which they were stored. */
async function runsOfContext(kind: Kind, contextId: bigint, signal: AbortSignal): Promise<Compared> {
  const [context, { nodes, nextPageToken }] = await Promise.all([
    nodeById(kinds.context, contextId, signal),
    kind.list(
      {
        filterQuery: `contexts_a.id = ${contextId}`,
        maxResultSize: comparedMax,
        orderByField: { field: 3, isAsc: false },
      },
      undefined,
      { signal },
    ),
  ]);
  return {
    context,
    runs: await runsOf(kind, nodes.toReversed(), signal),
    hasMore: nextPageToken !== "",
  };
}
