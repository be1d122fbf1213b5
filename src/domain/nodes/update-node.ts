import { assign, get, getEntry, has, setEntry } from "../../contract/presence.ts";
import { invalidArgument, quote } from "../../errors.ts";
import type { Kind, KindName, NodeOf, TypeOf } from "../kinds.ts";
import { checkCustomProperties, checkProperties, type Properties, sameValue } from "./property-values.ts";
import type { PropertyMap, UpdateMask } from "./update-mask.ts";

export interface NodeChange {
  /** Whether the node's row must be rewritten, which also moves its update time. */
  readonly isRewritten: boolean;
  /** Whether a column that must be unique changed. */
  readonly changesKey: boolean;
}

/** Validates the part of the request that the mask selects; the rest is neither checked nor written. */
export function checkUpdate<K extends KindName>(request: NodeOf<K>, type: TypeOf<K>, mask: UpdateMask): void {
  checkProperties(selected(request, "properties", mask), type);
  checkCustomProperties(selected(request, "customProperties", mask));
}

function selected(request: NodeOf<KindName>, map: PropertyMap, mask: UpdateMask): Properties {
  const names = mask.properties[map];
  if (names === "all") return request[map];
  const properties: Properties = {};
  for (const name of names) {
    const value = getEntry(request[map], name);
    if (value !== undefined) setEntry(properties, name, value);
  }
  return properties;
}

/** Brings `node` to the state that the request asks for, in memory. */
export function applyUpdate<K extends KindName>(
  kind: Kind<K>,
  node: NodeOf<K>,
  request: NodeOf<K>,
  mask: UpdateMask,
): NodeChange {
  const differs = differsFromStored(kind, node, request);
  const properties = updateProperties(node, request, "properties", mask);
  const customProperties = updateProperties(node, request, "customProperties", mask);
  const isRewritten = differs || properties || customProperties;
  return { isRewritten, changesKey: isRewritten && updateFields(kind, node, request, mask) };
}

/**
 * Whether the request says anything else than what is stored, presence included, mask or not: an artifact sent
 * back without its `type`, say, is an update. Properties are compared for themselves; the type's id and the
 * times do not count.
 */
function differsFromStored<K extends KindName>(kind: Kind<K>, node: NodeOf<K>, request: NodeOf<K>): boolean {
  if (request.$unknown !== undefined && request.$unknown.length > 0) return true;
  if (request.systemMetadata !== undefined) return true;
  return comparedFields(kind).some((field) => get(node, field) !== get(request, field));
}

function comparedFields<K extends KindName>(kind: Kind<K>): (keyof NodeOf<K> & string)[] {
  const fields = [
    "name",
    "type",
    "externalId",
    ...(kind.hasUri ? ["uri"] : []),
    kind.stateField ?? [],
  ].flat();
  return fields as (keyof NodeOf<K> & string)[];
}

/** Replaces the masked properties; a value that stays equal stays the same object. */
function updateProperties(
  node: NodeOf<KindName>,
  request: NodeOf<KindName>,
  map: PropertyMap,
  mask: UpdateMask,
): boolean {
  const names = mask.properties[map];
  const before = node[map];
  const after: Properties = {};
  let isChanged = false;
  for (const [name, value] of Object.entries(before)) {
    const isMasked = names === "all" || names.has(name);
    const requested = isMasked ? getEntry(request[map], name) : value;
    if (requested === undefined) isChanged = true;
    else if (requested === value || sameValue(value, requested)) setEntry(after, name, value);
    else {
      setEntry(after, name, requested);
      isChanged = true;
    }
  }
  for (const [name, value] of Object.entries(request[map])) {
    if (getEntry(before, name) !== undefined || !(names === "all" || names.has(name))) continue;
    setEntry(after, name, value);
    isChanged = true;
  }
  if (isChanged) node[map] = after;
  return isChanged;
}

/** Gives whether a unique column changed. Artifacts and executions keep the name they were created with. */
function updateFields<K extends KindName>(
  kind: Kind<K>,
  node: NodeOf<K>,
  request: NodeOf<K>,
  mask: UpdateMask,
): boolean {
  const [name, externalId] = [node.name, get(node, "externalId")];
  if (kind.named && mask.hasField("name")) node.name = requireName(request);
  if (mask.hasField("external_id")) assign(node, "externalId", get(request, "externalId"));
  if (kind.hasUri && mask.hasField("uri")) setUri(node, request);
  if (kind.stateField !== undefined && mask.hasField(statePaths[kind.stateField]))
    setState(kind, node, request);
  return node.name !== name || get(node, "externalId") !== externalId;
}

const statePaths = { state: "state", lastKnownState: "last_known_state" } as const;

/** An artifact always has a URI: `""` where none is given. */
export function setUri(node: NodeOf<KindName>, request: NodeOf<KindName>): void {
  (node as NodeOf<"artifact">).uri = (request as NodeOf<"artifact">).uri;
}

export function setState<K extends KindName>(kind: Kind<K>, node: NodeOf<K>, request: NodeOf<K>): void {
  const field = kind.stateField as keyof NodeOf<K> & string;
  assign(node, field, get(request, field));
}

/** A context is found by its name, so it needs one. */
export function requireName(context: NodeOf<KindName>): string {
  if (has(context, "name") && context.name !== "") return context.name;
  const id = has(context, "id") ? ` with id ${context.id}` : "";
  throw invalidArgument(`The context${id} of type id ${quote(String(context.typeId))} has no name`);
}
