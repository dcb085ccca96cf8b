import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Leader } from "../../api/types";
import { Interval } from "../../charts/Interval";
import { gain, percent, points, tone } from "../../format/numbers";
import { shortId } from "../../format/texts";
import { span } from "../../format/times";
import { DataTable, type Column } from "../../parts/DataTable";
import { Empty } from "../../parts/States";
import { likely, reachOf } from "./belief";
import { CopiedTag } from "./CopiedTag";

/** Leaders with what is believed of them and what they earned us. */
export function LeaderTable({ items, isEmpty }: { items: readonly Leader[]; isEmpty: boolean }) {
  const navigate = useNavigate();
  const columns = useMemo(() => columnsOf(reachOf(items.map((one) => one.score))), [items]);
  if (items.length === 0) {
    return isEmpty ? (
      <Empty title="No scores are published yet">
        Dagster publishes them: copytrade score, or materialize published_scores.
      </Empty>
    ) : (
      <Empty title="None of them">Choose another of the lists above.</Empty>
    );
  }
  return (
    <DataTable
      label="Leaders"
      rows={items}
      columns={columns}
      rowKey={(row) => row.wallet}
      onOpen={(row) => void navigate({ to: "/leaders/$wallet", params: { wallet: row.wallet } })}
    />
  );
}

function columnsOf(reach: number): Column<Leader>[] {
  return [
    { name: "Place", isNumber: true, sortBy: (row) => -row.place, cell: (row) => row.place },
    {
      name: "Leader",
      cell: (row) => (
        <Link
          to="/leaders/$wallet"
          params={{ wallet: row.wallet }}
          className="mono nowrap"
          title={row.wallet}
          data-row-link
        >
          {shortId(row.wallet)}
        </Link>
      ),
    },
    { name: "Next fill", cell: (row) => <CopiedTag leader={row} /> },
    {
      name: "Pays",
      isNumber: true,
      title: "Probability that copying this leader pays (p_pos)",
      sortBy: (row) => row.score.p_pos,
      cell: (row) => percent(row.score.p_pos),
    },
    {
      name: "Edge a share",
      isLine: true,
      title:
        "What a copier earns a share after its own cost: eight times in ten within the bar; the line is zero",
      sortBy: (row) => row.score.edge_mean,
      cell: (row) => {
        const { low, high, text } = likely(row.score);
        return (
          <span className="nowrap">
            <Interval low={low} mean={row.score.edge_mean} high={high} reach={reach} label={text} />{" "}
            {points(row.score.edge_mean)}
          </span>
        );
      },
    },
    {
      name: "Events",
      isNumber: true,
      sortBy: (row) => row.score.n_events,
      cell: (row) => row.score.n_events,
    },
    {
      name: "Edge lasts",
      isNumber: true,
      title: "The delay at which copying stops paying (break-even latency)",
      sortBy: (row) => row.score.breakeven_latency_seconds,
      cell: (row) => span(row.score.breakeven_latency_seconds),
    },
    { name: "Copies", isNumber: true, sortBy: (row) => row.copies, cell: (row) => <Copies row={row} /> },
    {
      name: "Earned",
      isNumber: true,
      title: "Closed and open PnL of our copies",
      sortBy: earned,
      cell: (row) => <Earned row={row} />,
    },
  ];
}

function Copies({ row }: { row: Leader }) {
  return (
    <>
      {row.copies}
      {row.open_positions > 0 && <small className="dim"> +{row.open_positions} open</small>}
    </>
  );
}

function Earned({ row }: { row: Leader }) {
  if (row.copies + row.open_positions === 0) return <span className="dim">–</span>;
  return <span className={tone(earned(row))}>{gain(earned(row))}</span>;
}

function earned(row: Leader): number {
  return row.realised_pnl + row.unrealised_pnl;
}
