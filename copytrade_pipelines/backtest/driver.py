"""The backtest shell: the engine's own step over a tape, its orders executed against the tape's books.

Time is the observations'. Between two of them stands an agenda: orders to work, held tokens to look at, midnights.
Whatever comes of it goes back through step as an observation, as it does in the runner.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import assert_never

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.depth import TakenDepth
from copytrade_live.core.engine import CancelOrder, Intent, PlaceOrder, Redeem, State, initial_state, step
from copytrade_live.core.events import (
    BookObserved,
    JournalEvent,
    LeaderFillObserved,
    Observation,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    RedemptionPaid,
    TimerFired,
)
from copytrade_live.core.fills import at_limit, fill_against
from copytrade_live.core.market import DAY, SECOND, Book, Instant
from copytrade_live.core.orders import Order
from copytrade_live.core.score import ScoreSnapshot, best_wallets
from copytrade_live.errors import InputFileError
from copytrade_pipelines.backtest.books import BookFeed

# Told of every step: what happened, and the state it led to.
Sink = Callable[[Sequence[JournalEvent], State], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a backtest looks: at the book of a held token, at a resting order, at its equity. Units: seconds."""

    held_seconds: float = 300.0
    order_seconds: float = 1.0
    equity_seconds: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Whose fills are signals: these leaders, the best scored as of then, and everyone whose copy is held."""

    leaders: frozenset[str]
    top: int = 0


class _Kind(IntEnum):
    """What is due; at one moment in this order."""

    ORDER = 0
    HELD = 1
    MIDNIGHT = 2


@dataclass(slots=True)
class _Agenda:
    """What is to be done between observations, by time, kind and id."""

    _due: list[tuple[Instant, _Kind, str]] = field(default_factory=list)

    def add(self, at: Instant, kind: _Kind, key: str) -> None:
        heapq.heappush(self._due, (at, kind, key))

    def pop_before(self, end: Instant) -> tuple[Instant, _Kind, str] | None:
        return heapq.heappop(self._due) if self._due and self._due[0][0] < end else None


class Driver:
    """Takes observations in order and answers its own orders."""

    def __init__(
        self, config: DecisionConfig, books: BookFeed, sink: Sink, *, follow: Follow | None, pace: Pace
    ) -> None:
        self.state = initial_state()
        self._config = config
        self._books = books
        self._sink = sink
        self._follow = follow
        self._held_pace = round(pace.held_seconds * SECOND)
        self._order_pace = round(pace.order_seconds * SECOND)
        self._latency = round(config.paper.latency_seconds * SECOND)
        self._depth = TakenDepth()
        self._agenda = _Agenda()
        self._accepted: set[str] = set()
        self._fills: Counter[str] = Counter()
        self._shown: dict[str, Book] = {}
        self._watched: set[str] = set()
        self._now: Instant | None = None
        self._best: tuple[ScoreSnapshot | None, frozenset[str]] = (None, frozenset())

    def take(self, observation: Observation) -> None:
        """Do what is due before it, then observe it. Raises: InputFileError when it is out of order."""
        now = observation.observed_at
        if self._now is None:
            self._agenda.add(_midnight_after(now), _Kind.MIDNIGHT, "")
        elif now < self._now:
            raise InputFileError(
                f"the tape goes back in time: {type(observation).__name__} known at {now} follows {self._now}; "
                "sort it by observed_at"
            )
        self.advance(now)
        if not isinstance(observation, LeaderFillObserved) or self._follows(observation.signal.wallet):
            self._observe(observation)
        else:
            self._books.saw(observation)

    def advance(self, end: Instant) -> None:
        """Do everything that is due before end."""
        while (due := self._agenda.pop_before(end)) is not None:
            self._now, kind, key = due
            match kind:
                case _Kind.ORDER:
                    self._work(key, self._now)
                case _Kind.HELD:
                    self._look(key, self._now)
                case _Kind.MIDNIGHT:
                    self._observe(TimerFired(event_at=self._now, observed_at=self._now))
                    self._agenda.add(_midnight_after(self._now), _Kind.MIDNIGHT, "")
        self._now = end

    def _observe(self, observation: Observation) -> None:
        taken = step(self.state, observation, self._config)
        self.state = taken.state
        for event in taken.events:
            self._depth.apply(event)
        self._books.saw(observation)
        self._sink(taken.events, self.state)
        if isinstance(observation, OrderFilled):
            self._watch(observation.fill.token_id, observation.observed_at)
        for intent in taken.intents:
            self._act(intent, observation.observed_at)

    def _act(self, intent: Intent, now: Instant) -> None:
        match intent:
            case PlaceOrder():
                order = intent.order
                self._agenda.add(min(order.submitted_at + self._latency, order.expires_at), _Kind.ORDER, order.order_id)
            case CancelOrder():
                self._cancel(intent.order_id, now)
            case Redeem():
                cash = self.state.portfolio.receivable[intent.condition_id]
                self._observe(
                    RedemptionPaid(event_at=now, observed_at=now, condition_id=intent.condition_id, cash=cash)
                )
            case _:
                assert_never(intent)

    def _cancel(self, order_id: str, now: Instant) -> None:
        # The order of a market that resolved has left the portfolio already: only what stands there can be cancelled.
        if order_id in self.state.portfolio.working:
            self._let_go(order_id)
            self._observe(OrderExpired(event_at=now, observed_at=now, order_id=order_id, book=None))

    def _follows(self, wallet: str) -> bool:
        if self._follow is None or wallet in self._follow.leaders:
            return True
        snapshot = self.state.standing.snapshot
        if self._best[0] is not snapshot:
            self._best = snapshot, frozenset(best_wallets(snapshot, self._follow.top))
        portfolio = self.state.portfolio
        return (
            wallet in self._best[1]
            or any(position.wallet == wallet for position in portfolio.positions.values())
            or any(entry.order.wallet == wallet for entry in portfolio.working.values())
        )

    def _watch(self, token_id: str, now: Instant) -> None:
        if token_id not in self._watched and token_id in self.state.portfolio.positions:
            self._watched.add(token_id)
            self._agenda.add(now + self._held_pace, _Kind.HELD, token_id)

    def _look(self, token_id: str, now: Instant) -> None:
        if token_id not in self.state.portfolio.positions:
            self._watched.discard(token_id)
            return
        self._agenda.add(now + self._held_pace, _Kind.HELD, token_id)
        self._show(self._books.book(token_id, now), now)

    def _show(self, book: Book | None, now: Instant) -> None:
        if book is not None:
            self._shown[book.token_id] = book
            self._observe(BookObserved(event_at=book.event_at, observed_at=now, book=book))

    def _work(self, order_id: str, now: Instant) -> None:
        entry = self.state.portfolio.working.get(order_id)
        if entry is None:
            return self._let_go(order_id)
        order = entry.order
        book = self._books.book(order.token_id, now)
        if order_id not in self._accepted or _differ(book, self._shown.get(order.token_id)):
            self._show(book, now)
        if book is not None and now < order.expires_at:
            self._match(order, book, now)
        if order_id not in self.state.portfolio.working:
            self._let_go(order_id)
        elif now >= order.expires_at:
            self._let_go(order_id)
            self._observe(OrderExpired(event_at=order.expires_at, observed_at=now, order_id=order_id, book=book))
        else:
            self._agenda.add(min(now + self._order_pace, order.expires_at), _Kind.ORDER, order_id)
        return None

    def _match(self, order: Order, book: Book, now: Instant) -> None:
        entry = self.state.portfolio.working.get(order.order_id)
        if entry is None:
            return
        levels = self._depth.left(book, order.side)
        if order.order_id in self._accepted:
            levels = at_limit(order, levels)
        else:
            self._accepted.add(order.order_id)
            self._observe(OrderAccepted(event_at=now, observed_at=now, order_id=order.order_id))
        for fill in fill_against(order, entry.rest, levels, self._fills[order.order_id] + 1):
            self._fills[order.order_id] += 1
            self._observe(OrderFilled(event_at=now, observed_at=now, fill=fill))

    def _let_go(self, order_id: str) -> None:
        self._accepted.discard(order_id)
        del self._fills[order_id]


def _differ(book: Book | None, shown: Book | None) -> bool:
    if book is None or shown is None:
        return book is not shown
    return (book.bids, book.asks) != (shown.bids, shown.asks)


def _midnight_after(now: Instant) -> Instant:
    return (now // DAY + 1) * DAY
