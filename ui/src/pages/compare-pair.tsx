import type { ReactNode } from "react";
import type { Event } from "../../../src/contract/messages.ts";
import { setParams, useAddress } from "../lib/address.ts";
import { type ComparedProperty, compareProperties, differenceText } from "../lib/compare.ts";
import { flowOf, pathText } from "../lib/events.ts";
import { type Kind, kinds, type NodeMessage, stateOf, uriOf } from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { eventsOf, nodesByIds, otherEnd } from "../lib/neighbours.ts";
import { columnName } from "../lib/values.ts";
import { NodeLink, State } from "../parts/node-link.tsx";
import { Scroll } from "../parts/scroll.tsx";
import { Failure } from "../parts/status.tsx";
import { Text } from "../parts/text.tsx";
import { Time } from "../parts/time.tsx";
import { ValueView } from "../parts/value.tsx";

interface Row {
  readonly name: string;
  readonly left: ReactNode;
  readonly right: ReactNode;
  readonly isSame: boolean;
  readonly difference?: string | undefined;
}

interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

interface PairProps {
  readonly kind: Kind;
  readonly left: NodeMessage;
  readonly right: NodeMessage;
}

/** Two nodes side by side: what they are, their properties, what they read and produced. */
export function ComparePair({ kind, left, right }: PairProps) {
  const isBrief = useAddress().params.get("show") === "differences";
  const { data: edges, error } = useLoad(`${left.id} ${right.id}`, (signal) =>
    edgeGroups(kind, left, right, signal),
  );
  const compared = compareProperties(left, right);
  const groups: Group[] = [
    { title: kind.title, rows: facts(kind, left, right) },
    { title: "Properties", rows: properties(compared, "properties.") },
    { title: "Custom properties", rows: properties(compared, "custom_properties.") },
    ...(edges ?? []),
  ];
  const differing = groups.flatMap(({ rows }) => rows).filter(({ isSame }) => !isSame).length;
  return (
    <>
      <div className="toolbar">
        <label>
          <input
            type="checkbox"
            checked={isBrief}
            onChange={(event) => setParams({ show: event.target.checked ? "differences" : undefined })}
          />{" "}
          Differences only
        </label>
        <span className="quiet" role="status">
          {differing} {differing === 1 ? "row differs" : "rows differ"}
        </span>
      </div>
      {error && <Failure error={error} />}
      <Scroll label="Comparison">
        <table className="compare">
          <thead>
            <tr>
              <td />
              <th scope="col">
                <NodeLink node={left} />
              </th>
              <th scope="col">
                <NodeLink node={right} />
              </th>
              <th scope="col">Difference</th>
            </tr>
          </thead>
          {groups.map((group) => (
            <GroupRows key={group.title} {...group} isBrief={isBrief} />
          ))}
        </table>
      </Scroll>
    </>
  );
}

function GroupRows({ title, rows, isBrief }: Group & { readonly isBrief: boolean }) {
  const shown = isBrief ? rows.filter(({ isSame }) => !isSame) : rows;
  if (shown.length === 0) return null;
  return (
    <tbody>
      <tr className="group">
        <th scope="rowgroup" colSpan={4}>
          {title}
        </th>
      </tr>
      {shown.map((row) => (
        <tr key={row.name} className={row.isSame ? "" : "differs"}>
          <th scope="row">
            <Text max={120}>{row.name}</Text>
            {!row.isSame && <span className="for-readers"> differs</span>}
          </th>
          <td>{row.left}</td>
          <td>{row.right}</td>
          <td className="number">{row.difference}</td>
        </tr>
      ))}
    </tbody>
  );
}

const none = <span className="quiet">–</span>;

function facts(kind: Kind, left: NodeMessage, right: NodeMessage): Row[] {
  const text = (name: string, of: (node: NodeMessage) => string): Row => {
    const view = (side: string) => (side === "" ? none : <Text max={400}>{side}</Text>);
    return { name, left: view(of(left)), right: view(of(right)), isSame: of(left) === of(right) };
  };
  const rows = [text("Type", ({ type }) => type), text("Name", ({ name }) => name)];
  if (kind.name === "artifact") rows.push(text("URI", (node) => uriOf(node) ?? ""));
  rows.push({
    name: "State",
    left: <State node={left} />,
    right: <State node={right} />,
    isSame: stateOf(left) === stateOf(right),
  });
  rows.push(text("External ID", ({ externalId }) => externalId));
  rows.push({
    name: "Created",
    left: <Time at={left.createTimeSinceEpoch} />,
    right: <Time at={right.createTimeSinceEpoch} />,
    isSame: left.createTimeSinceEpoch === right.createTimeSinceEpoch,
    difference: durationText(right.createTimeSinceEpoch - left.createTimeSinceEpoch),
  });
  return rows;
}

/** `+1 d 02:03:04`; nothing where the times are the same. */
function durationText(milliseconds: bigint): string {
  if (milliseconds === 0n) return "";
  const total = milliseconds < 0n ? -milliseconds : milliseconds;
  const two = (value: bigint) => String(value).padStart(2, "0");
  const seconds = total / 1000n;
  const days = seconds / 86_400n;
  const clock = [(seconds / 3600n) % 24n, (seconds / 60n) % 60n, seconds % 60n].map(two).join(":");
  const sign = milliseconds < 0n ? "−" : "+";
  if (seconds === 0n) return `${sign}${total} ms`;
  return `${sign}${days > 0n ? `${days} d ` : ""}${clock}`;
}

function properties(compared: readonly ComparedProperty[], prefix: string): Row[] {
  return compared
    .filter(({ column }) => column.startsWith(prefix))
    .map(({ column, left, right, isSame }) => ({
      name: columnName(column).name,
      left: left ? <ValueView value={left} /> : none,
      right: right ? <ValueView value={right} /> : none,
      isSame,
      difference: isSame ? undefined : differenceText(left, right),
    }));
}

/** What the two read and produced (of artifacts: what produced and read them), by the paths of the events. */
async function edgeGroups(
  kind: Kind,
  left: NodeMessage,
  right: NodeMessage,
  signal: AbortSignal,
): Promise<Group[]> {
  const [leftEvents, rightEvents] = await Promise.all([
    eventsOf(kind.name, [left.id], signal),
    eventsOf(kind.name, [right.id], signal),
  ]);
  const other = kind.name === "artifact" ? kinds.execution : kinds.artifact;
  const ids = [...leftEvents, ...rightEvents].map((event) => otherEnd(kind.name, event).id);
  const nodes = await nodesByIds(other, ids, signal);
  const titles = kind.name === "artifact" ? ["Produced by", "Read by"] : ["Inputs", "Outputs"];
  const flows = kind.name === "artifact" ? (["output", "input"] as const) : (["input", "output"] as const);
  return flows.map((flow, index) => {
    const [one, two] = [leftEvents, rightEvents].map((events) =>
      byPath(
        kind,
        events.filter((event) => flowOf(event) === flow),
        nodes,
      ),
    ) as [Ends, Ends];
    const rows = [...new Set([...one.keys(), ...two.keys()])].sort().map((name) => ({
      name,
      left: <EndLinks ends={one.get(name)} />,
      right: <EndLinks ends={two.get(name)} />,
      isSame: idsOf(one.get(name)) === idsOf(two.get(name)),
    }));
    return { title: titles[index] as string, rows };
  });
}

type Ends = ReadonlyMap<string, readonly NodeMessage[]>;

/** The nodes at the other ends by the event's path, or by their type where there is none. */
function byPath(kind: Kind, events: readonly Event[], nodes: ReadonlyMap<bigint, NodeMessage>): Ends {
  const found = new Map<string, NodeMessage[]>();
  for (const event of events) {
    const node = nodes.get(otherEnd(kind.name, event).id);
    if (node === undefined) continue;
    const path = pathText(event) || node.type;
    found.set(path, [...(found.get(path) ?? []), node]);
  }
  return found;
}

function idsOf(ends: readonly NodeMessage[] = []): string {
  return ends
    .map(({ id }) => String(id))
    .sort()
    .join();
}

function EndLinks({ ends = [] }: { readonly ends: readonly NodeMessage[] | undefined }) {
  if (ends.length === 0) return none;
  return (
    <>
      {ends.slice(0, 20).map((node) => (
        <div key={String(node.id)}>
          <NodeLink node={node} />
        </div>
      ))}
      {ends.length > 20 && <span className="quiet">and {ends.length - 20} more</span>}
    </>
  );
}
