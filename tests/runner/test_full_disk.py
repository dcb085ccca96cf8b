"""A disk that takes nothing pauses the runner and ends nothing: what could not be written has not happened."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import initial_state
from copytrade_live.core.events import (
    BookObserved,
    ConditionObserved,
    JournalEvent,
    LeaderFillObserved,
    Observation,
    OrderSigned,
    ScoresPublished,
    SignalCopied,
    SignalRejected,
    TimerFired,
)
from copytrade_live.core.orders import Order
from copytrade_live.core.reasons import Condition, RejectReason
from copytrade_live.core.score import Gate, ScoreSnapshot
from copytrade_live.errors import DiskFull, NotWrittenOut
from copytrade_live.ports import SignedOrder
from copytrade_live.runner.execution import Signing
from copytrade_live.runner.gatekeeping import Gatekeeper
from copytrade_live.runner.health import Health
from copytrade_live.runner.pace import Pace
from copytrade_live.runner.recorder import Recorder
from copytrade_live.runner.room import Room
from copytrade_live.secret import Secret
from copytrade_live.simulation.faults import SimFault
from copytrade_live.simulation.profiles import Profile
from copytrade_live.simulation.run import run_seed
from copytrade_live.store.database import WAL_SUFFIX
from copytrade_live.store.decision_log import DecisionLog
from copytrade_live.store.journal import Journal
from tests.builders import NOW, at, book, leader_fill, opening, score, snapshot
from tests.parity.tape import BOLD


class NoHands:
    """Carries out nothing."""

    def sign_now(self, order: object) -> None: ...
    def place(self, order: object, signed: object = None) -> None: ...
    def cancel(self, order_id: str) -> None: ...
    def redeem(self, condition_id: str) -> None: ...


@dataclass
class Desk:
    """A recorder on a real database, and what its listeners heard."""

    journal: Journal
    recorder: Recorder
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    health: Health = field(default_factory=Health)
    heard: list[JournalEvent] = field(default_factory=list)

    def room(self, limit: float = 0.0) -> Room:
        return Room(self.journal, self.clock, self.health, limit)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Journal.open(tmp_path / "state.sqlite", "paper") as journal:
        made = Desk(journal, Recorder(journal, BOLD, NoHands()))
        made.recorder.restore((), (made.heard.append,))
        for seen in opening():
            made.recorder.observe(seen)
        yield made


@contextmanager
def full(journal: Journal) -> Iterator[None]:
    """No page may be added, and none is free."""
    connection = journal.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        connection.execute("PRAGMA max_page_count = 1073741823")


@contextmanager
def may_not_grow(journal: Journal) -> Iterator[None]:
    """The log may take a few pages more: what a quota, or a limit of the process, says no to is not a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = journal.path.with_name(journal.path.name + WAL_SUFFIX)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 20_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill_up(desk: Desk) -> None:
    """Take what room the last pages have."""
    with pytest.raises(DiskFull, match="free disk space"):
        watch_books(desk)


def fire_timers(desk: Desk) -> None:
    for number in range(1000):
        desk.recorder.observe(TimerFired(**at(NOW + number)))


def watch_books(desk: Desk) -> None:
    for number in range(1000):
        desk.recorder.observe(BookObserved(**at(NOW + number), book=book()))


def test_a_step_that_finds_no_room_has_not_happened(desk: Desk) -> None:
    with full(desk.journal):
        fill_up(desk)
        state, heard, seq = desk.recorder.state, list(desk.heard), desk.journal.last_seq
        with pytest.raises(DiskFull):
            desk.recorder.observe(leader_fill(with_book=book()))
        assert not desk.recorder.has_room(NOW)
        assert (desk.recorder.state, desk.heard, desk.journal.last_seq) == (state, heard, seq)
    assert desk.recorder.has_room(NOW)
    desk.recorder.observe(leader_fill(with_book=book()))
    assert desk.journal.last_seq > seq
    assert desk.recorder.state != state


def test_a_journal_that_may_not_grow_is_a_full_disk_too(desk: Desk) -> None:
    state, heard, seq = desk.recorder.state, list(desk.heard), desk.journal.last_seq
    with may_not_grow(desk.journal):
        with pytest.raises(DiskFull, match="free disk space"):
            watch_books(desk)
        assert not desk.recorder.has_room(NOW)
    took = len(desk.heard) - len(heard)
    assert desk.journal.last_seq == seq + took
    assert took or desk.recorder.state == state
    assert desk.recorder.has_room(NOW)
    desk.recorder.observe(leader_fill(with_book=book()))
    assert list(desk.journal.events(seq)) == desk.heard[len(heard) :]


class OrderHands(NoHands):
    """Signs at once, and notes what it is told to send."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def sign_now(self, order: object) -> Signing:
        assert isinstance(order, Order)
        signed = SignedOrder(order_id=order.order_id, venue_order_id="0x1", payload=Secret("{}"), signed_at=NOW)
        return OrderSigned(**at(NOW), order_id=order.order_id, venue_order_id="0x1"), signed

    def place(self, order: object, signed: object = None) -> None:
        assert isinstance(order, Order)
        self.sent.append(order.order_id)


class UnsyncedConnection:
    """A connection whose commit fails as it does when the log is not synced: SQLite takes the rows back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def commit(self) -> None:
        self._connection.rollback()
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error


def test_what_was_signed_is_not_sent_when_the_log_is_not_synced_and_nothing_is_written_after_it(desk: Desk) -> None:
    hands = OrderHands()
    recorder = Recorder(desk.journal, BOLD, hands)
    recorder.restore((), (desk.heard.append,))
    recorder.observe(TimerFired(**at(NOW)))
    state, heard, seq = recorder.state, list(desk.heard), desk.journal.last_seq
    desk.journal._connection = UnsyncedConnection(desk.journal.connection)  # type: ignore[assignment]
    with pytest.raises(NotWrittenOut, match="start again"):
        recorder.observe(leader_fill(with_book=book()))
    desk.journal._connection = desk.journal._connection._connection  # type: ignore[attr-defined]
    # The next fsync would say that all is well.
    for again in (leader_fill(NOW + 1, signal_id="another", with_book=book()), TimerFired(**at(NOW + 1))):
        with pytest.raises(NotWrittenOut):
            recorder.observe(again)
    with pytest.raises(NotWrittenOut):
        recorder.has_room(NOW)
    with pytest.raises(NotWrittenOut):
        desk.journal.flush()
    assert hands.sent == []
    assert (recorder.state, desk.heard, desk.journal.last_seq) == (state, heard, seq)


def test_entries_wait_until_room_was_there_for_a_look(desk: Desk) -> None:
    room = desk.room()

    async def fill() -> None:
        watch_books(desk)

    async def look() -> None:
        room.look(desk.recorder)

    with full(desk.journal):
        asyncio.run(room.within(fill))
        asyncio.run(room.within(look))
        assert "disk" in desk.health.last_failure
    if Condition.DISK not in desk.recorder.state.standing.broken:
        # Not even that had room; it is told once there is some.
        room.look(desk.recorder)
    broken = desk.recorder.state.standing.broken[Condition.DISK]
    assert (broken.measured, broken.limit) == (0.0, 0.0)
    assert "full" in broken.detail
    desk.recorder.observe(leader_fill())
    assert [one.reason for one in desk.heard if isinstance(one, SignalRejected)][-1] is RejectReason.UNWELL
    room.look(desk.recorder)
    assert Condition.DISK not in desk.recorder.state.standing.broken
    assert "disk" not in desk.health.last_failure


def test_little_room_is_told_with_what_was_measured_and_the_limit(desk: Desk) -> None:
    room = desk.room(limit=1e12)
    room.look(desk.recorder)
    room.look(desk.recorder)
    (told,) = [one for one in desk.heard if isinstance(one, ConditionObserved)]
    assert told.kind is Condition.DISK
    assert not told.is_ok
    assert told.limit == 1e12
    assert told.measured is not None
    assert 0 < told.measured < 1e12
    assert "free disk space" in told.detail


def test_the_decision_log_writes_whole_lines_or_waits(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "logs" / "decisions.jsonl"
    log = DecisionLog(path, desk.journal)
    desk.recorder.observe(leader_fill())
    assert log.catch_up() == 1
    before = path.read_bytes()
    for number in range(20):
        desk.recorder.observe(leader_fill(NOW + number, signal_id=f"g{number}"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 700, hard))
        with pytest.raises(DiskFull):
            log.catch_up()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert log.catch_up() == 20
    assert path.read_bytes().startswith(before)


@pytest.mark.parametrize("is_live", [False, True])
def test_a_runner_outlives_a_disk_that_is_full_again_and_again(is_live: bool) -> None:
    often = Profile(
        name="full",
        summary="A disk that is full every half a minute.",
        is_live=is_live,
        fault_seconds=240.0,
        signals=20,
        odds={SimFault.DISK_FULL: 0.05},
    )
    copies = 0
    for seed in range(2):
        report = run_seed(seed, often)
        assert not report.violations, report.violations[0]
        assert report.met[SimFault.DISK_FULL.value] > 2
        assert report.lives == 1
        copies += report.copies
    assert copies


def test_a_runner_that_stood_still_buys_nothing_until_it_kept_its_pace_for_a_while(desk: Desk) -> None:
    pace, clock = Pace(desk.clock, 5.0), desk.clock
    asyncio.run(pace.step())
    pace.look(desk.recorder)
    assert not desk.recorder.state.standing.broken
    clock.set(clock.now() + 20_000)
    pace.look(desk.recorder)
    broken = desk.recorder.state.standing.broken[Condition.LOOP_STALL]
    assert (broken.measured, broken.limit, broken.detail) == (20.0, 5.0, "nothing ran for 20.0 s")
    desk.recorder.observe(leader_fill())
    assert [one.reason for one in desk.heard if isinstance(one, SignalRejected)][-1] is RejectReason.UNWELL
    for _ in range(19):
        asyncio.run(pace.step())
        pace.look(desk.recorder)
    assert Condition.LOOP_STALL in desk.recorder.state.standing.broken
    for _ in range(2):
        asyncio.run(pace.step())
        pace.look(desk.recorder)
    assert Condition.LOOP_STALL not in desk.recorder.state.standing.broken
    assert desk.recorder.state.seen
    desk.recorder.observe(TimerFired(**at(NOW)))


def test_scores_that_found_no_room_are_taken_when_there_is_some(desk: Desk) -> None:
    published = snapshot(score(), as_of=NOW)

    class Once:
        """Tells of a snapshot once, as the reader of published files does."""

        def __init__(self) -> None:
            self.waiting = [published]

        def poll(self) -> ScoreSnapshot | None:
            return self.waiting.pop() if self.waiting else None

    class NoGate:
        def poll(self) -> Gate | None:
            return desk.recorder.state.standing.gate

    keeper = Gatekeeper(desk.journal, None, Once(), NoGate(), desk.clock, desk.health)
    taken: list[Observation] = []

    def refuse(observation: Observation) -> None:
        raise DiskFull("no room")

    blank = initial_state()
    with pytest.raises(DiskFull):
        keeper.poll(lambda: blank, refuse)
    keeper.poll(lambda: blank, taken.append)
    assert [seen.snapshot for seen in taken if isinstance(seen, ScoresPublished)] == [published]
    keeper.poll(lambda: blank, taken.append)
    assert len([seen for seen in taken if isinstance(seen, ScoresPublished)]) == 1


def test_a_config_that_could_not_be_written_down_decides_nothing(desk: Desk) -> None:
    careful = DecisionConfig.model_validate({**BOLD.model_dump(), "filter": {"min_liquidity": 1e9}})
    with full(desk.journal):
        fill_up(desk)
        with pytest.raises(DiskFull):
            fire_timers(desk)
        with pytest.raises(DiskFull):
            desk.recorder.follow(careful, NOW + 1000)
    desk.recorder.observe(leader_fill(with_book=book()))
    assert [type(event) for event in desk.heard][-2:] == [LeaderFillObserved, SignalCopied]
    desk.recorder.follow(careful, NOW + 1000)
    desk.recorder.observe(leader_fill(NOW + 2000, signal_id="another"))
    assert isinstance(desk.heard[-1], SignalRejected)
