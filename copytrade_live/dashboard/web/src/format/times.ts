import { NONE } from "./numbers";

/** An instant of the API: milliseconds since 1970, UTC. */
export type Instant = number;

const pad = (value: number): string => String(value).padStart(2, "0");

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** "14:05:09", UTC as every page and log. */
export function clockTime(at: Instant | null | undefined): string {
  if (at == null) return NONE;
  const date = new Date(at);
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
}

/** "3 Nov", with the year where it is another than now's. */
export function dayOf(at: Instant | null | undefined, now?: Instant): string {
  if (at == null) return NONE;
  const date = new Date(at);
  const year = date.getUTCFullYear();
  const short = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
  return now !== undefined && new Date(now).getUTCFullYear() === year ? short : `${short} ${year}`;
}

/** "3 Nov 14:05:09"; the day is left out where it is now's. */
export function moment(at: Instant | null | undefined, now?: Instant): string {
  if (at == null) return NONE;
  const isToday = now !== undefined && Math.floor(at / 86_400_000) === Math.floor(now / 86_400_000);
  return isToday ? clockTime(at) : `${dayOf(at, now)} ${clockTime(at)}`;
}

/** The whole instant, for a title or a copy: "2026-11-03 14:05:09.120 UTC". */
export function exact(at: Instant): string {
  return `${new Date(at).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

/** A span of seconds in its largest two fitting words: "0.8 s", "42 s", "3 min 20 s", "5 h 10 min", "3 d 4 h". */
export function span(seconds: number | null | undefined): string {
  if (seconds == null || !Number.isFinite(seconds)) return NONE;
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (size < 0.0005) return "0 s";
  if (size < 1) return `${sign}${Math.round(size * 1000)} ms`;
  if (size < 10) return `${sign}${size.toFixed(1)} s`;
  const whole = Math.round(size);
  if (whole < 120) return `${sign}${whole} s`;
  if (whole < 7200) return sign + two(Math.floor(whole / 60), "min", whole % 60, "s", whole < 600);
  if (whole < 172_800)
    return sign + two(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min", true);
  return (
    sign + two(Math.floor(whole / 86_400), "d", Math.floor((whole % 86_400) / 3600), "h", whole < 864_000)
  );
}

function two(large: number, largeUnit: string, small: number, smallUnit: string, isFine: boolean): string {
  return isFine && small > 0 ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}

/** How long ago, or how long until: "12 s ago", "in 3 h". */
export function ago(at: Instant | null | undefined, now: Instant): string {
  if (at == null) return NONE;
  const seconds = (now - at) / 1000;
  if (Math.abs(seconds) < 1) return "now";
  return seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
}
