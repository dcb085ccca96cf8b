import type { SignalDetail } from "../../api/types";
import { against } from "../../format/measures";
import { cents, dollars, quantity } from "../../format/numbers";
import { foreign, title } from "../../format/texts";
import { span, type Instant } from "../../format/times";
import { marketName } from "../../parts/Market";
import { Time } from "../../parts/Time";
import { Wallet } from "../../parts/Wallet";
import css from "./WhyPage.module.css";

/** The answer in one sentence, and what it answers. */
export function Verdict({ detail, now }: { detail: SignalDetail; now: Instant }) {
  const { signal } = detail;
  const numbers = against(signal);
  return (
    <section className={css["verdict"]} data-decision={signal.decision} aria-label="The decision">
      <strong>{heading(signal)}</strong>
      <p>
        {signal.decision === "rejected" ? signal.summary : ""}
        {numbers !== "" && ` Measured ${numbers}.`}
      </p>
      <p>
        <Wallet wallet={signal.wallet} /> {signal.side === "BUY" ? "bought" : "sold"} {quantity(signal.size)}{" "}
        shares of <b>{foreign(signal.outcome, "an unnamed outcome")}</b> at {cents(signal.price)} for{" "}
        {dollars(signal.notional)} in <b>{marketName(signal.title, signal.condition_id)}</b>
      </p>
      <p className="dim">
        Traded <Time at={signal.event_at} now={now} />, reached us after {span(signal.lag_seconds)} by{" "}
        {foreign(signal.source)}, decided <Time at={signal.at} now={now} />
      </p>
    </section>
  );
}

function heading(signal: SignalDetail["signal"]): string {
  if (signal.decision === "copied") {
    return `Copied: ${quantity(signal.our_size)} shares at up to ${cents(signal.our_price)}, ${dollars(signal.our_notional)}`;
  }
  if (signal.decision === "mirrored") return "Sold with the leader";
  return `Refused: ${title(signal.reason).toLowerCase()}`;
}
