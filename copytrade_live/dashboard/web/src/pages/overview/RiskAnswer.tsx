import type { Overview } from "../../api/types";
import { dollars, percent } from "../../format/numbers";
import { Meter } from "../../parts/Meter";
import { Answer } from "./Answer";
import css from "./OverviewPage.module.css";

const PERIOD = { day: "Fall today", week: "Fall this week" } as const;

/** What is at stake, against the caps and the stops. */
export function RiskAnswer({ overview }: { overview: Overview }) {
  const { money, counts } = overview;
  return (
    <Answer question="What is at risk?" answer={dollars(money.exposure)}>
      <div className={css["meters"]}>
        <Meter
          name="Exposure"
          used={money.exposure}
          limit={money.exposure_limit}
          text={`${percent(money.exposure_share)}, cap ${dollars(money.exposure_limit)}`}
        />
        {money.drawdowns.map((fall) => (
          <Meter
            key={fall.period}
            name={PERIOD[fall.period]}
            used={Math.max(0, fall.fall ?? 0)}
            limit={fall.limit}
            text={`${percent(Math.max(0, fall.fall ?? 0))}, stops at ${percent(fall.limit, 0)}`}
          />
        ))}
        <Meter
          name="Positions"
          used={counts.positions}
          limit={counts.max_positions}
          text={`${counts.positions} of ${counts.max_positions}`}
        />
      </div>
      {counts.unknown_orders > 0 && <p className="loss">{counts.unknown_orders} orders of unknown fate</p>}
    </Answer>
  );
}
