/**
 * Whether an optional scalar, enum or message field was set, also to its default. Proto2 keeps the two apart
 * and so does the stored data. An unset field of a generated message is not an own property of the object.
 */
export function has<M extends object>(message: M, field: keyof M & string): boolean {
  return Object.hasOwn(message, field) && message[field] !== undefined;
}

/** The field's value, or undefined where it is unset; reading the property would give the default. */
export function get<M extends object, F extends keyof M & string>(message: M, field: F): M[F] | undefined {
  return Object.hasOwn(message, field) ? message[field] : undefined;
}

/** Sets the field, or clears it where the value is undefined: what is no own property is unset. */
export function assign<M extends object, F extends keyof M & string>(
  message: M,
  field: F,
  value: M[F] | undefined,
): void {
  if (value === undefined) Reflect.deleteProperty(message, field);
  else message[field] = value;
}

/** Sets a map entry under any key: plain assignment to `__proto__` would change the object instead. */
export function setEntry<V>(map: { [key: string]: V }, key: string, value: V): void {
  if (key !== "__proto__") map[key] = value;
  else Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}

/** The map's own entry: reading `map["constructor"]` would find what every object inherits. */
export function getEntry<V>(map: { readonly [key: string]: V }, key: string): V | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
