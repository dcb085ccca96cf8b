"""What we know of markets, refreshed when it gets old, and how held ones resolved."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from copytrade_live.clock import Clock
from copytrade_live.core.events import MarketObserved, MarketResolved
from copytrade_live.core.market import SECOND, Instant, Market
from copytrade_live.errors import VenueError
from copytrade_live.runner.health import Health
from copytrade_live.runner.sources import MarketFeed, ResolutionFeed
from copytrade_live.venue.rows import ResolutionRow

MAX_AGE: Instant = 30 * SECOND
RESOLVED = "resolved"
_REMEMBERED = 5_000


class MarketDesk:
    """Fetches markets and remembers them for a while."""

    def __init__(
        self,
        markets: MarketFeed,
        resolutions: ResolutionFeed,
        clock: Clock,
        health: Health,
        on_title: Callable[[str, str, str], None] = lambda condition_id, question, slug: None,
    ) -> None:
        self._on_title = on_title
        self._markets = markets
        self._resolutions = resolutions
        self._clock = clock
        self._health = health
        self._known: OrderedDict[str, Market] = OrderedDict()

    async def known(self, condition_ids: Iterable[str]) -> dict[str, Market]:
        """Markets not older than MAX_AGE where the venue answers, the last known where it does not."""
        wanted = sorted(set(condition_ids))
        now = self._clock.now()
        due = [one for one in wanted if one not in self._known or not self._is_young(self._known[one], now)]
        if due:
            await self._fetch(due)
        return {one: self._known[one] for one in wanted if one in self._known}

    def last_known(self, condition_ids: Iterable[str]) -> dict[str, Market]:
        """The last known of some markets, without asking anyone."""
        return {one: self._known[one] for one in condition_ids if one in self._known}

    async def changes(self, held: Mapping[str, Market]) -> list[MarketObserved]:
        """Held markets that differ from what the portfolio believes of them, by condition."""
        found = await self.known(held)
        return [
            MarketObserved(event_at=market.observed_at, observed_at=self._clock.now(), market=market)
            for condition, market in found.items()
            if replace(market, observed_at=0) != replace(held[condition], observed_at=0)
        ]

    async def resolved(self, held: Mapping[str, Market]) -> list[MarketResolved]:
        """Held markets that paid out."""
        if not held:
            return []
        try:
            listing = await self._resolutions.resolutions(sorted(held))
        except VenueError as error:
            self._health.failed("resolutions", error)
            return []
        self._health.succeeded("resolutions", self._clock.now())
        self._health.saw_bad_rows("resolutions", len(listing.bad))
        final = {row.condition_id: row for row in listing.rows if _is_final(row, held)}
        return [self._resolution(row, held[condition]) for condition, row in sorted(final.items())]

    def _resolution(self, row: ResolutionRow, market: Market) -> MarketResolved:
        now = self._clock.now()
        return MarketResolved(
            event_at=min(row.resolved_at or row.updated_at or now, now),
            observed_at=now,
            condition_id=row.condition_id,
            payouts=tuple(zip(market.token_ids, row.payouts, strict=True)),
        )

    @staticmethod
    def _is_young(market: Market, now: Instant) -> bool:
        # What was seen later than now was seen by a clock that was wrong.
        return 0 <= now - market.observed_at <= MAX_AGE

    async def _fetch(self, condition_ids: list[str]) -> None:
        try:
            listing = await self._markets.markets(condition_ids)
        except VenueError as error:
            self._health.failed("markets", error)
            return
        now = self._clock.now()
        self._health.succeeded("markets", now)
        self._health.saw_bad_rows("markets", len(listing.bad))
        for row in listing.rows:
            self._known[row.condition_id] = row.as_market(now)
            self._known.move_to_end(row.condition_id)
            self._on_title(row.condition_id, row.question, row.slug)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _is_final(row: ResolutionRow, held: Mapping[str, Market]) -> bool:
    market = held.get(row.condition_id)
    return row.status == RESOLVED and market is not None and len(row.payouts) == len(market.token_ids)
