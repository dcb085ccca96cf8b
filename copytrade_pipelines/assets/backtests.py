"""backtest_runs: what copying would have earned over a window of history, with a report a run."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from copytrade_live.clock import to_iso
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.assets.backtest_config import BacktestConfig, report_links, score_before, window_days
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress
from copytrade_pipelines.backtest import BacktestResult, run_window
from copytrade_pipelines.backtest.overrides import override
from copytrade_pipelines.backtest.result_tables import RUNS, write_rows
from copytrade_pipelines.ingest.progress import with_time_left
from copytrade_pipelines.plots import picture
from copytrade_pipelines.pools import BACKTESTS_POOL
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.warehouse import Warehouse

# What a backtest reads.
DEPS = [
    ["marts", "fct_fills"],
    ["marts", "fct_resolutions"],
    ["intermediate", "int_outcomes"],
    ["staging", "stg_markets"],
    ["trader_scores"],
    ["raw", "books"],
    ["raw", "prices"],
    ["raw", "resolutions"],
]


@dg.asset(
    key=["backtest_runs"],
    deps=DEPS,
    group_name="backtests",
    kinds={"python"},
    owners=["team:copytrade"],
    metadata={"dagster/table_name": RUNS},
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
    report in the folder reports/RUN. Scores, markets and resolutions count only from when they could be known; where no
    book was recorded one is modelled, and said so. One row per run.
    """
    with expected_failures():
        base = settings.config()
        chosen = override(base, {"tracker.follow_top": config.follow_top, **config.overrides}, "overrides")
        start, end = window_days(config.from_day, config.to_day, venue.now)
        if config.score_missing and not config.leaders:
            made = score_before(warehouse, settings, start, end)
            context.log.info(f"scored as of {', '.join(map(to_iso, made)) or 'no other time: scores were known'}")
        progress = with_time_left(logging_progress(context))
        result = run_window(warehouse, chosen, settings.home(), start, end, config.leaders, progress)
        with warehouse.connect() as con:
            rows = write_run(con, result, chosen, config.leaders)
    metadata = _metadata(result, base.dashboard.url(os.environ))
    return dg.MaterializeResult(metadata={**metadata, "dagster/row_count": rows})


def write_run(
    con: duckdb.DuckDBPyConnection, result: BacktestResult, config: CopytradeConfig, leaders: list[str]
) -> int:
    """Replace the run's row. Returns: rows of the table."""
    row = {
        "run_id": result.run_id,
        "from_at": result.started_at,
        "to_at": result.ended_at,
        "leaders": leaders,
        "config_digest": config.decision().digest(),
        "code_version": code_version(),
        "report": f"{result.run_id}/report.html",
        **asdict(result.summary),
    }
    return write_rows(con, RUNS, [row])


def _metadata(result: BacktestResult, dashboard: str) -> dict[str, Any]:
    from copytrade_pipelines.backtest.report_numbers import headline
    from copytrade_pipelines.backtest.report_plots import png_plots  # matplotlib is heavy, definitions load often

    numbers = [
        dg.TableRecord({"number": number.name, "value": number.value, "what": number.detail})
        for number in headline(result.summary)
    ]
    plots = {f"plot_{name}": picture(png, name) for name, png in png_plots(result).items()}
    links = report_links(result.report_path.parent, dashboard) if result.report_path else {}
    return {
        **links,
        "run_id": result.run_id,
        "window": f"{to_iso(result.started_at)} to {to_iso(result.ended_at)}",
        "journal": dg.MetadataValue.path(str(result.journal_path or Path())),
        "summary": dg.MetadataValue.table(records=numbers),
        "decisions": dg.MetadataValue.json(dict(result.decisions)),
        "exits": dg.MetadataValue.json(dict(result.exits)),
        "books": dg.MetadataValue.json(dict(result.books)),
        **plots,
    }


ASSETS = [backtest_runs]
