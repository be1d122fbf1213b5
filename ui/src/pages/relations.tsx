import { useState } from "react";
import type { Event } from "../../../src/contract/messages.ts";
import { href } from "../lib/address.ts";
import { eventTypeName, flowOf, pathText } from "../lib/events.ts";
import { type Kind, kinds, type NodeMessage } from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { contextsOf, eventsOf, familyOf, nodesByIds, otherEnd } from "../lib/neighbours.ts";
import { count } from "../lib/text.ts";
import { Link } from "../parts/link.tsx";
import { NodeLink } from "../parts/node-link.tsx";
import { NodeTable } from "../parts/node-table.tsx";
import { Scroll } from "../parts/scroll.tsx";
import { Empty, Failure, Loading } from "../parts/status.tsx";
import { Text } from "../parts/text.tsx";
import { Time } from "../parts/time.tsx";

/** What is shown of a long list of events or members at first. */
const shownMax = 50;

interface RelationsProps {
  readonly kind: Kind;
  readonly node: NodeMessage;
}

/** Of an artifact or an execution: its events, and the contexts that it belongs to. */
export function NodeRelations({ kind, node }: RelationsProps) {
  const { data, error } = useLoad(`${kind.name} ${node.id}`, async (signal) => {
    const [events, contexts] = await Promise.all([
      eventsOf(kind.name, [node.id], signal),
      contextsOf(node, signal),
    ]);
    return { events, contexts };
  });
  if (error) return <Failure error={error} />;
  if (data === undefined) return <Loading />;
  const groups = groupsOf(kind, data.events);
  return (
    <>
      {groups.map(({ title, events, empty }) => (
        <Events key={title} kind={kind} title={title} events={events} empty={empty} />
      ))}
      <section>
        <h2>Contexts</h2>
        <NodeTable nodes={data.contexts} label="Contexts" empty="It belongs to none." />
      </section>
    </>
  );
}

function groupsOf({ name }: Kind, events: readonly Event[]) {
  const inputs = events.filter((event) => flowOf(event) === "input");
  const outputs = events.filter((event) => flowOf(event) === "output");
  const others = events.filter((event) => flowOf(event) === undefined);
  const groups =
    name === "artifact"
      ? [
          { title: "Produced by", events: outputs, empty: "No execution is known to have produced it." },
          { title: "Read by", events: inputs, empty: "No execution has read it." },
        ]
      : [
          { title: "Inputs", events: inputs, empty: "It read nothing." },
          { title: "Outputs", events: outputs, empty: "It produced nothing." },
        ];
  return [...groups, ...(others.length > 0 ? [{ title: "Other events", events: others, empty: "" }] : [])];
}

interface EventsProps {
  readonly kind: Kind;
  readonly title: string;
  readonly events: readonly Event[];
  readonly empty: string;
}

function Events({ kind, title, events, empty }: EventsProps) {
  const [shown, setShown] = useState(shownMax);
  const visible = events.slice(0, shown);
  const ends = visible.map((event) => otherEnd(kind.name, event));
  const other = kind.name === "artifact" ? kinds.execution : kinds.artifact;
  const { data: nodes, error } = useLoad(`${title} ${ends.map(({ id }) => id).join()}`, (signal) =>
    nodesByIds(
      other,
      ends.map(({ id }) => id),
      signal,
    ),
  );
  return (
    <section>
      <h2>
        {title} {events.length > 0 && <span className="quiet">{events.length.toLocaleString("en-US")}</span>}
      </h2>
      {error && <Failure error={error} />}
      {events.length === 0 ? (
        <Empty>{empty}</Empty>
      ) : (
        <Scroll label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">Path</th>
                <th scope="col">{other.title}</th>
                <th scope="col">Type</th>
                <th scope="col">Event</th>
                <th scope="col">Time</th>
              </tr>
            </thead>
            <tbody>
              {visible.map((event, index) => (
                <EventRow
                  key={`${event.artifactId} ${event.executionId} ${event.type}`}
                  event={event}
                  node={nodes?.get(ends[index]?.id ?? 0n)}
                  id={ends[index]?.id ?? 0n}
                />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {events.length > shown && (
        <button type="button" className="plain" onClick={() => setShown(shown + 10 * shownMax)}>
          Show more of {count(events.length, "event")}
        </button>
      )}
    </section>
  );
}

interface EventRowProps {
  readonly event: Event;
  readonly node: NodeMessage | undefined;
  readonly id: bigint;
}

function EventRow({ event, node, id }: EventRowProps) {
  return (
    <tr>
      <td>
        <code>
          <Text max={100}>{pathText(event)}</Text>
        </code>
      </td>
      <td className="cell-name">{node ? <NodeLink node={node} /> : String(id)}</td>
      <td>{node && <Text max={60}>{node.type}</Text>}</td>
      <td className="quiet">{eventTypeName(event)}</td>
      <td>
        <Time at={event.millisecondsSinceEpoch} form="short" />
      </td>
    </tr>
  );
}

/** Of a context: the contexts around it, and what belongs to it. */
export function ContextRelations({ node }: { readonly node: NodeMessage }) {
  const { data, error } = useLoad(`context ${node.id}`, (signal) => familyOf(node.id, signal));
  return (
    <>
      {error && <Failure error={error} />}
      {data && (
        <>
          <section>
            <h2>Parents</h2>
            <NodeTable nodes={data.parents} label="Parents" empty="It has none." />
          </section>
          <section>
            <h2>Children</h2>
            <NodeTable nodes={data.children} label="Children" empty="It has none." />
          </section>
        </>
      )}
      <Members kind={kinds.execution} contextId={node.id} />
      <Members kind={kinds.artifact} contextId={node.id} />
    </>
  );
}

function Members({ kind, contextId }: { readonly kind: Kind; readonly contextId: bigint }) {
  const filter = `contexts_a.id = ${contextId}`;
  const { data, error } = useLoad(`${kind.name} ${contextId}`, (signal) =>
    kind.list(
      { filterQuery: filter, maxResultSize: shownMax, orderByField: { field: 3, isAsc: false } },
      undefined,
      { signal },
    ),
  );
  return (
    <section>
      <h2>{kind.title}s</h2>
      {error && <Failure error={error} />}
      {data ? (
        <NodeTable nodes={data.nodes} label={`${kind.title}s`} empty={`No ${kind.name} belongs to it.`} />
      ) : (
        !error && <Loading />
      )}
      {data && data.nodes.length > 0 && (
        <Link to={href(`/${kind.plural}`, { filter })}>
          {data.nextPageToken === "" ? "As a list" : `All ${kind.plural} of this context`}
        </Link>
      )}
    </section>
  );
}
