import type { Schemas } from "../api/types";
import { cents, dollars, figure, NONE, percent } from "./numbers";
import { span } from "./times";

type Unit = Schemas["Unit"];

/** A number of a reason, the limit it met, and what both count in. */
export interface Measured {
  unit: Unit | null;
  measured: number | null;
  limit: number | null;
}

const SHOW: Record<Unit, (value: number) => string> = {
  seconds: span,
  hours: (value) => span(value * 3600),
  share: percent,
  price: cents,
  collateral: dollars,
  count: figure,
};

/** A number in its unit. */
export function inUnit(unit: Unit | null, value: number | null): string {
  if (value === null) return NONE;
  return (unit === null ? figure : SHOW[unit])(value);
}

/** A time that may not pass: what is measured is how far it is behind us. */
function isDeadline(one: Measured): boolean {
  return one.unit === "seconds" && one.limit === 0 && one.measured !== null;
}

/** What was measured, in its unit. */
export function measured(one: Measured): string {
  return inUnit(one.unit, isDeadline(one) ? Math.abs(one.measured ?? 0) : one.measured);
}

/** "at most 30 s": which side of the limit is right follows from whether the number was held right. */
export function bound(one: Measured, holds: boolean): string {
  if (one.limit === null) return "";
  if (isDeadline(one)) return (one.measured ?? 0) < 0 ? "left" : "too late";
  const shown = inUnit(one.unit, one.limit);
  if (one.measured === null) return `limit ${shown}`;
  const isBelow = one.measured === one.limit ? holds : one.measured < one.limit;
  return `${isBelow === holds ? "at most" : "at least"} ${shown}`;
}

/** "47 s, at most 30 s"; empty where nothing was measured. */
export function against(one: Measured, holds = false): string {
  const value = one.measured === null ? "" : measured(one);
  return [value, bound(one, holds)].filter(Boolean).join(isDeadline(one) ? " " : ", ");
}
