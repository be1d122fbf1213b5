import { kindOf, type NodeMessage, uriOf } from "../lib/kinds.ts";
import { NodeLink, State } from "./node-link.tsx";
import { Scroll } from "./scroll.tsx";
import { Empty } from "./status.tsx";
import { Text } from "./text.tsx";
import { Time } from "./time.tsx";

interface NodeTableProps {
  readonly nodes: readonly NodeMessage[];
  readonly label: string;
  readonly empty: string;
}

/** A short table of nodes of one kind. */
export function NodeTable({ nodes, label, empty }: NodeTableProps) {
  const [first] = nodes;
  if (first === undefined) return <Empty>{empty}</Empty>;
  const { name: kind, state } = kindOf(first);
  return (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">ID</th>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            {state && <th scope="col">State</th>}
            {kind === "artifact" && <th scope="col">URI</th>}
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={String(node.id)}>
              <td className="number">{String(node.id)}</td>
              <td className="cell-name">
                <NodeLink node={node} />
              </td>
              <td>
                <Text max={60}>{node.type}</Text>
              </td>
              {state && (
                <td>
                  <State node={node} />
                </td>
              )}
              {kind === "artifact" && (
                <td className="cell-uri">
                  <Text max={120}>{uriOf(node) ?? ""}</Text>
                </td>
              )}
              <td>
                <Time at={node.createTimeSinceEpoch} form="short" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
