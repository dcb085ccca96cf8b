import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Backtest } from "../../api/types";
import { useNow } from "../../api/useOverview";
import { tone } from "../../format/numbers";
import { dayOf } from "../../format/times";
import { DataTable, type Column } from "../../parts/DataTable";
import { Time } from "../../parts/Time";
import { NUMBERS } from "./summaryNumbers";

interface Props {
  runs: readonly Backtest[];
  chosen: readonly string[];
  onChoose: (run: Backtest) => void;
}

/** Runs with their headline numbers. */
export function BacktestTable({ runs, chosen, onChoose }: Props) {
  const navigate = useNavigate();
  const now = useNow();
  const [opened] = useState(() => Date.now());
  const columns: Column<Backtest>[] = [
    {
      name: "Compare",
      cell: (run) => (
        <input
          type="checkbox"
          aria-label={`Compare ${run.run_id}`}
          checked={chosen.includes(run.run_id)}
          onChange={() => {
            onChoose(run);
          }}
        />
      ),
    },
    {
      name: "Run",
      isWhole: true,
      sortBy: (run) => run.run_id,
      cell: (run) => (
        <Link to="/backtests/$runId" params={{ runId: run.run_id }} className="mono" data-row-link>
          {run.run_id}
        </Link>
      ),
    },
    {
      name: "Made",
      sortBy: (run) => run.made_at,
      cell: (run) => <Time at={run.made_at} now={opened} isAge />,
    },
    {
      name: "Days played",
      isLine: true,
      sortBy: (run) => run.from_at,
      cell: (run) => (
        <span className="nowrap">
          {dayOf(run.from_at, now)} to {dayOf(run.to_at, now)}
        </span>
      ),
    },
    {
      name: "Leaders",
      isNumber: true,
      cell: (run) => (run.leaders.length === 0 ? "by score" : run.leaders.length),
    },
    ...["pnl", "total_return", "max_drawdown", "hit_rate", "copies"].map(numberColumn),
  ];
  return (
    <DataTable
      label="Backtests"
      rows={runs}
      columns={columns}
      rowKey={(run) => run.run_id}
      isCurrent={(run) => chosen.includes(run.run_id)}
      onOpen={(run) => void navigate({ to: "/backtests/$runId", params: { runId: run.run_id } })}
    />
  );
}

function numberColumn(name: string): Column<Backtest> {
  const shown = NUMBERS[name];
  return {
    name: shown?.name ?? name,
    isNumber: true,
    sortBy: (run) => run.numbers[name] ?? null,
    cell: (run) => (
      <span className={name === "pnl" ? tone(run.numbers[name]) : undefined}>
        {shown?.show(run.numbers[name])}
      </span>
    ),
  };
}
