/** What stands where there is no number. */
export const NONE = "–";

const MINUS = "−";

function grouped(value: number, digits: number): string {
  return Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function signOf(shown: string, value: number, plus: string): string {
  const isZero = !/[1-9]/.test(shown);
  if (isZero) return "";
  return value < 0 ? MINUS : plus;
}

/** Dollars: cents below a thousand, whole dollars from 100,000 on. */
export function dollars(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const shown = grouped(value, Math.abs(value) >= 100_000 ? 0 : 2);
  return `${signOf(shown, value, "")}$${shown}`;
}

/** Dollars gained or lost: always with its sign. */
export function gain(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const shown = grouped(value, Math.abs(value) >= 100_000 ? 0 : 2);
  return `${signOf(shown, value, "+")}$${shown}`;
}

/** A share of one as per cent. */
export function percent(value: number | null | undefined, digits = 1): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const shown = grouped(value * 100, digits);
  return `${signOf(shown, value, "")}${shown} %`;
}

/** A change as per cent, always with its sign. */
export function change(value: number | null | undefined, digits = 1): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const shown = grouped(value * 100, digits);
  return `${signOf(shown, value, "+")}${shown} %`;
}

/** A price or a probability between 0 and 1, in cents as the venue shows them. */
export function cents(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const inCents = value * 100;
  const digits = Math.abs(inCents - Math.round(inCents)) < 1e-6 ? 0 : 1;
  return `${signOf(grouped(inCents, digits), value, "")}${grouped(inCents, digits)}¢`;
}

/** Probability points: an edge per share, with its sign. */
export function points(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const shown = grouped(value * 100, 1);
  return `${signOf(shown, value, "+")}${shown} pp`;
}

/** Shares or other counts of things: no more digits than say something. */
export function quantity(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  const shown = value.toLocaleString("en-US", {
    maximumFractionDigits: size >= 1000 ? 0 : size >= 10 ? 1 : 2,
  });
  return shown.replace("-", MINUS);
}

/** Four digits that say something, whatever the size. */
export function figure(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 }).replace("-", MINUS);
}

/** "3 signals", "1 signal". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString("en-US")} ${value === 1 ? one : many}`;
}

/** The class that colours a gain or a loss. */
export function tone(value: number | null | undefined): "gain" | "loss" | undefined {
  if (value == null || Math.abs(value) < 0.005) return undefined;
  return value > 0 ? "gain" : "loss";
}
