"""The tables beside a report, as Parquet and CSV, and the summary as JSON.

A run's folder: summary.json, report.html, journal/, {trades, equity, decisions, fills, rules, exits}.{parquet,csv},
shadows.parquet, and what it was made from in inputs/.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from copytrade_live.clock import to_iso
from copytrade_live.core.pricing import from_micro
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.ledger import CopyTrade
from copytrade_pipelines.backtest.run import BacktestResult
from copytrade_pipelines.backtest.run_log import COPIED
from copytrade_pipelines.backtest.summary import drawdowns
from copytrade_pipelines.backtest.table_schemas import EQUITY, TRADES, write_table

SUMMARY = "summary.json"
_IN_MICRO = ("size", "paid", "received", "entry_fees", "exit_fees")
# Tables that a run streams itself; they are only restated as CSV here.
_STREAMED = ("decisions", "fills")


def write_tables(folder: Path, result: BacktestResult) -> None:
    """Write trades and equity, and restate what the run streamed as CSV. Units: shares and collateral, not micro."""
    write_table(folder, "trades", pa.Table.from_pylist([_trade(trade) for trade in result.trades], schema=TRADES))
    falls = drawdowns(result.equity)
    points = [{**asdict(point), "drawdown": fall} for point, fall in zip(result.equity, falls, strict=True)]
    write_table(folder, "equity", pa.Table.from_pylist(points, schema=EQUITY))
    for name in _STREAMED:
        if (folder / f"{name}.parquet").is_file():
            _restate(folder, name)


def write_summary(
    folder: Path,
    result: BacktestResult,
    config: CopytradeConfig,
    leaders: Iterable[str],
) -> None:
    """Write the summary for machines: what was run, what it came to, what was counted, and the files beside it."""
    found_rules = result.follow_up.rules if result.follow_up else ()
    found = {
        "run_id": result.run_id,
        "from_at": to_iso(result.started_at),
        "to_at": to_iso(result.ended_at),
        "config_digest": config.decision().digest(),
        "code_version": code_version(),
        "leaders": list(leaders),
        "summary": asdict(result.summary),
        "decisions": dict(result.decisions),
        "exits": dict(result.exits),
        "books": dict(result.books),
        "saved_by_rule": {rule.reason: rule.saved for rule in found_rules if rule.reason != COPIED},
        "stake": result.follow_up.stake if result.follow_up else None,
        "files": sorted(path.name for path in folder.iterdir() if path.name[0] != "." and path.name != SUMMARY),
    }
    (folder / SUMMARY).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _restate(folder: Path, name: str) -> None:
    # A batch at a time: a year of decisions is larger than memory should be.
    source = pq.ParquetFile(folder / f"{name}.parquet")
    with pa_csv.CSVWriter(folder / f"{name}.csv", source.schema_arrow) as writer:
        for batch in source.iter_batches():
            writer.write_batch(batch)


def _trade(trade: CopyTrade) -> dict[str, object]:
    row = {name: getattr(trade, name) for name in TRADES.names}
    return row | {name: from_micro(row[name]) for name in _IN_MICRO}
