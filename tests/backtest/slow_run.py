"""A run that takes its time, for a test to kill: the folder is the first argument."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from copytrade_live.core.events import Observation
from tests.backtest.test_resume import go
from tests.parity.tape import random_tape


def slowly() -> Iterator[Observation]:
    """A tape with a pause after each of its later observations."""
    for number, observation in enumerate(random_tape(11)):
        if number > 50:
            time.sleep(0.2)
        yield observation


if __name__ == "__main__":
    go(Path(sys.argv[1]), slowly())
