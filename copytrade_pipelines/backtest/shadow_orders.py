"""Orders that were never placed: priced by the rules of the engine, filled by the model of the run, without effect."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.context import levels_to_cross
from copytrade_live.core.execution import price_attempt
from copytrade_live.core.fills import fill_of
from copytrade_live.core.market import SECOND, Book, Instant, Market, Micro, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.pricing import cost_per_share, floor_size, furthest_limit
from copytrade_pipelines.backtest.assumptions import Assumptions
from copytrade_pipelines.backtest.chance import Purpose, chance, key_of
from copytrade_pipelines.backtest.fill_models import Crossing
from copytrade_pipelines.backtest.lags import lag_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowTerms:
    """How shadows trade: by the rules and assumptions of the run, at one stake. Units: stake in collateral."""

    config: DecisionConfig
    assumed: Assumptions
    stake: float

    @property
    def held_pace(self) -> Instant:
        """Time between two looks at the book of a held token, milliseconds."""
        return self.assumed.held_pace

    def lag(self, signal_id: str, exit_number: int, attempt: int) -> Instant:
        """From a decision until its order, which trades at once, may fill: what the run drew, or would have drawn."""
        share = chance(self.assumed.seed, key_of(signal_id), exit_number, attempt, Purpose.ORDER)
        return lag_at(self.assumed.order_lags, share) + self.assumed.taker_delay

    @property
    def attempt_time(self) -> Instant:
        """How long one attempt works."""
        return round(self.config.execution.order_ttl_seconds * SECOND)

    def size(self, market: Market, anchor: float) -> Micro:
        """Shares that the stake buys at the worst price allowed, at least the market's minimum."""
        limit = furthest_limit(Side.BUY, anchor, self.config.execution.max_slippage, market.tick_size)
        cost = cost_per_share(limit, market.fee_rate, market.fee_exponent)
        return max(floor_size(self.stake / cost), floor_size(market.min_order_size + 0.0099))

    def buy(self, market: Market, token_id: str, anchor: float, book: Book, attempt: int, now: Instant) -> list[Fill]:
        """What one attempt to buy a stake gets."""
        if book.best_ask is None or anchor <= 0.0:
            return []
        limit = price_attempt(Side.BUY, anchor, book.best_ask, attempt, market.tick_size, self.config.execution)
        return self._match(
            shadow_order(market, token_id, Side.BUY, limit, self.size(market, anchor), anchor, now), book
        )

    def sell(self, market: Market, token_id: str, size: Micro, book: Book, now: Instant) -> list[Fill]:
        """What a sale gets at once."""
        bid = book.best_bid
        if bid is None or size <= 0:
            return []
        limit = price_attempt(Side.SELL, bid, bid, 1, market.tick_size, self.config.execution)
        return self._match(shadow_order(market, token_id, Side.SELL, limit, size, bid, now), book)

    def _match(self, order: Order, book: Book) -> list[Fill]:
        # Nothing that a shadow takes is missing from the book for the next one.
        levels = levels_to_cross(book, order.side)
        met = Crossing(order=order, rest=order.size, shown=levels, left=levels, is_resting=False)
        rate, exponent = self.assumed.fees(order, order.submitted_at, is_maker=False)
        return [
            fill_of(order, size, price, place, rate, exponent)
            for place, (size, price) in enumerate(self.assumed.fills(met), start=1)
        ]


def shadow_order(
    market: Market, token_id: str, side: Side, limit: float, size: Micro, anchor: float, now: Instant
) -> Order:
    """An order that no journal knows."""
    return Order(
        order_id="shadow",
        root_id="shadow",
        attempt=1,
        token_id=token_id,
        condition_id=market.condition_id,
        wallet="",
        side=side,
        limit=limit,
        size=size,
        anchor=anchor,
        tick_size=market.tick_size,
        fee_rate=market.fee_rate,
        fee_exponent=market.fee_exponent,
        submitted_at=now,
        expires_at=now,
        event_id=market.event_id,
    )
