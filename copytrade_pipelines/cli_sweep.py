"""The verb `sweep`: a grid of settings on one window of history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from copytrade_pipelines.cli_backtest import changes_of, leaders_of
from copytrade_pipelines.cli_options import ConfigOption, FromOption, JsonOption, LeadersOption, open_location

app = typer.Typer(invoke_without_command=True)


@app.callback()
def sweep(
    grid: Annotated[Path, typer.Option(metavar="FILE", help="YAML: settings to try, see examples/grid.yaml.")],
    start: FromOption = "",
    end: Annotated[
        str, typer.Option("--to", metavar="TIME", help="End, not included; default: the start of the venue's day.")
    ] = "",
    leaders: LeadersOption = "",
    top: Annotated[int, typer.Option(min=1, help="How many of the best points to show.")] = 10,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting for every point: filter.max_spread=0.05."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Test every combination of a grid of settings on one window, and show the best."""
    from copytrade_pipelines.backtest.grid import read_grid

    read_grid(grid)  # a mistake in the file is said before anything starts
    location = open_location(config)
    from copytrade_pipelines.partitions import SHARD_KEYS

    settings = {
        "from_day": start,
        "to_day": end,
        "leaders": leaders_of(leaders),
        "follow_top": location.config.tracker.follow_top,
        "overrides": changes_of(changes or []),
        "grid_file": str(grid.resolve()),
    }
    run = location.run_job("sweep", {"sweep_points": {"config": settings}}, partitions=(SHARD_KEYS[0], SHARD_KEYS[-1]))
    found = run.metadata["sweep_points"]
    _show(_points(location.home.warehouse, found["sweep_id"]), found, top, as_json)


def _points(warehouse: Path, sweep_id: str) -> list[dict[str, Any]]:
    from copytrade_pipelines.assets.sweeps import points_so_far
    from copytrade_pipelines.warehouse import Warehouse

    with Warehouse(path=str(warehouse)).connect() as con:
        return points_so_far(con, sweep_id)


def _show(points: list[dict[str, Any]], found: Mapping[str, Any], top: int, as_json: bool) -> None:
    from copytrade_live.output import counted, print_json, print_table
    from copytrade_pipelines.assets.sweeps import best_command, settings_text

    if as_json:
        print_json(
            {
                "sweep_id": found["sweep_id"],
                "window": found["window"],
                "points": len(points),
                "best": [_as_json(point) for point in points[:top]],
                "run_the_best": best_command(points[0]),
                "warning": found.get("warning"),
            }
        )
        return
    rows = [
        [
            place,
            f"{point['total_return']:+.2%}",
            f"{point['pnl']:+,.2f}",
            f"{point['max_drawdown']:.2%}",
            point["filled"],
            "-" if point["deflated_sharpe"] is None else f"{point['deflated_sharpe']:.0%}",
            point["engine"],
            settings_text(point),
        ]
        for place, point in enumerate(points[:top], start=1)
    ]
    columns = ["", "return", "pnl $", "drawdown", "copies", "better than luck", "engine", "settings"]
    print_table(f"Sweep {found['sweep_id']}, {counted(len(points), 'point')}, {found['window']}", columns, rows)
    refused = [point["refused"] for point in points if point["refused"]]
    if refused:
        print(f"{counted(len(refused), 'point')} went through the driver one by one: {refused[0]}")
    if found.get("warning"):
        print(f"warning: {found['warning']}")
    print("better than luck: the chance that the true Sharpe ratio beats the best of so many tries without merit")
    print(f"the best with a report: {best_command(points[0])}")


def _as_json(point: dict[str, Any]) -> dict[str, Any]:
    return {**point, "changes": json.loads(point["changes"])}
