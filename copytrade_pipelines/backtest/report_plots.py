"""The figures of a run, by the part of the page they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from copytrade_live.core.market import SECOND
from copytrade_pipelines.backtest.book_figure import Bought, book_figure
from copytrade_pipelines.backtest.breakdown import (
    CALIBRATION_COPIES,
    believed_prices,
    by_count,
    calibrate,
    pnl_by,
    pnl_by_hour,
    sure_scores,
    thinned,
)
from copytrade_pipelines.backtest.figures import (
    Draw,
    bars,
    by_hour,
    calibration_plot,
    equity_curve,
    histogram,
    lags,
    render_png,
)
from copytrade_pipelines.backtest.follow_up import FollowUp
from copytrade_pipelines.backtest.interval_figures import Estimate, estimates
from copytrade_pipelines.backtest.ledger import CopyTrade
from copytrade_pipelines.backtest.report_numbers import shorten
from copytrade_pipelines.backtest.rule_value import AS_RUN, EVERYBODY, ExitValue, RuleValue
from copytrade_pipelines.backtest.run import BacktestResult
from copytrade_pipelines.backtest.run_log import COPIED
from copytrade_pipelines.backtest.summary import closed_trades

_NONE = "No copy was filled."
_PROFIT = "profit after fees, $"
# Reasons that a figure shows; the table has all.
_MOST_RULES = 14


class Part(StrEnum):
    """Where on the page a figure stands."""

    RESULT = "result"
    RULES = "rules"
    EXITS = "exits"
    TRUST = "trust"
    BOOKS = "books"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One figure with its title; draw is None when there is nothing to draw, and note says why. wide is how it is drawn
    where there is room."""

    name: str
    title: str
    part: Part
    draw: Draw | None
    note: str = ""
    wide: Draw | None = None


def plots(result: BacktestResult, bought: Mapping[str, Sequence[Bought]] | None = None) -> list[Plot]:
    """The figures of a run, in the order of the page; bought are the fills of the copies to be drawn, by root id."""
    filled = [trade for trade in result.trades if trade.is_filled]
    found = [*_result(result, filled), *_counts(result), *_trust(result, filled)]
    if result.follow_up is not None:
        found += [*_worth(result.follow_up), *_books(result.follow_up, bought or {})]
    return [plot if plot.draw is not None or plot.note else replace(plot, note=_NONE) for plot in found]


def png_plots(result: BacktestResult) -> dict[str, bytes]:
    """The figures of a run as PNG, by name; those with nothing to draw, and books, are left out."""
    drawn = [plot for plot in plots(result) if plot.draw is not None and plot.part is not Part.BOOKS]
    return {plot.name: render_png(plot.draw) for plot in drawn if plot.draw is not None}


def _result(result: BacktestResult, filled: Sequence[CopyTrade]) -> list[Plot]:
    points = thinned(result.equity)
    by_exit = pnl_by(closed_trades(filled), lambda trade: trade.exit_reason.value if trade.exit_reason else "unknown")
    signed = {
        "by_leader": ("Profit by leader", pnl_by(filled, lambda trade: shorten(trade.wallet))),
        "by_category": ("Profit by category", pnl_by(filled, lambda trade: trade.category or "unknown")),
        "by_exit": ("Profit by why it was left", by_exit),
    }
    return [
        Plot(
            name="equity",
            title="Equity and drawdown",
            part=Part.RESULT,
            draw=equity_curve(points),
            wide=equity_curve(points, is_wide=True),
        ),
        *(
            Plot(name=name, title=title, part=Part.RESULT, draw=bars(sums, _PROFIT, signed=True) if sums else None)
            for name, (title, sums) in signed.items()
        ),
        Plot(
            name="by_hour",
            title="Profit by hour of the day",
            part=Part.RESULT,
            draw=by_hour(pnl_by_hour(filled), _PROFIT) if filled else None,
        ),
    ]


def _counts(result: BacktestResult) -> list[Plot]:
    rejections = by_count({name: count for name, count in result.decisions.items() if name != COPIED})
    exits = by_count(result.exits)
    return [
        Plot(
            name="rejections",
            title="Signals rejected, by reason",
            part=Part.RULES,
            note="No signal was rejected.",
            draw=bars(rejections, "signals") if rejections else None,
        ),
        Plot(
            name="exits",
            title="Exits, by reason",
            part=Part.EXITS,
            note="No position was left.",
            draw=bars(exits, "exits") if exits else None,
        ),
    ]


def _trust(result: BacktestResult, filled: Sequence[CopyTrade]) -> list[Plot]:
    slips = [100.0 * trade.slippage for trade in filled if trade.slippage is not None]
    sure = sure_scores(closed_trades(filled))
    priced = believed_prices(filled, result.follow_up.payouts if result.follow_up else {})
    scores, beliefs = calibrate(sure), calibrate(priced)
    late = {
        "leader's trade to our decision": [(trade.decided_at - trade.leader_at) / SECOND for trade in filled],
        "decision to first fill": [
            (trade.opened_at - trade.decided_at) / SECOND for trade in filled if trade.opened_at
        ],
    }
    return [
        Plot(
            name="slippage",
            title="Slippage against the leader's price",
            part=Part.TRUST,
            draw=histogram(slips, "cents per share, fees left out") if slips else None,
        ),
        Plot(name="latency", title="Latency used", part=Part.TRUST, draw=lags(late) if filled else None),
        Plot(
            name="calibration",
            title="Did sure scores pay?",
            part=Part.TRUST,
            note=f"Needs {CALIBRATION_COPIES} closed copies of leaders past probation; there are {len(sure)}.",
            draw=calibration_plot(scores, "p_pos at the decision", "share of copies that paid") if scores else None,
        ),
        Plot(
            name="belief",
            title="Were shares worth what was believed?",
            part=Part.TRUST,
            note=f"Needs {CALIBRATION_COPIES} copies whose market has resolved; there are {len(priced)}.",
            draw=calibration_plot(beliefs, "belief at the decision, $ a share", "paid at resolution, $ a share")
            if beliefs
            else None,
        ),
    ]


def _worth(found: FollowUp) -> list[Plot]:
    rules = [_rule(rule) for rule in found.rules if rule.reason != COPIED]
    shown = [row for row in rules if row is not None][:_MOST_RULES]
    exits = [row for row in map(_policy, found.exits) if row is not None]
    return [
        Plot(
            name="rule_value",
            title="What each rule saved or cost",
            part=Part.RULES,
            note="No rejected buy came to a known end.",
            draw=estimates(shown, f"saved per rejected buy, $ at a stake of {found.stake:,.2f} $") if shown else None,
        ),
        Plot(
            name="exit_policies",
            title="Other exits for the same copies",
            part=Part.EXITS,
            note=_NONE,
            draw=estimates(exits, "difference to this run in all, $") if exits else None,
        ),
    ]


def _rule(rule: RuleValue) -> Estimate | None:
    each = rule.each
    if each is None:
        return None
    return Estimate(
        name=rule.reason,
        value=-each.mean,
        low=None if each.mean_high is None else -each.mean_high,
        high=None if each.mean_low is None else -each.mean_low,
        text=f"{-each.mean:+,.2f}",
    )


def _policy(value: ExitValue) -> Estimate | None:
    change = value.difference
    if value.wallet != EVERYBODY or value.policy == AS_RUN or change is None:
        return None
    return Estimate(
        name=value.policy,
        value=change.total,
        low=change.total_low,
        high=change.total_high,
        text=_signed(change.total),
    )


def _signed(amount: float) -> str:
    return f"{amount:+,.2f}" if abs(amount) < 100.0 else f"{amount:+,.0f}"


def _books(found: FollowUp, bought: Mapping[str, Sequence[Bought]]) -> list[Plot]:
    return [
        Plot(
            name=f"book_{place}",
            title=f"{picture.trade.outcome}, after {shorten(picture.trade.wallet)}: {picture.why}",
            part=Part.BOOKS,
            note="No book was known.",
            draw=book_figure(
                picture.decided_on,
                picture.filled_on,
                picture.trade.leader_price,
                bought.get(picture.trade.root_id, ()),
            ),
        )
        for place, picture in enumerate(found.pictures, start=1)
        if picture.decided_on is not None or picture.filled_on is not None
    ]
