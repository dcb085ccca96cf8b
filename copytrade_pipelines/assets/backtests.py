"""backtest_runs: what copying would have earned over a window of history, with a report a run."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import dagster as dg
import duckdb
from pydantic import Field

from copytrade_live.clock import from_iso, to_iso
from copytrade_live.core.market import DAY, Instant
from copytrade_live.errors import ConfigError
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress
from copytrade_pipelines.assets.scores import score_times
from copytrade_pipelines.backtest import BacktestResult, run_window
from copytrade_pipelines.backtest.overrides import override
from copytrade_pipelines.plots import picture
from copytrade_pipelines.pools import BACKTESTS_POOL
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.warehouse import Warehouse

TABLE = "marts.backtest_runs"
DEFAULT_DAYS = 14
_SCORED_EVERY = 7 * DAY
_COLUMNS = {
    "run_id": "VARCHAR NOT NULL",
    "from_at": "TIMESTAMP NOT NULL",
    "to_at": "TIMESTAMP NOT NULL",
    "leaders": "VARCHAR[]",
    "config_digest": "VARCHAR",
    "code_version": "VARCHAR",
    "starting_cash": "DOUBLE",
    "final_equity": "DOUBLE",
    "pnl": "DOUBLE",
    "total_return": "DOUBLE",
    "max_drawdown": "DOUBLE",
    "fees": "DOUBLE",
    "signals": "BIGINT",
    "copies": "BIGINT",
    "filled": "BIGINT",
    "closed": "BIGINT",
    "open_positions": "BIGINT",
    "rejections": "BIGINT",
    "exits": "BIGINT",
    "hit_rate": "DOUBLE",
    "average_slippage": "DOUBLE",
    "modelled_share": "DOUBLE",
    "report": "VARCHAR",
}


class BacktestConfig(dg.Config):
    """What to test. Every field has a default, so that a run can be launched as it stands."""

    from_day: str = Field(
        default="",
        description="Start, an ISO day or time (2026-03-01, 2026-03-01T06:00Z); empty: 14 days before the end.",
    )
    to_day: str = Field(default="", description="End, not included, an ISO day or time; empty: the venue's now.")
    leaders: list[str] = Field(default=[], description="Wallets to follow; empty follows the best scored as of then.")
    follow_top: int = Field(default=20, ge=0, description="How many of the best scored to follow when none is named.")
    score_missing: bool = Field(
        default=True, description="Score as of the first day, and weekly after, where no score was known so early."
    )
    overrides: dict[str, Any] = Field(
        default={}, description="Settings to change for this run, by dotted key: {'filter.max_spread': 0.05}."
    )


@dg.asset(
    key=["backtest_runs"],
    deps=[
        ["marts", "fct_fills"],
        ["marts", "fct_resolutions"],
        ["intermediate", "int_outcomes"],
        ["staging", "stg_markets"],
        ["trader_scores"],
        ["raw", "books"],
        ["raw", "prices"],
        ["raw", "resolutions"],
    ],
    group_name="backtests",
    kinds={"python"},
    owners=["team:copytrade"],
    metadata={"dagster/table_name": TABLE},
    pool=BACKTESTS_POOL,
)
def backtest_runs(
    context: dg.AssetExecutionContext,
    config: BacktestConfig,
    warehouse: Warehouse,
    venue: VenueResource,
    settings: Settings,
) -> dg.MaterializeResult[None]:
    """History through the runner's own decisions: what copying would have earned, why signals were refused, and a
    report under reports/<run id>/. Scores, markets and resolutions count only from when they could be known; where no
    book was recorded one is modelled, and said so. One row per run.
    """
    with expected_failures():
        base = settings.config()
        chosen = override(base, {"tracker.follow_top": config.follow_top, **config.overrides})
        start, end = window_days(config.from_day, config.to_day, venue.now)
        home = settings.home()
        if config.score_missing and not config.leaders:
            made = score_before(warehouse, settings, start, end)
            context.log.info(f"scored as of {', '.join(map(to_iso, made)) or 'no other time: scores were known'}")
        result = run_window(warehouse, chosen, home, start, end, config.leaders, logging_progress(context))
        with warehouse.connect() as con:
            rows = write_summary(con, result, chosen, config.leaders)
    return dg.MaterializeResult(metadata={**_metadata(result), "dagster/row_count": rows})


def window_days(from_day: str, to_day: str, now: Callable[[], Instant]) -> tuple[Instant, Instant]:
    """The window two ISO days name; now is asked only when the end is left open. Raises: ConfigError."""
    end = _instant("to_day", to_day) if to_day else now()
    start = _instant("from_day", from_day) if from_day else end - DEFAULT_DAYS * DAY
    return start, end


def score_before(warehouse: Warehouse, settings: Settings, start: Instant, end: Instant) -> list[Instant]:
    """Score as of the beginning of a window and weekly in it, unless a score was known by then. Returns: as of when.

    Such scores use nothing that was known later: they are those that would have been published.
    """
    from copytrade_pipelines.scoring.tables import is_scored  # heavy, and definitions load often

    with warehouse.connect() as con:
        if is_scored(con, start):
            return []
    due = list(range(start, end, _SCORED_EVERY))
    score_times(warehouse, settings, due)
    return due


def write_summary(
    con: duckdb.DuckDBPyConnection, result: BacktestResult, config: CopytradeConfig, leaders: list[str]
) -> int:
    """Replace the run's row. Returns: rows of the table."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    con.execute(f"create table if not exists {TABLE} ({columns})")
    con.execute(f"delete from {TABLE} where run_id = ?", [result.run_id])  # noqa: S608 our own table
    row = {
        "run_id": result.run_id,
        "leaders": leaders,
        "config_digest": config.decision().digest(),
        "code_version": code_version(),
        "report": f"{result.run_id}/report.html",
        **asdict(result.summary),
    }
    others = [name for name in _COLUMNS if name not in ("from_at", "to_at")]
    con.execute(
        f"insert into {TABLE} (from_at, to_at, {', '.join(others)}) "  # noqa: S608 our own names
        f"values (epoch_ms(cast(? as bigint)), epoch_ms(cast(? as bigint)), {', '.join('?' for _ in others)})",
        [result.started_at, result.ended_at, *(row[name] for name in others)],
    )
    found = con.execute(f"select count(*) from {TABLE}").fetchone()  # noqa: S608 our own table
    return int(found[0]) if found else 0


def _instant(name: str, text: str) -> Instant:
    try:
        return from_iso(text)
    except ValueError:
        raise ConfigError(
            f"{name} must be an ISO day or time like 2026-03-01 or 2026-03-01T06:00:00Z, was {text!r}"
        ) from None


def _metadata(result: BacktestResult) -> dict[str, Any]:
    from copytrade_pipelines.backtest.report import headline, png_plots  # matplotlib is heavy, definitions load often

    numbers = [
        dg.TableRecord({"number": number.name, "value": number.value, "what": number.detail})
        for number in headline(result.summary)
    ]
    plots = {f"plot_{name}": picture(png, name) for name, png in png_plots(result).items()}
    return {
        "run_id": result.run_id,
        "window": f"{to_iso(result.started_at)} to {to_iso(result.ended_at)}",
        "report": dg.MetadataValue.path(str(result.report_path)),
        "report_page": dg.MetadataValue.url(result.report_path.as_uri() if result.report_path else ""),
        "folder": dg.MetadataValue.path(str(result.report_path.parent) if result.report_path else ""),
        "journal": dg.MetadataValue.path(str(result.journal_path)),
        "summary": dg.MetadataValue.table(records=numbers),
        "decisions": dg.MetadataValue.json(dict(result.decisions)),
        "exits": dg.MetadataValue.json(dict(result.exits)),
        "books": dg.MetadataValue.json(dict(result.books)),
        **plots,
    }


ASSETS = [backtest_runs]
