"""Writes Grafana's dashboards from panels.py with Grafana's own typed SDK: `python deploy/grafana/make.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.grafana.panels import BOARDS, Board, Look, Panel

FOLDER = Path(__file__).resolve().parent / "dashboards"
# As provisioning/datasources/copytrade.yaml names it.
SOURCE = DataSourceRef(type_val="prometheus", uid="copytrade-prometheus")
_GREEN, _RED, _TEXT = "green", "red", "text"
_NUMBER_HEIGHT, _HEIGHT = 4, 8


def rendered() -> Iterator[tuple[Path, str]]:
    """Every file and what it should hold."""
    for board in BOARDS:
        text = JSONEncoder(sort_keys=True, indent=2).encode(_board(board))
        yield FOLDER / f"{board.uid}.json", text + "\n"


def _board(board: Board) -> object:
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.meaning)
        .tags(["copytrade"])
        .readonly()
        .refresh("10s")
        .time("now-6h", "now")
        .timezone("utc")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(
            dashboard.DashboardLink("copytrade")
            .type("dashboards")
            .tags(["copytrade"])
            .as_dropdown(False)
            .keep_time(True)
        )
    )
    numbers = count(1)
    for title, panels in board.rows.items():
        made = made.with_row(dashboard.Row(title).id(next(numbers)))
        for panel in panels:
            made = made.with_panel(_panel(panel).id(next(numbers)))
    return made.build()


def _panel(panel: Panel) -> timeseries.Panel | stat.Panel:
    made = timeseries.Panel() if panel.look is Look.LINES else stat.Panel()
    made = (
        made.title(panel.title)
        .description(panel.meaning)
        .datasource(SOURCE)
        .unit(panel.unit)
        .span(panel.width)
        .height(_HEIGHT if panel.look is Look.LINES else _NUMBER_HEIGHT)
    )
    for place, (legend, expression) in enumerate(panel.queries.items()):
        query = prometheus.Dataquery().datasource(SOURCE).expr(expression).ref_id(chr(ord("A") + place))
        made = made.with_target(query.legend_format(legend or "__auto"))
    return _lines(made) if isinstance(made, timeseries.Panel) else _stat(made, panel.look)


def _lines(made: timeseries.Panel) -> timeseries.Panel:
    return made.legend(common.VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM)).fill_opacity(6)


def _stat(made: stat.Panel, look: Look) -> stat.Panel:
    if look is Look.NUMBER:
        return made.graph_mode(BigValueGraphMode.AREA).color_mode(BigValueColorMode.NONE)
    words = {"0": ValueMappingResult(text="no", color=_RED), "1": ValueMappingResult(text="yes", color=_GREEN)}
    steps = [Threshold(value=None, color=_RED), Threshold(value=1.0, color=_GREEN)]
    return (
        made.mappings([ValueMap(options=words)])
        .thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.BACKGROUND)
    )


if __name__ == "__main__":
    for path, content in rendered():
        path.write_text(content, encoding="utf-8")
        sys.stdout.write(f"wrote {path.name}\n")
