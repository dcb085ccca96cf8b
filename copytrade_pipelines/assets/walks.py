"""walk_forward: settings chosen on the past of each fold, judged on what came after it."""

import hashlib
from typing import Any

import dagster as dg

from copytrade_live.clock import to_iso
from copytrade_live.core.codec import dumps
from copytrade_live.core.market import DAY
from copytrade_pipelines.assets.backtest_config import WalkConfig, grid_of, score_before, window_days
from copytrade_pipelines.assets.backtests import DEPS
from copytrade_pipelines.assets.raw_tables import expected_failures, logging_progress
from copytrade_pipelines.assets.sweeps import midnight_before
from copytrade_pipelines.backtest.grid import points_of
from copytrade_pipelines.backtest.overrides import override
from copytrade_pipelines.backtest.result_tables import FOLDS, write_rows
from copytrade_pipelines.ingest.progress import with_time_left
from copytrade_pipelines.plots import picture
from copytrade_pipelines.pools import SWEEPS_POOL
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.warehouse import Warehouse


@dg.asset(
    key=["walk_forward"],
    deps=DEPS,
    group_name="backtests",
    kinds={"python", "numba"},
    owners=["team:copytrade"],
    metadata={"dagster/table_name": FOLDS},
    pool=SWEEPS_POOL,
)
def walk_forward(
    context: dg.AssetExecutionContext,
    config: WalkConfig,
    warehouse: Warehouse,
    venue: VenueResource,
    settings: Settings,
) -> dg.MaterializeResult[None]:
    """Whether choosing settings by their past pays: in each fold the best point of the grid on the training days is
    tested on the days after a gap, beside the settings as they are. One row a fold.
    """
    # Heavy, and definitions load often.
    from copytrade_pipelines.backtest.folds import folds
    from copytrade_pipelines.backtest.sweep_window import sweep_window
    from copytrade_pipelines.backtest.walk_forward import walk_forward as walk
    from copytrade_pipelines.backtest.window import window_of

    train, test, purge = (round(days * DAY) for days in (config.train_days, config.test_days, config.purge_days))
    with expected_failures():
        home = settings.home()
        base = override(settings.config(), {"tracker.follow_top": config.follow_top, **config.overrides}, "overrides")
        grid, origin = grid_of(config, home)
        points = points_of(grid, base, origin=origin)
        _, end = window_days("", config.to_day, lambda: midnight_before(venue.now()))
        start = end - train - purge - config.folds * test
        cut = folds(start, end, train, test, purge)
        if config.score_missing and not config.leaders:
            score_before(warehouse, settings, start, end)
        context.log.info(f"{len(cut)} folds of {len(points)} points, {to_iso(start)} to {to_iso(end)}")
        found = walk(
            cut,
            points,
            base,
            lambda first, last, tried: sweep_window(
                warehouse, home, window_of(base, first, last, config.leaders), tried
            ),
            with_time_left(logging_progress(context)),
        )
        what = dumps([grid.model_dump(mode="json"), base.model_dump(mode="json"), start, end, train, test, purge])
        walk_id = f"walk-{hashlib.sha256(what.encode()).hexdigest()[:12]}"
        with warehouse.connect() as con:
            rows = write_rows(con, FOLDS, [step.row(walk_id) for step in found.steps])
    return dg.MaterializeResult(metadata={"walk_id": walk_id, **_metadata(found), "dagster/row_count": rows})


def _metadata(found: Any) -> dict[str, Any]:
    from copytrade_pipelines.backtest.figures import bars, render_png
    from copytrade_pipelines.backtest.walk_forward import chained_return

    records = [
        dg.TableRecord(
            {
                "fold": step.number + 1,
                "tested": f"{to_iso(step.fold.test_start)[:10]} to {to_iso(step.fold.test_end)[:10]}",
                "chosen": step.trained.point.name,
                "in training": f"{step.trained.result.summary.total_return:+.2%}",
                "in the test": f"{step.tested.result.summary.total_return:+.2%}",
                "unchanged": f"{step.unchanged.result.summary.total_return:+.2%}",
                "copies": step.tested.result.summary.filled,
            }
        )
        for step in found.steps
    ]
    returns = {f"fold {step.number + 1}": 100.0 * step.tested.result.summary.total_return for step in found.steps}
    return {
        "folds": dg.MetadataValue.table(records=records),
        "return_of_the_tests": f"{chained_return(found.steps):+.2%}",
        "return_unchanged": f"{chained_return(found.steps, unchanged=True):+.2%}",
        "folds_without_data": dg.MetadataValue.json({str(number + 1): why for number, why in found.empty.items()}),
        "plot_tests": picture(render_png(bars(returns, "return of the test, %", signed=True)), "tests"),
    }


ASSETS = [walk_forward]
