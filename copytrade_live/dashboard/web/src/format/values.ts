import { foreign } from "./texts";

/** A setting's value as the config file would have it. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value))
    return value.length === 0 ? "empty" : foreign(value.map((one) => shownValue(one)).join(", "));
  return foreign(typeof value === "string" ? value : JSON.stringify(value), "empty");
}
