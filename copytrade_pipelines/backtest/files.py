"""The tables beside a report: trades and the equity curve, for whoever wants to look closer."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from copytrade_live.core.pricing import from_micro
from copytrade_pipelines.backtest.ledger import CopyTrade, EquityPoint
from copytrade_pipelines.backtest.run import BacktestResult

_MOMENT = pa.timestamp("ms")
TRADES = pa.schema(
    [
        ("root_id", pa.string()),
        ("wallet", pa.string()),
        ("condition_id", pa.string()),
        ("token_id", pa.string()),
        ("outcome", pa.string()),
        ("category", pa.string()),
        ("book", pa.string()),
        ("is_probation", pa.bool_()),
        ("decided_at", _MOMENT),
        ("opened_at", _MOMENT),
        ("closed_at", _MOMENT),
        ("exit_reason", pa.string()),
        ("is_open", pa.bool_()),
        ("leader_price", pa.float64()),
        ("entry_price", pa.float64()),
        ("slippage", pa.float64()),
        ("edge", pa.float64()),
        ("p_pos", pa.float64()),
        ("size", pa.float64()),
        ("paid", pa.float64()),
        ("received", pa.float64()),
        ("entry_fees", pa.float64()),
        ("exit_fees", pa.float64()),
        ("value", pa.float64()),
        ("pnl", pa.float64()),
    ]
)
_IN_MICRO = ("size", "paid", "received", "entry_fees", "exit_fees")


def write_tables(folder: Path, result: BacktestResult) -> None:
    """Write trades.csv, trades.parquet and equity.parquet. Units: shares and collateral, not micro-units."""
    trades = pa.Table.from_pylist([_trade(trade) for trade in result.trades], schema=TRADES)
    pq.write_table(trades, folder / "trades.parquet")
    pa_csv.write_csv(trades, folder / "trades.csv")
    names = [field.name for field in fields(EquityPoint)]
    equity = pa.table({name: [getattr(point, name) for point in result.equity] for name in names})
    pq.write_table(equity.set_column(0, "at", equity["at"].cast(_MOMENT)), folder / "equity.parquet")


def _trade(trade: CopyTrade) -> dict[str, object]:
    row = {name: getattr(trade, name) for name in TRADES.names}
    return row | {name: from_micro(row[name]) for name in _IN_MICRO}
