"""A run that was killed goes on where it stood, and its files end as if it had never been interrupted."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from copytrade_live.core.events import Observation
from copytrade_pipelines.backtest import BacktestResult, run
from copytrade_pipelines.backtest.checkpoint import load
from tests.parity.tape import BOLD, random_tape

EVERY = 20
WAIT_SECONDS = 120.0


def go(folder: Path, tape: Iterable[Observation]) -> BacktestResult:
    folder.mkdir(exist_ok=True)
    return run(
        tape,
        BOLD,
        run_id="resumed",
        journal=folder / "journal",
        tables=folder,
        checkpoint=folder / "checkpoint",
        checkpoint_every=EVERY,
    )


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Interrupted(BaseException):
    """What a kill leaves behind, without a kill."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BacktestResult]:
    """A run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, go(folder, random_tape(11))


@pytest.mark.parametrize("stop", [5, 25, 60, 139])
def test_an_interrupted_run_ends_as_if_it_had_not_been(
    stop: int, tmp_path: Path, whole: tuple[Path, BacktestResult]
) -> None:
    tape, (folder, wanted) = random_tape(11), whole
    cut = tmp_path / "cut"

    def stops() -> Iterator[Observation]:
        for number, observation in enumerate(tape):
            if number == stop:
                raise Interrupted
            yield observation

    with pytest.raises(Interrupted):
        go(cut, stops())
    standing = load(cut / "checkpoint", "resumed")
    assert (standing.taken if standing else 0) == (stop // EVERY) * EVERY
    again = go(cut, tape)
    assert files(cut) == files(folder)
    assert again.summary == wanted.summary
    assert again.trades == wanted.trades
    assert again.equity == wanted.equity


def test_a_killed_process_is_taken_up_by_the_next(tmp_path: Path, whole: tuple[Path, BacktestResult]) -> None:
    cut = tmp_path / "cut"
    child = subprocess.Popen([sys.executable, "-m", "tests.backtest.slow_run", str(cut)])
    deadline = time.monotonic() + WAIT_SECONDS
    while not (cut / "checkpoint").exists():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert (cut / "journal" / ".events.part").exists()
    go(cut, random_tape(11))
    assert files(cut) == files(whole[0])


def test_a_checkpoint_of_another_run_or_of_foreign_values_is_none(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    assert load(path, "resumed") is None
    path.write_bytes(pickle.dumps(("resumed", "code", subprocess.Popen)))
    assert load(path, "resumed") is None
    path.write_bytes(b"\x80")
    assert load(path, "resumed") is None
