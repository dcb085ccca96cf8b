import type { Overview } from "../../api/types";
import { safeLink } from "../../format/links";
import { span, type Instant } from "../../format/times";
import { Panel } from "../../parts/Panel";
import { Tag, type Tone } from "../../parts/Tag";
import { Time } from "../../parts/Time";
import css from "./OverviewPage.module.css";

const TONE: Record<Overview["gate"]["state"], Tone> = {
  open: "good",
  closed: "bad",
  expired: "bad",
  none: "warn",
};

/** The pipelines' word, and the scores it speaks of. */
export function GatePanel({ gate, now }: { gate: Overview["gate"]; now: Instant }) {
  const run = safeLink(gate.dagster_run_url);
  return (
    <Panel title="Gate and scores" actions={<Tag tone={TONE[gate.state]}>{gate.state}</Tag>}>
      <div className={css["lines"]}>
        {gate.reasons.map((reason) => (
          <div key={reason}>{reason}</div>
        ))}
        <div className={css["pair"]}>
          <span className="dim">Valid until</span>
          <Time at={gate.valid_until} now={now} isAge />
        </div>
        <div className={css["pair"]}>
          <span className="dim">Scores' age</span>
          <span>
            {span(gate.snapshot_age_seconds)}, at most {span(gate.snapshot_max_age_seconds)}
          </span>
        </div>
        <div className={css["pair"]}>
          <span className="dim">Snapshot</span>
          <span className="mono clip" title={gate.snapshot_id ?? undefined}>
            {gate.snapshot_id ?? "none"}
          </span>
        </div>
        {run !== undefined && (
          <a href={run} target="_blank" rel="noreferrer">
            The run that made it, in Dagster
          </a>
        )}
      </div>
    </Panel>
  );
}
