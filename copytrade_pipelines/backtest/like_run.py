"""A period a runner lived through, run again as a backtest of itself, and the difference explained row by row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from copytrade_live.backtest_settings import BacktestConfig, like_paper
from copytrade_live.clock import to_iso
from copytrade_live.core.codec import dumps
from copytrade_live.core.market import Instant
from copytrade_live.core.pricing import from_micro
from copytrade_live.errors import ConfigError, InputFileError
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.backtest.explained import Cause, Explained, explain
from copytrade_pipelines.backtest.lived import Story, read_lived, tell
from copytrade_pipelines.backtest.overrides import override
from copytrade_pipelines.backtest.run import run
from copytrade_pipelines.backtest.steps import read_lines
from copytrade_pipelines.backtest.window import Opens, run_window
from copytrade_pipelines.ingest.progress import Progress, silent


class TapeFrom(StrEnum):
    """What the period is rebuilt from."""

    WAREHOUSE = "warehouse"
    JOURNAL = "journal"


class Assume(StrEnum):
    """How orders are taken to fill."""

    CONFIG = "config"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class LikeRun:
    """A period, its backtest, why they differ, and where the rows are. backtest is the folder of a warehouse run."""

    lived: Story
    tested: Story
    explained: Explained
    folder: Path
    backtest: Path | None

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        found = self.explained
        return {
            "run_id": self.lived.run_id,
            "mode": self.lived.mode,
            "from": to_iso(self.lived.started_at),
            "to": to_iso(self.lived.ended_at),
            "agreed": found.agreed,
            "differing": len(found.rows),
            "lived_pnl": found.lived,
            "tested_pnl": found.tested,
            "difference": found.difference,
            "causes": {cause.value: found.total(cause) for cause in Cause},
            "rows": str(self.folder / "rows.parquet"),
            "backtest": None if self.backtest is None else str(self.backtest),
        }


def like_run(
    journal: Path,
    config: CopytradeConfig,
    home: Home,
    warehouse: Opens,
    *,
    start: Instant | None = None,
    end: Instant | None = None,
    tape_from: TapeFrom = TapeFrom.WAREHOUSE,
    assume: Assume = Assume.CONFIG,
    progress: Progress = silent,
) -> LikeRun:
    """Read a runner's exported journal, test its period with the same money, and say where the two part and why.

    Time runs from the journal's first event in both, so that the account has the same past; only copies decided from
    start on are compared. Raises: InputFileError when there is no journal or nothing to test.
    """
    lived = read_lived(journal, start, end, config.decision())
    chosen = override(config, {"bankroll.starting_cash": from_micro(lived.starting_cash)}, "starting cash")
    assumptions = like_paper(chosen.paper) if assume is Assume.PAPER else chosen.backtest
    backtest: Path | None = None
    if tape_from is TapeFrom.JOURNAL:
        tested = _on_own_tape(lived, chosen, assumptions, home, progress)
    else:
        chosen = chosen.model_copy(update={"backtest": assumptions})
        until = end if end is not None else lived.ended_at + 1
        try:
            result = run_window(warehouse, chosen, home, lived.started_at, until, lived.wallets, progress)
        except (ConfigError, InputFileError) as error:
            raise type(error)(f"{error}; ingest the period first, or use --tape journal") from None
        if result.journal_path is None or result.report_path is None:
            raise InputFileError(f"{result.run_id} wrote no journal")
        tested, backtest = tell(read_lines(result.journal_path)), result.report_path.parent
    if start is not None:
        tested.signals = {key: seen for key, seen in tested.signals.items() if seen.at >= start}
        tested.trades = {key: trade for key, trade in tested.trades.items() if trade.decided_at >= start}
    explained = explain(lived, tested, config.decision().digest())
    name = hashlib.sha256(dumps([lived.run_id, start, end, tape_from, assume, chosen.model_dump(mode="json")]).encode())
    folder = home.reports / f"like-{name.hexdigest()[:12]}"
    found = LikeRun(lived=lived, tested=tested, explained=explained, folder=folder, backtest=backtest)
    _write(found)
    return found


def _on_own_tape(
    lived: Story, config: CopytradeConfig, assumptions: BacktestConfig, home: Home, progress: Progress
) -> Story:
    home.reports.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home.reports) as folder:
        result = run(
            lived.tape,
            config,
            assumptions=assumptions,
            started_at=lived.started_at,
            until=lived.ended_at + 1,
            journal=Path(folder),
            progress=progress,
        )
        if result.journal_path is None:
            raise InputFileError("the backtest wrote no journal")
        return tell(read_lines(result.journal_path))


def _write(found: LikeRun) -> None:
    found.folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "at": row.at,
            "signal_id": row.signal_id,
            "wallet": row.wallet,
            "token_id": row.token_id,
            "lived": row.lived_answer,
            "tested": row.tested_answer,
            "lived_pnl": row.lived,
            "tested_pnl": row.tested,
            "difference": row.difference,
            "cause": row.cause.value,
            **{cause.value.replace(" ", "_"): row.parts.get(cause, 0.0) for cause in Cause},
        }
        for row in found.explained.rows
    ]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    pq.write_table(table, found.folder / "rows.parquet")
    pa_csv.write_csv(table, found.folder / "rows.csv")
    text = json.dumps(found.as_json(), sort_keys=True, indent=1)
    (found.folder / "explained.json").write_text(text, encoding="utf-8")


_SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("ms")),
        *((name, pa.string()) for name in ("signal_id", "wallet", "token_id", "lived", "tested")),
        *((name, pa.float64()) for name in ("lived_pnl", "tested_pnl", "difference")),
        ("cause", pa.string()),
        *((cause.value.replace(" ", "_"), pa.float64()) for cause in Cause),
    ]
)
