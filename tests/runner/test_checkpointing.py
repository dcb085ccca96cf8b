"""A checkpoint and what follows it are the whole fold, and one that does not fit is refused, loudly."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from copytrade_live.clock import ManualClock
from copytrade_live.core.codec import read_as
from copytrade_live.core.engine import State
from copytrade_live.core.events import JournalEvent, TimerFired
from copytrade_live.core.pieces import pieces
from copytrade_live.replay import read_rows, replay
from copytrade_live.runner.books import BookDesk
from copytrade_live.runner.checkpointing import Checkpointer
from copytrade_live.runner.execution import Execution, PaperExecution
from copytrade_live.runner.health import Health
from copytrade_live.runner.live.executor import LiveExecutor
from copytrade_live.runner.paper import PaperExecutor
from copytrade_live.runner.recorder import Recorder
from copytrade_live.runner.tracking.memory import SignalMemory
from copytrade_live.settings import TrackerConfig
from copytrade_live.store.journal import Journal
from copytrade_live.store.views import read_view
from tests.builders import NOW
from tests.parity.tape import BOLD, drive, random_tape


class Nowhere:
    """A venue that nobody asks."""


@dataclass
class Start:
    """Everything a start folds, fresh."""

    journal: Journal
    memory: SignalMemory
    hands: Execution
    checkpoints: Checkpointer
    recorder: Recorder

    def fold(self, *, whole: bool = False) -> bool:
        """Returns: whether a checkpoint was used."""
        recovered = None if whole else self.checkpoints.recover()
        self.recorder.restore((self.memory.apply, self.hands.apply), (), recovered)
        return recovered is not None

    @property
    def remembered(self) -> tuple[State, object, object]:
        state = self.recorder.state
        return state, self.memory.notes(), self.hands.notes(state.portfolio.working.keys())


def starting(journal: Journal, *, is_live: bool = False, overlap: float = 60.0) -> Start:
    clock, health = ManualClock(NOW), Health()
    books = BookDesk(Nowhere(), clock, health)
    hands: Execution = (
        LiveExecutor(Nowhere(), books, clock, health) if is_live else PaperExecution(PaperExecutor(books, clock, 0.5))
    )
    memory = SignalMemory(TrackerConfig(leaders=("0x" + "a1" * 20,), overlap_seconds=overlap))
    return Start(
        journal, memory, hands, Checkpointer(journal, memory, hands, clock, every=1), Recorder(journal, BOLD, hands)
    )


def events_of(seed: int, *, is_live: bool = False) -> list[JournalEvent]:
    return drive(random_tape(seed), is_real=is_live).journal


def keep(journal: Journal, events: list[JournalEvent]) -> None:
    for event in events:
        journal.append("run-1", [event], may_wait=True)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "state.sqlite", "paper") as opened:
        yield opened


@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(min_value=0, max_value=10**6), st.floats(min_value=0, max_value=1), st.booleans())
def test_a_checkpoint_and_the_tail_are_the_whole_fold(seed: int, share: float, is_live: bool) -> None:
    events = events_of(seed, is_live=is_live)
    cut = max(1, int(share * len(events)))
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal.open(Path(folder) / "state.sqlite", "paper") as journal,
    ):
        keep(journal, events[:cut])
        first = starting(journal, is_live=is_live)
        first.fold()
        first.checkpoints.write(first.recorder.state)
        keep(journal, events[cut:])
        short, whole = starting(journal, is_live=is_live), starting(journal, is_live=is_live)
        assert short.fold()
        whole.fold(whole=True)
        assert short.remembered == whole.remembered
        # Sums run over mappings in their order, so that is part of the state.
        assert "".join(pieces(short.recorder.state.portfolio)) == "".join(pieces(whole.recorder.state.portfolio))
        assert read_view(journal.path).state == whole.recorder.state


def test_the_order_of_a_mapping_survives(journal: Journal) -> None:
    keep(journal, events_of(4))
    start = starting(journal)
    start.fold()
    portfolio = start.recorder.state.portfolio
    again = read_as(type(portfolio), __import__("json").loads("".join(pieces(portfolio))))
    assert list(again.positions) == list(portfolio.positions)
    assert again == portfolio


def set_column(column: str, value: str) -> Callable[[sqlite3.Connection], None]:
    return lambda connection: connection.execute(f"UPDATE checkpoints SET {column} = ?", (value,)) and None


def flip_a_bit(connection: sqlite3.Connection) -> None:
    body = bytearray(connection.execute("SELECT body FROM checkpoints").fetchone()[0])
    body[len(body) // 2] ^= 1
    connection.execute("UPDATE checkpoints SET body = ?", (bytes(body),))


def cut_off(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE checkpoints SET body = substr(body, 1, length(body) / 2)")


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (flip_a_bit, "damaged"),
        (cut_off, "damaged"),
        (set_column("code_version", "0.0+00000000"), "damaged"),
        (set_column("observed_at", "5"), "damaged"),
    ],
)
def test_a_damaged_checkpoint_is_refused_and_the_whole_journal_folded(
    journal: Journal, caplog: pytest.LogCaptureFixture, harm: Callable[[sqlite3.Connection], None], why: str
) -> None:
    keep(journal, events_of(2))
    first = starting(journal)
    first.fold()
    first.checkpoints.write(first.recorder.state)
    harm(journal.connection)
    again = starting(journal)
    with caplog.at_level(logging.WARNING):
        assert not again.fold()
    assert why in caplog.text
    assert "folding the whole journal" in caplog.text
    assert again.remembered == first.remembered


def test_a_checkpoint_of_other_code_other_config_or_another_journal_is_refused(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep(journal, events_of(2))
    first = starting(journal)
    first.fold()
    first.checkpoints.write(first.recorder.state)
    assert starting(journal).fold()
    assert not starting(journal, overlap=61.0).fold()
    assert "written with tracker config" in caplog.text
    # A live runner remembers other things than one on paper.
    assert not starting(journal, is_live=True).fold()
    assert "written with types" in caplog.text
    with monkeypatch.context() as patch:
        patch.setattr("copytrade_live.runner.checkpointing.code_version", lambda: "9.9+ffffffff")
        assert not starting(journal).fold()
    assert "written with code" in caplog.text
    with Journal.open(tmp_path / "other.sqlite", "paper") as other:
        keep(other, events_of(3))
        other.connection.execute(f"ATTACH '{journal.path}' AS theirs")
        other.connection.execute("INSERT INTO checkpoints SELECT * FROM theirs.checkpoints")
        assert not starting(other).fold()
    assert "another journal" in caplog.text


def test_when_the_newest_is_damaged_the_one_before_is_used(journal: Journal) -> None:
    events = events_of(6)
    start = starting(journal)
    for begin in range(0, 90, 30):
        keep(journal, events[begin : begin + 30])
        start = starting(journal)
        start.fold()
        start.checkpoints.write(start.recorder.state)
    kept = [row[0] for row in journal.connection.execute("SELECT seq FROM checkpoints ORDER BY seq")]
    assert kept == [60, 90]
    journal.connection.execute("UPDATE checkpoints SET body = x'00' WHERE seq = 90")
    again = starting(journal)
    assert again.fold()
    assert again.remembered == start.remembered


def test_writing_pauses_between_small_pieces_and_belongs_to_the_moment_it_began(journal: Journal) -> None:
    keep(journal, events_of(8))
    start = starting(journal)
    start.fold()
    state, before = start.recorder.state, start.remembered
    pauses = 0

    async def live() -> None:
        nonlocal pauses
        writing = asyncio.ensure_future(start.checkpoints.work(state))
        while not writing.done():
            await asyncio.sleep(0)
            pauses += 1
            start.recorder.observe(TimerFired(event_at=NOW, observed_at=NOW))

    asyncio.run(live())
    assert pauses > 5
    again = starting(journal)
    recovered = again.checkpoints.recover()
    assert recovered is not None
    assert recovered.state == state
    assert (again.memory.notes(), again.hands.notes(state.portfolio.working.keys())) == before[1:]


def test_replay_reads_the_journal_and_no_checkpoint(journal: Journal) -> None:
    start = starting(journal)
    start.recorder.run_id = "run-1"
    for observation in random_tape(5):
        start.recorder.observe(observation)
    start.checkpoints.write(start.recorder.state)
    before = replay(read_rows(journal.path), BOLD)
    assert before.agrees
    journal.connection.execute("UPDATE checkpoints SET body = x'00', sha256 = ''")
    assert replay(read_rows(journal.path), BOLD) == before
