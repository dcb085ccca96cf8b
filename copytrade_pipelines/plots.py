"""Small pictures for the metadata of assets. matplotlib is imported when one is drawn: definitions load often."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
import duckdb

from copytrade_live.core.market import Instant

_FILLS_BY_DAY = """
    SELECT epoch_ms(date_trunc('day', event_at)::TIMESTAMP) AS day, count(*) FROM raw.fills
    WHERE event_at > (SELECT max(event_at) FROM raw.fills) - INTERVAL 120 DAY GROUP BY day ORDER BY day
"""
_NEWEST_COVERAGE = "SELECT coverage FROM raw.wallets WHERE coverage IS NOT NULL AND history_complete"


def picture(png: bytes, name: str) -> dg.MarkdownMetadataValue:
    """A PNG as metadata that the UI shows, with no file server."""
    return dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")


def histogram(values: Sequence[float], measured: str, counted: str) -> dg.MarkdownMetadataValue:
    """How values are spread."""
    from copytrade_pipelines.backtest.figures import histogram as draw
    from copytrade_pipelines.backtest.figures import render_png

    return picture(render_png(draw(values, measured, counted)), measured)


def delay_curves(delays: Sequence[float], edges: dict[str, Sequence[float]]) -> dg.MarkdownMetadataValue:
    """What copying earns by how late the copies come, one line a wallet."""
    from copytrade_pipelines.backtest.figures import delay_curve, render_png

    cents = {name: [100.0 * edge for edge in values] for name, values in edges.items()}
    return picture(render_png(delay_curve(delays, cents, "edge, cents a share")), "edge by delay")


def by_day(days: Sequence[Instant], counts: Sequence[int], counted: str) -> dg.MarkdownMetadataValue:
    """How many there were of something on each day."""
    from copytrade_pipelines.backtest.figures import bars_by_day, render_png

    return picture(render_png(bars_by_day(days, counts, counted)), f"{counted} by day")


def of_table(con: duckdb.DuckDBPyConnection, table: str) -> Callable[[], dict[str, dg.MarkdownMetadataValue]]:
    """Read what a table's pictures show. Returns: what draws them, for when the file is closed again."""
    if table == "raw.fills":
        days, counts = _columns(con, _FILLS_BY_DAY, 2)
        return lambda: {"plot_by_day": by_day(days, counts, "fills")} if days else {}
    if table == "raw.coverage":
        (shares,) = _columns(con, _NEWEST_COVERAGE, 1)
        measured = "share of a wallet's holdings that the venue confirms"
        return lambda: {"plot_coverage": histogram(shares, measured, "wallets")} if shares else {}
    return dict


def _columns(con: duckdb.DuckDBPyConnection, query: str, count: int) -> list[list[Any]]:
    rows = con.execute(query).fetchall()
    return [[row[place] for row in rows] for place in range(count)]
