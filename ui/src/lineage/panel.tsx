import { plainText } from "../lib/text.ts";
import { Link } from "../parts/link.tsx";
import { Text } from "../parts/text.tsx";
import type { NodeKey, Side } from "./graph.ts";
import { titleOf } from "./graph.ts";
import type { Drawn, DrawnKey } from "./group.ts";
import { labelOf, type Scene, type SceneEdge } from "./picture/scene.ts";
import type { Expansion, Lineage } from "./read.ts";

interface PanelProps {
  readonly scene: Scene;
  readonly box: Drawn;
  readonly lineage: Lineage;
  /** Sides of nodes at which more is shown than the hops reach. */
  readonly more: readonly Expansion[];
  readonly onFocus: (key: DrawnKey) => void;
  readonly onMore: (key: NodeKey, side: Side) => void;
  readonly onGroup: (key: string) => void;
}

/** In a list of a group or of neighbours; the rest is in the table. */
const listMax = 50;

/** What is known of the box that is looked at, and what can be done with it. */
export function Panel(props: PanelProps) {
  const { scene, box } = props;
  const before = scene.edges.filter(({ edge }) => edge.to === box.key);
  const after = scene.edges.filter(({ edge }) => edge.from === box.key);
  return (
    <aside className="lineage-panel" aria-label="Selected">
      {box.node ? <NodeFacts {...props} /> : <GroupFacts {...props} />}
      <Neighbours {...props} title="Came from" edges={before} end="from" />
      <Neighbours {...props} title="Led to" edges={after} end="to" />
    </aside>
  );
}

function NodeFacts({ box: { node }, lineage, more, onMore }: PanelProps) {
  if (!node) return null;
  const hidden = lineage.hidden.get(node.key);
  const toggle = (side: Side, what: string) => {
    const isShown = more.some((one) => one.key === node.key && one.side === side);
    const count = hidden?.[side] && !isShown ? ` (+${hidden[side]})` : "";
    return (
      <button type="button" onClick={() => onMore(node.key, side)}>
        {`${isShown ? "Hide" : "Show"} what it ${what}${count}`}
      </button>
    );
  };
  const page = `/${node.kind}s/${node.id}`;
  const contexts = node.contexts.flatMap((id) => lineage.graph.contexts.get(id) ?? []);
  return (
    <>
      <p className={`lineage-kind lineage-kind-${node.kind}`}>
        {node.kind === "artifact" ? "Artifact" : "Execution"} #{String(node.id)}
      </p>
      <h2>
        <Link to={page}>
          <Text max={120}>{titleOf(node)}</Text>
        </Link>
      </h2>
      <dl>
        <dt>Type</dt>
        <dd>
          <Text max={120}>{node.type}</Text>
        </dd>
        {node.state && (
          <>
            <dt>State</dt>
            <dd>{node.state}</dd>
          </>
        )}
        {node.uri && (
          <>
            <dt>URI</dt>
            <dd className="lineage-long">
              <Text max={120}>{node.uri}</Text>
            </dd>
          </>
        )}
        {contexts.length > 0 && (
          <>
            <dt>In</dt>
            <dd>
              {contexts.slice(0, listMax).map(({ id, type, name }) => (
                <span key={String(id)} className="lineage-context">
                  <Link to={`/contexts/${id}`} title={plainText(type)}>
                    <Text max={120}>{name || `${type} ${id}`}</Text>
                  </Link>{" "}
                  <Link to={`/lineage/contexts/${id}`} aria-label={`Graph of ${plainText(name)}`}>
                    graph
                  </Link>
                </span>
              ))}
            </dd>
          </>
        )}
      </dl>
      <p className="lineage-actions">
        {toggle("before", "came from")}
        {toggle("after", "led to")}
        <Link to={`/lineage${page}`} className="button">
          Start here
        </Link>
        <Link to={page} className="button">
          Open
        </Link>
      </p>
    </>
  );
}

function GroupFacts({ box: { group }, onGroup }: PanelProps) {
  if (!group) return null;
  const states = new Map<string, number>();
  for (const { state } of group.members) if (state) states.set(state, (states.get(state) ?? 0) + 1);
  const what = group.kind === "context" ? plainText(group.type) : `${group.kind}s`;
  return (
    <>
      <p className={`lineage-kind lineage-kind-${group.kind}`}>
        {group.members.length} {group.kind === "context" ? `nodes of one ${what}` : what}
      </p>
      <h2>
        <Text max={120}>{group.title}</Text>
      </h2>
      {states.size > 0 && (
        <dl>
          {[...states].map(([state, count]) => (
            <div key={state}>
              <dt>{state}</dt>
              <dd>{count}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="lineage-actions">
        <button type="button" onClick={() => onGroup(group.key)}>
          Show its {group.members.length} nodes
        </button>
        {group.kind === "context" && (
          <Link to={`/lineage/contexts/${group.key.slice(1)}`} className="button">
            Start here
          </Link>
        )}
      </p>
      <details>
        <summary>Members</summary>
        <ul>
          {group.members.slice(0, listMax).map((node) => (
            <li key={node.key}>
              <Link to={`/${node.kind}s/${node.id}`}>
                <Text max={120}>{titleOf(node)}</Text>
              </Link>{" "}
              <span className="lineage-quiet">#{String(node.id)}</span>
            </li>
          ))}
        </ul>
        {group.members.length > listMax && <p>and {group.members.length - listMax} more</p>}
      </details>
    </>
  );
}

interface NeighboursProps extends PanelProps {
  readonly title: string;
  readonly edges: readonly SceneEdge[];
  readonly end: "from" | "to";
}

function Neighbours({ scene, title, edges, end, onFocus }: NeighboursProps) {
  if (edges.length === 0) return null;
  return (
    <section>
      <h3>
        {title} <span className="lineage-quiet">{edges.length}</span>
      </h3>
      <ul>
        {edges.slice(0, listMax).map(({ edge }) => {
          const other = scene.byKey.get(edge[end]);
          const label = labelOf(edge);
          return other ? (
            <li key={edge[end]}>
              <button
                type="button"
                className={`lineage-neighbour lineage-kind-${other.shape}`}
                onClick={() => onFocus(other.key)}
              >
                <Text max={120}>{other.title}</Text>
              </button>{" "}
              <span className="lineage-quiet">
                <Text max={120}>{other.caption}</Text>
                {label && (
                  <>
                    {" · "}
                    <Text max={120}>{label}</Text>
                  </>
                )}
              </span>
            </li>
          ) : null;
        })}
      </ul>
      {edges.length > listMax && <p>and {edges.length - listMax} more</p>}
    </section>
  );
}
