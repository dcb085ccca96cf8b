"""Journals to test with: real events made by the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import initial_state, step
from copytrade_live.core.events import JournalEvent, LeaderFillObserved, RunStarted
from copytrade_live.core.market import Role, Side
from copytrade_live.core.signal import Signal
from copytrade_live.store.journal import Journal

START = 1_760_000_000_000
HELD = "7"
Steps = Callable[[int], list[tuple[JournalEvent, ...]]]


def _started() -> RunStarted:
    return RunStarted(
        event_at=START,
        observed_at=START,
        run_id="paper-1",
        mode="paper",
        code_version="1",
        config_digest=DecisionConfig().digest(),
        starting_cash=1_000_000_000,
    )


def _leader_fill(number: int) -> LeaderFillObserved:
    at = START + number * 1000
    signal = Signal(
        signal_id=f"fill-{number:06d}",
        wallet="0x" + "a" * 40,
        condition_id="0xc1",
        token_id=HELD,
        outcome="Lakers",
        side=Side.BUY,
        role=Role.TAKER,
        price=0.5,
        size=200.0,
        event_at=at - 500,
        observed_at=at,
        tx_hash=f"0x{number}",
    )
    return LeaderFillObserved(event_at=at - 500, observed_at=at, signal=signal, book=None, market=None)


@pytest.fixture
def steps() -> Steps:
    """The steps of a run that rejects this many leader fills: each an observation with its facts."""

    def make(count: int) -> list[tuple[JournalEvent, ...]]:
        state, config, made = initial_state(), DecisionConfig(), []
        for observation in (_started(), *map(_leader_fill, range(1, count + 1))):
            done = step(state, observation, config)
            state = done.state
            made.append(done.events)
        return made

    return make


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An open, empty paper journal."""
    with Journal.open(tmp_path / "state.sqlite", "paper") as opened:
        yield opened
