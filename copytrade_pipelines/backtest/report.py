"""One self-contained HTML page a run: numbers, figures, copies and what the data lacked. Works offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import jinja2

from copytrade_live.core.market import Instant
from copytrade_live.core.reasons import ExitReason, RejectReason
from copytrade_live.provenance import code_version
from copytrade_live.settings import CopytradeConfig
from copytrade_pipelines.backtest.breakdown import CALIBRATION_COPIES, by_count, calibrate, pnl_by
from copytrade_pipelines.backtest.figures import (
    Draw,
    bars,
    calibration_plot,
    equity_curve,
    histogram,
    render_png,
    render_svg,
)
from copytrade_pipelines.backtest.palette import DARK, LIGHT, declarations
from copytrade_pipelines.backtest.run import BacktestResult
from copytrade_pipelines.backtest.run_log import COPIED
from copytrade_pipelines.backtest.summary import Summary, closed_trades
from copytrade_pipelines.backtest.tape import WarehouseTape, days_without_fills

# Copies shown on the page; the tables beside it have all of them.
SHOWN_TRADES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One figure with its title; draw is None when there is nothing to draw, and note says why."""

    name: str
    title: str
    note: str
    draw: Draw | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One headline number, its unit spelt out, and good or bad when it is either."""

    name: str
    value: str
    detail: str = ""
    tone: str = ""


def write_report(path: Path, result: BacktestResult, tape: WarehouseTape, config: CopytradeConfig) -> None:
    """Write the page of a run."""
    path.write_text(render(result, tape, config), encoding="utf-8")


def render(result: BacktestResult, tape: WarehouseTape, config: CopytradeConfig) -> str:
    """The page of a run as text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("copytrade_pipelines.backtest", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": moment, "wallet": shorten}
    trades = sorted(result.trades, key=lambda trade: (-abs(trade.pnl), trade.root_id))
    return environment.get_template("report.html.j2").render(
        result=result,
        numbers=headline(result.summary),
        plots=[(plot, plot.draw and render_svg(plot.draw, plot.title)) for plot in plots(result)],
        rejections=_explained({name: count for name, count in result.decisions.items() if name != COPIED}),
        exits=_explained(result.exits),
        trades=trades[:SHOWN_TRADES],
        hidden_trades=max(0, len(trades) - SHOWN_TRADES),
        still_open=[trade for trade in trades if trade.is_open],
        facts=_facts(result, tape, config),
        problems=_problems(tape),
        modelled=result.books.get("modelled", 0),
        model=tape.model,
        light=declarations(LIGHT),
        dark=declarations(DARK),
    )


def plots(result: BacktestResult) -> list[Plot]:
    """The figures of a run, in the order of the page."""
    filled = [trade for trade in result.trades if trade.is_filled]
    closed = closed_trades(filled)
    slips = [100.0 * trade.slippage for trade in filled if trade.slippage is not None]
    rejections = by_count({name: count for name, count in result.decisions.items() if name != COPIED})
    exits = by_count(result.exits)
    bins = calibrate(closed)
    none = "No copy was filled."
    return [
        Plot(name="equity", title="Equity and drawdown", note="", draw=equity_curve(result.equity)),
        Plot(
            name="by_leader",
            title="Profit by leader",
            note=none,
            draw=bars(pnl_by(filled, lambda trade: shorten(trade.wallet)), "profit after fees, $", signed=True)
            if filled
            else None,
        ),
        Plot(
            name="by_category",
            title="Profit by category",
            note=none,
            draw=bars(pnl_by(filled, lambda trade: trade.category or "unknown"), "profit after fees, $", signed=True)
            if filled
            else None,
        ),
        Plot(
            name="rejections",
            title="Signals rejected, by reason",
            note="No signal was rejected.",
            draw=bars(rejections, "signals") if rejections else None,
        ),
        Plot(
            name="exits",
            title="Exits, by reason",
            note="No position was left.",
            draw=bars(exits, "exits") if exits else None,
        ),
        Plot(
            name="slippage",
            title="Slippage against the leader's price",
            note=none,
            draw=histogram(slips, "cents per share, fees left out") if slips else None,
        ),
        Plot(
            name="calibration",
            title="Did sure scores pay?",
            note=f"Needs {CALIBRATION_COPIES} closed copies of leaders past probation; there are {len(closed)} closed.",
            draw=calibration_plot(bins) if bins else None,
        ),
    ]


def png_plots(result: BacktestResult) -> dict[str, bytes]:
    """The figures of a run as PNG, by name; those with nothing to draw are left out."""
    return {plot.name: render_png(plot.draw) for plot in plots(result) if plot.draw is not None}


def headline(summary: Summary) -> list[Number]:
    """The numbers at the top of the page."""
    tone = "good" if summary.pnl > 0 else "bad" if summary.pnl < 0 else ""
    slip = summary.average_slippage
    return [
        Number(
            name="Final equity", value=f"${summary.final_equity:,.2f}", detail=f"from ${summary.starting_cash:,.2f}"
        ),
        Number(name="Return", value=f"{summary.total_return:+.2%}", detail=f"{summary.pnl:+,.2f} $", tone=tone),
        Number(name="Max drawdown", value=f"{summary.max_drawdown:.2%}", detail="fall from the peak of equity"),
        Number(
            name="Copies", value=f"{summary.copies:,}", detail=f"{summary.filled:,} filled, {summary.closed:,} closed"
        ),
        Number(name="Rejections", value=f"{summary.rejections:,}", detail=f"of {summary.signals:,} signals"),
        Number(name="Hit rate", value=_share(summary.hit_rate), detail="closed copies that paid"),
        Number(
            name="Average slippage",
            value="n/a" if slip is None else f"{100 * slip:+.2f} ¢",
            detail="per share above the leader's price",
        ),
        Number(name="Fees", value=f"${summary.fees:,.2f}", detail="paid to the venue"),
        Number(
            name="Modelled books",
            value=_share(summary.modelled_share),
            detail="of decisions",
            tone="bad" if summary.modelled_share else "",
        ),
    ]


def shorten(wallet: str) -> str:
    """A wallet's first and last digits."""
    return wallet if len(wallet) <= 12 else f"{wallet[:6]}…{wallet[-4:]}"


def moment(instant: Instant | None) -> str:
    """An instant to the minute in UTC, a dash for none."""
    return "–" if instant is None else f"{datetime.fromtimestamp(instant / 1000, tz=UTC):%Y-%m-%d %H:%M}"


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1%}"


def _explained(counts: Mapping[str, int]) -> list[tuple[str, int, str]]:
    meanings = {reason.value: reason.summary for reason in (*ExitReason, *RejectReason)}
    return [(name, int(count), meanings[name]) for name, count in by_count(counts).items()]


def _facts(result: BacktestResult, tape: WarehouseTape, config: CopytradeConfig) -> dict[str, str]:
    window = tape.window
    named = f"{len(window.leaders)} named" if window.leaders else ""
    best = f"the {window.follow_top} best scored at each moment" if window.follow_top else ""
    return {
        "Run": result.run_id,
        "Window": f"{moment(window.start)} to {moment(window.end)} UTC",
        "Leaders": " and ".join(part for part in (named, best) if part),
        "Config": config.decision().digest(),
        "Code": code_version(),
        "Tape": tape.source.digest,
        "Latency of an order": f"{config.paper.latency_seconds:g} s",
        "A fill counts as known after": f"{tape.lag / 1000:g} s",
    }


def _problems(tape: WarehouseTape) -> list[tuple[str, int]]:
    notes = tape.notes
    quiet = days_without_fills(notes, tape.window)
    found = [(f"skipped: {name}", count) for name, count in sorted(notes.skipped.items())]
    found += sorted(notes.gaps.items())
    if notes.books["none"]:
        found.append(("leader fills without any book, recorded or modelled", notes.books["none"]))
    if quiet:
        found.append(("whole days without a fill of anybody followed", quiet))
    return found
