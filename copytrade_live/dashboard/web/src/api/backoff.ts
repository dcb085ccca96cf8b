const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** How long to wait before a try: doubling up to half a minute, spread so that browsers do not return at once. */
export function waitBefore(attempt: number, chance: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, attempt - 1));
  return Math.round(full * (0.5 + chance / 2));
}
