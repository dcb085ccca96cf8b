"""Several sources, one signal for each fill: whoever tells first, whatever they drop, repeat, delay or round."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.events import FeedCovered, LeaderFillObserved, RunStarted
from copytrade_live.core.market import SECOND, Instant, Role, Side
from copytrade_live.errors import VenueUnavailable
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.holdings import LeaderHoldings
from copytrade_live.runner.tracking.polling import PollSource
from copytrade_live.runner.tracking.ports import Sighting, SourceName
from copytrade_live.runner.tracking.seen import SeenFills
from copytrade_live.runner.tracking.tracker import Tracker
from copytrade_live.settings import TrackerConfig
from copytrade_live.venue.identity import identify_fills
from copytrade_live.venue.rows import FillRow, VenueFill
from tests.builders import NOW, OTHER_WALLET, WALLET
from tests.runner.test_tracker import ScriptedFeed, row

CONFIG = TrackerConfig(leaders=(WALLET, OTHER_WALLET), follow_top=0, overlap_seconds=120)


def told(source: SourceName, *rows: FillRow) -> list[Sighting]:
    return [Sighting(source=source, fill=fill, role=Role.UNKNOWN, seen_at=NOW) for fill in identify_fills(list(rows))]


def new(seen: SeenFills, sightings: Sequence[Sighting]) -> list[tuple[float, str]]:
    return [(one.fill.size, signal_id) for one, signal_id in seen.new_among(sightings)]


def test_one_fill_told_by_three_sources_is_one_signal():
    seen, fill = SeenFills(), row(NOW)
    assert len(new(seen, told(SourceName.STREAM, fill))) == 1
    assert new(seen, told(SourceName.CHAIN, fill)) == []
    assert new(seen, told(SourceName.POLL, fill) + told(SourceName.STREAM, fill)) == []


def test_a_price_that_is_rounded_otherwise_is_the_same_fill():
    seen = SeenFills()
    new(seen, told(SourceName.CHAIN, replace(row(NOW, size=0.02), price=0.123400)))
    assert new(seen, told(SourceName.POLL, replace(row(NOW, size=0.02), price=0.123430))) == []


def test_a_size_that_is_told_otherwise_is_the_same_fill():
    seen = SeenFills()
    new(seen, told(SourceName.POLL, row(NOW, size=10.0)))
    assert new(seen, told(SourceName.CHAIN, row(NOW, size=11.01))) == []
    assert new(seen, told(SourceName.CHAIN, row(NOW, size=11.01))) == []


def test_two_equal_fills_of_one_transaction_are_two_signals_once_a_source_tells_of_both():
    seen, fill = SeenFills(), row(NOW, tx="0xsame")
    assert len(new(seen, told(SourceName.STREAM, fill) * 3)) == 1
    assert len(new(seen, told(SourceName.CHAIN, fill, fill))) == 1
    assert new(seen, told(SourceName.POLL, fill, fill)) == []


def test_what_was_taken_for_another_fill_is_told_once_the_other_is_told_too():
    seen = SeenFills()
    five, seven = row(NOW, size=5.0, tx="0xsame"), row(NOW, size=7.0, tx="0xsame")
    assert [size for size, _ in new(seen, told(SourceName.CHAIN, five))] == [5.0]
    assert new(seen, told(SourceName.STREAM, seven)) == []
    assert [size for size, _ in new(seen, told(SourceName.POLL, seven))] == []
    assert [size for size, _ in new(seen, told(SourceName.POLL, seven, five))] == [7.0]
    assert new(seen, told(SourceName.STREAM, five)) == []


def test_equal_fills_that_a_source_tells_in_any_order_are_each_told_once():
    seen, fill = SeenFills(), row(NOW, tx="0xsame")
    first, second = told(SourceName.POLL, fill, fill)
    assert len(new(seen, [second])) == 1
    assert len(new(seen, [first])) == 1
    assert new(seen, [first, second]) == []
    assert new(seen, told(SourceName.CHAIN, fill, fill)) == []


def test_other_sides_tokens_and_wallets_of_one_transaction_are_other_fills():
    seen, fill = SeenFills(), row(NOW, tx="0xsame")
    others = [replace(fill, side=Side.SELL), replace(fill, token_id="3" * 77), replace(fill, wallet=OTHER_WALLET)]
    assert len(new(seen, told(SourceName.STREAM, fill, *others))) == 4


@dataclass
class Scripted:
    """A source that tells of what is due, with its own figures, often more than once, and sometimes not at all."""

    name: SourceName
    clock: ManualClock
    chance: random.Random
    is_complete: bool
    due: list[tuple[Instant, FillRow]] = field(default_factory=list)
    interval_seconds: float = 1.0
    since: Mapping[str, Instant] = field(default_factory=dict)
    covered: Instant = 0
    wake: None = None

    def follow(self, since: Mapping[str, Instant]) -> None:
        self.since = dict(since)
        self.covered = 0

    async def look(self) -> Sequence[Sighting]:
        if self.chance.random() < 0.2:
            raise VenueUnavailable("down")
        now, start = self.clock.now(), self.covered - 20 * SECOND
        rows = [one for shown_at, one in self.due if shown_at <= now and one.event_at >= start]
        self.chance.shuffle(rows)
        if self.is_complete:
            self.covered = now - 40 * SECOND
        fills = _numbered(rows) if self.is_complete else _numbered(dict.fromkeys(rows))
        told = [Sighting(source=self.name, fill=fill, role=Role.UNKNOWN, seen_at=now) for fill in fills]
        return told if self.is_complete else [one for one in told * 2 if self.chance.random() < 0.7]

    def covered_until(self) -> Instant:
        return max(0, self.covered)

    def is_alive(self, now: Instant) -> bool:
        return True

    def take_gap(self) -> bool:
        return self.chance.random() < 0.1

    def facts(self) -> dict[str, object]:
        return {}


def _numbered(rows) -> list[VenueFill]:
    return identify_fills(sorted(rows, key=lambda one: (one.event_at, one.wallet, one.tx_hash)))


def _fills(chance: random.Random) -> list[FillRow]:
    """Fills of which some share a transaction, and some of those everything."""
    found: list[FillRow] = []
    for number, at in enumerate(sorted(NOW + chance.randrange(1, 900) * SECOND for _ in range(60))):
        wallet = chance.choice([WALLET, OTHER_WALLET])
        size = chance.choice([5.0, 7.5, 0.03])
        found.append(row(at, wallet=wallet, tx=f"0x{number}", size=size))
        while chance.random() < 0.3:
            found.append(row(at, wallet=wallet, tx=f"0x{number}", size=chance.choice([size, 9.25])))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_any_mix_of_sources_losses_repeats_roundings_and_restarts_gives_each_fill_exactly_once(seed):
    chance = random.Random(seed)
    fills = _fills(chance)
    # The stream knows takers' fills; the chain's prices come from cash.
    stream = [(one.event_at + chance.randrange(1, 60) * SECOND, one) for one in fills if chance.random() < 0.7]
    chain = [
        (one.event_at + 2 * SECOND, replace(one, price=round(one.price * one.size * 1e6) / (one.size * 1e6)))
        for one in fills
    ]
    listed = [(one.event_at + chance.randrange(5, 100) * SECOND, one) for one in fills]
    journal: list[LeaderFillObserved | FeedCovered] = []
    is_chain_down = chance.random() < 0.5

    def start(now: Instant, *, is_again: bool) -> tuple[Tracker, ManualClock, ScriptedFeed]:
        clock, feed, health = ManualClock(now), ScriptedFeed(), Health()
        others = [Scripted(SourceName.STREAM, clock, chance, False, stream)]
        if not is_chain_down:
            others.append(Scripted(SourceName.CHAIN, clock, chance, True, chain))
        poll = PollSource(feed, clock, CONFIG, health, requests_per_second=100.0)
        tracker = Tracker(poll, others, LeaderHoldings(feed, clock, health, set), clock, CONFIG, health)
        tracker.apply(_started())
        for event in journal:
            tracker.apply(event)
        if is_again:
            tracker.resume(now - 5 * SECOND)
        tracker.follow([WALLET, OTHER_WALLET])
        return tracker, clock, feed

    async def live() -> None:
        tracker, clock, feed = start(NOW, is_again=False)
        for second in range(0, 1400, 5):
            now = NOW + second * SECOND
            clock.set(now)
            feed.rows = [one for shown_at, one in listed if shown_at <= now]
            chance.shuffle(feed.rows)
            feed.error = VenueUnavailable("down") if chance.random() < 0.3 and second < 1300 else None
            crashes = chance.random() < 0.04 and second < 1300
            for source in chance.sample(tracker.sources, len(tracker.sources)):
                for signal in await tracker.look(source):
                    if crashes and chance.random() < 0.5:
                        break
                    event = LeaderFillObserved(
                        event_at=signal.event_at, observed_at=now, signal=signal, book=None, market=None
                    )
                    journal.append(event)
                    tracker.apply(event)
            covered = tracker.coverage() if chance.random() < 0.3 else None
            if covered is not None:
                journal.append(covered)
                tracker.apply(covered)
            if crashes:
                tracker, clock, feed = start(now, is_again=True)

    asyncio.run(live())
    signals = [event.signal for event in journal if isinstance(event, LeaderFillObserved)]
    assert len({signal.signal_id for signal in signals}) == len(signals)
    assert Counter(_key(signal) for signal in signals) == Counter(_key(one) for one in fills)


def test_a_fill_that_is_not_committed_yet_is_not_forgotten_though_it_is_the_first_of_its_wallet():
    clock, health, feed = ManualClock(NOW + 3 * SECOND), Health(), ScriptedFeed()
    due = [(NOW + 2 * SECOND, row(NOW + SECOND))]
    chain = Scripted(SourceName.CHAIN, clock, random.Random(2), True, due)
    poll = PollSource(feed, clock, CONFIG, health, requests_per_second=100.0)
    tracker = Tracker(poll, [chain], LeaderHoldings(feed, clock, health, set), clock, CONFIG, health)
    tracker.apply(_started())
    tracker.follow([WALLET])

    async def live() -> None:
        while not await tracker.look(chain):
            pass
        # Everything is covered by now, but its books and market let it wait.
        clock.set(NOW + 400 * SECOND)
        for _ in range(5):
            await tracker.look(chain)
        assert tracker.facts(clock.now())["remembered"] == 1

    asyncio.run(live())


def _key(one) -> tuple[str, str, float]:
    return one.wallet, one.tx_hash, one.size


def _started() -> RunStarted:
    return RunStarted(
        event_at=NOW, observed_at=NOW, run_id="p", mode="paper", code_version="1", config_digest="1", starting_cash=1
    )
