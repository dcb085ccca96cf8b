import { Link, useNavigate } from "@tanstack/react-router";
import type { Signal } from "../../api/types";
import { against } from "../../format/measures";
import { cents, dollars, percent } from "../../format/numbers";
import { span, type Instant } from "../../format/times";
import { DataTable, type Column } from "../../parts/DataTable";
import { DecisionTag } from "../../parts/DecisionTag";
import { Market } from "../../parts/Market";
import { Empty } from "../../parts/States";
import { Time } from "../../parts/Time";
import { Wallet } from "../../parts/Wallet";
import css from "./SignalTable.module.css";

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
    { name: "Answer", isWhole: true, cell: (row) => <Answer signal={row} /> },
  ];
}

function Answer({ signal }: { signal: Signal }) {
  const numbers = answered(signal);
  return (
    <span className={css["answer"]}>
      <DecisionTag signal={signal} />
      {numbers !== "" && <small className="dim">{numbers}</small>}
    </span>
  );
}

function answered(signal: Signal): string {
  if (signal.decision === "copied") return `for ${dollars(signal.our_notional)}`;
  if (signal.decision === "mirrored") return `${percent(signal.measured)} of ours`;
  return against(signal);
}
