import { type Kind, type NodeMessage, stateOf, uriOf } from "./kinds.ts";

/** A column of a list by the name that it has in the address. */
export interface Column {
  readonly name: string;
  readonly title: string;
  /** How the server can order by it. */
  readonly order?: "ID" | "CREATE_TIME" | "LAST_UPDATE_TIME";
}

const all: readonly Column[] = [
  { name: "id", title: "ID", order: "ID" },
  { name: "name", title: "Name" },
  { name: "type", title: "Type" },
  { name: "state", title: "State" },
  { name: "uri", title: "URI" },
  { name: "external_id", title: "External ID" },
  { name: "created", title: "Created", order: "CREATE_TIME" },
  { name: "updated", title: "Updated", order: "LAST_UPDATE_TIME" },
];

/** The columns that every node of the kind has. */
export function columnsOf(kind: Kind): Column[] {
  return all.filter(({ name }) => {
    if (name === "state") return kind.state !== undefined;
    return name !== "uri" || kind.name === "artifact";
  });
}

const usual = ["id", "name", "type", "state", "uri", "created"];

/** The columns that the address asks for, or the usual ones. Properties are named as in a filter, without a field. */
export function chosenColumns(kind: Kind, written: string | null): Column[] {
  const known = columnsOf(kind);
  if (written === null) return known.filter(({ name }) => usual.includes(name));
  return parseNames(written).flatMap((name) => {
    const column = known.find((each) => each.name === name);
    if (column) return [column];
    return /^(?:custom_)?properties\../s.test(name)
      ? [{ name, title: name.slice(name.indexOf(".") + 1) }]
      : [];
  });
}

/** Names of properties may hold commas: those are doubled. */
export function writeNames(names: readonly string[]): string {
  return names.map((name) => name.replaceAll(",", ",,")).join(",");
}

function parseNames(written: string): string[] {
  return (written.match(/(?:,,|[^,])+/g) ?? []).map((name) => name.replaceAll(",,", ","));
}

/** The text of a simple column; undefined for those that are shown in a way of their own. */
export function simpleText(node: NodeMessage, column: string): string | undefined {
  if (column === "external_id") return node.externalId;
  if (column === "uri") return uriOf(node) ?? "";
  if (column === "type") return node.type;
  return column === "state" ? (stateOf(node) ?? "") : undefined;
}
