"""The backtest shell: the engine's own step over a tape, its orders matched against the tape's books.

Time is the observations'. Between two of them stands an agenda: orders to work, matches to settle, payouts, held tokens
to look at, midnights. Whatever comes of it goes back through step as an observation, as it does in the runner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import CancelOrder, Intent, PlaceOrder, Redeem, State, initial_state, step
from copytrade_live.core.events import (
    BookObserved,
    FillConfirmed,
    FillVoided,
    JournalEvent,
    LeaderFillObserved,
    MarketResolved,
    Observation,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    RedemptionPaid,
    TimerFired,
)
from copytrade_live.core.market import DAY, Book, Instant
from copytrade_live.core.orders import Order
from copytrade_live.core.score import ScoreSnapshot, best_wallets
from copytrade_live.errors import InputFileError
from copytrade_pipelines.backtest.agenda import Agenda, Due
from copytrade_pipelines.backtest.assumptions import Assumptions
from copytrade_pipelines.backtest.books import BookFeed
from copytrade_pipelines.backtest.matching import Match, Matching

# Told of every step: what happened, and the state it led to.
Sink = Callable[[Sequence[JournalEvent], State], None]

VOIDED = "the match did not settle"
_KEPT = ("state", "_agenda", "_shown", "_watched", "_unsettled", "_resolved", "_now", "_best")


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Whose fills are signals: these leaders, the best scored as of then, and everyone whose copy is held."""

    leaders: frozenset[str]
    top: int = 0


class Driver:
    """Takes observations in order and answers its own orders."""

    def __init__(
        self, config: DecisionConfig, assumptions: Assumptions, books: BookFeed, sink: Sink, *, follow: Follow | None
    ) -> None:
        self.state = initial_state()
        self._config = config
        self._assumed = assumptions
        self._books = books
        self._sink = sink
        self._follow = follow
        self._matching = Matching(assumptions)
        self._apply = self._matching.apply
        self._agenda = Agenda()
        self._shown: dict[str, Book] = {}
        self._watched: set[str] = set()
        self._unsettled: dict[str, Match] = {}
        self._resolved: dict[str, MarketResolved] = {}
        self._now: Instant | None = None
        self._best: tuple[ScoreSnapshot | None, frozenset[str]] = (None, frozenset())

    def saved(self) -> dict[str, Any]:
        """All that the rest of a run depends on, besides what the driver was made with."""
        return {name: getattr(self, name) for name in _KEPT} | {"matching": self._matching.saved()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from where another driver was saved."""
        for name in _KEPT:
            setattr(self, name, saved[name])
        self._matching.restore(saved["matching"])

    def skip(self, observation: Observation) -> None:
        """Pass an observation that is behind us already."""
        self._books.saw(observation)

    def take(self, observation: Observation) -> None:
        """Do what is due before it, then observe it. Raises: InputFileError when it is out of order."""
        now = observation.observed_at
        if self._now is None:
            self._agenda.add(_midnight_after(now), Due.MIDNIGHT)
        elif now < self._now:
            raise InputFileError(
                f"the tape goes back in time: {type(observation).__name__} known at {now} follows {self._now}; "
                "sort it by observed_at"
            )
        if self._agenda.is_due(now):
            self.advance(now)
        self._now = now
        if not isinstance(observation, LeaderFillObserved) or self._follows(observation.signal.wallet):
            self._observe(observation)
        else:
            self._books.saw(observation)

    def advance(self, end: Instant) -> None:
        """Do everything that is due before end."""
        while (due := self._agenda.pop_before(end)) is not None:
            self._now, kind, key = due
            match kind:
                case Due.SETTLEMENT:
                    self._settle(key, self._now)
                case Due.PAYOUT:
                    self._pay(key, self._now)
                case Due.ORDER:
                    self._work(key, self._now)
                case Due.HELD:
                    self._look(key, self._now)
                case Due.MIDNIGHT:
                    self._observe(TimerFired(event_at=self._now, observed_at=self._now))
                    self._agenda.add(_midnight_after(self._now), Due.MIDNIGHT)
                case _:
                    assert_never(kind)
        self._now = end

    def _observe(self, observation: Observation) -> None:
        taken = step(self.state, observation, self._config)
        self.state = taken.state
        for event in taken.events:
            self._apply(event)
        self._books.saw(observation)
        self._sink(taken.events, self.state)
        if isinstance(observation, BookObserved) and not taken.intents:
            return
        if isinstance(observation, OrderFilled):
            self._watch(observation.fill.token_id, observation.observed_at)
        elif isinstance(observation, MarketResolved):
            self._remember(observation)
        for intent in taken.intents:
            self._act(intent, observation.observed_at)

    def _act(self, intent: Intent, now: Instant) -> None:
        match intent:
            case PlaceOrder():
                order = intent.order
                self._agenda.add(min(self._matching.arrival(order), order.expires_at), Due.ORDER, order.order_id)
            case CancelOrder():
                self._cancel(intent.order_id, now)
            case Redeem() if self._assumed.redemption:
                self._agenda.add(now + self._assumed.redemption, Due.PAYOUT, intent.condition_id)
            case Redeem():
                self._pay(intent.condition_id, now)
            case _:
                assert_never(intent)

    def _cancel(self, order_id: str, now: Instant) -> None:
        # The order of a market that resolved has left the portfolio already: only what stands there can be cancelled.
        if order_id in self.state.portfolio.working:
            self._matching.let_go(order_id)
            self._observe(OrderExpired(event_at=now, observed_at=now, order_id=order_id, book=None))

    def _pay(self, condition_id: str, now: Instant) -> None:
        cash = self.state.portfolio.receivable.get(condition_id, 0)
        if cash:
            self._observe(RedemptionPaid(event_at=now, observed_at=now, condition_id=condition_id, cash=cash))

    def _settle(self, key: str, now: Instant) -> None:
        match = self._unsettled.pop(key)
        for fill in match.fills:
            names = {"fill_id": fill.fill_id, "order_id": fill.order_id}
            self._observe(
                FillVoided(event_at=now, observed_at=now, cause=VOIDED, **names)
                if match.is_voided
                else FillConfirmed(event_at=now, observed_at=now, **names)
            )
        self._pay_late(match.fills[0].token_id, now)

    def _remember(self, resolution: MarketResolved) -> None:
        # What was matched but not settled by then is paid out once it is.
        tokens = {token for token, _ in resolution.payouts}
        if any(match.fills[0].token_id in tokens for match in self._unsettled.values()):
            for token in tokens:
                self._resolved[token] = resolution

    def _pay_late(self, token_id: str, now: Instant) -> None:
        resolution, held = self._resolved.get(token_id), self.state.portfolio.positions.get(token_id)
        if resolution is not None and held is not None and held.size > held.going:
            self._observe(replace(resolution, observed_at=now))

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
            self._agenda.add(now + self._assumed.held_pace, Due.HELD, token_id)

    def _look(self, token_id: str, now: Instant) -> None:
        if token_id not in self.state.portfolio.positions:
            self._watched.discard(token_id)
            self._forget(token_id)
            return
        self._agenda.add(now + self._assumed.held_pace, Due.HELD, token_id)
        self._show(self._books.book(token_id, now), now)

    def _show(self, book: Book | None, now: Instant) -> None:
        if book is not None:
            self._shown[book.token_id] = book
            self._observe(BookObserved(event_at=book.event_at, observed_at=now, book=book))

    def _work(self, order_id: str, now: Instant) -> None:
        entry = self.state.portfolio.working.get(order_id)
        if entry is None:
            return self._matching.let_go(order_id)
        order = entry.order
        book = self._books.book(order.token_id, now)
        if not self._matching.is_accepted(order_id) or _differ(book, self._shown.get(order.token_id)):
            self._show(book, now)
        if book is not None and now < order.expires_at:
            self._match(order, book, now)
        if order_id not in self.state.portfolio.working:
            self._let_go(order)
        elif now >= order.expires_at:
            self._observe(OrderExpired(event_at=order.expires_at, observed_at=now, order_id=order_id, book=book))
            self._let_go(order)
        else:
            self._agenda.add(min(self._matching.next_look(order_id, now), order.expires_at), Due.ORDER, order_id)
        return None

    def _match(self, order: Order, book: Book, now: Instant) -> None:
        order_id = order.order_id
        if order_id not in self.state.portfolio.working:
            return
        if not self._matching.is_accepted(order_id):
            self._matching.accept(order, book, now)
            self._observe(OrderAccepted(event_at=now, observed_at=now, order_id=order_id))
        entry = self.state.portfolio.working[order_id]
        since = self._matching.unseen_since(order_id)
        prints = () if since is None else self._books.prints(order.token_id, since, now)
        # All of it happens at the venue before we hear of any.
        for match in list(self._matching.meet(order, entry.rest, book, prints, now)):
            if not match.fills[0].is_final:
                self._unsettled[match.fills[0].fill_id] = match
                self._agenda.add(now + self._assumed.settlement, Due.SETTLEMENT, match.fills[0].fill_id)
            for fill in match.fills:
                self._observe(OrderFilled(event_at=now, observed_at=now, fill=fill))

    def _let_go(self, order: Order) -> None:
        self._matching.let_go(order.order_id)
        self._forget(order.token_id)

    def _forget(self, token_id: str) -> None:
        portfolio = self.state.portfolio
        is_worked = any(entry.order.token_id == token_id for entry in portfolio.working.values())
        if token_id not in portfolio.positions and not is_worked:
            self._shown.pop(token_id, None)
            self._matching.forget(token_id)


def _differ(book: Book | None, shown: Book | None) -> bool:
    if book is None or shown is None:
        return book is not shown
    return (book.bids, book.asks) != (shown.bids, shown.asks)


def _midnight_after(now: Instant) -> Instant:
    return (now // DAY + 1) * DAY
