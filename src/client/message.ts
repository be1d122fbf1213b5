import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { get } from "../contract/presence.ts";

/** The fields of a message to be made, where undefined means unset. */
export type Fields<Desc extends DescMessage> = {
  [F in keyof MessageInitShape<Desc>]: MessageInitShape<Desc>[F] | undefined;
};

/** Makes a message; `create` treats undefined as unset too, but its types do not say so. */
export function makeMessage<Desc extends DescMessage>(
  schema: Desc,
  fields: Fields<Desc>,
): MessageShape<Desc> {
  return create(schema, fields as MessageInitShape<Desc>);
}

/**
 * The fields that are set. Every node that a store answers with has an id, a type id, times and, as a context, a
 * name; so the result's type, unlike the message, does not say that they may be absent.
 */
export function setFields<M extends object, F extends keyof M & string>(
  message: M,
  fields: readonly F[],
): Pick<M, F> {
  const set: Partial<Pick<M, F>> = {};
  for (const field of fields) {
    const value = get(message, field);
    if (value !== undefined) set[field] = value;
  }
  return set as Pick<M, F>;
}

/** The same object without its undefined fields, for where a message's fields are given in place. */
export function withoutUnset<T extends object>(fields: T): { [F in keyof T]: Exclude<T[F], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [F in keyof T]: Exclude<T[F], undefined> };
}
