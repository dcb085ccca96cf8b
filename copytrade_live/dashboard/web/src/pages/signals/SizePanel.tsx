import type { SignalDetail } from "../../api/types";
import { cents, dollars, percent, points } from "../../format/numbers";
import { words } from "../../format/texts";
import { Facts } from "../../parts/Facts";
import { Meter } from "../../parts/Meter";
import { Panel } from "../../parts/Panel";
import { Empty } from "../../parts/States";
import { Word } from "../../parts/Word";
import css from "./WhyPage.module.css";

/** From belief to stake, and what every cap left of it. */
export function SizePanel({ detail }: { detail: SignalDetail }) {
  const { sizing, caps } = detail;
  return (
    <Panel title="Size" note={sizing?.is_probation ? "On probation: the smallest stake" : undefined}>
      <div className={css["stack"]}>
        {sizing === null ? (
          <Empty title="Not sized">
            {detail.size_refusal === null ? (
              "Without a market, a score and an offer there is nothing to size."
            ) : (
              <Word kind="reject_reasons" word={detail.size_refusal} />
            )}
          </Empty>
        ) : (
          <Facts
            rows={[
              ["Belief, after the leader's edge", cents(sizing.belief)],
              ["Cost with fee", cents(sizing.cost)],
              ["Edge a share", points(sizing.edge)],
              ["Full Kelly", percent(sizing.kelly_full)],
              ["Staked part of equity", percent(sizing.kelly_applied, 2)],
              ["Wanted", dollars(sizing.notional_wanted)],
              ["Stake", <b key="stake">{dollars(sizing.notional)}</b>],
              ...(sizing.capped_by === ""
                ? []
                : [
                    [
                      "Held down by",
                      <Word key="cap" kind="reject_reasons" word={sizing.capped_by} />,
                    ] as const,
                  ]),
            ]}
          />
        )}
        {caps.map((cap) => (
          <Meter
            key={cap.reason}
            name={CAPS[cap.reason] ?? words(cap.reason)}
            used={cap.used}
            limit={cap.limit}
            text={`${dollars(cap.used)} of ${dollars(cap.limit)}`}
          />
        ))}
      </div>
    </Panel>
  );
}

const CAPS: Readonly<Record<string, string>> = {
  market_exposure: "In this market",
  leader_exposure: "From this leader",
  event_exposure: "Worst loss in this event",
  gross_exposure: "All positions",
  no_cash: "Reserve, of free cash",
};
