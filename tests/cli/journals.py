"""Journals in a home, made by the real engine, for verbs to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.engine import State, initial_state, step
from copytrade_live.core.events import Observation
from copytrade_live.store.configs import keep_config
from copytrade_live.store.journal import Journal


def write_journal(
    path: Path, observations: Sequence[Observation], config: DecisionConfig, mode: str = "paper"
) -> State:
    """A state database as a runner would have left it after these observations."""
    state = initial_state()
    with Journal.open(path, mode) as journal:
        keep_config(journal.connection, path, config)
        for observation in observations:
            done = step(state, observation, config)
            state = done.state
            journal.append("run-1", done.events)
    return state
