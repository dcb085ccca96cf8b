import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { backtestsQuery } from "../../api/queries";
import type { Backtest } from "../../api/types";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Query } from "../../parts/Query";
import { Empty } from "../../parts/States";
import { BacktestTable } from "./BacktestTable";

const MOST = 2;

/** Finished backtests; two of them can be put side by side. */
export function BacktestsPage() {
  const backtests = useQuery(backtestsQuery);
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [one, other] = chosen;
  const choose = (run: Backtest): void => {
    setChosen((before) =>
      before.includes(run.run_id)
        ? before.filter((id) => id !== run.run_id)
        : [...before, run.run_id].slice(-MOST),
    );
  };
  return (
    <>
      <PageHead title="Backtests" note="The same engine on recorded days. Choose two to compare them." />
      <Panel
        title="Runs"
        isFlush
        actions={
          <Button
            size="xs"
            disabled={one === undefined || other === undefined}
            onClick={() => {
              if (one !== undefined && other !== undefined)
                void navigate({ to: "/backtests/compare", search: { one, other } });
            }}
          >
            {chosen.length < MOST ? `Choose ${MOST - chosen.length} to compare` : "Compare the two"}
          </Button>
        }
      >
        <Query query={backtests} lines={8}>
          {(data) =>
            data.items.length === 0 ? (
              <Empty title="No backtest has been run">
                From a terminal: <code>copytrade score --backfill-days 14 &amp;&amp; copytrade backtest</code>
                . Or launch the job in Dagster. It shows up here when it is done.
              </Empty>
            ) : (
              <BacktestTable runs={data.items} chosen={chosen} onChoose={choose} />
            )
          }
        </Query>
      </Panel>
      {chosen.length > 0 && (
        <p className="dim">
          Chosen: {chosen.join(" and ")}.{" "}
          <Link to="/backtests/compare">Or choose on the page that compares.</Link>
        </p>
      )}
    </>
  );
}
