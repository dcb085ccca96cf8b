"""Paper fills are late, at the book's prices or worse, and never twice from the same resting size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrade_live.clock import ManualClock
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.depth import TakenDepth
from copytrade_live.core.engine import initial_state, step
from copytrade_live.core.events import (
    BookObserved,
    CancelDecided,
    GateObserved,
    JournalEvent,
    KillSwitchObserved,
    MarketResolved,
    OrderAccepted,
    OrderExpired,
    OrderFilled,
    OrderReposted,
    RedemptionPaid,
    RunStarted,
)
from copytrade_live.core.market import MICRO, SECOND, Book, Level, Side
from copytrade_live.core.portfolio import WorkingOrder
from copytrade_live.errors import VenueUnavailable
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.health import Health
from copytrade_live.runner.paper import PaperExecutor
from copytrade_live.venue.listing import Listing
from tests.builders import CONDITION, NO, NOW, YES, book, gate, market, order


@dataclass
class ScriptedBooks:
    """A CLOB that shows one book."""

    clock: ManualClock
    now: Book | None
    is_down: bool = False
    asked: int = 0
    meanwhile: Callable[[], None] = lambda: None

    async def books(self, token_ids):
        self.asked += 1
        self.meanwhile()
        if self.is_down:
            raise VenueUnavailable("down")
        rows = () if self.now is None else ((CONDITION, replace(self.now, observed_at=self.clock.now())),)
        return Listing(rows=rows, bad=(), is_complete=True)


@dataclass
class Bench:
    """An executor with one working order, and the engine that keeps its books."""

    shown: Book | None = field(default_factory=book)
    latency: float = 0.5

    def __post_init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.feed = ScriptedBooks(self.clock, self.shown)
        self.config = DecisionConfig()
        self.executor = self._executor()
        self.events: list[JournalEvent] = []
        started = RunStarted(
            event_at=NOW,
            observed_at=NOW,
            run_id="r",
            mode="paper",
            code_version="1",
            config_digest="1",
            starting_cash=1000 * MICRO,
        )
        is_open = GateObserved(event_at=NOW, observed_at=NOW, gate=gate())
        self.state = step(step(initial_state(), started, self.config).state, is_open, self.config).state

    def _executor(self) -> PaperExecutor:
        return PaperExecutor(BookDesk(self.feed, self.clock, Health()), self.clock, self.latency)

    def place(self, placed) -> None:
        entry = WorkingOrder(order=placed, market=market(), began_at=NOW)
        portfolio = self.state.portfolio
        working = {**portfolio.working, placed.order_id: entry}
        self.state = replace(self.state, portfolio=replace(portfolio, working=working))
        self.executor.place(placed)

    def observe(self, observation) -> None:
        done = step(self.state, observation, self.config)
        self.state = done.state
        for event in done.events:
            self.events.append(event)
            self.executor.apply(event)

    def after(self, milliseconds: int, shown: Book | None = None) -> None:
        if shown is not None:
            self.feed.now = shown
        self.clock.set(self.clock.now() + milliseconds)
        asyncio.run(self.executor.progress(lambda: self.state.portfolio.working, self.observe))

    def restart(self) -> None:
        self.executor = self._executor()
        for event in self.events:
            self.executor.apply(event)
        for gone in self.executor.adopt(self.state.portfolio.working.values()):
            self.observe(gone)

    def fills(self):
        return [event.fill for event in self.events if isinstance(event, OrderFilled)]

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def buy(shares: float, limit: float = 0.5, **changes):
    changes = {"submitted_at": NOW, "expires_at": NOW + 15 * SECOND, **changes}
    return order(side=Side.BUY, limit=limit, size=int(shares * MICRO), **changes)


def asks(*levels: tuple[float, float]) -> Book:
    return book(asks=tuple(Level(price, size) for price, size in levels), bids=(Level(0.3, 1000.0),))


def test_no_book_is_met_before_the_latency_has_passed():
    bench = Bench()
    bench.place(buy(10))
    bench.after(400)
    assert bench.feed.asked == 0
    assert not bench.events
    bench.after(100)
    assert len(bench.of(OrderAccepted)) == 1
    assert sum(fill.size for fill in bench.fills()) == 10 * MICRO


def test_an_order_walks_the_book_that_was_there_and_stops_at_its_limit():
    bench = Bench(shown=asks((0.48, 5.0), (0.5, 7.0), (0.51, 100.0)))
    bench.place(buy(40))
    bench.after(500)
    assert [(fill.price, fill.size) for fill in bench.fills()] == [(0.48, 5 * MICRO), (0.5, 7 * MICRO)]
    assert bench.state.portfolio.working


def test_the_same_resting_size_never_fills_twice_within_one_order_or_across_orders():
    bench = Bench(shown=asks((0.5, 7.0)))
    bench.place(buy(20))
    for _ in range(5):
        bench.after(1000)
    bench.place(buy(20, order_id="entry-f2-1", root_id="entry-f2"))
    for _ in range(5):
        bench.after(1000)
    assert sum(fill.size for fill in bench.fills()) == 7 * MICRO


def test_new_size_at_a_price_we_emptied_can_be_taken():
    bench = Bench(shown=asks((0.5, 7.0)))
    bench.place(buy(20))
    bench.after(1000)
    bench.after(1000, asks((0.5, 10.0)))
    assert sum(fill.size for fill in bench.fills()) == 10 * MICRO


def test_size_that_others_took_and_replaced_counts_as_new():
    taken = TakenDepth()
    first = asks((0.5, 100.0))
    taken.apply(BookObserved(event_at=NOW, observed_at=NOW, book=first))
    bench = Bench(shown=first)
    bench.place(buy(60))
    bench.after(500)
    for fill in bench.fills():
        taken.apply(OrderFilled(event_at=NOW, observed_at=NOW, fill=fill))
    assert [level.size for level in taken.left(first, Side.BUY)] == [40.0]
    for size, left in ((50.0, []), (120.0, [70.0])):
        shown = asks((0.5, size))
        taken.apply(BookObserved(event_at=NOW, observed_at=NOW, book=shown))
        assert [level.size for level in taken.left(shown, Side.BUY)] == left


def test_a_resting_order_fills_at_its_own_limit_when_the_book_comes_to_it():
    bench = Bench(shown=asks((0.6, 100.0)))
    bench.place(buy(10, limit=0.5))
    bench.after(500)
    assert not bench.fills()
    bench.after(1000, asks((0.45, 4.0), (0.6, 100.0)))
    bench.after(1000)
    assert [(fill.price, fill.size) for fill in bench.fills()] == [(0.5, 4 * MICRO)]


def test_what_is_left_at_the_end_expires_with_the_book_of_then():
    bench = Bench(shown=asks((0.51, 100.0)))
    bench.place(buy(10, limit=0.5, anchor=0.51))
    for _ in range(16):
        bench.after(1000)
    (expired,) = bench.of(OrderExpired)
    assert expired.book is not None
    assert expired.book.observed_at == expired.observed_at >= NOW + 15 * SECOND
    assert bench.of(OrderReposted)


def test_a_book_seen_after_the_end_fills_nothing():
    bench = Bench(shown=asks((0.4, 100.0)))
    bench.place(buy(10))
    bench.after(20_000)
    assert not bench.fills()
    assert bench.of(OrderExpired)


def test_a_venue_that_is_down_leaves_the_order_waiting_and_gives_it_up_at_its_end():
    bench = Bench()
    bench.feed.is_down = True
    bench.place(buy(10))
    bench.after(1000)
    assert not bench.events
    bench.after(15_000)
    assert bench.of(OrderExpired)[0].book is None
    assert not bench.state.portfolio.working


def test_a_restart_remembers_the_depth_taken_and_numbers_fills_on():
    bench = Bench(shown=asks((0.5, 7.0)))
    bench.place(buy(20))
    bench.after(1000)
    bench.restart()
    bench.after(1000)
    assert sum(fill.size for fill in bench.fills()) == 7 * MICRO
    bench.after(1000, asks((0.5, 9.0)))
    assert [fill.fill_id.rsplit(".", 1)[1] for fill in bench.fills()] == ["1", "2"]
    assert len(bench.of(OrderAccepted)) == 1


def test_an_order_that_ended_while_we_were_down_is_given_up_and_not_reposted():
    bench = Bench()
    bench.place(buy(10))
    bench.clock.set(NOW + 60 * SECOND)
    bench.restart()
    assert bench.of(OrderExpired)
    assert not bench.of(OrderReposted)
    assert not bench.state.portfolio.working


LEVELS = st.lists(
    st.tuples(st.integers(min_value=30, max_value=70), st.integers(min_value=1, max_value=4000)),
    max_size=6,
    unique_by=lambda level: level[0],
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LEVELS, min_size=1, max_size=8), st.integers(min_value=1, max_value=5000), st.integers(35, 65))
def test_whatever_the_books_do_fills_are_never_better_than_they_were_nor_more(books, shares, limit):
    shown = [asks(*((price / 100, size / 100) for price, size in sorted(levels))) for levels in books]
    bench = Bench(shown=shown[0])
    bench.place(buy(shares / 100, limit=limit / 100, expires_at=NOW + 3600 * SECOND))
    offered = 0
    before: dict[float, float] = {}
    for one in shown:
        count = len(bench.fills())
        bench.after(1000, one)
        for level in one.asks:
            if level.price <= limit / 100:
                offered += round(max(0.0, level.size - before.get(level.price, 0.0)) * MICRO)
        before = {level.price: level.size for level in one.asks}
        for fill in bench.fills()[count:]:
            assert fill.price <= limit / 100 + 1e-9
            assert one.best_ask is not None
            assert fill.price >= one.best_ask
            assert fill.cash >= round(fill.price * fill.size)
    total = sum(fill.size for fill in bench.fills())
    assert total <= min(round(shares / 100 * MICRO), offered) + MICRO // 1000


def test_an_order_ended_by_a_resolution_while_we_wait_for_the_book_is_left_alone():
    bench = Bench()
    bench.place(buy(10))
    resolved = MarketResolved(
        event_at=NOW, observed_at=NOW, condition_id=CONDITION, payouts=((YES, 1.0), (market().token_ids[1], 0.0))
    )
    bench.feed.meanwhile = lambda: bench.observe(resolved)
    bench.after(1000)
    assert not bench.fills()
    assert not bench.of(OrderAccepted)
    assert not bench.state.portfolio.working


@pytest.mark.parametrize("token", [YES])
def test_the_book_an_order_met_stands_in_the_journal_before_its_fills(token):
    bench = Bench()
    bench.place(buy(10))
    bench.after(500)
    kinds = [type(event).__name__ for event in bench.events]
    assert kinds.index("BookObserved") < kinds.index("OrderFilled")
    assert bench.of(BookObserved)[0].book.token_id == token


def test_a_cancelled_order_is_over_with_the_next_round_and_after_a_restart_too():
    for is_restarted in (False, True):
        bench = Bench(shown=asks((0.6, 100.0)))
        bench.place(buy(10))
        bench.observe(KillSwitchObserved(event_at=NOW, observed_at=NOW, is_active=True))
        (cancel,) = bench.of(CancelDecided)
        bench.restart() if is_restarted else bench.executor.cancel(cancel.order_id)
        bench.after(100)
        assert [expired.order_id for expired in bench.of(OrderExpired)] == [cancel.order_id]
        assert not bench.state.portfolio.working
        bench.after(1000)
        assert len(bench.of(OrderExpired)) == 1


def test_a_payout_is_collected_with_the_next_round_and_after_a_restart_too():
    for is_restarted in (False, True):
        bench = Bench(shown=asks((0.5, 100.0)))
        bench.place(buy(10))
        bench.after(500)
        payouts = ((YES, 1.0), (NO, 0.0))
        bench.observe(MarketResolved(event_at=NOW, observed_at=NOW, condition_id=CONDITION, payouts=payouts))
        bench.restart() if is_restarted else bench.executor.redeem(CONDITION)
        assert bench.state.portfolio.receivable == {CONDITION: 10 * MICRO}
        bench.after(100)
        bench.after(100)
        assert [paid.cash for paid in bench.of(RedemptionPaid)] == [10 * MICRO]
        assert not bench.state.portfolio.receivable
