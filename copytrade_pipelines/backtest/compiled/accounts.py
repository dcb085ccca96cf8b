"""Equity of a configuration inside the kernel: what it is, the periods it opens, the stop it trips, its curve."""

from __future__ import annotations

import numpy as np

from copytrade_live.core.market import DAY
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    held_at,
    log_at,
    near_at,
    parameters_at,
    placed_at,
    point_at,
    slot_at,
    token_at,
    view_at,
)

# How far from its exact value a fall may be that was added up mark by mark since equity was last added up as a whole.
NEARLY = 1e-6


@inner
def value_of(w: World, config: int, token: int) -> float:
    """A position at its mark, at cost while there is none, which is NaN."""
    view = view_at(w, token, config)
    if view.mark == view.mark:
        return view.shares * view.mark
    return rules.from_micro(slot_at(w, config, placed_at(w, token_at(w, token).condition, config).slot).cost)


@inner
def equity_of(w: World, config: int) -> float:
    """Final cash, payouts owed, and positions at their marks, added in the order in which they were opened."""
    account, near = account_at(w, config), near_at(w, config)
    worth = near.worth if near.summed else 0.0
    for place in range(near.summed, account.positions):
        worth += value_of(w, config, held_at(w, config, place).value)
    near.worth, near.summed = worth, account.positions
    return rules.from_micro(account.cash + account.receivable) + worth


@inner
def open_periods(w: World, config: int, now: int) -> bool:
    """Note the equity that a new day or week begins with. Returns whether one did."""
    account = account_at(w, config)
    if now < account.midnight:
        return False
    day = now // DAY
    account.midnight = (day + 1) * DAY
    equity = equity_of(w, config)
    account.day_equity = equity
    week = (day + 3) // 7
    if week != account.week:
        account.week = week
        account.week_equity = equity
    return True


@inner
def week_is_lost(w: World, config: int) -> bool:
    """Whether equity fell so far since the week began that entries halt; and how low marks alone may take it."""
    account, near, limit = account_at(w, config), near_at(w, config), parameters_at(w, config).weekly_halt
    opened = account.week_equity
    near.equity, near.floor = 0.0, -np.inf
    if account.is_halted or not opened > 0.0:
        return False
    # Positions are worth nothing at the worst.
    if rules.fall_from(opened, rules.from_micro(account.cash + account.receivable)) < limit:
        return False
    near.equity = equity_of(w, config)
    near.floor = opened * (1.0 - limit + NEARLY)
    return rules.fall_from(opened, near.equity) >= limit


@inner
def sample(w: World, config: int, now: int) -> None:
    """Put a point on the curve when one is due or cash moved; at one moment the last one counts."""
    account = account_at(w, config)
    is_due = account.points == 0 or now - account.sampled_at >= parameters_at(w, config).sample
    if is_due or account.cash != account.sampled_cash:
        set_point(w, config, now)


@inner
def set_point(w: World, config: int, now: int) -> None:
    """Put a point on the curve, in place of one of the same moment."""
    account = account_at(w, config)
    if account.points == 0 or account.sampled_at != now:
        keep_point(w, config)
        account.points += 1
    account.sampled_at = now
    account.sampled_cash = account.cash
    account.sampled = equity_of(w, config)
    account.sampled_positions = account.positions
    account.exposure = rules.from_micro(account.at_risk)
    if account.points == 1:
        account.first = account.sampled


@inner
def keep_point(w: World, config: int) -> None:
    """The last point is past: it counts for the drawdown, and is written down."""
    account = account_at(w, config)
    if account.points == 0:
        return
    account.peak = max(account.peak, account.sampled)
    if account.peak > 0.0:
        account.drawdown = max(account.drawdown, rules.fall_from(account.peak, account.sampled))
    if w.keeps_log:
        place = w.pointed
        w.pointed = place + 1
        point = point_at(w, place)
        point.at, point.equity, point.cash = account.sampled_at, account.sampled, account.sampled_cash
        point.exposure, point.positions, point.config = account.exposure, account.sampled_positions, config
        if place + margin(w) >= w.point_room:
            w.is_full = 1


@inner
def margin(w: World) -> int:
    """Rows that must be free before an observation or an entry of an agenda."""
    return 8 * w.configs + 4 * w.scratch_room + 64


@inner
def log(w: World, config: int, happened: int, now: int, signal: int) -> int:
    """A new row of the log. Returns: its place, or -1 when no log is kept."""
    if not w.keeps_log:
        return -1
    place = w.logged
    w.logged = place + 1
    row = log_at(w, place)
    row.happened, row.config, row.at, row.signal = happened, config, now, signal
    if place + margin(w) >= w.log_room:
        w.is_full = 1
    return place
