"""One tape, three shells: what a paper runner decided and filled, its backtest and its replay say byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from copytrade_live.backtest_settings import like_paper
from copytrade_live.clock import ManualClock
from copytrade_live.core.codec import dumps, encode
from copytrade_live.core.events import (
    BookObserved,
    ExitDecided,
    Fact,
    JournalEvent,
    LeaderFillObserved,
    Observation,
    OrderFilled,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import SECOND, Book, Instant
from copytrade_live.replay import read_rows, replay
from copytrade_live.runner.app import Runner
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.backtest import run
from copytrade_pipelines.backtest.books import TapedBooks
from copytrade_pipelines.backtest.lived import tell
from copytrade_pipelines.backtest.steps import decoded, read_lines, steps_in
from tests.builders import NOW
from tests.parity.scripted_venue import WALLETS, ScriptedVenue

CONFIG = CopytradeConfig.model_validate(
    {
        "tracker": {"leaders": WALLETS, "follow_top": 0},
        "filter": {"min_liquidity": 50.0, "max_spread": 0.2, "max_price_move": 0.2, "min_hours_to_resolution": 0.5},
        "exit": {"stop_loss": 0.03, "take_profit": 0.05},
        "paper": {"latency_seconds": 1.0},
    }
)
# The tape has every book the runner looked at: the backtest looks at none of its own accord.
ASSUMED = like_paper(CONFIG.paper).model_copy(update={"held_seconds": 1e9, "order_look_seconds": 1.0})


def live(seed: int, home: Home) -> ScriptedVenue:
    """A paper runner lives through a scripted venue's minutes, a second a round."""
    clock = ManualClock(NOW)
    venue = ScriptedVenue(seed, clock)

    async def go() -> None:
        runner = Runner(CONFIG, home, clock, venue.sources(venue.desk()))
        await runner.start()
        try:
            for now in range(NOW, NOW + venue.length, SECOND):
                clock.set(now)
                await runner.tick()
        finally:
            runner.close()
        assert not runner.health.failures

    asyncio.run(go())
    return venue


def lines_of(folder: Path) -> Iterator[dict]:
    for segment in sorted(folder.glob("events-*.jsonl")):
        yield from read_lines(segment)


def acts(events: Iterator[JournalEvent] | list[JournalEvent]) -> list[str]:
    """Decisions and fills as bytes of the journal, in the order they stand there."""
    wanted = (*get_args(Fact), OrderFilled)
    return [dumps(encode(event)) for event in events if isinstance(event, wanted)]


def backtested(tape: list[Observation], folder: Path, books: TapedBooks | None = None) -> list[JournalEvent]:
    result = run(
        tape,
        CONFIG.decision(),
        assumptions=ASSUMED,
        books=books,
        started_at=tape[0].observed_at,
        until=tape[-1].observed_at + SECOND,
        journal=folder,
    )
    assert result.journal_path is not None
    return events_in(folder)


def events_in(folder: Path) -> list[JournalEvent]:
    return [event for step in steps_in(lines_of(folder)) for event in decoded(step)]


def agree(seed: int, root: Path) -> list[JournalEvent]:
    home = Home(root / "home")
    home.root.mkdir()
    live(seed, home)
    lived = events_in(home.export)
    tape = tell(lines_of(home.export)).tape
    again = backtested(tape, root / "backtest")
    assert acts(again) == acts(lived)
    report = replay(read_rows(home.state), CONFIG.decision())
    assert report.agrees
    assert replay(read_rows(root / "backtest"), CONFIG.decision()).agrees
    return lived


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(min_value=0, max_value=10**9))
# A market pays out, and its book is gone, before anybody hears of it: an order that was on its way meets nothing.
@example(371855717)
def test_paper_backtest_and_replay_decide_and_fill_alike(seed: int) -> None:
    with TemporaryDirectory() as folder:
        agree(seed, Path(folder))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_paper_backtest_and_replay_decide_and_fill_alike_in_many_worlds(seed: int) -> None:
    with TemporaryDirectory() as folder:
        agree(seed, Path(folder))


@pytest.fixture(scope="module")
def world_of_three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[JournalEvent]]:
    """A world in which the three agree: the folder with its runs, and what the runner lived through."""
    root = tmp_path_factory.mktemp("three")
    return root, agree(3, root)


def test_such_worlds_hold_copies_refusals_fills_and_exits(world_of_three: tuple[Path, list[JournalEvent]]) -> None:
    kinds = {type(event) for event in world_of_three[1]}
    assert kinds >= {SignalCopied, SignalRejected, ExitDecided, OrderFilled}


class TomorrowsBooks(TapedBooks):
    """Shows the next book of a token before the tape does."""

    def __init__(self, tape: list[Observation]) -> None:
        super().__init__()
        self._ahead = [
            seen.book for seen in tape if isinstance(seen, BookObserved | LeaderFillObserved) and seen.book is not None
        ]

    def book(self, token_id: str, now: Instant) -> Book | None:
        later = (book for book in self._ahead if book.token_id == token_id and book.observed_at > now)
        found = next(later, super().book(token_id, now))
        return None if found is None else replace(found, observed_at=now)


def test_a_planted_look_ahead_breaks_the_agreement(
    world_of_three: tuple[Path, list[JournalEvent]], tmp_path: Path
) -> None:
    root, lived = world_of_three
    tape = tell(lines_of(Home(root / "home").export)).tape
    assert acts(events_in(root / "backtest")) == acts(lived)
    assert acts(backtested(tape, tmp_path / "peeking", TomorrowsBooks(tape))) != acts(lived)
