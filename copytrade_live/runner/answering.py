"""From a leader's fill to its answer: what a source found meets the book and the market of now, and is decided on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from copytrade_live.clock import Clock
from copytrade_live.core.events import LeaderFillObserved, TimerFired
from copytrade_live.core.market import Book, Market
from copytrade_live.core.signal import Signal
from copytrade_live.errors import VenueUnavailable
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.execution import Execution, Record
from copytrade_live.runner.health import Health
from copytrade_live.runner.markets import MarketDesk
from copytrade_live.runner.pace import Pace
from copytrade_live.runner.tracking.ports import SignalSource
from copytrade_live.runner.tracking.tracker import Tracker

# A signal waits so long for its book and market, real seconds; one that is too old by then is refused anyway.
ANSWER_SECONDS = 5.0


class Answering:
    """Answers each signal once. One that could not be written down is answered with the next look."""

    def __init__(
        self,
        record: Record,
        tracker: Tracker,
        books: BookDesk,
        markets: MarketDesk,
        hands: Execution,
        pace: Pace,
        clock: Clock,
        health: Health,
    ) -> None:
        self._record = record
        self._tracker = tracker
        self._books = books
        self._markets = markets
        self._hands = hands
        self._pace = pace
        self._clock = clock
        self._health = health
        self._unanswered: list[Signal] = []

    async def look(self, source: SignalSource) -> None:
        """Take what a source found, and answer it."""
        # Taken before what waits is looked at: another source may have answered that meanwhile.
        found = await self._tracker.look(source)
        self._unanswered += found
        if (sight := self._tracker.sight(self._record.state.standing.broken)) is not None:
            self._record.observe(sight)
        signals, self._unanswered = self._unanswered, []
        if signals:
            await self._answer(signals)

    async def fire_timer(self) -> None:
        """Let time pass, and take in what only time tells: fills that never came true, what the sources covered."""
        now = self._clock.now()
        self._record.observe(TimerFired(event_at=now, observed_at=now))
        for ghost in self._tracker.ghosts():
            self._record.observe(ghost)
        if (covered := self._tracker.coverage()) is not None:
            self._record.observe(covered)

    async def _answer(self, signals: Sequence[Signal]) -> None:
        books, markets = await self._known(signals)
        rest = list(signals)
        try:
            self._pace.look(self._record)
            while rest:
                self._record.observe(self._seen(rest[0], books, markets))
                del rest[0]
        finally:
            self._unanswered += rest

    async def _known(self, signals: Sequence[Signal]) -> tuple[Mapping[str, Book], Mapping[str, Market]]:
        """Books by token and markets by condition: fresh ones, or after too long a wait those known last."""
        tokens = {signal.token_id for signal in signals}
        conditions = {signal.condition_id for signal in signals}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                books, markets, _ = await asyncio.gather(
                    self._books.best_known(tokens),
                    self._markets.known(conditions),
                    self._hands.get_ready(sorted(tokens)),
                )
        except TimeoutError:
            late = f"books and markets took more than {ANSWER_SECONDS:g} s; {len(signals)} signals go without"
            self._health.failed("answer", VenueUnavailable(late))
            return self._books.last_known(tokens), self._markets.last_known(conditions)
        return books, markets

    def _seen(self, signal: Signal, books: Mapping[str, Book], markets: Mapping[str, Market]) -> LeaderFillObserved:
        return LeaderFillObserved(
            event_at=signal.event_at,
            observed_at=self._clock.now(),
            signal=signal,
            book=books.get(signal.token_id),
            market=markets.get(signal.condition_id),
        )
