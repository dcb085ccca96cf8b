"""The numbers of a run as people read them: with units, intervals and what each one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from copytrade_live.core.market import Instant
from copytrade_pipelines.backtest.summary import Summary

NOT_KNOWN = "n/a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One headline number, its unit spelt out, and good or bad when it is either."""

    name: str
    value: str
    detail: str = ""
    tone: str = ""


def headline(summary: Summary) -> list[Number]:
    """The numbers at the top of the page."""
    slip, factor = summary.average_slippage, summary.profit_factor
    return [
        Number(
            name="Final equity", value=f"${summary.final_equity:,.2f}", detail=f"from ${summary.starting_cash:,.2f}"
        ),
        Number(name="Return", value=f"{summary.total_return:+.2%}", detail=_interval(summary), tone=tone(summary.pnl)),
        Number(name="Max drawdown", value=f"{summary.max_drawdown:.2%}", detail="fall from the peak of equity"),
        Number(
            name="Under water",
            value=f"{summary.under_water_days:.1f} days",
            detail="longest time below an earlier peak",
        ),
        Number(name="Sharpe", value=_ratio(summary.sharpe), detail=f"a year, of {summary.days} daily returns"),
        Number(name="Sortino", value=_ratio(summary.sortino), detail="a year, falls only"),
        Number(
            name="Sharpe above 0",
            value=share(summary.probabilistic_sharpe),
            detail="chance, given so many days",
        ),
        Number(name="Profit factor", value=_ratio(factor), detail="won for each dollar lost"),
        Number(
            name="Copies", value=f"{summary.copies:,}", detail=f"{summary.filled:,} filled, {summary.closed:,} closed"
        ),
        Number(name="Hit rate", value=share(summary.hit_rate), detail="closed copies that paid"),
        Number(name="Rejections", value=f"{summary.rejections:,}", detail=f"of {summary.signals:,} signals"),
        Number(
            name="Average slippage",
            value=NOT_KNOWN if slip is None else f"{100 * slip:+.2f} ¢",
            detail="per share above the leader's price",
        ),
        Number(
            name="Latency",
            value=NOT_KNOWN if summary.average_latency is None else f"{summary.average_latency:.2f} s",
            detail="decision to first fill, average",
        ),
        Number(name="Bought", value=f"${summary.bought:,.2f}", detail=f"in {summary.events:,} events"),
        Number(name="Fees", value=f"${summary.fees:,.2f}", detail="paid to the venue"),
        Number(
            name="Modelled books",
            value=share(summary.modelled_share),
            detail="of decisions; the rest recorded or none",
            tone="bad" if summary.modelled_share else "",
        ),
    ]


def tone(value: float | None) -> str:
    """Good above 0, bad below."""
    return "" if not value else "good" if value > 0 else "bad"


def money(value: float | None) -> str:
    """Collateral with its sign."""
    return NOT_KNOWN if value is None else f"{value:+,.2f}"


def bounds(low: float | None, high: float | None) -> str:
    """An interval of collateral, or that there is none."""
    return "too few events" if low is None or high is None else f"{low:+,.2f} to {high:+,.2f}"


def share(value: float | None) -> str:
    """A fraction as per cent."""
    return NOT_KNOWN if value is None else f"{value:.1%}"


def shorten(wallet: str) -> str:
    """A wallet's first and last digits."""
    return wallet if len(wallet) <= 12 else f"{wallet[:6]}…{wallet[-4:]}"


def moment(instant: Instant | None) -> str:
    """An instant to the minute in UTC, a dash for none."""
    return "–" if instant is None else f"{datetime.fromtimestamp(instant / 1000, tz=UTC):%Y-%m-%d %H:%M}"


def _interval(summary: Summary) -> str:
    if summary.pnl_low is None or summary.pnl_high is None:
        return f"{summary.pnl:+,.2f} $; too few events for an interval"
    return f"{summary.pnl:+,.2f} $; 10–90\u00a0%: {summary.pnl_low:+,.2f} to {summary.pnl_high:+,.2f}"


def _ratio(value: float | None) -> str:
    return NOT_KNOWN if value is None else f"{value:,.2f}"
