"""What the runner reads of the world: listings, books, markets and resolutions, late and wrong by seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from copytrade_live.core.market import Book, Instant, Side
from copytrade_live.errors import VenueUnavailable
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.faults import Mischief, SimFault
from copytrade_live.simulation.luck import stream
from copytrade_live.simulation.markets import SimMarket
from copytrade_live.simulation.world import World
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import MarketRow, PositionRow, ResolutionRow, VenueFill


@dataclass
class Feeds:
    """All four read ports of a runner. asked counts requests by the second, for the budget's check."""

    world: World
    clock: VirtualClock
    mischief: Mischief
    seed: int
    asked: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._luck = stream(self.seed, "feeds")
        self._hidden: dict[str, Instant] = {}

    async def fills(self, wallet: str, *, start: Instant | None = None) -> Listing[VenueFill]:
        """A wallet's fills, oldest first, as far as they are shown by now."""
        await self._wait()
        now, rows = self.clock.truth(), list[VenueFill]()
        for one in self.world.fills.get(wallet, ()):
            fill = one.fill
            if one.shown_at > now or (start is not None and fill.event_at < start):
                continue
            if fill.fill_id not in self._hidden:
                missing = self.mischief.strikes(SimFault.FILL_MISSING)
                self._hidden[fill.fill_id] = now + self._luck.randint(3_000, 15_000) if missing else 0
            if self._hidden[fill.fill_id] <= now:
                rows.append(fill)
        # Equal fills are told apart by their place in what is shown, as every listing does.
        shown = identify_fills(rows)
        shown += [fill for fill in shown if self.mischief.strikes(SimFault.FILL_REPEATED)]
        return Listing(rows=tuple(shown), bad=(), is_complete=True)

    async def positions(self, wallet: str) -> Listing[PositionRow]:
        """What a wallet holds now."""
        await self._wait()
        now = self.clock.truth()
        fills = [one.fill for one in self.world.fills.get(wallet, ()) if one.fill.event_at <= now]
        rows = []
        for token in dict.fromkeys(fill.token_id for fill in fills):
            size = self.world.holding(wallet, token, now)
            if size > 0.0:
                mine = [fill for fill in fills if fill.token_id == token]
                rows.append(_position(wallet, mine[-1], size, sum(f.size for f in mine if f.side is Side.BUY)))
        return Listing(rows=tuple(rows), bad=(), is_complete=True)

    async def books(self, token_ids: Iterable[str]) -> Listing[tuple[str, Book]]:
        """Books of tokens as strangers make them."""
        await self._wait()
        truth, seen = self.clock.truth(), self.clock.now()
        found = []
        for token in token_ids:
            market, outcome = self.world.by_token[token]
            book = market.book(outcome, truth, seen)
            if book is not None:
                found.append((market.condition_id, book))
        return Listing(rows=tuple(found), bad=(), is_complete=True)

    async def markets(self, condition_ids: Iterable[str]) -> Listing[MarketRow]:
        """Markets of conditions."""
        await self._wait()
        now = self.clock.truth()
        rows = [self.world.by_condition[one] for one in condition_ids if one in self.world.by_condition]
        return Listing(rows=tuple(_market_row(row, now) for row in rows), bad=(), is_complete=True)

    async def resolutions(self, condition_ids: Iterable[str]) -> Listing[ResolutionRow]:
        """Those of the conditions that have paid out."""
        await self._wait()
        now = self.clock.truth()
        markets = [self.world.by_condition[one] for one in condition_ids]
        rows = tuple(
            ResolutionRow(
                condition_id=market.condition_id,
                status="resolved",
                payouts=market.payouts,
                was_disputed=False,
                updated_at=market.resolves_at,
                resolved_at=market.resolves_at,
            )
            for market in markets
            if market.is_resolved(now)
        )
        return Listing(rows=rows, bad=(), is_complete=True)

    async def _wait(self) -> None:
        second = self.clock.truth() // 1000
        self.asked[second] = self.asked.get(second, 0) + 1
        await self.clock.sleep(self._luck.uniform(0.02, 0.3))
        if self.mischief.strikes(SimFault.READ_FAILED):
            await self.clock.sleep(self._luck.choice((0.0, 0.5, 3.0, 10.0)))
            raise VenueUnavailable("the simulated venue does not answer; try again")


def _position(wallet: str, last: VenueFill, size: float, bought: float) -> PositionRow:
    return PositionRow(
        wallet=wallet,
        condition_id=last.condition_id,
        token_id=last.token_id,
        outcome=last.outcome,
        size=size,
        total_size=bought,
        average_price=last.price,
        realised_pnl=0.0,
        total_pnl=0.0,
        status="open",
        event_at=last.event_at,
    )


def _market_row(market: SimMarket, now: Instant) -> MarketRow:
    known = market.as_market(now, now)
    return MarketRow(
        condition_id=market.condition_id,
        market_id=market.condition_id[:10],
        question="",
        slug="",
        event_id=market.event_id,
        event_slug="",
        category="sim",
        outcomes=known.outcomes,
        token_ids=market.token_ids,
        tick_size=known.tick_size,
        min_order_size=known.min_order_size,
        fee_rate=market.fee_rate,
        fee_exponent=1.0,
        neg_risk=market.neg_risk,
        start_at=market.start,
        end_at=market.end_at,
        closed=not known.accepting_orders,
        closed_at=market.closes_at if not known.accepting_orders else None,
        accepting_orders=known.accepting_orders,
        updated_at=None,
        uma_statuses=("resolved",) if market.is_resolved(now) else (),
        outcome_prices=(),
    )
