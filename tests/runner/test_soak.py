"""A while of the soak: many leaders, a firehose of others' fills, every source misbehaving; all accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.soak import soak


def test_every_frame_fill_and_decision_of_a_busy_while_is_accounted_for(tmp_path: Path) -> None:
    figures = soak(hours=0.15, leaders=60, rate=100.0, share=0.02, folder=tmp_path, console=Console(quiet=True))
    assert figures.leader_fills > 800
    assert figures.unaccounted == 0
    assert figures.frames_heard == figures.frames_sent


@pytest.mark.slow
def test_three_hours_at_ten_times_the_venues_rate_leave_memory_flat(tmp_path: Path) -> None:
    figures = soak(hours=3, leaders=1_000, rate=600.0, share=0.01, folder=tmp_path, console=Console(quiet=True))
    assert figures.unaccounted == 0
    assert figures.memory[-1] < 1.1 * figures.memory[0]
