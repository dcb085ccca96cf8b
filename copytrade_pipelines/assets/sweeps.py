"""sweep_points: one backtest a point of a grid, in shards that run wherever there is room; the best of all shards."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import duckdb

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY, Instant
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.assets.backtest_config import GridConfig, grid_of, score_before, window_days
from copytrade_pipelines.assets.backtests import DEPS
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress
from copytrade_pipelines.backtest.bankrolls import CapacityPoint, capacity_of_points
from copytrade_pipelines.backtest.grid import points_of
from copytrade_pipelines.backtest.overrides import override
from copytrade_pipelines.backtest.result_tables import POINTS, write_rows
from copytrade_pipelines.backtest.window import window_of
from copytrade_pipelines.ingest.progress import with_time_left
from copytrade_pipelines.partitions import SHARD_KEYS, SWEEP_SHARDS
from copytrade_pipelines.plots import picture
from copytrade_pipelines.pools import SWEEPS_POOL
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.warehouse import Warehouse

SHOWN = 10


@dg.asset(
    key=["sweep_points"],
    deps=DEPS,
    group_name="backtests",
    kinds={"python", "numba"},
    owners=["team:copytrade"],
    metadata={"dagster/table_name": POINTS},
    pool=SWEEPS_POOL,
    partitions_def=SWEEP_SHARDS,
)
def sweep_points(
    context: dg.AssetExecutionContext,
    config: GridConfig,
    warehouse: Warehouse,
    venue: VenueResource,
    settings: Settings,
) -> dg.MaterializeResult[None]:
    """Every combination of some settings on one window: what each would have earned. A shard tests every eighth point
    of the grid; a backfill of all shards fans out over runs. Rows of all shards stand in one table by sweep and point;
    the last shard to end shows the best of all, each with the chance that it is better than luck among so many.
    """
    from copytrade_pipelines.backtest.sweep_window import name_sweep, sweep_window  # heavy, definitions load often

    with expected_failures():
        home = settings.home()
        base = override(settings.config(), {"tracker.follow_top": config.follow_top, **config.overrides}, "overrides")
        grid, origin = grid_of(config, home)
        shards = [SHARD_KEYS.index(key) for key in context.partition_keys]
        points = [
            point for shard in shards for point in points_of(grid, base, origin=origin, shard=shard, of=len(SHARD_KEYS))
        ]
        start, end = window_days(config.from_day, config.to_day, lambda: midnight_before(venue.now()))
        window = window_of(base, start, end, config.leaders)
        sweep_id = name_sweep(grid, base, window)
        context.log.info(f"{sweep_id}: {len(points)} of {len(grid)} points, {to_iso(start)} to {to_iso(end)}")
        if config.score_missing and not config.leaders and points:
            score_before(warehouse, settings, start, end)
        progress = with_time_left(logging_progress(context))
        swept = sweep_window(warehouse, home, window, points, progress) if points else []
        with warehouse.connect() as con:
            rows = write_rows(con, POINTS, [one.row(sweep_id, len(grid)) for one in swept])
            found = points_so_far(con, sweep_id)
    return dg.MaterializeResult(metadata={**sweep_metadata(sweep_id, found, base), "dagster/row_count": rows})


def midnight_before(now: Instant) -> Instant:
    """The start of a day: shards that start minutes apart must mean the same window."""
    return now // DAY * DAY


def points_so_far(con: duckdb.DuckDBPyConnection, sweep_id: str) -> list[dict[str, Any]]:
    """The points of a sweep that are done, the best first, with their deflated Sharpe ratios."""
    from copytrade_pipelines.backtest.sweep_window import ranked

    cursor = con.execute(f"select * from {POINTS} where sweep_id = ? order by point", [sweep_id])  # noqa: S608 our own
    names = [column[0] for column in cursor.description or ()]
    return ranked([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])


def sweep_metadata(sweep_id: str, found: Sequence[dict[str, Any]], base: CopytradeConfig) -> dict[str, Any]:
    """What the UI shows of a sweep."""
    if not found:
        return {"sweep_id": sweep_id, "points_done": 0, "note": "this shard has no point of so small a grid"}
    tapes = {row["tape"] for row in found}
    refused = [row for row in found if row["refused"]]
    metadata: dict[str, Any] = {
        "sweep_id": sweep_id,
        "points_done": len(found),
        "points_of_grid": found[0]["points"],
        "window": f"{found[0]['from_at'].isoformat()} to {found[0]['to_at'].isoformat()}",
        "best": dg.MetadataValue.table(
            records=[_record(place, row) for place, row in enumerate(found[:SHOWN], start=1)]
        ),
        "run_the_best": best_command(found[0]),
        "plot_returns": _plot(found),
    }
    if capacity := capacity_of_points(found):
        metadata["plot_capacity"] = _capacity(capacity)
    if len(tapes) > 1:
        metadata["warning"] = f"the warehouse changed between shards: {len(tapes)} tapes; run all shards again"
    if refused:
        metadata["driven_one_by_one"] = f"{len(refused)} points, for instance: {refused[0]['refused']}"
    return metadata


def best_command(row: dict[str, Any]) -> str:
    """The command that runs a point by itself, with a report."""
    window = f"--from {row['from_at'].isoformat()}Z --to {row['to_at'].isoformat()}Z"
    sets = " ".join(f"--set {key}={json.dumps(value)}" for key, value in json.loads(row["changes"]).items())
    leaders = f" --leaders {','.join(row['leaders'])}" if row["leaders"] else ""
    return f"copytrade backtest {window}{leaders} {sets}".strip()


def settings_text(row: Mapping[str, Any]) -> str:
    """What a point changes, in a line."""
    return ", ".join(f"{key}={json.dumps(value)}" for key, value in json.loads(row["changes"]).items())


def _record(place: int, row: dict[str, Any]) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "rank": place,
            "return": f"{row['total_return']:+.2%}",
            "pnl, $": f"{row['pnl']:+.2f}",
            "drawdown": f"{row['max_drawdown']:.2%}",
            "copies": row["filled"],
            "better than luck": "too few days" if row["deflated_sharpe"] is None else f"{row['deflated_sharpe']:.1%}",
            "engine": row["engine"],
            "settings": settings_text(row),
        }
    )


def _plot(found: Sequence[dict[str, Any]]) -> dg.MarkdownMetadataValue:
    from copytrade_pipelines.backtest.figures import histogram, render_png

    returns = [100.0 * row["total_return"] for row in found]
    return picture(render_png(histogram(returns, "return of a point, %", "points")), "returns of all points")


def _capacity(points: Sequence[CapacityPoint]) -> dg.MarkdownMetadataValue:
    from copytrade_pipelines.backtest.figures import render_png
    from copytrade_pipelines.backtest.interval_figures import capacity_plot

    return picture(render_png(capacity_plot(points)), "return by bankroll")


ASSETS = [sweep_points]
