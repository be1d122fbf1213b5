import { type ReactNode, useMemo } from "react";
import { setParams, useAddress } from "../lib/address.ts";
import { type Column, chosenColumns, columnsOf, simpleText, writeNames } from "../lib/columns.ts";
import { nameInFilter } from "../lib/complete.ts";
import {
  type Kind,
  type NodeMessage,
  type TypeMessage,
  typeKey,
  typeNameOf,
  typeOfKey,
} from "../lib/kinds.ts";
import { useLoad } from "../lib/load.ts";
import { type Paged, usePaged } from "../lib/paged.ts";
import { count } from "../lib/text.ts";
import { columnName, numberOf, propertyColumns, propertyOf, shownValue, textOf } from "../lib/values.ts";
import { Choice } from "../parts/choice.tsx";
import { FilterBox, problemOf } from "../parts/filter-box.tsx";
import { NodeLink, State } from "../parts/node-link.tsx";
import { Failure, Loading } from "../parts/status.tsx";
import { Text } from "../parts/text.tsx";
import { Time } from "../parts/time.tsx";
import { useTitle } from "../parts/title.tsx";
import { WindowedTable } from "../parts/windowed.tsx";

const pageSize = 200;

/** The parameters of a list, all of them in the address. */
interface View {
  readonly type: string;
  readonly state: string;
  readonly filter: string;
  readonly order: string;
  readonly isAscending: boolean;
  readonly columns: readonly Column[];
}

function viewOf(kind: Kind, params: URLSearchParams): View {
  const [, sign, order = "created"] = /^(-?)(.*)$/.exec(params.get("sort") ?? "-created") ?? [];
  return {
    type: params.get("type") ?? "",
    state: params.get("state") ?? "",
    filter: params.get("filter") ?? "",
    order,
    isAscending: sign === "",
    columns: chosenColumns(kind, params.get("columns")),
  };
}

/** The list of a kind. Types are loaded first: one of them may be what is listed. */
export function ListPage({ kind }: { readonly kind: Kind }) {
  useTitle(`${kind.title}s`);
  const types = useLoad(kind.plural, (signal) => kind.types({ signal }));
  if (types.error) return <Failure error={types.error} />;
  if (types.data === undefined || types.isLoading) return <Loading />;
  return <List key={kind.name} kind={kind} types={types.data} />;
}

function List({ kind, types }: { readonly kind: Kind; readonly types: readonly TypeMessage[] }) {
  const { params } = useAddress();
  const view = viewOf(kind, params);
  const type = typeOfKey(types, view.type);
  // The box says what is wrong with such a filter; asking the server would say it twice.
  const isWrong = problemOf(kind.name, view.filter) !== undefined;
  const request = {
    filterQuery: filterOf(kind, view),
    orderByField: {
      field: orderField(kind, view.order),
      isAsc: view.isAscending,
    },
  };
  const content = JSON.stringify([kind.name, view.type, request]);
  const paged = usePaged(content, async (nextPageToken, signal) => {
    const isUnknown = view.type !== "" && type === undefined;
    if (isUnknown || isWrong) return { nodes: [], nextPageToken: "" };
    const options = { ...request, maxResultSize: pageSize, nextPageToken };
    return kind.list(options, type && typeNameOf(type), { signal });
  });
  const seen = useMemo(() => propertyColumns(paged.nodes.slice(0, pageSize)), [paged.nodes]);
  const names = useMemo(
    () => ({ types, seen: filterNames(paged.nodes.slice(0, pageSize)) }),
    [types, paged.nodes],
  );
  return (
    <div className="list-page">
      <h1 className="for-readers">{kind.title}s</h1>
      <FilterBox
        kind={kind.name}
        value={view.filter}
        names={names}
        onApply={(filter) => setParams({ filter })}
      />
      <Choices kind={kind} types={types} view={view} seen={seen} paged={paged} />
      <WindowedTable
        label={`${kind.title}s`}
        content={content}
        rows={paged.nodes.length}
        columns={view.columns.length}
        onNearEnd={paged.more}
        head={
          <tr>
            {view.columns.map((column) => (
              <Head key={column.name} column={column} view={view} />
            ))}
          </tr>
        }
        row={(index) => {
          const node = paged.nodes[index] as NodeMessage;
          return (
            <tr key={index}>
              {view.columns.map((column) => (
                <td key={column.name} className={cellClass(node, column)}>
                  <Cell node={node} column={column.name} />
                </td>
              ))}
            </tr>
          );
        }}
        foot={isWrong ? null : <Foot kind={kind} paged={paged} />}
      />
    </div>
  );
}

function orderField(kind: Kind, order: string): 1 | 2 | 3 {
  const column = columnsOf(kind).find(({ name }) => name === order);
  return { CREATE_TIME: 1, LAST_UPDATE_TIME: 2, ID: 3 }[column?.order ?? "CREATE_TIME"] as 1 | 2 | 3;
}

/** The user's condition and the state's. The line end keeps a comment in the condition from going on. */
function filterOf(kind: Kind, { filter, state }: View): string {
  if (kind.state === undefined || state === "") return filter;
  const condition = `${kind.state.field} = ${state}`;
  return filter === "" ? condition : `(${filter}\n) AND ${condition}`;
}

/** The properties that these nodes have, as a filter asks for them. */
function filterNames(nodes: readonly NodeMessage[]): string[] {
  const found = new Set<string>();
  const fields = {
    int: "int_value",
    double: "double_value",
    string: "string_value",
    bool: "bool_value",
    struct: "string_value",
  };
  for (const node of nodes) {
    for (const [name, value] of Object.entries(node.customProperties)) {
      const field = fields[shownValue(value).kind as keyof typeof fields];
      if (field) found.add(`custom_properties.${nameInFilter(name)}.${field}`);
    }
  }
  return [...found].sort();
}

interface ChoicesProps {
  readonly kind: Kind;
  readonly types: readonly TypeMessage[];
  readonly view: View;
  readonly seen: readonly string[];
  readonly paged: Paged;
}

function Choices({ kind, types, view, seen, paged }: ChoicesProps) {
  return (
    <div className="choices">
      <Choice
        label="Type"
        value={view.type}
        options={[["", "all"], ...new Set([...types.map(typeKey), ...(view.type === "" ? [] : [view.type])])]}
        onChange={(type) => setParams({ type })}
      />
      {kind.state && (
        <Choice
          label="State"
          value={view.state}
          options={[["", "all"], ...kind.state.names]}
          onChange={(state) => setParams({ state })}
        />
      )}
      <ColumnChoice kind={kind} view={view} seen={seen} />
      <span className="quiet grow" role="status">
        {paged.isDone
          ? count(paged.nodes.length, kind.name)
          : `${paged.nodes.length.toLocaleString("en-US")} loaded, more below`}
      </span>
    </div>
  );
}

function ColumnChoice({ kind, view, seen }: Omit<ChoicesProps, "types" | "paged">) {
  const chosen = view.columns.map(({ name }) => name);
  const others = [...columnsOf(kind).map(({ name }) => name), ...new Set([...chosen, ...seen])];
  const names = [...new Set(others)];
  const toggle = (name: string, isOn: boolean) => {
    const next = isOn ? [...chosen, name] : chosen.filter((each) => each !== name);
    if (next.length > 0) setParams({ columns: writeNames(next) });
  };
  return (
    <details className="menu">
      <summary>Columns</summary>
      <div className="menu-body">
        {names.map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) => toggle(name, event.target.checked)}
            />{" "}
            <ColumnTitle name={name} title={columnsOf(kind).find((column) => column.name === name)?.title} />
          </label>
        ))}
        <button type="button" className="plain" onClick={() => setParams({ columns: undefined })}>
          Usual columns
        </button>
      </div>
    </details>
  );
}

function ColumnTitle({ name, title }: { readonly name: string; readonly title: string | undefined }) {
  if (title !== undefined) return <>{title}</>;
  const { name: property, isCustom } = columnName(name);
  return (
    <>
      <Text max={60}>{property}</Text> {isCustom && <span className="quiet">custom</span>}
    </>
  );
}

function Head({ column, view }: { readonly column: Column; readonly view: View }) {
  if (column.order === undefined) {
    return (
      <th scope="col" title={column.name}>
        <Text max={40}>{column.title}</Text>
      </th>
    );
  }
  const isSorted = view.order === column.name;
  const direction = view.isAscending ? "ascending" : "descending";
  const next = isSorted && !view.isAscending ? column.name : `-${column.name}`;
  return (
    <th scope="col" aria-sort={isSorted ? direction : "none"}>
      <button type="button" className="sort" onClick={() => setParams({ sort: next })}>
        {column.title}
        <span aria-hidden="true">{isSorted ? (view.isAscending ? " ↑" : " ↓") : " ↕"}</span>
      </button>
    </th>
  );
}

function cellClass(node: NodeMessage, { name }: Column): string {
  const isNumber = name === "id" || numberOf(propertyOf(node, name)) !== undefined;
  return `cell-${name.split(".")[0]}${isNumber ? " number" : ""}`;
}

function Cell({ node, column }: { readonly node: NodeMessage; readonly column: string }): ReactNode {
  if (column === "id") return String(node.id);
  if (column === "name") return <NodeLink node={node} />;
  if (column === "state") return <State node={node} />;
  if (column === "created") return <Time at={node.createTimeSinceEpoch} form="short" />;
  if (column === "updated") return <Time at={node.lastUpdateTimeSinceEpoch} form="short" />;
  const property = propertyOf(node, column);
  const text = property ? textOf(property) : simpleText(node, column);
  return text === undefined ? null : <Text max={160}>{text}</Text>;
}

function Foot({ kind, paged }: { readonly kind: Kind; readonly paged: Paged }) {
  if (paged.error) return <Failure error={paged.error} />;
  if (paged.isLoading) return <Loading />;
  if (!paged.isDone) return null;
  if (paged.nodes.length === 0) return <p className="quiet list-end">No {kind.name} is like this.</p>;
  return <p className="quiet list-end">That is all: {count(paged.nodes.length, kind.name)}.</p>;
}
