import { kindOf, type PropertyValue, ProtoValue } from "../../client/values.ts";

/** A property's value for people. */
export function valueText(value: PropertyValue | undefined): string {
  if (value === undefined) return "";
  if (ProtoValue.is(value)) return `${value.typeUrl} (${value.value.length} bytes)`;
  return kindOf(value) === "struct" ? JSON.stringify(value) : String(value);
}

/** Milliseconds since 1970 as date and time in the zone of this machine. */
export function timeText(milliseconds: bigint): string {
  const time = new Date(Number(milliseconds));
  if (Number.isNaN(time.getTime())) return String(milliseconds);
  const two = (number: number) => String(number).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** Names and positions, `examples[0]`. */
export function pathText(path: readonly (string | bigint)[] = []): string {
  return path
    .map((step, index) => (typeof step === "bigint" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}
