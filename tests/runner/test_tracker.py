"""Every fill of every leader once, however the venue lists it; nothing lost when something fails in between."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.events import LeaderFillObserved, RunStarted, ScoresPublished
from copytrade_live.core.market import SECOND, Side
from copytrade_live.core.reasons import Condition
from copytrade_live.errors import PayloadError, VenueRefusal, VenueUnavailable
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.holdings import LeaderHoldings
from copytrade_live.runner.tracking.polling import PollSource
from copytrade_live.runner.tracking.tracker import Tracker
from copytrade_live.settings import TrackerConfig
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.listing import Listing
from copytrade_live.venue.rows import FillRow, PositionRow
from tests.builders import CONDITION, NO, NOW, OTHER_WALLET, WALLET, YES, score, snapshot

SECONDS = 1000


def row(at: int, *, wallet: str = WALLET, side: Side = Side.BUY, size: float = 10.0, tx: str = "", token: str = YES):
    return FillRow(
        wallet=wallet,
        condition_id=CONDITION,
        token_id=token,
        outcome="Yes",
        outcome_index=0,
        side=side,
        price=0.5,
        size=size,
        event_at=at,
        tx_hash=tx or f"0x{at}",
        title="",
        slug="",
        event_slug="",
    )


@dataclass
class ScriptedFeed:
    """A data API that lists what it is told to, newest first, from a start on, and can misbehave."""

    rows: list[FillRow] = field(default_factory=list)
    held: dict[str, float] = field(default_factory=dict)
    error: Exception | None = None
    doubled: bool = False
    starts: list[int] = field(default_factory=list)

    async def fills(self, wallet: str, *, start: int | None = None) -> Listing:
        if self.error:
            raise self.error
        self.starts.append(start or 0)
        listed = [one for one in self.rows if one.wallet == wallet and one.event_at >= (start or 0) // 1000 * 1000]
        listed = sorted(listed, key=lambda one: -one.event_at)
        # A repeated page can be told from two equal fills only when something else stands between.
        if self.doubled and len({one.event_at for one in listed}) > 1:
            listed = listed + listed
        return Listing(rows=tuple(identify_fills(listed)), bad=(), is_complete=True)

    async def positions(self, wallet: str) -> Listing:
        rows = tuple(
            PositionRow(
                wallet=wallet,
                condition_id=CONDITION,
                token_id=token,
                outcome="Yes",
                size=size,
                total_size=size,
                average_price=0.5,
                realised_pnl=0.0,
                total_pnl=0.0,
                status="OPEN",
                event_at=None,
            )
            for token, size in self.held.items()
        )
        return Listing(rows=rows, bad=(), is_complete=True)


CONFIG = TrackerConfig(leaders=(WALLET,), follow_top=1, overlap_seconds=60)
STARTED = RunStarted(
    event_at=NOW,
    observed_at=NOW,
    run_id="paper-1",
    mode="paper",
    code_version="1",
    config_digest="1",
    starting_cash=1,
)


@dataclass
class Bench:
    feed: ScriptedFeed
    clock: ManualClock
    health: Health
    tracker: Tracker
    journal: list[LeaderFillObserved] = field(default_factory=list)

    def poll(self, *, commit: bool = True):
        self.clock.set(self.clock.now() + 2 * SECONDS)
        signals = asyncio.run(self.tracker.look(self.tracker.poll))
        if commit:
            for signal in signals:
                event = LeaderFillObserved(
                    event_at=signal.event_at, observed_at=self.clock.now(), signal=signal, book=None, market=None
                )
                self.journal.append(event)
                self.tracker.apply(event)
        return signals

    def restart(self) -> Bench:
        again = bench(self.feed, self.clock.now())
        again.journal = self.journal
        for event in (STARTED, *self.journal):
            again.tracker.apply(event)
        return again


def bench(feed: ScriptedFeed, now: int = NOW) -> Bench:
    clock, health = ManualClock(now), Health()
    poll = PollSource(feed, clock, CONFIG, health, requests_per_second=100.0)
    holdings = LeaderHoldings(feed, clock, health, lambda: {(WALLET, YES), (WALLET, NO)})
    return Bench(feed, clock, health, Tracker(poll, (), holdings, clock, CONFIG, health))


@pytest.fixture
def desk() -> Bench:
    made = bench(ScriptedFeed())
    made.tracker.apply(STARTED)
    made.tracker.follow([WALLET])
    return made


def test_what_a_leader_did_before_we_followed_is_no_signal(desk):
    desk.feed.rows = [row(NOW - 5 * SECONDS), row(NOW + SECONDS)]
    assert [signal.event_at for signal in desk.poll()] == [NOW + SECONDS]


def test_overlapping_and_doubled_pages_give_each_fill_once(desk):
    desk.feed.doubled = True
    found = []
    for number in range(1, 6):
        desk.feed.rows.append(row(NOW + number * SECONDS))
        found += desk.poll()
        found += desk.poll()
    assert [signal.event_at for signal in found] == [NOW + number * SECONDS for number in range(1, 6)]


def test_two_equal_fills_of_one_transaction_are_two_signals(desk):
    desk.feed.rows = [row(NOW + SECONDS, tx="0xsame"), row(NOW + SECONDS, tx="0xsame")]
    assert len({signal.signal_id for signal in desk.poll()}) == 2


def test_a_fill_that_is_listed_late_is_still_seen(desk):
    desk.feed.rows = [row(NOW + 50 * SECONDS)]
    desk.poll()
    desk.feed.rows.append(row(NOW + 5 * SECONDS))
    assert [signal.event_at for signal in desk.poll()] == [NOW + 5 * SECONDS]


def test_signals_come_oldest_first_over_all_leaders(desk):
    desk.tracker.follow([WALLET, OTHER_WALLET])
    desk.feed.rows = [row(NOW + 3 * SECONDS), row(NOW + 2 * SECONDS, wallet=OTHER_WALLET), row(NOW + SECONDS)]
    assert [signal.event_at for signal in desk.poll()] == [NOW + n * SECONDS for n in (1, 2, 3)]


def test_what_was_read_but_not_committed_is_read_again_by_the_next_run(desk):
    desk.feed.rows = [row(NOW + SECONDS)]
    (lost,) = desk.poll(commit=False)
    assert desk.poll() == []
    again = desk.restart()
    again.tracker.resume(NOW)
    again.tracker.follow([WALLET])
    assert [signal.signal_id for signal in again.poll()] == [lost.signal_id]
    assert again.poll() == []


@pytest.mark.parametrize("error", [VenueUnavailable("down"), VenueRefusal("no"), PayloadError("not JSON")])
def test_a_failing_look_is_counted_and_what_happened_meanwhile_is_found_later(desk, error):
    desk.feed.error = error
    desk.feed.rows = [row(NOW + SECONDS)]
    assert desk.poll() == []
    assert desk.health.failures["tracker"] == 1
    desk.feed.error = None
    desk.clock.set(NOW + 600 * SECONDS)
    assert len(desk.poll()) == 1


def test_a_look_reaches_back_over_the_last_fill_and_not_over_the_last_look(desk):
    desk.feed.rows = [row(NOW + SECONDS)]
    desk.poll()
    desk.poll()
    desk.clock.set(NOW + 3_600 * SECONDS)
    desk.poll()
    assert desk.feed.starts[-1] == NOW + SECONDS - 60 * SECONDS


def test_a_restart_knows_what_was_seen_and_answers_what_happened_meanwhile(desk):
    desk.feed.rows = [row(NOW + SECONDS)]
    desk.poll()
    desk.feed.rows.append(row(NOW + 20 * SECONDS))
    desk.clock.set(NOW + 30 * SECONDS)
    again = desk.restart()
    again.tracker.resume(NOW + 2 * SECONDS)
    again.tracker.follow([WALLET])
    assert [signal.event_at for signal in again.poll()] == [NOW + 20 * SECONDS]


def test_a_restart_soon_after_the_first_start_brings_nothing_from_before_it(desk):
    desk.feed.rows = [row(NOW - 10 * SECONDS), row(NOW + SECONDS)]
    again = desk.restart()
    again.tracker.resume(NOW + 2 * SECONDS)
    again.tracker.follow([WALLET])
    assert [signal.event_at for signal in again.poll()] == [NOW + SECONDS]


def test_a_restart_soon_after_a_leader_joined_brings_nothing_from_before_it_joined(desk):
    published = ScoresPublished(
        event_at=NOW, observed_at=NOW + 30 * SECONDS, snapshot=snapshot(score(wallet=OTHER_WALLET))
    )
    desk.feed.rows = [row(NOW + at * SECONDS, wallet=OTHER_WALLET) for at in (20, 35)]
    again = desk.restart()
    again.tracker.apply(published)
    again.clock.set(NOW + 40 * SECONDS)
    again.tracker.resume(NOW + 38 * SECONDS)
    again.tracker.follow([OTHER_WALLET])
    assert [signal.event_at for signal in again.poll()] == [NOW + 35 * SECONDS]


def test_a_leader_that_joins_later_brings_no_past(desk):
    desk.feed.rows = [row(NOW + 5 * SECONDS, wallet=OTHER_WALLET)]
    desk.clock.set(NOW + 10 * SECONDS)
    desk.tracker.follow([WALLET, OTHER_WALLET])
    assert desk.poll() == []
    desk.feed.rows.append(row(NOW + 11 * SECONDS, wallet=OTHER_WALLET))
    assert len(desk.poll()) == 1


def test_a_leader_that_left_the_scores_and_came_back_brings_nothing_from_between(desk):
    for second, wallet in ((1, OTHER_WALLET), (3, "0x" + "d4" * 20), (10, OTHER_WALLET)):
        desk.clock.set(NOW + second * SECONDS)
        at = desk.clock.now()
        desk.tracker.apply(ScoresPublished(event_at=at, observed_at=at, snapshot=snapshot(score(wallet=wallet))))
        desk.tracker.follow([WALLET, wallet])
    desk.feed.rows = [row(NOW + at * SECONDS, wallet=OTHER_WALLET) for at in (5, 11)]
    assert [signal.event_at for signal in desk.poll()] == [NOW + 11 * SECONDS]


def test_a_sell_knows_what_the_leader_held_before_it(desk):
    desk.feed.held = {YES: 30.0, NO: 4.0}
    asyncio.run(desk.tracker.holdings.read_ahead())
    desk.feed.rows = [
        row(NOW + SECONDS, side=Side.BUY, size=10.0),
        row(NOW + 2 * SECONDS, side=Side.SELL, size=20.0),
        row(NOW + 3 * SECONDS, side=Side.SELL, size=4.0, token=NO),
    ]
    first = desk.poll()
    assert [signal.leader_size_before for signal in first] == [30.0, 40.0, 4.0]
    desk.feed.rows.append(row(NOW + 4 * SECONDS, side=Side.SELL, size=20.0))
    assert [signal.leader_size_before for signal in desk.poll()] == [20.0]


def test_a_holding_read_after_the_fills_already_contains_them(desk):
    desk.clock.set(NOW + 60 * SECONDS)
    desk.feed.held = {YES: 20.0}
    desk.feed.rows = [row(NOW + SECONDS, side=Side.BUY, size=10.0), row(NOW + 2 * SECONDS, side=Side.SELL, size=30.0)]
    assert [signal.leader_size_before for signal in desk.poll()] == [40.0, 50.0]


@pytest.mark.parametrize("seed", range(12))
def test_any_mix_of_delays_failures_doubled_pages_and_restarts_gives_each_fill_exactly_once(seed):
    chance = random.Random(seed)
    feed = ScriptedFeed()
    desk = bench(feed)
    desk.tracker.apply(STARTED)
    desk.tracker.follow([WALLET, OTHER_WALLET])
    hidden = [
        (at + chance.randrange(0, 40) * SECONDS, row(at, wallet=chance.choice([WALLET, OTHER_WALLET]), tx=f"0x{n}"))
        for n, at in enumerate(sorted(NOW + chance.randrange(1, 600) * SECONDS for _ in range(60)))
    ]
    for second in range(0, 700, 7):
        now = NOW + second * SECONDS
        desk.clock.set(max(now, desk.clock.now()))
        feed.rows = [one for shown_at, one in hidden if shown_at <= now]
        chance.shuffle(feed.rows)
        feed.error = VenueUnavailable("down") if chance.random() < 0.2 and second < 680 else None
        feed.doubled = chance.random() < 0.3
        is_committed = chance.random() < 0.9 or second >= 680
        desk.poll(commit=is_committed)
        # What is told and not committed dies with its run.
        if not is_committed or chance.random() < 0.1:
            last = desk.clock.now()
            desk = desk.restart()
            desk.tracker.resume(last)
            desk.tracker.follow([WALLET, OTHER_WALLET])
    seen = [event.signal.tx_hash for event in desk.journal]
    assert sorted(seen) == sorted(one.tx_hash for _, one in hidden)
    assert desk.clock.now() - NOW > 600 * SECOND


def test_a_row_that_one_listing_left_out_is_in_the_next_however_much_came_since(desk):
    skipped, later = row(NOW + SECONDS), row(NOW + 500 * SECONDS)
    desk.clock.set(NOW + 510 * SECONDS)
    desk.feed.rows = [later]
    desk.poll()
    desk.feed.rows = [later, skipped]
    assert [signal.event_at for signal in desk.poll()] == [NOW + SECONDS]


def test_a_listing_that_stood_still_for_an_hour_loses_nothing(desk):
    desk.feed.rows = [row(NOW + SECONDS)]
    for _ in range(60):
        desk.clock.set(desk.clock.now() + 60 * SECONDS)
        desk.poll()
    desk.feed.rows += [row(NOW + minute * 60 * SECONDS) for minute in (1, 20, 50)]
    assert len(desk.poll()) == 3


def test_a_run_begins_to_read_where_everything_had_been_told_and_committed(desk):
    desk.feed.rows = [row(NOW + 100 * SECONDS), row(NOW + 300 * SECONDS)]
    desk.clock.set(NOW + 400 * SECONDS)
    desk.poll(commit=False)
    desk.poll()
    # What is not committed is not covered.
    assert desk.tracker.coverage() is None or desk.tracker.coverage().until <= NOW + 100 * SECONDS
    again = desk.restart()
    again.tracker.resume(NOW + 400 * SECONDS)
    again.tracker.follow([WALLET])
    again.poll()
    again.poll()
    covered = again.tracker.coverage()
    assert covered is not None
    # Up to the newest fill listed, less the listing's lag.
    assert covered.until == NOW + 240 * SECONDS
    third = again.restart()
    third.tracker.apply(covered)
    third.tracker.resume(NOW + 5_000_000 * SECONDS)
    third.tracker.follow([WALLET])
    third.feed.rows.append(row(NOW + 250 * SECONDS))
    assert [signal.event_at for signal in third.poll()] == [NOW + 250 * SECONDS]


def test_when_no_source_is_proven_alive_that_is_told_once_and_again_when_one_is(desk):
    desk.poll()
    assert desk.tracker.sight(()) is None
    desk.feed.error = VenueUnavailable("down")
    desk.clock.set(desk.clock.now() + 30 * SECONDS)
    desk.poll()
    told = desk.tracker.sight(())
    assert (told.kind, told.is_ok) == (Condition.FEED_SILENT, False)
    assert "poll" in told.detail
    assert desk.tracker.sight({Condition.FEED_SILENT}) is None
    desk.feed.error = None
    desk.poll()
    assert desk.tracker.sight({Condition.FEED_SILENT}).is_ok


def test_a_signal_names_who_told_of_it_first(desk):
    desk.feed.rows = [row(NOW + SECONDS)]
    assert [signal.source for signal in desk.poll()] == ["poll"]
