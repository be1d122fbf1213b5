import type { Params } from "../lib/address.ts";
import { type NodeKey, parseKey } from "./graph.ts";
import type { Grouping } from "./group.ts";
import { type Direction, directions } from "./hops.ts";
import type { Expansion } from "./read.ts";

/** The view, all of which is in the address. */
export interface ViewState {
  readonly direction: Direction;
  readonly hops: number;
  /** Undefined: none for a small lineage, by type for a large one. */
  readonly grouping: Grouping | undefined;
  /** Groups whose members are shown one by one. */
  readonly opened: ReadonlySet<string>;
  readonly more: readonly Expansion[];
  readonly find: string;
  /** The box that is looked at. */
  readonly at: string | undefined;
  readonly isTable: boolean;
  /** Whether more boxes are drawn than are drawn unasked. */
  readonly isAll: boolean;
}

export const hopsDefault = 6;
export const hopsMax = 100;

export function readState(params: URLSearchParams): ViewState {
  const direction = params.get("direction");
  const hops = Number(params.get("hops") ?? hopsDefault);
  return {
    direction: directions.find((known) => known === direction) ?? "both",
    hops: Number.isInteger(hops) && hops >= 1 ? Math.min(hops, hopsMax) : hopsDefault,
    grouping: readGrouping(params.get("group")),
    opened: new Set(list(params.get("open"))),
    more: list(params.get("more")).flatMap(readExpansion),
    find: params.get("find") ?? "",
    at: params.get("at") ?? undefined,
    isTable: params.get("as") === "table",
    isAll: params.get("all") === "yes",
  };
}

/** The parameters that say these parts of the state; what is as it is unasked has none. */
export function toParams(state: Partial<ViewState>): Params {
  const params: Record<string, string | undefined> = {};
  if (state.direction) params.direction = state.direction === "both" ? undefined : state.direction;
  if (state.hops) params.hops = state.hops === hopsDefault ? undefined : String(state.hops);
  if ("grouping" in state) params.group = groupingText(state.grouping);
  if (state.opened) params.open = [...state.opened].join(" ");
  if (state.more) params.more = state.more.map(({ key, side }) => `${key}.${side}`).join(" ");
  if (state.find !== undefined) params.find = state.find;
  if ("at" in state) params.at = state.at;
  if (state.isTable !== undefined) params.as = state.isTable ? "table" : undefined;
  if (state.isAll !== undefined) params.all = state.isAll ? "yes" : undefined;
  return params;
}

export function groupingText(grouping: Grouping | undefined): string | undefined {
  return grouping?.by === "context" ? `context.${grouping.typeId}` : grouping?.by;
}

export function readGrouping(text: string | null): Grouping | undefined {
  if (text === "none" || text === "type") return { by: text };
  const typeId = /^context\.(\d{1,19})$/.exec(text ?? "")?.[1];
  return typeId === undefined ? undefined : { by: "context", typeId: BigInt(typeId) };
}

function readExpansion(text: string): Expansion[] {
  const [name = "", side] = text.split(".");
  const key: NodeKey | undefined = parseKey(name)?.key;
  return key && (side === "before" || side === "after") ? [{ key, side }] : [];
}

function list(text: string | null): string[] {
  return (text ?? "").split(" ").filter((part) => part !== "");
}
