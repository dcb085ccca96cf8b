import { Link, useNavigate } from "@tanstack/react-router";
import type { Signal } from "../../api/types";
import { against } from "../../format/measures";
import { cents, dollars } from "../../format/numbers";
import { span, type Instant } from "../../format/times";
import { DataTable, type Column } from "../../parts/DataTable";
import { DecisionTag } from "../../parts/DecisionTag";
import { Market } from "../../parts/Market";
import { Empty } from "../../parts/States";
import { Time } from "../../parts/Time";
import { Wallet } from "../../parts/Wallet";

/** Signals with their answers; each leads to its why. */
export function SignalTable({ rows, now }: { rows: readonly Signal[]; now: Instant }) {
  const navigate = useNavigate();
  if (rows.length === 0) {
    return (
      <Empty title="No signals">
        A signal is a fill of a leader we follow. They show up here by themselves, copied or refused with the
        reason.
      </Empty>
    );
  }
  return (
    <DataTable
      label="Signals"
      rows={rows}
      columns={columns(now)}
      rowKey={(row) => row.seq}
      onOpen={(row) => void navigate({ to: "/signals/$signalId", params: { signalId: row.signal_id } })}
    />
  );
}

function columns(now: Instant): Column<Signal>[] {
  return [
    {
      name: "Seen",
      cell: (row) => (
        <Link to="/signals/$signalId" params={{ signalId: row.signal_id }} data-row-link>
          <Time at={row.at} now={now} />
        </Link>
      ),
    },
    { name: "Leader", cell: (row) => <Wallet wallet={row.wallet} /> },
    {
      name: "Market",
      isWhole: true,
      cell: (row) => (
        <Market
          title={row.title}
          conditionId={row.condition_id}
          outcome={row.outcome}
          more={`${row.side === "BUY" ? "bought" : "sold"} at ${cents(row.price)}`}
        />
      ),
    },
    { name: "Their stake", isNumber: true, cell: (row) => dollars(row.notional) },
    { name: "Lag", isNumber: true, cell: (row) => span(row.lag_seconds) },
    { name: "Answer", cell: (row) => <DecisionTag signal={row} /> },
    { name: "Measured", isWhole: true, cell: (row) => <Numbers signal={row} /> },
  ];
}

function Numbers({ signal }: { signal: Signal }) {
  if (signal.decision === "copied") return <>bought for {dollars(signal.our_notional)}</>;
  return <span className="dim">{against(signal)}</span>;
}
