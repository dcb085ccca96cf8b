"""Compiling ahead: the few fills call every loop as a real scoring does, and one process compiles while others wait."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from numba.core.dispatcher import Dispatcher

from copytrade_pipelines.scoring import kernels, rehearsal
from tests.scoring.world import World, crowd


def compiled() -> set[tuple[str, Any]]:
    """Every loop of the scorer with each kind of arguments it was compiled for."""
    modules = [module for name, module in vars(kernels).items() if name != "costs" and hasattr(module, "njit")]
    found = [one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)]
    return {(one.py_func.__qualname__, arguments) for one in found for arguments in one.signatures}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where it is written down that an installation's loops are compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rehearsal._done.cache_clear()
    yield rehearsal._done()
    rehearsal._done.cache_clear()


def test_scoring_after_a_rehearsal_compiles_nothing() -> None:
    rehearsal.rehearse()
    before = compiled()
    world = World()
    crowd(world, wallets=5, bets=10)
    world.scores()
    world.episodes()
    assert before
    assert compiled() <= before


def test_who_scores_waits_for_who_compiles_and_says_so(place: Path) -> None:
    code = (
        "import sys, time; from copytrade_pipelines.scoring import rehearsal as r; l = r._lock(); l.acquire(); "
        "print('held', flush=True); sys.stdin.readline(); l.release(); sys.stdin.readline()"
    )
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as one:
        assert one.stdin is not None
        assert one.stdout is not None
        assert one.stdout.readline() == "held\n"

        def tell(line: str) -> None:
            assert one.stdin is not None
            said.append(line)
            one.stdin.write("\n")
            one.stdin.flush()

        rehearsal.wait_for_rehearsal(tell)
        one.kill()
    assert len(said) == 1
    assert "once per installation" in said[0]


def test_nobody_waits_where_nothing_is_being_compiled(place: Path) -> None:
    said: list[str] = []
    rehearsal.wait_for_rehearsal(said.append)
    place.touch()
    rehearsal.wait_for_rehearsal(said.append)
    assert said == []


def test_a_compiled_installation_starts_no_process(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(rehearsal.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(rehearsal.subprocess, "Popen", lambda command, **more: started.append(command))
    place.touch()
    rehearsal.rehearse_meanwhile()
    assert started == []
    place.unlink()
    rehearsal.rehearse_meanwhile()
    assert [command[1:] for command in started] == [["-m", "copytrade_pipelines.scoring.rehearsal"]]
