"""A live executor over the sandbox's exchange in virtual time, with a record that folds what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from copytrade_live.core.events import (
    JournalEvent,
    Observation,
    OrderAbandoned,
    OrderExpired,
    OrderNotPlaced,
    OrderRefusedByVenue,
)
from copytrade_live.core.market import MICRO, SECOND, Book, Level, Side
from copytrade_live.core.orders import Order
from copytrade_live.core.portfolio import WorkingOrder
from copytrade_live.core.portfolio_fold import work
from copytrade_live.core.reasons import AbandonReason, ExitReason
from copytrade_live.core.state import State, evolve, initial_state
from copytrade_live.ports import SignedOrder
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.health import Health
from copytrade_live.runner.live.executor import LiveExecutor
from copytrade_live.sandbox.exchange.exchange import Exchange
from copytrade_live.sandbox.exchange.options import ExchangeOptions
from copytrade_live.settings import LiveOptions
from copytrade_live.simulation.clock import VirtualClock
from copytrade_live.simulation.loop import VirtualLoop
from copytrade_live.venue.listing import Listing
from tests.builders import market
from tests.live.exchange_venue import WALLET, ExchangeVenue
from tests.sandbox.exchange.stub_quotes import LISTING, NO, NOW, YES, WrittenQuotes

MARKET = market(condition_id=LISTING.condition_id, token_ids=(YES, NO), fee_rate=0.05)


class FoldedRecord:
    """Folds observations, and gives up every attempt that is over."""

    def __init__(self) -> None:
        self.state: State = initial_state()
        self.events: list[JournalEvent] = []
        self.signed: dict[str, SignedOrder] = {}
        self.listener: Callable[[JournalEvent], None] = lambda event: None

    def observe(self, observation: Observation, signed: SignedOrder | None = None) -> None:
        if signed is not None:
            self.signed[signed.order_id] = signed
        self._apply(observation)
        if isinstance(observation, OrderExpired | OrderNotPlaced | OrderRefusedByVenue):
            entry = self.state.portfolio.working.get(observation.order_id)
            if entry is not None:
                self._apply(
                    OrderAbandoned(
                        event_at=observation.observed_at,
                        observed_at=observation.observed_at,
                        order_id=observation.order_id,
                        reason=AbandonReason.ATTEMPTS_USED,
                        rest=entry.rest,
                    )
                )

    def work(self, order: Order) -> None:
        """An order works, as a decision would have it."""
        entry = WorkingOrder(order=order, market=MARKET)
        self.state = replace(self.state, portfolio=work(self.state.portfolio, entry))

    def _apply(self, event: JournalEvent) -> None:
        self.state = evolve(self.state, event)
        self.events.append(event)
        self.listener(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class ShownBooks:
    exchange: Exchange
    clock: VirtualClock

    async def books(self, token_ids: Iterable[str]) -> Listing[tuple[str, Book]]:
        rows = []
        for token in token_ids:
            shown = self.exchange.shown(token, self.clock.now())
            if shown is not None:
                rows.append((LISTING.condition_id, _book(token, shown, self.clock.now())))
        return Listing(rows=tuple(rows), bad=(), is_complete=True)


def _book(token: str, shown: Any, now: int) -> Book:
    def levels(rungs: Any) -> tuple[Level, ...]:
        return tuple(Level(price / MICRO, size / MICRO) for price, size in rungs)

    return Book(token_id=token, bids=levels(shown.bids), asks=levels(shown.asks), event_at=now, observed_at=now)


class Stage:
    """Everything a test of the executor needs; play runs an act in virtual time."""

    def __init__(
        self, seed: int = 1, *, options: ExchangeOptions | None = None, live: LiveOptions | None = None
    ) -> None:
        self.loop = VirtualLoop(seed)
        self.clock = VirtualClock(self.loop, NOW)
        self.quotes = WrittenQuotes(replace(LISTING, closes_at=NOW + 24 * 3_600_000))
        self.exchange = Exchange(self.quotes, options)
        self.exchange.account(WALLET).give("", 1000 * MICRO)
        self.venue = ExchangeVenue(self.exchange, self.clock)
        self.record = FoldedRecord()
        self.health = Health()
        self.executor = self.make(live)
        self._live = live

    def make(self, live: LiveOptions | None = None) -> LiveExecutor:
        books = BookDesk(ShownBooks(self.exchange, self.clock), self.clock, self.health)
        executor = LiveExecutor(self.venue, books, self.clock, self.health, live)
        self.record.listener = executor.apply
        return executor

    def play(self, act: Callable[[], Awaitable[None]]) -> None:
        async def main() -> None:
            self.executor.begin(self.record, None)
            try:
                await act()
                await self.executor.progress(self.record)
            finally:
                await self.executor.end(cancels=False)

        try:
            self.loop.run_until_complete(main())
        finally:
            self.loop.close()

    async def crash(self) -> None:
        """Lose everything but the record, and begin again as a new run does."""
        await self.executor.end(cancels=False)
        self.executor = self.make(self._live)
        for event in self.record.events:
            self.executor.apply(event)
        self.executor.begin(self.record, self.clock.now())

    def order(self, number: int = 1, **changes: Any) -> Order:
        now = self.clock.now()
        values: dict[str, Any] = {
            "order_id": f"s{number}-1",
            "root_id": f"s{number}",
            "attempt": 1,
            "token_id": YES,
            "condition_id": LISTING.condition_id,
            "wallet": "0x" + "a1" * 20,
            "side": Side.BUY,
            "limit": 0.53,
            "size": 20 * MICRO,
            "anchor": 0.52,
            "tick_size": 0.01,
            "fee_rate": 0.05,
            "fee_exponent": 1.0,
            "submitted_at": now,
            "expires_at": now + 15 * SECOND,
        }
        return Order(**{**values, **changes})

    def place(self, order: Order) -> Order:
        self.record.work(order)
        self.executor.place(order)
        return order

    @property
    def working(self) -> list[str]:
        return sorted(self.record.state.portfolio.working)

    def own_fills(self) -> dict[str, int]:
        """What the venue has: filled micro-shares by our order id."""
        by_hash = {signed.venue_order_id: order_id for order_id, signed in self.record.signed.items()}
        found: dict[str, int] = {}
        for trade in self.exchange.trades.values():
            for leg in trade.legs_of(WALLET):
                order_id = by_hash[leg.order_id]
                found[order_id] = found.get(order_id, 0) + leg.size
        return found


async def until(is_done: Callable[[], bool], clock: VirtualClock, seconds: float = 300.0) -> None:
    """Let time pass until something holds."""
    ends = clock.monotonic() + seconds
    while not is_done():
        assert clock.monotonic() < ends, "did not happen in time"
        await asyncio.sleep(0.05)


EXIT = ExitReason.STOP_LOSS
