import { Button } from "@mantine/core";
import { useMemo } from "react";
import type { Position } from "../../api/types";
import { change, cents, dollars, gain, quantity, tone } from "../../format/numbers";
import type { Instant } from "../../format/times";
import { DataTable, type Column } from "../../parts/DataTable";
import { Market } from "../../parts/Market";
import { Empty } from "../../parts/States";
import { Tag } from "../../parts/Tag";
import { Time } from "../../parts/Time";
import { Wallet } from "../../parts/Wallet";
import { ExitPlan } from "./ExitPlan";
import css from "./PositionsPage.module.css";

interface Props {
  items: readonly Position[];
  now: Instant;
  onClose: (position: Position) => void;
  /** Show the price of this token. */
  onOpen: (token_id: string) => void;
}

/** Positions with their marks, their exit plans, and the way out. */
export function PositionTable({ items, now, onClose, onOpen }: Props) {
  const columns = useMemo(() => columnsOf(now, onClose, onOpen), [now, onClose, onOpen]);
  if (items.length === 0) {
    return (
      <Empty title="Nothing is held">
        Once a signal is copied, its position stands here with its exit plan.
      </Empty>
    );
  }
  return (
    <DataTable
      label="Open positions"
      rows={items}
      columns={columns}
      rowKey={(row) => row.token_id}
      onOpen={(row) => {
        onOpen(row.token_id);
      }}
    />
  );
}

function columnsOf(now: Instant, onClose: Props["onClose"], onOpen: Props["onOpen"]): Column<Position>[] {
  return [
    {
      name: "Market",
      isWhole: true,
      sortBy: (row) => row.title,
      cell: (row) => (
        <Market
          title={row.title}
          conditionId={row.condition_id}
          outcome={row.outcome}
          more={<Wallet wallet={row.wallet} />}
        />
      ),
    },
    {
      name: "Shares",
      isNumber: true,
      sortBy: (row) => row.size + row.coming,
      cell: (row) => <Shares row={row} />,
    },
    { name: "Cost", isNumber: true, sortBy: (row) => row.cost, cell: (row) => dollars(row.cost) },
    {
      name: "Paid",
      isNumber: true,
      cell: (row) => cents(row.average_cost),
      title: "Average price a share, fee included",
    },
    {
      name: "Mark",
      isNumber: true,
      sortBy: (row) => row.mark,
      cell: (row) => <Mark row={row} onOpen={onOpen} />,
    },
    { name: "Value", isNumber: true, sortBy: (row) => row.value, cell: (row) => dollars(row.value) },
    {
      name: "Gain",
      isNumber: true,
      sortBy: (row) => row.unrealised_pnl,
      cell: (row) => (
        <span className={tone(row.unrealised_pnl)}>
          {gain(row.unrealised_pnl)} <small>{change(row.gain)}</small>
        </span>
      ),
    },
    { name: "Exit plan", isWhole: true, cell: (row) => <ExitPlan plan={row.plan} now={now} /> },
    { name: "Ends", sortBy: (row) => row.end_at, cell: (row) => <Time at={row.end_at} now={now} isAge /> },
    { name: "Way out", isWhole: true, cell: (row) => <CloseButton row={row} onClose={onClose} /> },
  ];
}

function Mark({ row, onOpen }: { row: Position; onOpen: Props["onOpen"] }) {
  return (
    <button
      type="button"
      className={css["mark"]}
      title="How it moved since we hold it"
      data-row-link
      onClick={() => {
        onOpen(row.token_id);
      }}
    >
      {cents(row.mark)}
    </button>
  );
}

function Shares({ row }: { row: Position }) {
  const coming = row.coming > 0 ? ` +${quantity(row.coming)} unsettled` : "";
  return (
    <span title={coming ? "Bought, but not final at the venue yet" : undefined}>
      {quantity(row.size)}
      {coming !== "" && <small className="dim">{coming}</small>}
    </span>
  );
}

function CloseButton({ row, onClose }: { row: Position; onClose: (position: Position) => void }) {
  if (row.is_closing) return <Tag tone="accent">selling</Tag>;
  return (
    <Button
      size="compact-xs"
      variant="default"
      onClick={() => {
        onClose(row);
      }}
    >
      Close now
    </Button>
  );
}
