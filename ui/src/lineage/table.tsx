import { useMemo, useState } from "react";
import { plainText } from "../lib/text.ts";
import { Link } from "../parts/link.tsx";
import { Text } from "../parts/text.tsx";
import { inFlowOrder } from "./flow.ts";
import { type Edge, type LineageNode, type NodeKey, titleOf } from "./graph.ts";
import type { Lineage } from "./read.ts";
import { matching } from "./search.ts";

const rowsPerStep = 200;
const neighboursMax = 20;

/** The same graph in words: a row for each node, in the order in which data flowed. */
export function LineageTable({ lineage, find }: { readonly lineage: Lineage; readonly find: string }) {
  const [limit, setLimit] = useState(rowsPerStep);
  const { graph } = lineage;
  const { all, before, after } = useMemo(() => {
    return { all: inFlowOrder(graph), before: byEnd(graph.edges, "to"), after: byEnd(graph.edges, "from") };
  }, [graph]);
  const nodes = find.trim() === "" ? all : matching(all, find);
  return (
    <div className="lineage-table">
      <table>
        <caption>
          {nodes.length < graph.nodes.size && `${nodes.length} of `}
          {graph.nodes.size} nodes, {graph.edges.length} edges
        </caption>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Type</th>
            <th scope="col">Node</th>
            <th scope="col">State</th>
            <th scope="col">Came from</th>
            <th scope="col">Led to</th>
          </tr>
        </thead>
        <tbody>
          {nodes.slice(0, limit).map((node) => (
            <tr key={node.key}>
              <td>{node.kind}</td>
              <td>
                <Text max={120}>{node.type}</Text>
              </td>
              <th scope="row">
                <NodeName node={node} />
              </th>
              <td>{node.state}</td>
              <td>
                <Ends edges={before.get(node.key) ?? []} end="from" lineage={lineage} />
              </td>
              <td>
                <Ends edges={after.get(node.key) ?? []} end="to" lineage={lineage} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {nodes.length > limit && (
        <button type="button" onClick={() => setLimit(limit + rowsPerStep)}>
          Show more ({nodes.length - limit} left)
        </button>
      )}
    </div>
  );
}

function byEnd(edges: readonly Edge[], end: "from" | "to"): Map<NodeKey, Edge[]> {
  return Map.groupBy(edges, (edge) => edge[end]);
}

function NodeName({ node }: { readonly node: LineageNode }) {
  return (
    <>
      <Link to={`/${node.kind}s/${node.id}`}>
        <Text max={120}>{titleOf(node)}</Text>
      </Link>{" "}
      <span className="lineage-quiet">#{String(node.id)}</span>
    </>
  );
}

interface EndsProps {
  readonly edges: readonly Edge[];
  readonly end: "from" | "to";
  readonly lineage: Lineage;
}

function Ends({ edges, end, lineage }: EndsProps) {
  return (
    <ul>
      {edges.slice(0, neighboursMax).map((edge) => {
        const node = lineage.graph.nodes.get(edge[end]);
        return (
          node && (
            <li key={node.key}>
              <NodeName node={node} />
              {edge.labels.length > 0 && (
                <span className="lineage-quiet"> {plainText(edge.labels.join(", "))}</span>
              )}
            </li>
          )
        );
      })}
      {edges.length > neighboursMax && <li>and {edges.length - neighboursMax} more</li>}
    </ul>
  );
}
