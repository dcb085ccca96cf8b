import { Link } from "@tanstack/react-router";
import type { Signal } from "../../api/types";
import { against } from "../../format/measures";
import { cents, dollars } from "../../format/numbers";
import { words } from "../../format/texts";
import type { Instant } from "../../format/times";
import { Time } from "../../parts/Time";
import { Wallet } from "../../parts/Wallet";
import { Answer } from "./Answer";

/** What the last fill of a leader came to, and why. */
export function LastSignalAnswer({ signal, now }: { signal: Signal | null; now: Instant }) {
  const question = "What came of the last signal?";
  if (signal === null) {
    return (
      <Answer question={question} answer="None yet">
        <p className="dim">
          A signal is a fill of a leader we follow. The first one shows up here by itself.
        </p>
      </Answer>
    );
  }
  const numbers = against(signal);
  return (
    <Answer question={question} answer={<Word signal={signal} />}>
      <p>
        {signal.decision === "copied"
          ? `For ${dollars(signal.our_notional)} at up to ${cents(signal.our_price)}.`
          : signal.summary}
        {numbers !== "" && ` ${numbers}.`}
      </p>
      <p className="dim">
        <Wallet wallet={signal.wallet} /> {signal.side === "BUY" ? "bought" : "sold"}{" "}
        {dollars(signal.notional)}, <Time at={signal.at} now={now} isAge /> ·{" "}
        <Link to="/signals/$signalId" params={{ signalId: signal.signal_id }}>
          Why?
        </Link>
      </p>
    </Answer>
  );
}

function Word({ signal }: { signal: Signal }) {
  if (signal.decision === "copied") return <span className="gain">Copied</span>;
  if (signal.decision === "mirrored") return "Sold with the leader";
  return <span className="warn">Refused: {words(signal.reason)}</span>;
}
