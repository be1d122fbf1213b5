import { useMemo, useState } from "react";
import { href, navigate } from "../lib/address.ts";
import {
  allKinds,
  type Kind,
  kinds,
  type NodeMessage,
  type TypeMessage,
  typeKey,
  typeNameOf,
} from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { Choice } from "../parts/choice.tsx";
import { FilterBox } from "../parts/filter-box.tsx";
import { KindIcon } from "../parts/icons.tsx";
import { Link } from "../parts/link.tsx";
import { NodeLink, State } from "../parts/node-link.tsx";
import { Empty, Failure, Loading } from "../parts/status.tsx";
import { Text } from "../parts/text.tsx";
import { Time } from "../parts/time.tsx";
import { useTitle } from "../parts/title.tsx";

/** So many are counted one by one; beyond it there is no count that is exact and cheap. */
const countedMax = 100;

interface Summary {
  readonly kind: Kind;
  readonly types: readonly TypeMessage[];
  /** The newest first. */
  readonly newest: readonly NodeMessage[];
  readonly hasMore: boolean;
}

export function StartPage() {
  useTitle("");
  const { data, error } = useLoad("start", (signal) =>
    Promise.all(allKinds.map((kind) => summarize(kind, signal))),
  );
  if (error) return <Failure error={error} />;
  if (data === undefined) return <Loading />;
  const [artifacts, executions, contexts] = data as [Summary, Summary, Summary];
  const isEmpty = data.every(({ newest }) => newest.length === 0);
  return (
    <div className="start">
      <h1 className="for-readers">What is in this store</h1>
      <div className="counts">
        {data.map((summary) => (
          <Count key={summary.kind.name} {...summary} />
        ))}
      </div>
      {isEmpty && (
        <p className="notice">
          Nothing is recorded here yet. Point a pipeline at this server, and look again.
        </p>
      )}
      <Filters summaries={data} />
      <div className="columns">
        <Newest title="Newest runs" {...executions} />
        <Newest title="Newest contexts" {...contexts} />
        <Newest title="Newest artifacts" {...artifacts} />
      </div>
      <h2>Types</h2>
      <div className="columns">
        {data.map((summary) => (
          <Types key={summary.kind.name} {...summary} />
        ))}
      </div>
    </div>
  );
}

async function summarize(kind: Kind, signal: AbortSignal): Promise<Summary> {
  const options = { maxResultSize: countedMax, orderByField: { field: 3, isAsc: false } } as const;
  const [types, { nodes, nextPageToken }] = await Promise.all([
    kind.types({ signal }),
    kind.list(options, undefined, { signal }),
  ]);
  return { kind, types, newest: nodes, hasMore: nextPageToken !== "" };
}

/** The highest id bounds the number from above: ids are given once, and some may never have been used. */
function Count({ kind, newest, hasMore }: Summary) {
  const highest = newest[0]?.id ?? 0n;
  return (
    <Link to={`/${kind.plural}`} className={`card count-${kind.name}`}>
      <KindIcon kind={kind.name} />
      <span className="count-number">
        {hasMore ? (
          <span title={`The highest id is ${highest}. Ids that were never used count too.`}>
            <span className="quiet">up to </span>
            {highest.toLocaleString("en-US")}
          </span>
        ) : (
          newest.length
        )}
      </span>
      <span>{newest.length === 1 ? kind.name : kind.plural}</span>
    </Link>
  );
}

function Filters({ summaries }: { readonly summaries: readonly Summary[] }) {
  const [name, setName] = useState<Kind["name"]>("artifact");
  const types = summaries.find(({ kind }) => kind.name === name)?.types;
  const names = useMemo(() => ({ types: types ?? [], seen: [] }), [types]);
  return (
    <div className="start-filter">
      <Choice
        label="What to filter"
        isBare
        value={name}
        options={allKinds.map((kind) => [kind.name, `${kind.title}s`])}
        onChange={(chosen) => setName(chosen as Kind["name"])}
      />
      <FilterBox
        kind={name}
        value=""
        names={names}
        onApply={(filter) => navigate(href(`/${kinds[name].plural}`, { filter }))}
      />
    </div>
  );
}

function Newest({ title, kind, newest }: Summary & { readonly title: string }) {
  return (
    <section className="panel">
      <h2>{title}</h2>
      {newest.length === 0 && <Empty>None yet.</Empty>}
      <ul className="newest">
        {newest.slice(0, 8).map((node) => (
          <li key={String(node.id)}>
            <NodeLink node={node} />
            <span className="quiet newest-type">
              <Text max={40}>{node.type}</Text>
            </span>
            {kind.name === "execution" && <State node={node} />}
            <span className="quiet newest-time">
              <Time at={node.createTimeSinceEpoch} form="ago" />
            </span>
          </li>
        ))}
      </ul>
      {newest.length > 0 && <Link to={`/${kind.plural}`}>All {kind.plural}</Link>}
    </section>
  );
}

/** Types without nodes are left out at first: stores that are shared have many. */
function Types({ kind, types }: Summary) {
  const [isAll, setAll] = useState(false);
  const { data: counts, error } = useLoad(`${kind.name} ${types.length}`, (signal) =>
    countByType(kind, types, signal),
  );
  if (error) return <Failure error={error} />;
  const used = types.filter((type) => isAll || counts?.get(type) !== "0");
  return (
    <section className="panel">
      <h3>
        <KindIcon kind={kind.name} /> {kind.title} types
      </h3>
      <ul className="types">
        {used.map((type) => (
          <li key={String(type.id)}>
            <Link to={href(`/${kind.plural}`, { type: typeKey(type) })}>
              <Text max={60}>{typeKey(type)}</Text>
            </Link>
            <span className="number">{counts?.get(type) ?? "…"}</span>
          </li>
        ))}
      </ul>
      {!isAll && used.length < types.length && (
        <button type="button" className="plain" onClick={() => setAll(true)}>
          Show {types.length - used.length} without {kind.plural}
        </button>
      )}
    </section>
  );
}

/** A few at a time: a store may have many types. */
async function countByType(kind: Kind, types: readonly TypeMessage[], signal: AbortSignal) {
  const counts = new Map<TypeMessage, string>();
  const waiting = [...types];
  const work = async () => {
    for (let type = waiting.shift(); type !== undefined; type = waiting.shift()) {
      const { nodes, nextPageToken } = await kind.list({ maxResultSize: countedMax }, typeNameOf(type), {
        signal,
      });
      counts.set(type, `${nodes.length}${nextPageToken === "" ? "" : "+"}`);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return counts;
}
