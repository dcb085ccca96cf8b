"""What orders, fills, payouts and the account do to the portfolio. Total: what it does not know it leaves alone.

A fill that may still be voided is counted beside the position, never in its size, cost or in cash; a void takes
exactly that away again. An order that is over is remembered, so that a late fill of it finds its leader and market.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from copytrade_live.core.changed import replace
from copytrade_live.core.events import (
    AccountObserved,
    ExitDecided,
    ExternalChangeAdopted,
    FillConfirmed,
    FillVoided,
    MirrorOwed,
    OrderFilled,
    PositionSettled,
    RedemptionPaid,
)
from copytrade_live.core.market import HOUR, Instant, Micro, Side
from copytrade_live.core.orders import Fill
from copytrade_live.core.portfolio import OrderStatus, Portfolio, Position, ProvisionalFill, WorkingOrder
from copytrade_live.core.pricing import SIZE_STEP
from copytrade_live.core.valuation import still_owed

# The venue settles within minutes; whatever comes later than this of an order that is over is found by its account.
REMEMBERED: Instant = 6 * HOUR

Value = TypeVar("Value")


def with_entry(mapping: Mapping[str, Value], key: str, value: Value) -> Mapping[str, Value]:
    """The mapping with one entry set."""
    return {**mapping, key: value}


def without_entry(mapping: Mapping[str, Value], key: str) -> Mapping[str, Value]:
    """The mapping with one entry gone."""
    return {name: value for name, value in mapping.items() if name != key}


# --- orders ---------------------------------------------------------------------------------------------------


def work(portfolio: Portfolio, entry: WorkingOrder) -> Portfolio:
    """An order works, as it stands now."""
    return replace(portfolio, working=with_entry(portfolio.working, entry.order.order_id, entry))


def retire(portfolio: Portfolio, order_id: str, now: Instant) -> Portfolio:
    """An order works no more; it is remembered for a while."""
    entry = portfolio.working.get(order_id)
    if entry is None:
        return portfolio
    retired = {**portfolio.retired}
    # They stand in the order in which they ended.
    for name, one in portfolio.retired.items():
        if now - one.ended_at <= REMEMBERED:
            break
        del retired[name]
    retired[order_id] = replace(entry, ended_at=now)
    return replace(portfolio, working=without_entry(portfolio.working, order_id), retired=retired)


def begin_exit(portfolio: Portfolio, event: ExitDecided) -> Portfolio:
    """An exit order works."""
    held = portfolio.positions[event.token_id]
    leaving = replace(held, exits=held.exits + 1)
    after = work(portfolio, WorkingOrder(order=event.order, market=held.market, began_at=event.observed_at))
    return replace(after, positions=with_entry(after.positions, event.token_id, leaving))


def owe_mirror(portfolio: Portfolio, event: MirrorOwed) -> Portfolio:
    """A leader sold: of what we hold of it, and of what its entries still bring, that share is to be sold."""
    after = replace(
        portfolio, working=_all_owing(portfolio.working, event), retired=_all_owing(portfolio.retired, event)
    )
    held = after.positions.get(event.token_id)
    if held is None:
        return after
    owing = replace(held, owed=min(held.held, held.owed + event.size), mirrored=(*held.mirrored, event.signal_id))
    return replace(after, positions=with_entry(after.positions, event.token_id, owing))


def _all_owing(entries: Mapping[str, WorkingOrder], event: MirrorOwed) -> Mapping[str, WorkingOrder]:
    owing = {name: _owing(entry, event) for name, entry in entries.items() if entry.order.token_id == event.token_id}
    return {**entries, **owing} if owing else entries


def _owing(entry: WorkingOrder, event: MirrorOwed) -> WorkingOrder:
    order = entry.order
    if not entry.is_entry or (order.token_id, order.wallet) != (event.token_id, event.wallet):
        return entry
    return replace(entry, owed_share=still_owed(entry.owed_share, event.fraction))


# --- fills ----------------------------------------------------------------------------------------------------


def apply_fill(portfolio: Portfolio, event: OrderFilled) -> Portfolio:
    """An order executed. A fill seen before, or of an order we do not know, changes nothing."""
    fill, entry = event.fill, portfolio.order_of(event.fill.order_id)
    if entry is None or fill.fill_id in entry.fill_ids:
        return portfolio
    filled = replace(
        entry,
        filled=entry.filled + fill.size,
        fill_ids=(*entry.fill_ids, fill.fill_id),
        status=OrderStatus.WORKING,
    )
    after = _count(portfolio, filled, event.observed_at)
    if fill.side is Side.BUY:
        return _buy(after, filled, fill, event.observed_at)
    return _sell(after, fill) if fill.is_final else _sell_provisionally(after, fill)


def _count(portfolio: Portfolio, entry: WorkingOrder, now: Instant) -> Portfolio:
    order_id = entry.order.order_id
    if order_id not in portfolio.working:
        return replace(portfolio, retired=with_entry(portfolio.retired, order_id, entry))
    after = work(portfolio, entry)
    # The venue calls an order full within a hundredth of a share.
    return retire(after, order_id, now) if entry.rest < SIZE_STEP else after


def _buy(portfolio: Portfolio, entry: WorkingOrder, fill: Fill, now: Instant) -> Portfolio:
    held = portfolio.positions.get(fill.token_id) or _opened(portfolio, entry, now)
    owed = round(fill.size * entry.owed_share)
    held = replace(held, owed=held.owed + owed)
    if fill.is_final:
        bought = replace(held, size=held.size + fill.size, cost=held.cost + fill.cash)
        after = replace(portfolio, cash=portfolio.cash - fill.cash)
    else:
        bought = replace(held, coming=held.coming + fill.size, coming_cost=held.coming_cost + fill.cash)
        after = _remember(portfolio, fill, owed)
    return replace(after, positions=with_entry(after.positions, fill.token_id, bought))


def _opened(portfolio: Portfolio, entry: WorkingOrder, now: Instant) -> Position:
    # A late fill may open again what was left already: its exits go on counting, so that no order id comes twice.
    root_id = entry.order.root_id
    is_first = entry.order.attempt == 1 and len(entry.fill_ids) == 1
    orders = () if is_first else (*portfolio.retired.values(), *portfolio.working.values())
    exits = {one.order.root_id for one in orders if one.order.root_id.startswith(f"exit-{root_id}-")}
    return Position(
        token_id=entry.order.token_id,
        wallet=entry.order.wallet,
        market=entry.market,
        root_id=root_id,
        size=0,
        cost=0,
        realised=0,
        opened_at=now,
        exits=len(exits),
    )


def _sell(portfolio: Portfolio, fill: Fill) -> Portfolio:
    held = portfolio.positions.get(fill.token_id)
    if held is not None:
        held = replace(held, owed=max(0, held.owed - fill.size))
    return _deliver(portfolio, held, fill)


def _deliver(portfolio: Portfolio, held: Position | None, fill: Fill) -> Portfolio:
    if held is None:
        return replace(portfolio, cash=portfolio.cash + fill.cash, realised=portfolio.realised + fill.cash)
    sold = min(fill.size, held.size)
    return _keep(portfolio, _less(held, sold, fill.cash), fill.cash)


def _less(held: Position, size: Micro, cash: Micro) -> Position:
    cost = held.cost * size // max(1, held.size)
    return replace(held, size=held.size - size, cost=held.cost - cost, realised=held.realised + cash - cost)


def _sell_provisionally(portfolio: Portfolio, fill: Fill) -> Portfolio:
    held = portfolio.positions.get(fill.token_id)
    if held is None:
        return _remember(portfolio, fill, 0)
    met = min(held.owed, fill.size)
    going = replace(held, going=held.going + fill.size, owed=held.owed - met)
    after = _remember(portfolio, fill, -met)
    return replace(after, positions=with_entry(after.positions, fill.token_id, going))


def _remember(portfolio: Portfolio, fill: Fill, owed_change: Micro) -> Portfolio:
    entry = ProvisionalFill(fill=fill, owed_change=owed_change)
    return replace(portfolio, provisional=with_entry(portfolio.provisional, fill.fill_id, entry))


def confirm_fill(portfolio: Portfolio, event: FillConfirmed) -> Portfolio:
    """A provisional fill is final: only now do shares and cash change."""
    entry = portfolio.provisional.get(event.fill_id)
    if entry is None:
        return portfolio
    fill = entry.fill
    after, held = _forget(portfolio, fill)
    if fill.side is Side.SELL or held is None:
        return _deliver(after, held, fill)
    bought = replace(held, size=held.size + fill.size, cost=held.cost + fill.cash)
    positions = with_entry(after.positions, fill.token_id, bought)
    return replace(after, cash=after.cash - fill.cash, positions=positions)


def void_fill(portfolio: Portfolio, event: FillVoided) -> Portfolio:
    """A provisional fill did not happen: what it changed is undone. A second void finds nothing to undo."""
    entry = portfolio.provisional.get(event.fill_id)
    if entry is None:
        return portfolio
    after, held = _forget(portfolio, entry.fill)
    if held is None:
        return after
    owed = min(held.held, max(0, held.owed - entry.owed_change))
    return _keep(after, replace(held, owed=owed), 0)


def _forget(portfolio: Portfolio, fill: Fill) -> tuple[Portfolio, Position | None]:
    after = replace(portfolio, provisional=without_entry(portfolio.provisional, fill.fill_id))
    held = after.positions.get(fill.token_id)
    if held is None:
        return after, None
    if fill.side is Side.BUY:
        return after, replace(held, coming=held.coming - fill.size, coming_cost=held.coming_cost - fill.cash)
    return after, replace(held, going=held.going - fill.size)


def _keep(portfolio: Portfolio, position: Position, cash: Micro) -> Portfolio:
    before = portfolio.positions[position.token_id]
    positions = (
        with_entry(portfolio.positions, position.token_id, position)
        if position.size > 0 or position.coming > 0
        else without_entry(portfolio.positions, position.token_id)
    )
    profit = position.realised - before.realised
    return replace(portfolio, cash=portfolio.cash + cash, realised=portfolio.realised + profit, positions=positions)


# --- payouts --------------------------------------------------------------------------------------------------


def settle(portfolio: Portfolio, event: PositionSettled) -> Portfolio:
    """A payout is earned; the cash is owed to us until it is redeemed."""
    held = portfolio.positions[event.token_id]
    rest = replace(_less(held, event.size, event.cash), owed=0, is_paid_out=True)
    if not event.is_receivable:
        return _keep(portfolio, rest, event.cash)
    after = _keep(portfolio, rest, 0)
    condition_id = held.market.condition_id
    return _receive(after, condition_id, after.receivable.get(condition_id, 0) + event.cash)


def redeem(portfolio: Portfolio, event: RedemptionPaid) -> Portfolio:
    """A payout arrived. What it was more or less than owed is ours once nothing of the market is left."""
    left = portfolio.receivable.get(event.condition_id, 0) - event.cash
    after = replace(portfolio, cash=portfolio.cash + event.cash)
    if any(position.market.condition_id == event.condition_id for position in after.positions.values()):
        return _receive(after, event.condition_id, left)
    return _receive(replace(after, realised=after.realised - left), event.condition_id, 0)


def _receive(portfolio: Portfolio, condition_id: str, cash: Micro) -> Portfolio:
    owed = with_entry(portfolio.receivable, condition_id, cash)
    return replace(portfolio, receivable=owed if cash else without_entry(owed, condition_id))


# --- the account ----------------------------------------------------------------------------------------------


def see_account(portfolio: Portfolio, event: AccountObserved) -> Portfolio:
    """What the venue does not show of a position cannot be sold, whatever our books say."""
    shown = dict(event.holdings)
    positions = {
        token: replace(position, missing=_missing(portfolio, position, shown[token])) if token in shown else position
        for token, position in portfolio.positions.items()
    }
    return replace(portfolio, positions=positions)


def _missing(portfolio: Portfolio, position: Position, shown: Micro) -> Micro:
    selling = sum(
        entry.rest
        for entry in portfolio.working.values()
        if not entry.is_entry and entry.order.token_id == position.token_id
    )
    return max(0, position.size - position.going - selling - shown)


def adopt(portfolio: Portfolio, event: ExternalChangeAdopted) -> Portfolio:
    """The account changed by no order of ours: the books follow, and the stops compare as if nothing had happened."""
    after = replace(portfolio, cash=portfolio.cash + event.cash, external=portfolio.external + event.cash)
    for token_id, change in event.holdings:
        after = _adopt_shares(after, token_id, change)
    moved = after.equity - portfolio.equity
    return replace(after, day_equity=_moved(after.day_equity, moved), week_equity=_moved(after.week_equity, moved))


def _adopt_shares(portfolio: Portfolio, token_id: str, change: Micro) -> Portfolio:
    # Shares that came are not ours to sell. Shares that went are taken from those first, then from our position.
    foreign = portfolio.foreign.get(token_id, 0) + change
    shares = with_entry(portfolio.foreign, token_id, max(0, foreign))
    after = replace(portfolio, foreign=shares if foreign > 0 else without_entry(shares, token_id))
    held = after.positions.get(token_id)
    if held is None or foreign >= 0:
        return after
    gone = min(held.size, -foreign)
    cost = held.cost * gone // max(1, held.size)
    rest = replace(held, size=held.size - gone, cost=held.cost - cost, missing=0)
    rest = replace(rest, owed=min(rest.owed, rest.held))
    return _keep(replace(after, external=after.external - cost), rest, 0)


def _moved(anchor: float | None, change: float) -> float | None:
    return None if anchor is None else anchor + change
