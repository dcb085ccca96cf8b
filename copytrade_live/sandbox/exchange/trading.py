"""Trades out of matches: legs at the maker's price, strangers for whoever has no account, fees for the taker."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from copytrade_live.core.market import MICRO, Instant, Micro, Side
from copytrade_live.core.pricing import charged_fee
from copytrade_live.sandbox.exchange.books import Match
from copytrade_live.sandbox.exchange.options import luck, made_hash, made_uuid
from copytrade_live.sandbox.exchange.terms import Leg, Listing, Order, Trade

# The share of strangers who trade the opposite outcome: two buyers mint, two sellers merge.
_MINTED = 0.25


def trades_of_taker(seed: int, taker: Order, matches: list[Match], first: int, now: Instant) -> Iterator[Trade]:
    """One trade a price, whatever the number of makers there."""
    for price, group in groupby(matches, key=lambda match: match.price):
        met = list(group)
        trade_id = made_uuid(seed, "trade", taker.order_id, first)
        size = sum(match.size for match in met)
        makers = tuple(
            _maker_leg(trade_id, place, taker, match) if match.maker is None else leg_of(match.maker, match.size)
            for place, match in enumerate(met)
        )
        yield Trade(
            trade_id=trade_id,
            number=first,
            condition_id=taker.listing.condition_id,
            taker=leg_of(taker, size, price=price, is_taker=True),
            makers=makers,
            matched_at=now,
            updated_at=now,
        )
        first += 1


def trade_of_maker(seed: int, maker: Order, size: Micro, number: int, now: Instant) -> Trade:
    """A stranger takes a resting order, at its price."""
    trade_id = made_uuid(seed, "trade", maker.order_id, number)
    taker = _stranger(trade_id, -1, maker, maker.price, size)
    return Trade(
        trade_id=trade_id,
        number=number,
        condition_id=maker.listing.condition_id,
        taker=taker._replace(fee=_fee(maker.listing, size, taker.price)),
        makers=(leg_of(maker, size),),
        matched_at=now,
        updated_at=now,
    )


def leg_of(order: Order, size: Micro, *, price: Micro | None = None, is_taker: bool = False) -> Leg:
    """An account's side of a trade; makers trade at their own price and pay no fee."""
    at = order.price if price is None else price
    return Leg(
        order_id=order.order_id,
        owner=order.new.owner,
        account=order.account,
        address=order.account,
        token_id=order.new.token_id,
        outcome=order.listing.outcomes[order.listing.outcome_of(order.new.token_id)],
        side=order.new.side,
        price=at,
        size=size,
        fee=_fee(order.listing, size, at) if is_taker else 0,
    )


def _maker_leg(trade_id: str, place: int, taker: Order, match: Match) -> Leg:
    return _stranger(trade_id, place, taker, match.price, match.size)


def _stranger(trade_id: str, place: int, ours: Order, price: Micro, size: Micro) -> Leg:
    """Somebody who trades against one of our orders, in the same token or, mirrored, in the other."""
    chance, _, _ = luck("stranger", trade_id, place)
    listing, side = ours.listing, ours.new.side
    is_minted = chance < _MINTED
    token = listing.other(ours.new.token_id) if is_minted else ours.new.token_id
    opposite = Side.SELL if side is Side.BUY else Side.BUY
    return Leg(
        order_id=made_hash("stranger order", trade_id, place),
        owner=made_uuid("stranger", trade_id, place),
        account="",
        address=made_hash("stranger wallet", trade_id, place)[:42],
        token_id=token,
        outcome=listing.outcomes[listing.outcome_of(token)],
        side=side if is_minted else opposite,
        price=MICRO - price if is_minted else price,
        size=size,
        fee=0,
    )


def _fee(listing: Listing, size: Micro, price: Micro) -> Micro:
    return charged_fee(size, price / MICRO, listing.fee_rate, listing.fee_exponent)
