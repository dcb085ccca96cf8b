/** Where a bar begins, how long it is, and where the limit stands; per cent of the scale. */
export interface Scale {
  from: number;
  width: number;
  limit: number;
}

const ROOM = 1.2;
// Beyond this many times the limit a bar says only "far beyond"; the number says how far.
const FARTHEST = 4;

/** A linear scale from zero with room for both numbers; null where there is nothing to compare. */
export function scale(measured: number | null, limit: number | null): Scale | null {
  if (measured === null || limit === null) return null;
  const reach = limit === 0 ? Math.abs(measured) : Math.abs(limit) * FARTHEST;
  const value = Math.max(-reach, Math.min(reach, measured));
  const low = Math.min(0, value, limit) * ROOM;
  const high = Math.max(0, value, limit) * ROOM;
  const whole = high - low;
  if (whole === 0) return null;
  const place = (x: number): number => ((x - low) / whole) * 100;
  const from = place(Math.min(0, value));
  return { from, width: Math.max(1, place(Math.max(0, value)) - from), limit: place(limit) };
}
