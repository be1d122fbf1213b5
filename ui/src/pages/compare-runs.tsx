import { setParams, useAddress } from "../lib/address.ts";
import type { Kind } from "../lib/kinds.ts";
import { columnsOfRuns, type Run } from "../lib/runs.ts";
import { count } from "../lib/text.ts";
import { numberOf, textOf } from "../lib/values.ts";
import { Choice } from "../parts/choice.tsx";
import { NodeLink, State } from "../parts/node-link.tsx";
import { Plot } from "../parts/plot.tsx";
import { Scroll } from "../parts/scroll.tsx";
import { Text } from "../parts/text.tsx";
import { Time } from "../parts/time.tsx";

interface CompareRunsProps {
  readonly kind: Kind;
  readonly runs: readonly Run[];
}

/** Several nodes as a table, a row for each, and one of the numbers as a picture. */
export function CompareRuns({ kind, runs: all }: CompareRunsProps) {
  const { params } = useAddress();
  const types = Map.groupBy(all, ({ node }) => node.type);
  const type = chosenType(types, params.get("type"));
  const runs = type === "" ? all : (types.get(type) ?? []);
  const columns = columnsOfRuns(runs);
  const varying = columns.filter((column) => isVarying(runs, column));
  const isBrief = params.get("show") === "differences";
  const shown = isBrief ? varying : columns;
  const numeric = columns.filter((column) =>
    runs.some(({ values }) => numberOf(values.get(column)) !== undefined),
  );
  const plotted = numeric.find((name) => name === params.get("plot")) ?? bestToPlot(numeric, varying);
  return (
    <>
      <div className="toolbar">
        {types.size > 1 && (
          <Choice
            label="Type"
            value={type}
            options={[...types].map(([name, { length }]) => [name, `${name} (${length})`])}
            onChange={(chosen) => setParams({ type: chosen })}
          />
        )}
        {plotted !== undefined && (
          <Choice label="Plot" value={plotted} options={numeric} onChange={(plot) => setParams({ plot })} />
        )}
        <label>
          <input
            type="checkbox"
            checked={isBrief}
            onChange={(event) => setParams({ show: event.target.checked ? "differences" : undefined })}
          />{" "}
          Only what differs
        </label>
        <span className="quiet" role="status">
          {count(runs.length, kind.name)}
        </span>
      </div>
      {plotted !== undefined && (
        <Plot
          title={plotted}
          points={runs.flatMap(({ node, values }) => {
            const value = numberOf(values.get(plotted));
            return value === undefined ? [] : [{ node, value }];
          })}
        />
      )}
      <RunTable kind={kind} runs={runs} columns={shown} varying={new Set(varying)} />
    </>
  );
}

/** The type that most of them have, unless the address says another. */
function chosenType(types: ReadonlyMap<string, readonly Run[]>, wanted: string | null): string {
  if (wanted !== null && types.has(wanted)) return wanted;
  return [...types].sort(([, one], [, other]) => other.length - one.length)[0]?.[0] ?? "";
}

function isVarying(runs: readonly Run[], column: string): boolean {
  const texts = new Set(
    runs.map(({ values }) => {
      const value = values.get(column);
      return value && `${value.kind} ${textOf(value)}`;
    }),
  );
  return texts.size > 1;
}

/** What outputs say of a run is of more interest than what it was told. */
function bestToPlot(numeric: readonly string[], varying: readonly string[]): string | undefined {
  const candidates = numeric.filter((name) => varying.includes(name));
  return (
    candidates.find((name) => /accuracy|auc|f1|score/i.test(name)) ??
    candidates.find((name) => name.includes(" → ")) ??
    candidates[0] ??
    numeric[0]
  );
}

interface RunTableProps extends CompareRunsProps {
  readonly columns: readonly string[];
  readonly varying: ReadonlySet<string>;
}

function RunTable({ kind, runs, columns, varying }: RunTableProps) {
  return (
    <Scroll label="Comparison">
      <table className="runs">
        <thead>
          <tr>
            <th scope="col">{kind.title}</th>
            {kind.state && <th scope="col">State</th>}
            {columns.map((column) => (
              <th key={column} scope="col" className={varying.has(column) ? "varying" : ""}>
                <Text max={60}>{column}</Text>
              </th>
            ))}
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {runs.map(({ node, values }) => (
            <tr key={String(node.id)}>
              <th scope="row">
                <NodeLink node={node} />
              </th>
              {kind.state && (
                <td>
                  <State node={node} />
                </td>
              )}
              {columns.map((column) => {
                const value = values.get(column);
                return (
                  <td key={column} className={numberOf(value) === undefined ? "cell-uri" : "number"}>
                    {value ? <Text max={80}>{textOf(value)}</Text> : <span className="quiet">–</span>}
                  </td>
                );
              })}
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
