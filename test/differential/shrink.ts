import { type DescField, fromBinary, isFieldSet, type Message, toBinary } from "@bufbuild/protobuf";
import { inputOf, type Operation } from "./operation.ts";

/** Whether the mismatch is still there after these operations. */
export type StillFails = (operations: readonly Operation[]) => Promise<boolean>;

/**
 * A short sequence that still fails: first without whole operations, then without parts of their requests.
 * The last operation is the one that fails. Ids shift when an operation is left out, so what is left need not
 * be the shortest; `trialsMax` bounds the work.
 */
export async function shrink(
  operations: readonly Operation[],
  stillFails: StillFails,
  trialsMax: number,
): Promise<readonly Operation[]> {
  const budget = { trials: trialsMax };
  const attempt: StillFails = async (candidate) => budget.trials-- > 0 && (await stillFails(candidate));
  let kept = operations;
  for (let before = Number.POSITIVE_INFINITY; kept.length < before; ) {
    before = kept.length;
    kept = await withoutParts(await withoutOperations(kept, attempt), attempt);
  }
  return kept;
}

/** Leaves out chunks of half the length, then of a quarter, down to single operations. */
async function withoutOperations(operations: readonly Operation[], stillFails: StillFails) {
  let kept = operations;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let end = kept.length - 1; end > 0; end -= size) {
      const candidate = kept.filter((_, index) => index < end - size || index >= end);
      if (await stillFails(candidate)) kept = candidate;
    }
  }
  return kept;
}

async function withoutParts(operations: readonly Operation[], stillFails: StillFails) {
  let kept = operations;
  for (let index = operations.length - 1; index >= 0; index--) {
    let part = 0;
    for (;;) {
      const smaller = withoutPart(kept[index] as Operation, part);
      if (smaller === undefined) break;
      const candidate = kept.with(index, smaller);
      if (await stillFails(candidate)) kept = candidate;
      else part++;
    }
  }
  return kept;
}

/** The operation without the part of its request that has this number, if it has so many. */
function withoutPart(operation: Operation, part: number): Operation | undefined {
  const schema = inputOf(operation.method);
  const request = fromBinary(schema, toBinary(schema, operation.request));
  const removal = [...removals(schema.fields, request)][part];
  removal?.();
  return removal && { ...operation, request };
}

type Removal = () => void;

/** Each element, entry and set field of the message, outer ones first. */
function* removals(fields: readonly DescField[], message: Message): Generator<Removal> {
  const values = message as unknown as Record<string, unknown>;
  for (const field of fields) {
    if (!isFieldSet(message, field)) continue;
    const { oneof } = field;
    if (oneof !== undefined) {
      yield () => Object.assign(message, { [oneof.localName]: { case: undefined } });
      continue;
    }
    const value = values[field.localName];
    if (field.fieldKind === "list") {
      const list = value as unknown[];
      for (const index of list.keys()) yield () => list.splice(index, 1);
      if (field.message) for (const item of list) yield* removals(field.message.fields, item as Message);
    } else if (field.fieldKind === "map") {
      const map = value as Record<string, unknown>;
      for (const key of Object.keys(map)) yield () => Reflect.deleteProperty(map, key);
    } else {
      yield () => Reflect.deleteProperty(values, field.localName);
      if (field.message) yield* removals(field.message.fields, value as Message);
    }
  }
}
