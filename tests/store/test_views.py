"""What those who only look see is exactly what the runner holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live.core.engine import initial_state
from copytrade_live.core.state import evolve
from copytrade_live.store.journal import Journal
from copytrade_live.store.views import read_view
from tests.parity.tape import BOLD, drive, random_tape, run_tape


# At the last seed a real account is changed from outside while positions have marks.
@pytest.mark.parametrize(("seed", "is_real"), [*((seed, False) for seed in range(12)), (3643, True)])
def test_leaving_out_books_that_no_longer_count_folds_to_the_same_state(
    seed: int, is_real: bool, tmp_path: Path
) -> None:
    events = drive(random_tape(seed)).journal if is_real else run_tape(random_tape(seed), BOLD)
    state = initial_state()
    with Journal.open(tmp_path / "state.sqlite", "paper") as journal:
        for event in events:
            journal.append("run-1", [event])
            state = evolve(state, event)
        assert len(list(journal.read_what_counts())) < len(events)
    view = read_view(tmp_path / "state.sqlite")
    assert view.state == state
    assert view.last_seq == len(events)
    assert view.observed_at == events[-1].observed_at
