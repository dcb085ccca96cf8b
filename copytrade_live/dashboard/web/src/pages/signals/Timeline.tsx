import type { Schemas } from "../../api/types";
import type { Instant } from "../../format/times";
import { foreign } from "../../format/texts";
import { Empty } from "../../parts/States";
import { Time } from "../../parts/Time";
import css from "./WhyPage.module.css";

// The sentences are the decision log's, which begin with the time; here it stands beside them.
const TIME = /^\d{4}-\d{2}-\d{2}T\S+Z /;

/** Journal events about a signal, as sentences. */
export function Timeline({ entries, now }: { entries: readonly Schemas["TimelineEntry"][]; now: Instant }) {
  if (entries.length === 0)
    return <Empty title="Nothing yet">The journal has no event after this signal.</Empty>;
  return (
    <ol className={css["steps"]}>
      {entries.map((entry) => (
        <li key={entry.seq}>
          <span className="dim">
            <Time at={entry.at} now={now} />
          </span>
          <span title={`journal event ${entry.seq}, ${entry.event}`}>
            {foreign(entry.text).replace(TIME, "")}
          </span>
        </li>
      ))}
    </ol>
  );
}
