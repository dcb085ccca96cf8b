"""Replay and what-if as processes of their own, one at a time: a long journal must not hold the pages up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from copytrade_live.dashboard.problems import Refused
from copytrade_live.dashboard.schemas.trials import (
    Change,
    ChangeCount,
    OutcomeCount,
    Replay,
    ReplayDifference,
    WhatIf,
)
from copytrade_live.durable import make_folder
from copytrade_live.settings import HOME_VARIABLE, Home

_DIFFERENCE_FOUND = 3
_NICENESS = 10


class Trials:
    """Runs one verb at a time over the journal of a home."""

    def __init__(self, home: Home, seconds: float) -> None:
        self._home = home
        self._seconds = seconds
        self._turn = threading.Lock()

    def replay(self) -> Replay:
        """Decide the journal again as the config stands. Raises: Refused."""
        found = self._run("replay", "--journal", str(self._home.state))
        return Replay(
            agrees=not found["differences"],
            observations=found["observations"],
            decisions=found["decisions"],
            agreed=found["agreed"],
            differences=[
                ChangeCount(recorded=one["recorded"], then=one["replayed"], count=one["count"])
                for one in found["differences"]
            ],
            causes=found["causes"],
            first=[ReplayDifference(**one) for one in found["first"]],
        )

    def what_if(self, config: str) -> WhatIf:
        """Decide the journal by another config. Raises: Refused."""
        with self._kept(config) as path:
            found = self._run("what-if", str(self._home.state), "--config", str(path))
        before, after = found.pop("before"), found.pop("after")
        names = dict.fromkeys((*before, *after))
        return WhatIf(
            **{name: found[name] for name in WhatIf.model_fields if name not in ("outcomes", "changes", "first")},
            outcomes=[
                OutcomeCount(outcome=name, before=before.get(name, 0), after=after.get(name, 0)) for name in names
            ],
            changes=[ChangeCount(**one) for one in found["changes"]],
            first=[Change(**one) for one in found["first"]],
        )

    def _run(self, verb: str, *arguments: str) -> Any:
        if not self._home.state.exists():
            raise Refused(409, "no_journal", "No runner ever started here, so there is no journal yet: copytrade run")
        if not self._turn.acquire(blocking=False):
            raise Refused(429, "busy", "Another replay or what-if is running; wait for it.", {"Retry-After": "5"})
        command = [sys.executable, "-c", "from copytrade_live.cli import main; main()", verb, *arguments, "--json"]
        environment = {**os.environ, HOME_VARIABLE: str(self._home.root)}
        try:
            done = subprocess.run(  # noqa: S603 - a verb of ours on files of ours
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=self._seconds,
                check=False,
                preexec_fn=_be_patient,
            )
        except subprocess.TimeoutExpired:
            raise Refused(
                409, "too_long", f"It took more than {self._seconds:g} s; run it in a terminal: copytrade {verb}"
            ) from None
        finally:
            self._turn.release()
        if done.returncode not in (0, _DIFFERENCE_FOUND):
            said = done.stderr.strip().splitlines()
            raise Refused(409, "failed", said[-1][:500] if said else f"copytrade {verb} failed")
        return json.loads(done.stdout)

    @contextmanager
    def _kept(self, config: str) -> Iterator[Path]:
        folder = self._home.own / "dashboard"
        make_folder(folder)
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".yaml", encoding="utf-8") as file:
            file.write(config)
            file.flush()
            yield Path(file.name)


def _be_patient() -> None:
    os.nice(_NICENESS)
