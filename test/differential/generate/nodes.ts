import { create, type Message } from "@bufbuild/protobuf";
import { AnySchema, type FieldMask, FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import {
  type Artifact,
  ArtifactSchema,
  type PropertyType,
  PutArtifactsRequest_OptionsSchema,
  PutArtifactsRequestSchema,
  PutContextsRequestSchema,
  PutExecutionsRequestSchema,
  type Value,
} from "../../../src/contract/messages.ts";
import { assign, setEntry } from "../../../src/contract/presence.ts";
import type { KindName, NodeOf } from "../../../src/domain/kinds.ts";
import { storedUpdateTime } from "../operation.ts";
import type { Random } from "../random.ts";
import type { Draft } from "./generator.ts";
import { anyValue, idFrom, makeValue, propertyTypes } from "./values.ts";
import { type KnownType, kindNames, kinds, type World } from "./world.ts";

type Properties = { [name: string]: Value };

const names = Array.from({ length: 24 }, (_, index) => `n${index}`);
const oddNames = ["", "ünï ✓", 'it\'s "so"'];
const uris = ["s3://a", "s3://b", "file:///x y", "", "ünï"];
const externalIds = ["x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9"];
const customNames = [
  "c1",
  "c1",
  "c1",
  "c2",
  "c2",
  "c3",
  "c4",
  "Ünï",
  "a:b c",
  "",
  "__proto__",
  "constructor",
];

/** How often to make what the original stumbles over: one name in both maps, a custom value that holds nothing. */
const stumbleChance = 0.0005;

const unknownState = 99;
const unknownField = { no: 2000, wireType: 0, data: new Uint8Array([1]) } as const;

export function nodeName(random: Random): string {
  return random.pick(random.chance(0.02) ? oddNames : names);
}

export function externalId(random: Random): string {
  return random.chance(0.02) ? "" : random.pick(externalIds);
}

export function uri(random: Random): string {
  return random.pick(uris);
}

export function putArtifacts(random: Random, world: World): Draft<"putArtifacts"> {
  const artifacts = random.chance(0.01)
    ? manyArtifacts(random, world)
    : random.list(0, 5, () => anyNode(random, world, "artifact"));
  const request = create(PutArtifactsRequestSchema, { artifacts });
  assign(request, "updateMask", mask(random, world, "artifact"));
  if (random.chance(0.1)) {
    const abortIfLatestUpdatedTimeChanged = random.chance(0.9);
    request.options = create(PutArtifactsRequest_OptionsSchema, { abortIfLatestUpdatedTimeChanged });
    for (const artifact of artifacts) setExpectedTime(random, artifact);
  }
  return { method: "putArtifacts", request };
}

/** More than fit on a page, plain so that all of them are stored, and many with the same times. */
function manyArtifacts(random: Random, world: World): Artifact[] {
  const typeId = idFrom(random, world.types("artifact"), 0);
  return Array.from({ length: 110 }, () => create(ArtifactSchema, { typeId }));
}

export function putExecutions(random: Random, world: World): Draft<"putExecutions"> {
  const executions = random.list(0, 5, () => anyNode(random, world, "execution"));
  const request = create(PutExecutionsRequestSchema, { executions });
  assign(request, "updateMask", mask(random, world, "execution"));
  return { method: "putExecutions", request };
}

export function putContexts(random: Random, world: World): Draft<"putContexts"> {
  const contexts = random.list(0, 4, () => anyNode(random, world, "context"));
  const request = create(PutContextsRequestSchema, { contexts });
  assign(request, "updateMask", mask(random, world, "context"));
  return { method: "putContexts", request };
}

/** A node to create, to update, or as it was read and then changed a little. */
export function anyNode<K extends KindName>(random: Random, world: World, kind: K): NodeOf<K> {
  const known = world.nodes(kind);
  if (known.length === 0 || random.chance(0.45)) return newNode(random, world, kind);
  const read = random.maybe(0.35, () => world.readNode(kind, random));
  if (read !== undefined) return changed(random, world, kind, read);

  const id = idFrom(random, known, 0.03);
  const typeId = known.find((node) => node.id === id)?.typeId;
  const node = newNode(random, world, kind, typeId);
  setFields(node, { id, ...(random.chance(0.3) ? { typeId: undefined } : {}) });
  return node;
}

export function newNode<K extends KindName>(
  random: Random,
  world: World,
  kind: K,
  ofType?: bigint,
): NodeOf<K> {
  const typeId = ofType !== undefined && random.chance(0.95) ? ofType : anyTypeId(random, world, kind);
  const node = create(kinds[kind].node) as NodeOf<K>;
  setFields(node, {
    typeId,
    name: random.maybe(kind === "context" ? 0.97 : 0.3, () => nodeName(random)),
    externalId: random.maybe(0.12, () => externalId(random)),
    uri: kind === "artifact" ? random.maybe(0.6, () => uri(random)) : undefined,
    state: kind === "artifact" ? random.maybe(0.5, () => state(random)) : undefined,
    lastKnownState: kind === "execution" ? random.maybe(0.5, () => state(random)) : undefined,
    type: random.maybe(0.05, () => "Data"),
    createTimeSinceEpoch: random.maybe(0.03, () => 5n),
    lastUpdateTimeSinceEpoch: random.maybe(0.03, () => 6n),
    systemMetadata: random.maybe(0.02, () => create(AnySchema, { typeUrl: "a/b" })),
  });
  fillProperties(random, node.properties, world.typeById(kind, typeId));
  fillCustomProperties(random, node.customProperties);
  if (random.chance(stumbleChance * 4)) setEntry(node.customProperties, "p1", anyValue(random));
  if (random.chance(0.01)) node.$unknown = [unknownField];
  return node;
}

/** What was read, sent back with no, one or a few changes. */
function changed<K extends KindName>(random: Random, world: World, kind: K, node: NodeOf<K>): NodeOf<K> {
  for (const change of random.list(0, 3, () => random.int(0, 8))) {
    const fields: { [field: string]: unknown }[] = [
      { type: undefined },
      { typeId: undefined },
      { uri: kind === "artifact" ? random.maybe(0.7, () => uri(random)) : undefined },
      { name: random.maybe(0.8, () => nodeName(random)) },
      { externalId: random.maybe(0.7, () => externalId(random)) },
      kind === "artifact" ? { state: random.maybe(0.7, () => state(random)) } : {},
      { createTimeSinceEpoch: undefined, lastUpdateTimeSinceEpoch: undefined },
    ];
    if (change < fields.length) setFields(node, fields[change] ?? {});
    else if (change === fields.length)
      fillProperties(random, node.properties, world.typeById(kind, node.typeId));
    else dropOrFill(random, node.customProperties);
  }
  return node;
}

function dropOrFill(random: Random, properties: Properties): void {
  const [first] = Object.keys(properties);
  if (first !== undefined && random.chance(0.5)) delete properties[first];
  else fillCustomProperties(random, properties);
}

function setFields(node: Message, fields: { readonly [field: string]: unknown }): void {
  for (const [field, value] of Object.entries(fields)) assign(node, field as never, value as never);
}

function setExpectedTime(random: Random, artifact: Artifact): void {
  const time = random.weighted([
    [85, storedUpdateTime],
    [8, undefined],
    [7, 1n],
  ]);
  assign(artifact, "lastUpdateTimeSinceEpoch", time);
}

function state(random: Random): number {
  return random.chance(0.02) ? unknownState : random.int(0, 6);
}

function anyTypeId(random: Random, world: World, kind: KindName): bigint | undefined {
  if (random.chance(0.01)) return undefined;
  const from = random.chance(0.015) ? random.pick(kindNames) : kind;
  return idFrom(random, world.types(from), 0.01);
}

function fillProperties(random: Random, properties: Properties, type: KnownType | undefined): void {
  for (const [name, propertyType] of Object.entries(type?.properties ?? {})) {
    if (random.chance(0.4)) setEntry(properties, name, typedValue(random, propertyType));
  }
  if (random.chance(0.01)) setEntry(properties, "undeclared", anyValue(random));
}

function typedValue(random: Random, type: PropertyType): Value {
  return makeValue(random, random.chance(0.01) ? random.pick([0, ...propertyTypes]) : type);
}

function fillCustomProperties(random: Random, properties: Properties): void {
  for (const name of random.list(0, 3, () => random.pick(customNames))) {
    setEntry(properties, name, random.chance(stumbleChance) ? makeValue(random, 0) : anyValue(random));
  }
}

function mask(random: Random, world: World, kind: KindName): FieldMask | undefined {
  if (random.chance(0.75)) return undefined;
  const fields = [
    "name",
    "external_id",
    "uri",
    "state",
    "last_known_state",
    "properties",
    "custom_properties",
  ];
  const others = [
    "id",
    "type",
    "type_id",
    "last_update_time_since_epoch",
    "",
    "nope",
    "uri.x",
    "propertiesX",
    "externalId",
  ];
  const paths = random.list(0, 4, () =>
    random.weighted([
      [50, random.pick(fields)],
      [20, `properties.${random.pick(propertyNames(world, kind))}`],
      [20, `custom_properties.${random.pick(customNames)}`],
      [10, random.pick(others)],
    ]),
  );
  return create(FieldMaskSchema, { paths });
}

function propertyNames(world: World, kind: KindName): string[] {
  return ["p1", ...world.types(kind).flatMap((type) => Object.keys(type.properties))];
}
