/*
 * Writes values of the wire format, one after the other, into one buffer. Values that are not of the expected type are
 * refused with `Unexpected`.
 */

export class Unexpected extends Error {}

// Nothing waits while it writes, so that one buffer is enough. A very large one is not kept.
const sizeAtFirst = 2 ** 16;
const keptMax = 2 ** 20;
let buffer: Buffer;
let view: DataView;
let end = 0;
replace(sizeAtFirst);

function replace(size: number): void {
  buffer = Buffer.allocUnsafeSlow(size);
  view = new DataView(buffer.buffer);
}

/** The bytes that `write` puts. */
export function written(write: () => void): Buffer {
  end = 0;
  try {
    write();
    return Buffer.from(buffer.subarray(0, end));
  } finally {
    if (buffer.length > keptMax) replace(sizeAtFirst);
  }
}

function reserve(bytes: number): void {
  if (end + bytes > buffer.length) grow(bytes);
}

function grow(bytes: number): void {
  const before = buffer.subarray(0, end);
  replace(Math.max(2 * buffer.length, end + bytes));
  buffer.set(before);
}

/** A whole number from 0 to 2**32 - 1. */
export function putVarint(value: number): void {
  if (end + 5 > buffer.length) grow(5);
  if (value < 0x80) buffer[end++] = value;
  else putLongVarint(value);
}

function putLongVarint(value: number): void {
  const bytes = buffer;
  let [at, rest] = [end, value];
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  end = at;
}

export function putBytes(bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw new Unexpected();
  reserve(bytes.length);
  buffer.set(bytes, end);
  end += bytes.length;
}

/** Leaves a gap for the length of what comes next; `endDelimited` fills it. */
export function beginDelimited(gap: number): number {
  reserve(gap);
  const start = end;
  end += gap;
  return start;
}

/** Returns how large the gap had to be: what comes next of the same kind is likely to need the same. */
export function endDelimited(start: number, gap: number): number {
  const size = end - start - gap;
  const needed = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : size < 0x10000000 ? 4 : 5;
  // Before going back: what has been written since would not be kept.
  reserve(5);
  if (needed !== gap) {
    buffer.copyWithin(start + needed, start + gap, end);
  }
  end = start;
  putVarint(size);
  end += size;
  return needed;
}

const int64 = new DataView(new ArrayBuffer(8));

export function putInt64(value: unknown): void {
  if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) throw new Unexpected();
  int64.setBigInt64(0, value);
  putVarint64(int64.getUint32(0), int64.getUint32(4));
}

function putVarint64(upperHalf: number, lowerHalf: number): void {
  reserve(10);
  const bytes = buffer;
  let [at, upper, lower] = [end, upperHalf, lowerHalf];
  while (upper !== 0 || lower > 0x7f) {
    bytes[at++] = (lower & 0x7f) | 0x80;
    lower = ((lower >>> 7) | (upper << 25)) >>> 0;
    upper >>>= 7;
  }
  bytes[at++] = lower;
  end = at;
}

export function putInt32(value: unknown): void {
  if (typeof value !== "number" || (value | 0) !== value) throw new Unexpected();
  if (value < 0) putVarint64(0xffffffff, value >>> 0);
  else putVarint(value);
}

export function putBool(value: unknown): void {
  if (typeof value !== "boolean") throw new Unexpected();
  putVarint(value ? 1 : 0);
}

export function putDouble(value: unknown): void {
  if (typeof value !== "number") throw new Unexpected();
  reserve(8);
  view.setFloat64(end, value, true);
  end += 8;
}

/** Up to this length a loop is faster than the call of a native function. */
const shortMax = 24;

export function putString(value: unknown): void {
  if (typeof value !== "string") throw new Unexpected();
  const { length } = value;
  // A unit of UTF-16 has at most three bytes in UTF-8.
  reserve(3 * length + 5);
  if (length <= shortMax) {
    const bytes = buffer;
    const start = end + 1;
    let index = 0;
    for (; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) break;
      bytes[start + index] = unit;
    }
    if (index === length) {
      bytes[end] = length;
      end = start + length;
      return;
    }
  }
  const gap = length < 0x80 ? 1 : length < 0x4000 ? 2 : 3;
  const start = beginDelimited(gap);
  end += buffer.write(value, end);
  endDelimited(start, gap);
}

export function putDelimitedBytes(value: unknown): void {
  if (!(value instanceof Uint8Array)) throw new Unexpected();
  putVarint(value.length);
  putBytes(value);
}
