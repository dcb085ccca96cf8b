import { ago, exact, moment, type Instant } from "../format/times";
import { NONE } from "../format/numbers";

/** An instant: as a clock shows it or as its age, the whole of it on hover. */
export function Time({ at, now, isAge = false }: { at: Instant | null; now: Instant; isAge?: boolean }) {
  if (at === null) return <>{NONE}</>;
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)} className="nowrap">
      {isAge ? ago(at, now) : moment(at, now)}
    </time>
  );
}
