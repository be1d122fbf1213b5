import { useMemo, useState } from "react";
import { href } from "../lib/address.ts";
import {
  type Kind,
  type KindName,
  labelOf,
  type NodeMessage,
  stateOf,
  typeKey,
  uriOf,
} from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { nodeById } from "../lib/neighbours.ts";
import { rawJson } from "../lib/raw.ts";
import { count } from "../lib/text.ts";
import { columnName, propertyColumns, propertyOf, type Shown } from "../lib/values.ts";
import { Copy } from "../parts/copy.tsx";
import { Icon, KindIcon } from "../parts/icons.tsx";
import { Link } from "../parts/link.tsx";
import { State } from "../parts/node-link.tsx";
import { Empty, Failure, Loading } from "../parts/status.tsx";
import { LongText, Text } from "../parts/text.tsx";
import { Time } from "../parts/time.tsx";
import { useTitle } from "../parts/title.tsx";
import { ValueView } from "../parts/value.tsx";
import { ContextRelations, NodeRelations } from "./relations.tsx";

interface NodePageProps {
  readonly kind: Kind;
  readonly id: bigint;
}

export function NodePage({ kind, id }: NodePageProps) {
  const { data, error, isLoading } = useLoad(`${kind.name} ${id}`, async (signal) => {
    const [node, types] = await Promise.all([nodeById(kind, id, signal), kind.types({ signal })]);
    return { node, type: types.find((type) => type.id === node?.typeId) };
  });
  useTitle(data?.node ? labelOf(data.node) : `${kind.title} ${id}`);
  if (error) return <Failure error={error} />;
  if (data === undefined || isLoading) return <Loading />;
  const { node, type } = data;
  if (node === undefined) {
    return (
      <>
        <h1>
          There is no {kind.name} {String(id)}
        </h1>
        <p>
          <Link to={`/${kind.plural}`}>All {kind.plural}</Link>
        </p>
      </>
    );
  }
  return (
    <article className="node-page">
      <Header kind={kind} node={node} />
      <Facts kind={kind} node={node} type={type ? typeKey(type) : node.type} />
      <Properties node={node} />
      {kind.name === "context" ? <ContextRelations node={node} /> : <NodeRelations kind={kind} node={node} />}
      <Raw node={node} />
    </article>
  );
}

function Header({ kind, node }: { readonly kind: Kind; readonly node: NodeMessage }) {
  return (
    <header className="node-header">
      <p className="quiet">
        <KindIcon kind={kind.name} /> {kind.title} {String(node.id)}
      </p>
      <h1>
        <Text max={300}>{labelOf(node)}</Text> {stateOf(node) !== undefined && <State node={node} />}
      </h1>
      <nav className="actions" aria-label="About this node">
        {actions[kind.name].map(({ title, icon, to }) => (
          <Link key={title} to={to(node.id)} className="button">
            <Icon name={icon} /> {title}
          </Link>
        ))}
      </nav>
    </header>
  );
}

interface Action {
  readonly title: string;
  readonly icon: "graph" | "compare" | "again";
  readonly to: (id: bigint) => string;
}

const lineage = (plural: string): Action => ({
  title: "Lineage",
  icon: "graph",
  to: (id) => `/lineage/${plural}/${id}`,
});
const compare = (plural: string): Action => ({
  title: "Compare with…",
  icon: "compare",
  to: (id) => href(`/compare/${plural}`, { ids: String(id) }),
});
const actions: Readonly<Record<KindName, readonly Action[]>> = {
  artifact: [lineage("artifacts"), compare("artifacts")],
  execution: [
    lineage("executions"),
    compare("executions"),
    { title: "Earlier runs with the same inputs", icon: "again", to: (id) => `/executions/${id}/cached` },
  ],
  context: [
    lineage("contexts"),
    {
      title: "Compare its runs",
      icon: "compare",
      to: (id) => href("/compare/executions", { context: String(id) }),
    },
    {
      title: "Compare its artifacts",
      icon: "compare",
      to: (id) => href("/compare/artifacts", { context: String(id) }),
    },
  ],
};

function Facts({
  kind,
  node,
  type,
}: {
  readonly kind: Kind;
  readonly node: NodeMessage;
  readonly type: string;
}) {
  const uri = uriOf(node);
  return (
    <dl className="facts">
      <dt>Type</dt>
      <dd>
        <Link to={href(`/${kind.plural}`, { type })}>
          <Text max={100}>{type}</Text>
        </Link>
      </dd>
      {uri !== undefined && uri !== "" && (
        <>
          <dt>URI</dt>
          <dd className="with-copy">
            <LongText>{uri}</LongText> <Copy text={uri} what="the URI" />
          </dd>
        </>
      )}
      {node.externalId !== "" && (
        <>
          <dt>External ID</dt>
          <dd className="with-copy">
            <Text max={300}>{node.externalId}</Text> <Copy text={node.externalId} what="the external ID" />
          </dd>
        </>
      )}
      <dt>Created</dt>
      <dd>
        <Time at={node.createTimeSinceEpoch} />
      </dd>
      <dt>Updated</dt>
      <dd>
        <Time at={node.lastUpdateTimeSinceEpoch} />
      </dd>
    </dl>
  );
}

const kindWords: Readonly<Record<Shown["kind"], string>> = {
  int: "integer",
  double: "double",
  string: "string",
  bool: "boolean",
  struct: "struct",
  proto: "message",
  unknown: "?",
};

function Properties({ node }: { readonly node: NodeMessage }) {
  const columns = propertyColumns([node]);
  return (
    <section>
      <h2>Properties</h2>
      {columns.length === 0 && <Empty>It has none.</Empty>}
      {columns.length > 0 && (
        <table className="properties">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Kind</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {columns.map((column) => (
              <Property key={column} column={column} value={propertyOf(node, column) as Shown} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Property({ column, value }: { readonly column: string; readonly value: Shown }) {
  const { name, isCustom } = columnName(column);
  return (
    <tr>
      <th scope="row">
        <Text max={200}>{name}</Text>
      </th>
      <td className="quiet">
        {kindWords[value.kind]}
        {isCustom && ", custom"}
      </td>
      <td>
        <ValueView value={value} />
      </td>
    </tr>
  );
}

function Raw({ node }: { readonly node: NodeMessage }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="raw" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>Raw message</h2>
      </summary>
      {isOpen && <RawText node={node} />}
    </details>
  );
}

function RawText({ node }: { readonly node: NodeMessage }) {
  const text = useMemo(() => JSON.stringify(rawJson(node), undefined, 2), [node]);
  return (
    <>
      <p>
        <Copy text={text} what="the message as JSON" />{" "}
        <span className="quiet">{count(text.length, "character")} of JSON</span>
      </p>
      <div className="code">
        <LongText folded={20_000}>{text}</LongText>
      </div>
    </>
  );
}
