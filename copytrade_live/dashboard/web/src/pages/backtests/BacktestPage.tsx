import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { backtestQuery } from "../../api/queries";
import type { BacktestDetail } from "../../api/types";
import { count } from "../../format/numbers";
import { shortId } from "../../format/texts";
import { dayOf } from "../../format/times";
import { CountBars } from "../../parts/CountBars";
import { LinkButton } from "../../parts/LinkButton";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { EquityChart } from "../overview/EquityPanel";
import css from "./Backtests.module.css";
import { SummaryNumbers } from "./SummaryNumbers";

/** One backtest: its numbers, its curve, its decisions, and its report. */
export function BacktestPage() {
  const { runId } = useParams({ from: "/shell/backtests/$runId" });
  const backtest = useQuery(backtestQuery(runId));
  return (
    <>
      <PageHead
        title={`Backtest ${shortId(runId, 18, 6)}`}
        note={<Link to="/backtests">All backtests</Link>}
        actions={
          <LinkButton to="/backtests/compare" search={{ one: runId }} size="xs" variant="default">
            Compare with another
          </LinkButton>
        }
      />
      <Query query={backtest} lines={10}>
        {(data) => <Run detail={data} />}
      </Query>
    </>
  );
}

function Run({ detail }: { detail: BacktestDetail }) {
  const { run } = detail;
  return (
    <div className={css["stack"]}>
      <Panel
        title={`${dayOf(run.from_at)} to ${dayOf(run.to_at)}`}
        note={`${run.leaders.length === 0 ? "Leaders by score" : count(run.leaders.length, "leader")}, config ${shortId(run.config_digest, 8, 0)}, code ${shortId(run.code_version, 12, 0)}`}
      >
        <SummaryNumbers numbers={run.numbers} />
      </Panel>
      {detail.equity.length > 1 && (
        <Panel title="Equity and drawdown">
          <EquityChart title="Equity and drawdown of the backtest" points={detail.equity} />
        </Panel>
      )}
      <div className={css["grid"]}>
        <Panel title="What signals came to">
          <CountBars counts={detail.decisions} what="signal" />
        </Panel>
        <Panel title="Why positions were left">
          <CountBars counts={detail.exits} what="exit" />
        </Panel>
      </div>
      {run.has_report && <Report runId={run.run_id} />}
    </div>
  );
}

// The report is a page of its own, shut in: no scripts run in it, and it reaches nothing of ours.
function Report({ runId }: { runId: string }) {
  const [isOpen, setOpen] = useState(false);
  const address = `/api/backtests/${encodeURIComponent(runId)}/report`;
  return (
    <Panel
      title="Report"
      isFlush={isOpen}
      note="Everything in one page: by leader and reason, calibration, slippage, what refusals were worth"
      actions={
        <span className={css["runs"]}>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setOpen(!isOpen);
            }}
          >
            {isOpen ? "Hide" : "Show here"}
          </Button>
          <a href={address} target="_blank" rel="noreferrer">
            Open it alone
          </a>
        </span>
      }
    >
      {isOpen && (
        <iframe className={css["report"]} src={address} title={`Report of backtest ${runId}`} sandbox="" />
      )}
    </Panel>
  );
}
