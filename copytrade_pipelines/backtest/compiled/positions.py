"""What fills and payouts do to positions inside the kernel: core/portfolio_fold.py on a slot."""

from __future__ import annotations

import numpy as np

from copytrade_pipelines.backtest.compiled import rules
from copytrade_pipelines.backtest.compiled.accounts import log
from copytrade_pipelines.backtest.compiled.layout import Happened
from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import (
    World,
    account_at,
    held_at,
    log_at,
    near_at,
    parameters_at,
    record_at,
    slot_at,
    view_at,
)

_CLOSED = int(Happened.CLOSED)


@inner
def share_of(whole: int, part: int, total: int) -> int:
    """whole * part // total where part is at most total; the product may not fit into 64 bits."""
    if part == 0 or whole <= np.iinfo(np.int64).max // part:
        return whole * part // total
    # Long division, a bit of part at a time.
    low, found, rest = whole % total, 0, 0
    for place in range(62, -1, -1):
        found, rest = found * 2, rest * 2
        if rest >= total:
            found, rest = found + 1, rest - total
        if (part >> place) & 1:
            rest += low
            if rest >= total:
                found, rest = found + 1, rest - total
    return (whole // total) * part + found


@inner
def held(w: World, config: int, at: int) -> int:
    """Shares left once everything on its way has arrived, micro."""
    slot = slot_at(w, config, at)
    return max(0, slot.size + slot.coming - slot.going)


@inner
def open_position(w: World, config: int, at: int) -> None:
    """The first shares of a token open a position."""
    slot, account = slot_at(w, config, at), account_at(w, config)
    slot.is_held, slot.size, slot.cost, slot.realised, slot.owed, slot.exits = 1, 0, 0, 0, 0, 0
    slot.coming, slot.coming_cost, slot.going = 0, 0, 0
    slot.market = slot.entry_market
    view_at(w, slot.token, config).mark = np.nan
    held_at(w, config, account.positions).value = slot.token
    account.positions += 1


@inner
def buy(w: World, config: int, at: int, size: int, cash: int, is_final: bool) -> int:
    """Shares come in. Returns: how much more is owed of them, because their leader left already."""
    slot = slot_at(w, config, at)
    if not slot.is_held:
        open_position(w, config, at)
    owed = round(size * slot.owed_share)
    slot.owed += owed
    if is_final:
        slot.size += size
        slot.cost += cash
        account_at(w, config).cash -= cash
    else:
        slot.coming += size
        slot.coming_cost += cash
    return owed


@inner
def sell(w: World, config: int, at: int, size: int, cash: int, is_final: bool) -> int:
    """Shares go out. Returns: how the debt changed if that may still be undone."""
    slot = slot_at(w, config, at)
    if is_final:
        slot.owed = max(0, slot.owed - size)
        deliver(w, config, at, size, cash)
        return 0
    met = min(slot.owed, size)
    slot.going += size
    slot.owed -= met
    return -met


@inner
def deliver(w: World, config: int, at: int, size: int, cash: int) -> None:
    """A sale is final."""
    slot = slot_at(w, config, at)
    account_at(w, config).cash += cash
    if slot.is_held:
        remove(w, config, at, min(size, slot.size), cash)


@inner
def remove(w: World, config: int, at: int, size: int, cash: int) -> None:
    """Shares leave a position for cash, at their part of its cost."""
    slot = slot_at(w, config, at)
    cost = share_of(slot.cost, size, max(1, slot.size))
    slot.size -= size
    slot.cost -= cost
    slot.realised += cash - cost
    drop_if_empty(w, config, at)


@inner
def drop_if_empty(w: World, config: int, at: int) -> None:
    """A position of which nothing is held and nothing comes is over."""
    slot, account = slot_at(w, config, at), account_at(w, config)
    if slot.size > 0 or slot.coming > 0:
        return
    slot.is_held = 0
    account.positions -= 1
    near_at(w, config).summed = 0
    found = False
    for position in range(account.positions):
        found = found or held_at(w, config, position).value == slot.token
        if found:
            held_at(w, config, position).value = held_at(w, config, position + 1).value


@inner
def close(w: World, config: int, at: int, now: int) -> None:
    """A copy ended: what that says of its leader."""
    slot, p = slot_at(w, config, at), parameters_at(w, config)
    record = record_at(w, slot.wallet, config)
    before = 0.0
    if record.shortfall > 0.0:
        before = rules.faded(record.shortfall, now - record.measured_at, p.half_life, p.half)
    record.shortfall = rules.shortfall_after(before, rules.from_micro(slot.realised))
    record.streak = record.streak + 1 if slot.realised < 0 else 0
    record.measured_at = now
    row = log(w, config, _CLOSED, now, slot.signal)
    if row >= 0:
        log_at(w, row).cash = slot.realised
