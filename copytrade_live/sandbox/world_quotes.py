"""A world's markets and books as the exchange wants them: whole micro-units, a second's book made once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from copytrade_live.core.market import MICRO, SECOND, Instant, Micro
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from copytrade_live.sandbox.exchange.quotes import Depth, Rung
from copytrade_live.sandbox.exchange.terms import SIZE_STEP, Listing
from copytrade_live.sandbox.ladder import Ladder
from copytrade_live.sandbox.ladder import Rung as WorldRung
from copytrade_live.sandbox.venue import Venue


class WorldQuotes:
    """Quotes over a venue's world."""

    def __init__(self, venue: Venue, options: ExchangeOptions) -> None:
        self._venue, self._options = venue, options
        self._listing = lru_cache(maxsize=4096)(self._make_listing)
        self._depth = lru_cache(maxsize=4096)(self._make_depth)

    def listing(self, token_id: str, now: Instant) -> Listing | None:
        """The market of a token."""
        return self._listed(self._venue.by_token.get(token_id, (-1, 0))[0], now)

    def condition(self, condition_id: str, now: Instant) -> Listing | None:
        """A market by its condition."""
        return self._listed(self._venue.by_condition.get(condition_id.lower(), -1), now)

    def ladder(self, token_id: str, now: Instant) -> Depth | None:
        """What the world's traders quote."""
        market, outcome = self._venue.by_token.get(token_id, (-1, 0))
        return None if market < 0 else self._depth(market, outcome, now - now % SECOND)

    def payouts(self, condition_id: str, now: Instant) -> tuple[Micro, Micro] | None:
        """What each outcome pays, once resolved."""
        number = self._venue.by_condition.get(condition_id.lower(), -1)
        found = None if number < 0 else self._venue.markets[number].final_payouts(now)
        return None if found is None else (round(found[0] * MICRO), round(found[1] * MICRO))

    def _listed(self, number: int, now: Instant) -> Listing | None:
        if number < 0 or not self._venue.is_listed(number, now):
            return None
        listing, tick = self._listing(number), round(self._venue.tick_size(number, now) * MICRO)
        if self._venue.shown.is_closed_early(listing.condition_id, now):
            listing = replace(listing, closes_at=now)
        return listing if listing.tick == tick else replace(listing, tick=tick)

    def _make_listing(self, number: int) -> Listing:
        market = self._venue.markets[number]
        is_delayed = market.category in self._options.delayed_categories
        return Listing(
            condition_id=market.condition_id,
            token_ids=market.token_ids,
            outcomes=market.outcomes,
            tick=round(market.tick_size * MICRO),
            min_size=round(market.min_order_size * MICRO),
            fee_rate=market.fee_rate,
            neg_risk=market.neg_risk,
            opens_at=market.opened_at,
            closes_at=market.end_at,
            taker_delay=self._options.taker_delay if is_delayed else 0,
        )

    def _make_depth(self, market: int, outcome: int, at: Instant) -> Depth | None:
        ladder = self._venue.quoted(market, outcome, at)
        return None if ladder is None else Depth(_rungs(ladder, ladder.bids), _rungs(ladder, ladder.asks))


def _rungs(ladder: Ladder, rungs: tuple[WorldRung, ...]) -> tuple[Rung, ...]:
    tick = round(ladder.tick_size * MICRO)
    sized = ((level * tick, round(size * MICRO) // SIZE_STEP * SIZE_STEP) for level, size in rungs)
    return tuple((price, size) for price, size in sized if size > 0)
