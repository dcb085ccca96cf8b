import { useOverview } from "../../api/useOverview";
import { PageHead } from "../../parts/PageHead";
import { Query } from "../../parts/Query";
import { CopyingAnswer } from "./CopyingAnswer";
import { EarnedAnswer } from "./EarnedAnswer";
import { EquityPanel } from "./EquityPanel";
import { FeedsPanel } from "./FeedsPanel";
import { GatePanel } from "./GatePanel";
import { LastSignalAnswer } from "./LastSignalAnswer";
import { LatestSignals } from "./LatestSignals";
import css from "./OverviewPage.module.css";
import { PnlPanel } from "./PnlPanel";
import { RiskAnswer } from "./RiskAnswer";

/** The four answers of the first ten seconds, and what stands behind them. */
export function OverviewPage() {
  const overview = useOverview();
  return (
    <>
      <PageHead title="Overview" />
      <Query query={overview} lines={8}>
        {(data) => (
          <>
            <div className={css["answers"]}>
              <CopyingAnswer overview={data} />
              <LastSignalAnswer signal={data.last_signal} refused={data.last_refused} now={data.now_at} />
              <EarnedAnswer money={data.money} />
              <RiskAnswer overview={data} />
            </div>
            <div className={css["grid"]}>
              <div className={css["column"]}>
                <EquityPanel isCatchingUp={data.is_catching_up} />
                <LatestSignals now={data.now_at} />
              </div>
              <div className={css["column"]}>
                <PnlPanel />
                <GatePanel gate={data.gate} now={data.now_at} />
                <FeedsPanel feeds={data.feeds} />
              </div>
            </div>
          </>
        )}
      </Query>
    </>
  );
}
