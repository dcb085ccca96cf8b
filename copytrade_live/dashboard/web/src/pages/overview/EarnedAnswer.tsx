import type { Overview } from "../../api/types";
import { dollars, gain, tone } from "../../format/numbers";
import { Answer } from "./Answer";
import css from "./OverviewPage.module.css";

/** What copying earned: closed and still open, today and this week. */
export function EarnedAnswer({ money }: { money: Overview["money"] }) {
  const total = money.realised_pnl + money.unrealised_pnl;
  const rows = [
    ["Today", money.day_pnl],
    ["This week", money.week_pnl],
    ["Closed copies", money.realised_pnl],
    ["Open positions", money.unrealised_pnl],
  ] as const;
  return (
    <Answer question="What did it earn?" answer={<span className={tone(total)}>{gain(total)}</span>}>
      <div className={css["lines"]}>
        {rows.map(([name, value]) => (
          <div key={name} className={css["pair"]}>
            <span className="dim">{name}</span>
            <span className={tone(value)}>{gain(value)}</span>
          </div>
        ))}
        <div className={css["pair"]}>
          <span className="dim">Equity</span>
          <span>{dollars(money.equity)}</span>
        </div>
      </div>
    </Answer>
  );
}
