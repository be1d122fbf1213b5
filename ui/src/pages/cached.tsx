import { href } from "../lib/address.ts";
import { type EarlierRun, earlierRuns } from "../lib/cached.ts";
import { kinds, labelOf } from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { nodeById } from "../lib/neighbours.ts";
import { columnName } from "../lib/values.ts";
import { Link } from "../parts/link.tsx";
import { NodeLink, State } from "../parts/node-link.tsx";
import { NodeTable } from "../parts/node-table.tsx";
import { Scroll } from "../parts/scroll.tsx";
import { Empty, Failure, Loading } from "../parts/status.tsx";
import { Text } from "../parts/text.tsx";
import { Time } from "../parts/time.tsx";
import { useTitle } from "../parts/title.tsx";

/** Earlier executions with the same inputs: which one could have been used again. */
export function CachedPage({ id }: { readonly id: bigint }) {
  const { data, error, isLoading } = useLoad(`cached ${id}`, async (signal) => {
    const execution = await nodeById(kinds.execution, id, signal);
    return { execution, found: execution && (await earlierRuns(execution, signal)) };
  });
  useTitle(`Earlier runs like ${data?.execution ? labelOf(data.execution) : id}`);
  if (error) return <Failure error={error} />;
  if (data === undefined || isLoading) return <Loading what="Looking for earlier runs" />;
  const { execution, found } = data;
  if (execution === undefined || found === undefined) return <h1>There is no execution {String(id)}</h1>;
  const usable = found.runs.find(({ obstacle }) => obstacle === undefined);
  return (
    <>
      <h1>Earlier runs with the same inputs</h1>
      <p>
        As <NodeLink node={execution} />, of the type <Text max={60}>{execution.type}</Text>.
      </p>
      <p className="notice" role="status">
        {usable ? (
          <>
            <NodeLink node={usable.execution} /> did the same and its outputs are there: it could have been
            used instead.
          </>
        ) : (
          "No earlier run could have been used instead."
        )}
      </p>
      <h2>Earlier runs</h2>
      {found.runs.length === 0 ? (
        <Empty>No earlier execution of this type read exactly these artifacts.</Empty>
      ) : (
        <Scroll label="Earlier runs">
          <table>
            <thead>
              <tr>
                <th scope="col">Execution</th>
                <th scope="col">State</th>
                <th scope="col">Created</th>
                <th scope="col">Other properties</th>
                <th scope="col">Outputs</th>
                <th scope="col">Usable</th>
                <th scope="col">Differences</th>
              </tr>
            </thead>
            <tbody>
              {found.runs.map((run) => (
                <Row key={String(run.execution.id)} run={run} id={id} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {found.hasMore && <p className="quiet">There are older ones that were not looked at.</p>}
      <h2>Inputs</h2>
      <NodeTable nodes={found.inputs} label="Inputs" empty="It read nothing." />
    </>
  );
}

function Row({
  run: { execution, outputs, differences, obstacle },
  id,
}: {
  readonly run: EarlierRun;
  readonly id: bigint;
}) {
  const names = differences.map(({ column }) => columnName(column).name);
  return (
    <tr>
      <td className="cell-name">
        <NodeLink node={execution} />
      </td>
      <td>
        <State node={execution} />
      </td>
      <td>
        <Time at={execution.createTimeSinceEpoch} form="short" />
      </td>
      <td>
        {names.length === 0 ? <span className="quiet">none</span> : <Text max={60}>{names.join(", ")}</Text>}
      </td>
      <td>
        {outputs.length === 0 && <span className="quiet">none</span>}
        {outputs.slice(0, 5).map((output) => (
          <div key={String(output.id)}>
            <NodeLink node={output} /> <State node={output} />
          </div>
        ))}
        {outputs.length > 5 && <span className="quiet">and {outputs.length - 5} more</span>}
      </td>
      <td>{obstacle === undefined ? <strong>yes</strong> : <span className="quiet">no: {obstacle}</span>}</td>
      <td>
        <Link to={href("/compare/executions", { ids: `${execution.id},${id}` })}>Compare</Link>
      </td>
    </tr>
  );
}
