"""Our own trades as the ledger counts them: one row for each of our orders in a match, with the cash that moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from polymarket.models.clob.account import ClobTrade, MakerOrder, OpenOrder

from copytrade_live.core.market import MICRO, Instant, Micro, Role, Side
from copytrade_live.core.pricing import charged_fee
from copytrade_live.ports import TradeStatus, VenueOrder, VenueTrade

_STATUSES = {
    "MATCHED": TradeStatus.MATCHED,
    "MATCHED_NOT_BROADCASTED": TradeStatus.MATCHED,
    "MINED": TradeStatus.MINED,
    "CONFIRMED": TradeStatus.CONFIRMED,
    "RETRYING": TradeStatus.RETRYING,
    "FAILED": TradeStatus.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What a taker pays in one market: charged_fee's rate and exponent."""

    rate: float
    exponent: float


def own_trades(trade: ClobTrade, wallet: str, fees: Fees | None) -> Iterator[VenueTrade]:
    """Every order of ours in one match. As a maker ours is one of many, and may be of the other outcome.

    fees: None where the market's are not told; what we took has no fee yet then.
    """
    if trade.trader_side == "TAKER":
        taken = _as_taker(trade)
        yield taken if fees is None else taken.charged(charged_fee(taken.size, taken.price, fees.rate, fees.exponent))
    for maker in trade.maker_orders:
        if maker.maker_address.lower() == wallet.lower():
            yield _as_maker(trade, maker)


def open_order(order: OpenOrder) -> VenueOrder:
    """One resting order."""
    return VenueOrder(
        venue_order_id=order.id.lower(),
        token_id=order.asset_id,
        condition_id=order.condition_id,
        side=Side(order.side),
        price=float(order.price),
        size=micro(order.original_size),
        matched=micro(order.size_matched),
        status=order.status.removeprefix("ORDER_STATUS_").lower(),
        created_at=instant(order.created_at),
    )


def micro(amount: Decimal) -> Micro:
    """A decimal as millionths; the venue never sends finer ones."""
    return int((amount * MICRO).to_integral_value())


def instant(moment: datetime) -> Instant:
    """A time as milliseconds since epoch."""
    return round(moment.timestamp() * 1000)


def _as_taker(trade: ClobTrade) -> VenueTrade:
    size = micro(trade.size)
    return VenueTrade(
        trade_id=trade.id,
        venue_order_id=trade.taker_order_id.lower(),
        token_id=trade.asset_id,
        condition_id=trade.condition_id,
        side=Side(trade.side),
        size=size,
        price=float(trade.price),
        cash=size * micro(trade.price) // MICRO,
        fee=None,
        role=Role.TAKER,
        status=_STATUSES[trade.status],
        tx_hash=trade.transaction_hash,
        matched_at=instant(trade.matched_at),
        updated_at=instant(trade.updated_at),
    )


def _as_maker(trade: ClobTrade, maker: MakerOrder) -> VenueTrade:
    size = micro(maker.matched_amount)
    return VenueTrade(
        trade_id=trade.id,
        venue_order_id=maker.order_id.lower(),
        token_id=maker.asset_id,
        condition_id=trade.condition_id,
        side=Side(maker.side),
        size=size,
        price=float(maker.price),
        cash=size * micro(maker.price) // MICRO,
        fee=0,
        role=Role.MAKER,
        status=_STATUSES[trade.status],
        tx_hash=trade.transaction_hash,
        matched_at=instant(trade.matched_at),
        updated_at=instant(trade.updated_at),
    )
