import type { SignalDetail } from "../../api/types";
import { dollars, percent } from "../../format/numbers";
import { shortId, words } from "../../format/texts";
import type { Instant } from "../../format/times";
import { Facts } from "../../parts/Facts";
import { Panel } from "../../parts/Panel";
import { Time } from "../../parts/Time";
import { Word } from "../../parts/Word";

/** What the decision was made with, for whoever wants to make it again. */
export function RecordPanel({ detail, now }: { detail: SignalDetail; now: Instant }) {
  const { market, signal } = detail;
  const agrees = detail.recorded === detail.again;
  return (
    <Panel title="On the record">
      <Facts
        rows={[
          ["Decided then", <Word key="then" kind="reject_reasons" word={detail.recorded} />],
          [
            "Decided by today's code",
            agrees ? (
              "the same"
            ) : (
              <b key="again" className="warn">
                <Word kind="reject_reasons" word={detail.again} />
              </b>
            ),
          ],
          [
            "Config",
            `${shortId(detail.config_digest, 8, 0)}${detail.is_exact ? "" : ", not kept: today's is shown"}`,
          ],
          ["Run", shortId(detail.run_id, 14, 4)],
          ["Code", shortId(detail.code_version, 12, 0)],
          ["Equity then", dollars(detail.equity)],
          ["Exposure then", `${dollars(detail.gross_exposure)} in ${detail.positions} positions`],
          ...(market === null
            ? []
            : ([
                ["Market", `${words(market.status)}, ${words(market.category)}`],
                ["Ends", <Time key="end" at={market.end_at} now={now} />],
                [
                  "Tick, least, fee",
                  `${market.tick_size}, ${market.min_order_size} shares, ${percent(market.fee_rate)}`,
                ],
              ] as const)),
          [
            "Condition",
            <span key="c" className="mono">
              {signal.condition_id}
            </span>,
          ],
          [
            "Token",
            <span key="t" className="mono">
              {signal.token_id}
            </span>,
          ],
          [
            "Signal",
            <span key="s" className="mono">
              {signal.signal_id}
            </span>,
          ],
          ["Journal event", String(signal.seq)],
        ]}
      />
    </Panel>
  );
}
