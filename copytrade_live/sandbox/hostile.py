"""Wallets that turn hostile: dust bought and sold again, many times a minute, in the world that is to come."""

from __future__ import annotations

import numpy as np

from copytrade_live.core.market import MINUTE, SECOND, Instant
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.fault_settings import Fault
from copytrade_live.sandbox.faults import draw
from copytrade_live.sandbox.ids import hex_id
from copytrade_live.sandbox.ledger import Columns, Kind, join_columns, taker_fee
from copytrade_live.sandbox.venue import Venue

_DUST = 1.0


def turn_hostile(venue: Venue, fault: Fault, now: Instant) -> int:
    """Let the fault's wallets trade dust from now on. Returns: how many fills the world got."""
    parts: list[Columns] = []
    hashes: list[str] = []
    for wallet in fault.wallets:
        number = venue.by_wallet.get(wallet.lower())
        chance, luck = draw(fault.seed, fault.name.value, wallet.lower(), now)
        market = None if number is None or chance >= fault.probability else _market(venue, luck, fault, now)
        if number is not None and market is not None:
            columns = _dust(venue, fault, number, market, now, len(hashes))
            hashes += [hex_id("hostile", wallet.lower(), now, place) for place in range(len(columns.at))]
            parts.append(columns)
    if parts:
        venue.foresee(join_columns(parts), hashes)
        venue.faults.count(FaultKind.HOSTILE_LEADER, len(hashes))
    return len(hashes)


def _market(venue: Venue, luck: float, fault: Fault, now: Instant) -> int | None:
    """A market that trades until the fault is over."""
    until = now + fault.open_for
    fit = [number for number, one in enumerate(venue.markets) if one.opened_at <= now and one.end_at > until + MINUTE]
    return fit[int(luck * len(fit))] if fit else None


def _dust(venue: Venue, fault: Fault, wallet: int, market: int, now: Instant, first_tx: int) -> Columns:
    """Pairs of a buy and a sell of the first outcome, a tick apart as the book was, so that nothing is left over."""
    count = max(int(fault.window_seconds * fault.fills_a_minute / 60) // 2, 1) * 2
    gap = 60 * SECOND / fault.fills_a_minute
    at = now + 1 + (np.arange(count) * gap).astype(np.int64)
    listed = venue.markets[market]
    tick = listed.tick_size
    mid = min(max(round(venue.price(market, 0, now) / tick) * tick, 2 * tick), 1 - 2 * tick)
    is_buy = np.arange(count) % 2 == 0
    price = np.array([round(mid + (tick if one else -tick), 6) for one in is_buy.tolist()])
    fee = np.array([taker_fee(price=one, size=_DUST, fee_rate=listed.fee_rate) for one in price.tolist()])
    return Columns(
        at=at,
        wallet=np.full(count, wallet, dtype=np.int64),
        market=np.full(count, market, dtype=np.int64),
        outcome=np.zeros(count, dtype=np.int64),
        kind=np.full(count, Kind.TRADE, dtype=np.int64),
        is_buy=is_buy,
        is_taker=np.ones(count, dtype=np.bool_),
        price=price,
        size=np.full(count, _DUST),
        cash=np.round(price * _DUST + np.where(is_buy, fee, -fee), 6),
        tx=first_tx + np.arange(count, dtype=np.int64),
    )
