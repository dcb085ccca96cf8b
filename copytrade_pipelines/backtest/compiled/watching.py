"""What a slot means to everything around it, kept as it changes: exposures, shares to be marked, bids that matter."""

from __future__ import annotations

import numpy as np

from copytrade_live.core.market import HOUR
from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.layout import NEVER
from copytrade_pipelines.backtest.compiled.parameters import DEFAULT_POLICY, LOSS, PROFIT, TIME
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    exception_at,
    held_at,
    market_at,
    near_at,
    parameters_at,
    record_at,
    slot_at,
    stake_at,
    view_at,
)

# What is left between a bid that surely does nothing and one that an exit's own rule has to look at.
CLOSELY = 1e-9


@inner
def changed(w: World, config: int, at: int) -> None:
    """A slot changed: count what it holds and waits for anew, and look at the next book of its token."""
    slot, account = slot_at(w, config, at), account_at(w, config)
    holding = slot.cost + slot.coming_cost if slot.is_held else 0
    arriving = slot.coming_cost if slot.is_held else 0
    waiting = slot.reserved if slot.works and slot.is_entry else 0
    grown = holding - slot.holding + waiting - slot.waiting
    account.at_risk += grown
    account.reserved += waiting - slot.waiting
    account.coming_cost += arriving - slot.arriving
    record_at(w, slot.wallet, config).at_risk += grown
    stake_at(w, slot.event, config).value += waiting - slot.waiting
    stake_at(w, slot.held_event, config).value -= slot.holding
    slot.held_event = market_at(w, slot.market).event
    stake_at(w, slot.held_event, config).value += holding
    slot.holding, slot.arriving, slot.waiting = holding, arriving, waiting
    view, shares = view_at(w, slot.token, config), rules.from_micro(slot.size)
    view.low = np.inf
    if slot.is_held and (shares != view.shares or view.mark != view.mark):
        revalue(w, config, slot.token)
    view.shares = shares


@inner
def revalue(w: World, config: int, token: int) -> None:
    """A position has another value: what was added up holds only where it stands behind all of that."""
    account, near = account_at(w, config), near_at(w, config)
    is_last = held_at(w, config, account.positions - 1).value == token
    if near.summed >= account.positions or not is_last:
        near.summed = 0


@inner
def policy_of(w: World, config: int, wallet: int) -> int:
    """The exit policy for a leader's copies."""
    p = parameters_at(w, config)
    own = exception_at(w, config, wallet).policy
    return p.policy if own == DEFAULT_POLICY else own


@inner
def stand_by(w: World, config: int, at: int) -> None:
    """Say between which bids, and until when, a book of what a slot holds does nothing but move its mark."""
    slot = slot_at(w, config, at)
    view = view_at(w, slot.token, config)
    if not slot.is_held or view.taken >= 0 or view.mark != view.mark:
        return
    if slot.works:
        view.low, view.high, view.until = -np.inf, np.inf, NEVER
        return
    if slot.owed > 0:
        return
    p, policy, end_at = parameters_at(w, config), policy_of(w, config, slot.wallet), market_at(w, slot.market).end_at
    average = (slot.cost + slot.coming_cost) / (slot.size + slot.coming)
    view.high = rules.price_at_gain(average, p.take_profit) * (1.0 - CLOSELY) if policy & PROFIT else np.inf
    view.until = end_at - int(p.time_exit_hours * HOUR) - 2 if policy & TIME and end_at != NEVER else NEVER
    view.low = rules.price_at_gain(average, -p.stop_loss) * (1.0 + CLOSELY) if policy & LOSS else -np.inf


@inner
def mark(w: World, config: int, token: int, bid: float) -> None:
    """Mark a position; equity is then known nearly, which is enough as long as no stop is near."""
    view, near = view_at(w, token, config), near_at(w, config)
    if view.mark == bid:
        return
    # Without a mark it counted at cost, so equity has to be added up again.
    near.equity += view.shares * (bid - view.mark) if view.mark == view.mark else -np.inf
    near.summed = 0
    view.mark = bid


@inner
def only_marks(w: World, config: int, token: int, bid: float, now: int) -> bool:
    """Whether a book of a token does nothing but move the mark of what is held, and move it if so."""
    view = view_at(w, token, config)
    if not (view.low < bid < view.high) or now >= view.until:
        return False
    near = near_at(w, config)
    near.equity += view.shares * (bid - view.mark)
    near.summed = 0
    view.mark = bid
    return near.equity > near.floor
