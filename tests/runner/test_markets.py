"""Markets are refreshed when old, resolutions reach the portfolio, and bad answers stop nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from copytrade_live.clock import ManualClock
from copytrade_live.core.market import SECOND, MarketStatus
from copytrade_live.errors import VenueUnavailable
from copytrade_live.runner.health import Health
from copytrade_live.runner.markets import MAX_AGE, MarketDesk
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import MarketRow, ResolutionRow
from tests.builders import CONDITION, NO, NOW, YES


def row(**changes):
    values = {
        "condition_id": CONDITION,
        "market_id": "1",
        "question": "?",
        "slug": "s",
        "event_id": "e1",
        "event_slug": "e",
        "category": "politics",
        "outcomes": ("Yes", "No"),
        "token_ids": (YES, NO),
        "tick_size": 0.01,
        "min_order_size": 5.0,
        "fee_rate": 0.04,
        "fee_exponent": 1.0,
        "neg_risk": False,
        "start_at": None,
        "end_at": None,
        "closed": False,
        "closed_at": None,
        "accepting_orders": True,
        "updated_at": None,
        "uma_statuses": (),
        "outcome_prices": (),
    }
    return MarketRow(**{**values, **changes})


def resolution(**changes):
    values = {
        "condition_id": CONDITION,
        "status": "resolved",
        "payouts": (1.0, 0.0),
        "was_disputed": False,
        "updated_at": None,
        "resolved_at": NOW - SECOND,
    }
    return ResolutionRow(**{**values, **changes})


@dataclass
class ScriptedVenue:
    market: MarketRow = field(default_factory=row)
    outcome: ResolutionRow = field(default_factory=resolution)
    is_down: bool = False
    asked: int = 0

    async def markets(self, condition_ids):
        self.asked += 1
        if self.is_down:
            raise VenueUnavailable("down")
        return Listing(rows=(self.market,), bad=(), is_complete=True)

    async def resolutions(self, condition_ids):
        if self.is_down:
            raise VenueUnavailable("down")
        return Listing(rows=(self.outcome,), bad=(), is_complete=True)


def desk(venue: ScriptedVenue):
    clock, health = ManualClock(NOW), Health()
    return MarketDesk(venue, venue, clock, health), clock, health


def test_a_market_is_asked_for_again_only_when_it_is_old():
    venue = ScriptedVenue()
    markets, clock, _ = desk(venue)
    for _ in range(3):
        assert asyncio.run(markets.known([CONDITION]))[CONDITION].observed_at == NOW
    assert venue.asked == 1
    clock.set(NOW + MAX_AGE + 1)
    assert asyncio.run(markets.known([CONDITION]))[CONDITION].observed_at == NOW + MAX_AGE + 1


def test_a_venue_that_is_down_leaves_the_last_known_market():
    venue = ScriptedVenue()
    markets, clock, health = desk(venue)
    known = asyncio.run(markets.known([CONDITION]))
    venue.is_down = True
    clock.set(NOW + MAX_AGE + 1)
    assert asyncio.run(markets.known([CONDITION])) == known
    assert health.failures["markets"] == 1


def test_only_a_held_market_that_changed_is_told():
    venue = ScriptedVenue()
    markets, clock, _ = desk(venue)
    held = {CONDITION: replace(venue.market.as_market(NOW - SECOND))}
    assert asyncio.run(markets.changes(held)) == []
    venue.market = row(accepting_orders=False, closed=True)
    clock.set(NOW + MAX_AGE + 1)
    (change,) = asyncio.run(markets.changes(held))
    assert change.market.status is MarketStatus.CLOSED


def test_a_resolution_pays_every_token_and_happened_before_we_saw_it():
    venue = ScriptedVenue(outcome=resolution(payouts=(0.5, 0.5)))
    markets, _, _ = desk(venue)
    (resolved,) = asyncio.run(markets.resolved({CONDITION: venue.market.as_market(NOW)}))
    assert dict(resolved.payouts) == {YES: 0.5, NO: 0.5}
    assert (resolved.event_at, resolved.observed_at) == (NOW - SECOND, NOW)


def test_a_proposal_a_wrong_count_of_payouts_or_silence_resolves_nothing():
    for outcome in (resolution(status="proposed"), resolution(payouts=(1.0,))):
        venue = ScriptedVenue(outcome=outcome)
        markets, _, _ = desk(venue)
        assert asyncio.run(markets.resolved({CONDITION: venue.market.as_market(NOW)})) == []
    venue = ScriptedVenue(is_down=True)
    markets, _, health = desk(venue)
    assert asyncio.run(markets.resolved({CONDITION: venue.market.as_market(NOW)})) == []
    assert health.failures["resolutions"] == 1
