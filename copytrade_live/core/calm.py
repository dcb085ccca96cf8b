"""Books that nothing answers: most of all that is ever observed, and so asked before anything else is."""

from __future__ import annotations

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import BookObserved
from copytrade_live.core.exits import first_trigger
from copytrade_live.core.market import DAY
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.reasons import Mode
from copytrade_live.core.state import State, week_of
from copytrade_live.core.valuation import fall_from


def is_calm(after: State, seen: BookObserved, config: DecisionConfig) -> bool:
    """Whether no reaction answers a book: nobody stopped anything, no period turns, no exit and no stop is called for.

    after is the state with the book folded in. What is not calm may still be answered by nothing.
    """
    standing, portfolio = after.standing, after.portfolio
    if standing.is_stopped or standing.halt is not None or standing.kill_switch or standing.cut_off:
        return False
    day = seen.observed_at // DAY
    if day != after.day or week_of(day) != after.week or not after.run_id or standing.mode is Mode.PAPER:
        return False
    position = portfolio.positions.get(seen.book.token_id)
    if position is None:
        return True
    bids = seen.book.bids
    if bids and first_trigger(position, bids[0].price, config, seen.observed_at) is not None:
        return False
    return _week_is_safe(portfolio, config)


def _week_is_safe(portfolio: Portfolio, config: DecisionConfig) -> bool:
    # Positions are worth nothing at the worst.
    opened = portfolio.week_equity or 0.0
    return opened <= 0.0 or fall_from(opened, portfolio.sure_equity) < config.risk.weekly_drawdown_halt
