"""The light world as the exchange sees it: its listings, what strangers quote, and how markets end."""

from __future__ import annotations

from copytrade_live.core.market import MICRO, Instant, Micro
from copytrade_live.sandbox.exchange.quotes import Depth
from copytrade_live.sandbox.exchange.terms import Listing
from copytrade_live.simulation.markets import SimMarket
from copytrade_live.simulation.world import World


class SimQuotes:
    """Implements the exchange's Quotes over a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def listing(self, token_id: str, now: Instant) -> Listing | None:
        """The market of a token."""
        found = self._world.by_token.get(token_id)
        return None if found is None else _listing(found[0], now)

    def condition(self, condition_id: str, now: Instant) -> Listing | None:
        """A market by its condition."""
        market = self._world.by_condition.get(condition_id)
        return None if market is None else _listing(market, now)

    def ladder(self, token_id: str, now: Instant) -> Depth | None:
        """What strangers quote."""
        market, outcome = self._world.by_token[token_id]
        return Depth(*market.rungs(outcome, now)) if market.is_trading(now) else None

    def payouts(self, condition_id: str, now: Instant) -> tuple[Micro, Micro] | None:
        """What each outcome pays, once resolved."""
        market = self._world.by_condition[condition_id]
        if not market.is_resolved(now):
            return None
        first, second = market.payouts
        return (round(first * MICRO), round(second * MICRO))


def _listing(market: SimMarket, now: Instant) -> Listing:
    return Listing(
        condition_id=market.condition_id,
        token_ids=market.token_ids,
        tick=market.tick(now),
        min_size=5 * MICRO,
        fee_rate=market.fee_rate,
        neg_risk=market.neg_risk,
        closes_at=market.closes_at,
    )
