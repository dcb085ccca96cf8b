import { Link } from "@tanstack/react-router";
import type { Signal } from "../../api/types";
import { against } from "../../format/measures";
import { cents, dollars } from "../../format/numbers";
import { words } from "../../format/texts";
import type { Instant } from "../../format/times";
import { Time } from "../../parts/Time";
import { Wallet } from "../../parts/Wallet";
import { Answer } from "./Answer";

interface Props {
  signal: Signal | null;
  refused: Signal | null;
  now: Instant;
}

/** What the last fill of a leader came to, and why. */
export function LastSignalAnswer({ signal, refused, now }: Props) {
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
      {refused && refused.signal_id !== signal.signal_id && <LastRefused signal={refused} now={now} />}
    </Answer>
  );
}

function LastRefused({ signal, now }: { signal: Signal; now: Instant }) {
  return (
    <p className="dim">
      Last refused <Time at={signal.at} now={now} isAge />:{" "}
      <Link to="/signals/$signalId" params={{ signalId: signal.signal_id }}>
        {words(signal.reason)}
      </Link>{" "}
      {against(signal)}
    </p>
  );
}

function Word({ signal }: { signal: Signal }) {
  if (signal.decision === "copied") return <span className="gain">Copied</span>;
  if (signal.decision === "mirrored") return "Sold with the leader";
  return <span className="warn">Refused: {words(signal.reason)}</span>;
}
